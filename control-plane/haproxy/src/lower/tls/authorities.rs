//! Whom to trust: files of authorities, folders of them, and lists of what they have revoked.

use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;

use super::super::Lowering;
use super::files::MAX_FILES;
use super::{Named, joined};
use crate::diagnostic::{Code, Diagnostic};
use crate::expr::LoadError;
use crate::word::Word;

/// Bytes of the authorities of a line, or of what they have revoked.
const MAX_BYTES: usize = sluicegate_proto::limits::MAX_BLOB_BYTES;
/// What files of a folder are called that hold authorities (HAProxy: ca-file).
const KINDS: [&str; 3] = ["pem", "crt", "cer"];

/// Where systems keep the authorities that they trust: Debian and Alpine, Fedora, SUSE, BSD.
const SYSTEM: [&str; 4] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
];

/// A blob, and what the configuration calls it.
#[derive(Clone, Debug, Default)]
pub(in super::super) struct Trusted {
    pub(in super::super) blob: String,
    pub(in super::super) name: String,
}

impl Lowering<'_> {
    /// `ca-file`: a file, the files of a folder, or what this host trusts.
    pub(in super::super) fn authority_file(&mut self, word: &Word) -> Option<Trusted> {
        let written = self.plain(word)?;
        if written == "@system-ca" {
            return self.system_authorities(word);
        }
        let path = joined(self.global.tls.ca_base.as_deref(), &written);
        let named = Named { path, word };
        let data = match self.reader.loader().list(&named.path, MAX_FILES) {
            Ok(names) => self.authority_folder(&named, &names)?,
            Err(error @ LoadError::TooMany { .. }) => self.need(&named, Err(error))?,
            Err(_) => self.whole(&named)?,
        };
        Some(self.trusted(named, data))
    }

    /// `crl-file`
    pub(super) fn revoked_file(&mut self, word: &Word) -> Option<Trusted> {
        let written = self.plain(word)?;
        let path = joined(self.global.tls.ca_base.as_deref(), &written);
        let named = Named { path, word };
        let data = self.whole(&named)?;
        Some(self.trusted(named, data))
    }

    fn trusted(&mut self, named: Named<'_>, data: Vec<u8>) -> Trusted {
        Trusted { blob: self.reader.blobs().add(data), name: named.path }
    }

    /// A file, whatever it holds: that is looked at with all else that is of the line.
    fn whole(&mut self, named: &Named<'_>) -> Option<Vec<u8>> {
        let loaded = self.load(named, MAX_BYTES);
        self.need(named, loaded)
    }

    /// All files of a folder that say by their names what they are; each that is of no use is told.
    fn authority_folder(&mut self, folder: &Named<'_>, names: &[String]) -> Option<Vec<u8>> {
        let kind = |name: &str| name.rsplit_once('.').map(|(_, kind)| kind.to_owned()).unwrap_or_default();
        let visible = || names.iter().filter(|name| !name.starts_with('.'));
        if let Some(list) = visible().find(|name| kind(name) == "crl") {
            let message = format!("{}/{list} is not read here", folder.path);
            let finding = Diagnostic::warning(Code::DegradedValue, folder.word.span(), message);
            self.report(finding.help("name what authorities have revoked with `crl-file`"));
        }
        let (mut data, mut whole, mut any) = (Vec::new(), true, false);
        for name in visible().filter(|name| KINDS.contains(&kind(name).as_str())) {
            any = true;
            let named = Named { path: format!("{}/{name}", folder.path), ..*folder };
            match self.authorities(&named, MAX_BYTES.saturating_sub(data.len())) {
                Some(more) => {
                    data.extend(more);
                    data.push(b'\n');
                }
                None => whole = false,
            }
        }
        if !any {
            let message = format!("{}: no file of this folder ends in .pem, .crt or .cer", folder.path);
            self.report(Diagnostic::error(Code::BadFile, folder.word.span(), message));
        }
        (whole && any).then_some(data)
    }

    /// A file of a folder: nobody could tell later which of them is no good.
    fn authorities(&mut self, named: &Named<'_>, limit: usize) -> Option<Vec<u8>> {
        let loaded = self.load(named, limit);
        let data = self.need(named, loaded)?;
        let Some(why) = useless(&data) else { return Some(data) };
        let message = format!("{}: {why}", named.path);
        self.report(Diagnostic::error(Code::BadFile, named.word.span(), message));
        None
    }

    /// The authorities that this host trusts.
    fn system_authorities(&mut self, word: &Word) -> Option<Trusted> {
        for path in SYSTEM {
            let named = Named { path: path.to_owned(), word };
            if let Ok(data) = self.load(&named, MAX_BYTES) {
                return Some(self.trusted(named, data));
            }
        }
        let message = "this host has no list of authorities that it trusts";
        self.report(
            Diagnostic::error(Code::BadFile, word.span(), message)
                .help(format!("there is none of {}", SYSTEM.join(", "))),
        );
        None
    }
}

/// Why a file is of no use here.
fn useless(data: &[u8]) -> Option<&'static str> {
    let mut certificates = CertificateDer::pem_slice_iter(data);
    match certificates.next() {
        None => Some("it holds no certificate"),
        Some(Ok(_)) if certificates.all(|certificate| certificate.is_ok()) => None,
        Some(_) => Some("it is no PEM: a section has no end, or is no base64"),
    }
}
