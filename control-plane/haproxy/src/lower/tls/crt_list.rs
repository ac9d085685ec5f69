//! `crt-list`: certificates with the names that they are shown for, and what is agreed upon with who asks for these
//! (HAProxy: configuration manual 5.1, crt-list).

use sluicegate_proto::v1;

use super::super::Lowering;
use super::Settings;
use crate::diagnostic::{Code, Diagnostic};
use crate::word::Word;

/// Bytes of a list.
const MAX_LIST_BYTES: usize = 16 * 1024 * 1024;

/// One line: a certificate, its options, its names.
#[derive(Debug, PartialEq, Eq)]
struct Line<'t> {
    path: &'t str,
    options: Vec<&'t str>,
    names: Vec<&'t str>,
}

impl Lowering<'_> {
    /// The certificates of a list. `of_line`: what its `bind` line says.
    pub(super) fn crt_list(
        &mut self,
        word: &Word,
        of_line: &Settings,
        http: bool,
    ) -> Option<Vec<v1::TlsCertificate>> {
        let data = self.named_file(word, MAX_LIST_BYTES)?;
        let Ok(text) = String::from_utf8(data) else {
            let message = format!("{} is not text", word.text());
            self.report(Diagnostic::error(Code::BadFile, word.span(), message));
            return None;
        };
        let mut made = Vec::new();
        let mut whole = true;
        for (number, line) in (1..).zip(text.lines()) {
            let place = (word, number);
            match parse(line) {
                Ok(None) => {}
                Ok(Some(line)) => match self.listed(&line, of_line, http, place) {
                    Some(certificates) => made.extend(certificates),
                    None => whole = false,
                },
                Err(why) => {
                    self.at_line(place, why);
                    whole = false;
                }
            }
        }
        whole.then_some(made)
    }

    fn listed(
        &mut self,
        line: &Line<'_>,
        of_line: &Settings,
        http: bool,
        place: (&Word, usize),
    ) -> Option<Vec<v1::TlsCertificate>> {
        let mut made = self.certificates_of(line.path, place.0)?;
        let settings = match line.options.is_empty() {
            true => None,
            false => Some(self.settings_of(line, of_line, http, place)?),
        };
        for certificate in &mut made {
            certificate.server_names = line.names.iter().map(|&name| name.to_owned()).collect();
            certificate.settings.clone_from(&settings);
        }
        Some(made)
    }

    fn settings_of(
        &mut self,
        line: &Line<'_>,
        of_line: &Settings,
        http: bool,
        place: (&Word, usize),
    ) -> Option<v1::TlsSettings> {
        let mut settings = of_line.clone();
        let mut options = line.options.iter().copied();
        while let Some(name) = options.next() {
            let takes = match name {
                "alpn" | "ca-file" | "ciphers" | "ciphersuites" | "crl-file" | "curves" | "ecdhe"
                | "verify" | "ssl-min-ver" | "ssl-max-ver" | "sigalgs" | "client-sigalgs" => true,
                "no-alpn"
                | "force-tlsv12"
                | "force-tlsv13"
                | "no-tlsv12"
                | "no-tlsv13"
                | "no-tls-tickets"
                | "prefer-client-ciphers" => false,
                _ => {
                    self.at_line(place, &format!("`{name}` is no option of a certificate here"));
                    return None;
                }
            };
            let value = if takes { options.next() } else { None };
            if takes && value.is_none() {
                self.at_line(place, &format!("`{name}` wants a value"));
                return None;
            }
            let value = value.map(|value| Word::made(value, place.0.span()));
            self.tls_option(name, value.as_ref(), &mut settings);
        }
        self.tls_settings(&settings, http, place.0.span())
    }

    fn at_line(&mut self, (word, number): (&Word, usize), why: &str) {
        let message = format!("{}, line {number}: {why}", word.text());
        self.report(Diagnostic::error(Code::BadFile, word.span(), message));
    }
}

fn parse(line: &str) -> Result<Option<Line<'_>>, &'static str> {
    let line = line.trim();
    if line.is_empty() || line.starts_with('#') {
        return Ok(None);
    }
    let (head, names) = match line.split_once('[') {
        None => (line, None),
        Some((head, rest)) => {
            let (options, names) = rest.split_once(']').ok_or("a `[` is not closed")?;
            (head.trim(), Some((options, names)))
        }
    };
    let mut words = head.split_ascii_whitespace();
    let path = words.next().ok_or("the certificate is missing")?;
    let (options, names) = match names {
        None => (Vec::new(), words.collect()),
        Some(_) if words.next().is_some() => return Err("options stand right behind the certificate"),
        Some((options, names)) => {
            (options.split_ascii_whitespace().collect(), names.split_ascii_whitespace().collect())
        }
    };
    Ok(Some(Line { path, options, names }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_have_a_certificate_its_options_and_its_names() {
        let line = |path: &'static str, options: &[&'static str], names: &[&'static str]| Line {
            path,
            options: options.to_vec(),
            names: names.to_vec(),
        };
        let cases = [
            ("a.pem", line("a.pem", &[], &[])),
            ("a.pem a.test *.b.test !c.b.test", line("a.pem", &[], &["a.test", "*.b.test", "!c.b.test"])),
            (
                "a.pem [alpn h2 verify none] a.test",
                line("a.pem", &["alpn", "h2", "verify", "none"], &["a.test"]),
            ),
            ("  a.pem []  ", line("a.pem", &[], &[])),
        ];
        for (text, expected) in cases {
            assert_eq!(parse(text), Ok(Some(expected)), "{text}");
        }
        assert_eq!(parse(" # a comment"), Ok(None));
        for text in ["a.pem [alpn h2", "[alpn h2] a.test", "a.pem b.test [alpn h2]"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
