//! `crt-store`: certificates with what belongs to them, by name (HAProxy 3.0: configuration manual, crt-store).

use sluicegate_proto::v1;

use super::super::Lowering;
use super::super::settings::Lines;
use super::files::{MAX_CERTIFICATE_BYTES, contains};
use super::{Named, joined};
use crate::ast::{Directive, SectionKind};
use crate::diagnostic::{Code, Diagnostic};
use crate::word::Word;

/// All sections; several of one name are one.
#[derive(Debug, Default)]
pub(super) struct Stores(Vec<Stored>);

/// A `load` line.
#[derive(Debug, Default)]
struct Stored {
    /// Of its section; empty: the one without.
    store: String,
    /// As written.
    crt: String,
    alias: Option<String>,
    crt_base: Option<String>,
    key_base: Option<String>,
    key: Option<String>,
    issuer: Option<String>,
    ocsp: Option<String>,
}

impl<'a> Lowering<'a> {
    /// Reads all `crt-store` sections.
    pub(in super::super) fn certificate_stores(&mut self) {
        for section in self.file.of_kind(SectionKind::CrtStore) {
            let lines = Lines::new(section, None);
            let word = |name: &str| lines.last(name).and_then(|line| line.args().first());
            let own = |it: &mut Self, name: &str| word(name).and_then(|word| it.plain(word));
            let crt_base = own(self, "crt-base").or_else(|| self.global.tls.crt_base.clone());
            let key_base = own(self, "key-base").or_else(|| self.global.tls.key_base.clone());
            let store = section.name.as_ref().map(|name| name.text().to_owned()).unwrap_or_default();
            for line in lines.all("load") {
                if let Some(loaded) = self.load_line(line) {
                    let (store, crt_base, key_base) = (store.clone(), crt_base.clone(), key_base.clone());
                    self.global.tls.stores.0.push(Stored { store, crt_base, key_base, ..loaded });
                }
            }
        }
    }

    fn load_line(&mut self, line: &'a Directive) -> Option<Stored> {
        let mut stored = Stored::default();
        let mut words = line.args().iter();
        while let Some(option) = words.next() {
            let Some(value) = words.next() else {
                let message = format!("`{}` wants a value", option.text());
                self.report(Diagnostic::error(Code::MissingArgument, option.span(), message));
                return None;
            };
            let text = self.plain(value)?;
            match option.text() {
                "crt" => stored.crt = text,
                "alias" => stored.alias = Some(text),
                "key" => stored.key = Some(text),
                "issuer" => stored.issuer = Some(text),
                "ocsp" => stored.ocsp = Some(text),
                "ocsp-update" | "sctl" => {
                    let message = format!("`{}` has no effect yet", option.text());
                    let label = "responses to staple come from files, and nothing else is stapled";
                    self.report(
                        Diagnostic::warning(Code::DegradedValue, option.span(), message).label(label),
                    );
                }
                _ => {
                    let message = format!("`{}` is no option of `load` here", option.text());
                    let help = "there are crt, key, ocsp, issuer and alias";
                    self.report(Diagnostic::error(Code::BadValue, option.span(), message).help(help));
                    return None;
                }
            }
        }
        if stored.crt.is_empty() {
            let message = "`load` without `crt`";
            self.report(Diagnostic::error(Code::MissingArgument, line.keyword_span(), message));
            return None;
        }
        Some(stored)
    }

    /// The certificate of `@store/name`; `reference` is without the `@`.
    pub(super) fn stored(&mut self, reference: &str, word: &Word) -> Option<v1::TlsCertificate> {
        let (store, name) = reference.split_once('/').unwrap_or((reference, ""));
        let is_meant =
            |it: &&Stored| it.store == store && (it.crt == name || it.alias.as_deref() == Some(name));
        let Some(found) = self.global.tls.stores.0.iter().find(is_meant) else {
            let message = format!("no `crt-store` has `@{reference}`");
            let help = "it is `@`, the name of a section or nothing, `/`, and a file or an alias of one of its `load` lines";
            self.report(Diagnostic::error(Code::UnknownReference, word.span(), message).help(help));
            return None;
        };
        let crt = joined(found.crt_base.as_deref(), &found.crt);
        let beside = |path: &Option<String>, base: &Option<String>| {
            path.as_ref().map(|path| joined(base.as_deref(), path))
        };
        let key = beside(&found.key, &found.key_base);
        let issuer = beside(&found.issuer, &found.crt_base);
        let ocsp = beside(&found.ocsp, &found.crt_base);
        let mut pem = self.file_of(&crt, word)?;
        // Without a line of its own the key lies where it lies for `crt`.
        let key = key.or_else(|| (!contains(&pem, "PRIVATE KEY-----")).then(|| format!("{crt}.key")));
        for more in [key, issuer].into_iter().flatten() {
            pem.push(b'\n');
            pem.extend(self.file_of(&more, word)?);
        }
        let ocsp = match ocsp {
            Some(path) => {
                let response = self.file_of(&path, word)?;
                self.reader.blobs().add(response)
            }
            None => String::new(),
        };
        let pem = self.reader.blobs().add_secret(pem);
        Some(v1::TlsCertificate { name: crt, pem, ocsp, ..v1::TlsCertificate::default() })
    }

    fn file_of(&mut self, path: &str, word: &Word) -> Option<Vec<u8>> {
        let named = Named { path: path.to_owned(), word };
        let loaded = self.load(&named, MAX_CERTIFICATE_BYTES);
        self.need(&named, loaded)
    }
}
