//! Files of certificates and keys.

use sluicegate_proto::v1;

use super::super::Lowering;
use super::{Named, joined};
use crate::diagnostic::{Code, Diagnostic};
use crate::expr::LoadError;
use crate::word::Word;

/// Bytes of one file with a certificate, its issuers and its key.
pub(super) const MAX_CERTIFICATE_BYTES: usize = 256 * 1024;
/// Files in one folder.
pub(super) const MAX_FILES: usize = 100_000;
/// What lies beside a certificate and belongs to it (HAProxy: ssl-load-extra-files).
const BESIDE: [&str; 5] = ["key", "ocsp", "issuer", "sctl", "dh"];
/// Certificates of several kinds of keys for the same names.
const BUNDLE: [&str; 3] = ["rsa", "ecdsa", "dsa"];

impl Lowering<'_> {
    /// The certificates of `crt`: a file, several of one name with the kinds of their keys behind it, or a folder.
    pub(super) fn certificates(&mut self, word: &Word, default: bool) -> Option<Vec<v1::TlsCertificate>> {
        let written = self.plain(word)?;
        let mut made = self.certificates_of(&written, word)?;
        made.iter_mut().for_each(|certificate| certificate.default = default);
        Some(made)
    }

    /// Those of a path or, behind `@`, of a section.
    pub(super) fn certificates_of(&mut self, written: &str, word: &Word) -> Option<Vec<v1::TlsCertificate>> {
        if let Some(reference) = written.strip_prefix('@') {
            return self.stored(reference, word).map(|made| vec![made]);
        }
        let path = joined(self.global.tls.crt_base.as_deref(), written);
        self.certificates_at(&Named { path, word })
    }

    fn certificates_at(&mut self, named: &Named<'_>) -> Option<Vec<v1::TlsCertificate>> {
        match self.reader.loader().list(&named.path, MAX_FILES) {
            Ok(names) => {
                let is_certificate = |name: &&String| {
                    !name.starts_with('.')
                        && !name.rsplit_once('.').is_some_and(|(_, kind)| BESIDE.contains(&kind))
                };
                let paths = names.iter().filter(is_certificate).map(|name| format!("{}/{name}", named.path));
                let paths: Vec<String> = paths.collect();
                let made: Vec<_> =
                    paths.into_iter().map(|path| self.certificate(&Named { path, ..*named })).collect();
                made.into_iter().collect()
            }
            Err(_) => match self.load(named, MAX_CERTIFICATE_BYTES) {
                Err(LoadError::Missing) => self.bundle(named),
                loaded => Some(vec![self.certificate_of(named, loaded)?]),
            },
        }
    }

    fn bundle(&mut self, named: &Named<'_>) -> Option<Vec<v1::TlsCertificate>> {
        let mut made = Vec::new();
        for kind in BUNDLE {
            let part = Named { path: format!("{}.{kind}", named.path), word: named.word };
            match self.load(&part, MAX_CERTIFICATE_BYTES) {
                Err(LoadError::Missing) => {}
                loaded => made.push(self.certificate_of(&part, loaded)?),
            }
        }
        if made.is_empty() {
            return self.certificate_of(named, Err(LoadError::Missing)).map(|made| vec![made]);
        }
        Some(made)
    }

    fn certificate(&mut self, named: &Named<'_>) -> Option<v1::TlsCertificate> {
        let loaded = self.load(named, MAX_CERTIFICATE_BYTES);
        self.certificate_of(named, loaded)
    }

    fn certificate_of(
        &mut self,
        named: &Named<'_>,
        loaded: Result<Vec<u8>, LoadError>,
    ) -> Option<v1::TlsCertificate> {
        let mut pem = self.need(named, loaded)?;
        for (kind, words) in [("key", "PRIVATE KEY-----"), ("issuer", "")] {
            if !words.is_empty() && contains(&pem, words) {
                continue;
            }
            if let Some(more) = self.beside(named, kind)? {
                pem.push(b'\n');
                pem.extend(more);
            }
        }
        let ocsp = match self.beside(named, "ocsp")? {
            Some(response) => self.reader.blobs().add(response),
            None => String::new(),
        };
        let pem = self.reader.blobs().add_secret(pem);
        Some(v1::TlsCertificate { name: named.path.clone(), pem, ocsp, ..v1::TlsCertificate::default() })
    }

    /// A file that has to be there.
    pub(super) fn need(&mut self, named: &Named<'_>, loaded: Result<Vec<u8>, LoadError>) -> Option<Vec<u8>> {
        let unreadable = |error| {
            let message = format!("{}: {error}", named.path);
            Diagnostic::error(Code::BadFile, named.word.span(), message)
        };
        loaded.map_err(|error| self.report(unreadable(error))).ok()
    }

    /// What lies beside a certificate; nothing, where there is no such file.
    fn beside(&mut self, named: &Named<'_>, kind: &str) -> Option<Option<Vec<u8>>> {
        let path = format!("{}.{kind}", named.path);
        match self.load(&Named { path: path.clone(), word: named.word }, MAX_CERTIFICATE_BYTES) {
            Ok(data) => Some(Some(data)),
            Err(LoadError::Missing) => Some(None),
            Err(error) => {
                let message = format!("{path}: {error}");
                self.report(Diagnostic::error(Code::BadFile, named.word.span(), message));
                None
            }
        }
    }

    /// The one certificate of `crt` of a server.
    pub(in super::super) fn own_certificate(&mut self, word: &Word) -> Option<v1::TlsCertificate> {
        let mut made = self.certificates(word, false)?;
        if made.len() == 1 {
            return made.pop();
        }
        let message = format!("`{}` is not one certificate, but {}", word.text(), made.len());
        self.report(Diagnostic::error(Code::BadFile, word.span(), message).help("name the file of one"));
        None
    }

    /// The blob of a file that nobody else is to see.
    pub(super) fn secret_file(&mut self, word: &Word) -> Option<String> {
        let path = self.plain(word)?;
        let named = Named { path, word };
        let loaded = self.load(&named, MAX_CERTIFICATE_BYTES);
        let data = self.need(&named, loaded)?;
        Some(self.reader.blobs().add_secret(data))
    }

    pub(super) fn load(&self, named: &Named<'_>, limit: usize) -> Result<Vec<u8>, LoadError> {
        self.reader.loader().load(&named.path, limit)
    }
}

pub(super) fn contains(data: &[u8], words: &str) -> bool {
    data.windows(words.len()).any(|part| part == words.as_bytes())
}
