//! What is agreed upon with clients: options of `bind` lines, of `crt-list` lines, and their defaults in `global`.

use bytes::Bytes;
use sluicegate_proto::v1::{self, TlsVersion};

use super::super::Lowering;
use super::authorities::Trusted;
use super::ciphers::{self, Chosen};
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;
use crate::word::Word;

/// Options as they were read, each over those before it.
#[derive(Clone, Debug, Default)]
pub(in super::super) struct Settings {
    min: Option<TlsVersion>,
    max: Option<TlsVersion>,
    tls12: Option<Vec<u32>>,
    tls13: Option<Vec<u32>>,
    groups: Vec<u32>,
    /// `None`: nothing is said of them.
    pub(in super::super) protocols: Option<Vec<String>>,
    verify: Verify,
    pub(in super::super) authorities: Option<Trusted>,
    pub(in super::super) revoked: Option<Trusted>,
    no_tickets: bool,
    ticket_keys: Option<String>,
    signatures: Vec<u32>,
    peer_signatures: Vec<u32>,
    client_order: bool,
    pub(super) strict: bool,
    /// They are about servers.
    of_servers: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Verify {
    #[default]
    None,
    Optional,
    Required,
}

impl Settings {
    /// What servers begin with.
    pub(in super::super) fn of_servers() -> Self {
        Self { of_servers: true, ..Self::default() }
    }

    fn versions(&self) -> (TlsVersion, TlsVersion) {
        (self.min.unwrap_or(TlsVersion::TlsVersion12), self.max.unwrap_or(TlsVersion::TlsVersion13))
    }
}

impl Lowering<'_> {
    /// One option; those that are about other things are left alone.
    pub(in super::super) fn tls_option(&mut self, name: &str, word: Option<&Word>, settings: &mut Settings) {
        match (name, word) {
            ("ssl-min-ver", Some(word)) => {
                settings.min = self.version(word, "ssl-min-ver", settings.of_servers)
            }
            ("ssl-max-ver", Some(word)) => {
                settings.max = self.version(word, "ssl-max-ver", settings.of_servers)
            }
            ("force-tlsv12", _) => {
                (settings.min, settings.max) =
                    (Some(TlsVersion::TlsVersion12), Some(TlsVersion::TlsVersion12));
            }
            ("force-tlsv13", _) => settings.min = Some(TlsVersion::TlsVersion13),
            ("no-tlsv12", _) => settings.min = Some(TlsVersion::TlsVersion13),
            ("no-tlsv13", _) => settings.max = Some(TlsVersion::TlsVersion12),
            ("ciphers", Some(word)) => settings.tls12 = Some(self.chosen(word, ciphers::tls12)),
            ("ciphersuites", Some(word)) => settings.tls13 = Some(self.chosen(word, ciphers::tls13)),
            ("curves" | "ecdhe", Some(word)) => settings.groups = self.some(word, ciphers::groups),
            ("sigalgs" | "client-sigalgs", Some(word)) => {
                // `sigalgs` is about who is asked, which is the other end where that is a server.
                let own = (name == "sigalgs") != settings.of_servers;
                let chosen = self.some(word, ciphers::signatures);
                *(if own { &mut settings.signatures } else { &mut settings.peer_signatures }) = chosen;
            }
            ("prefer-client-ciphers", _) => settings.client_order = true,
            ("prefer-server-ciphers", _) => settings.client_order = false,
            ("tls-ticket-keys", Some(word)) => settings.ticket_keys = self.secret_file(word),
            ("alpn", Some(word)) => {
                settings.protocols = Some(word.text().split(',').map(str::to_owned).collect())
            }
            ("no-alpn", _) => settings.protocols = Some(Vec::new()),
            ("verify", Some(word)) => {
                settings.verify = match word.text() {
                    "optional" => Verify::Optional,
                    "required" => Verify::Required,
                    _ => Verify::None,
                };
            }
            ("ca-file", Some(word)) => settings.authorities = self.authority_file(word),
            ("crl-file", Some(word)) => settings.revoked = self.revoked_file(word),
            ("no-tls-tickets", _) => settings.no_tickets = true,
            ("tls-tickets", _) => settings.no_tickets = false,
            ("strict-sni", _) => settings.strict = true,
            ("no-strict-sni", _) => settings.strict = false,
            _ => {}
        }
    }

    /// What they come to. `http`: the proxy speaks HTTP itself.
    pub(super) fn tls_settings(
        &mut self,
        settings: &Settings,
        http: bool,
        place: Span,
    ) -> Option<v1::TlsSettings> {
        let agreed = self.agreed(settings, place)?;
        let client_certificates = match (settings.verify, &settings.authorities) {
            (Verify::None, _) => None,
            (verify, Some(authorities)) => {
                let (authorities, revoked) =
                    (authorities.clone(), settings.revoked.clone().unwrap_or_default());
                Some(v1::TlsClientCertificates {
                    authorities: authorities.blob,
                    authorities_name: authorities.name,
                    revoked: revoked.blob,
                    revoked_name: revoked.name,
                    required: verify == Verify::Required,
                })
            }
            (_, None) => {
                let message = "`verify` without a `ca-file`: nobody's certificate could be checked";
                self.report(Diagnostic::error(Code::MissingArgument, place, message));
                return None;
            }
        };
        let protocols = self.protocols(settings.protocols.as_deref(), http, place);
        Some(v1::TlsSettings { protocols, client_certificates, ..agreed })
    }

    /// Versions, ciphers and groups.
    pub(in super::super) fn agreed(&mut self, settings: &Settings, place: Span) -> Option<v1::TlsSettings> {
        let (min, max) = settings.versions();
        if min > max {
            let message = "the lowest version of TLS is above the highest one";
            self.report(Diagnostic::error(Code::BadValue, place, message));
            return None;
        }
        let of_12 = || settings.tls12.clone().unwrap_or_else(ciphers::all_tls12);
        let of_13 = || settings.tls13.clone().unwrap_or_else(ciphers::all_tls13);
        let mut cipher_suites = Vec::new();
        if max == TlsVersion::TlsVersion13 {
            cipher_suites.extend(of_13());
        }
        if min == TlsVersion::TlsVersion12 {
            cipher_suites.extend(of_12());
        }
        if cipher_suites.is_empty() {
            let message = "of the cipher suites that this line asks for there is none";
            let help = "TLS 1.2 has those that begin with ECDHE- and end with GCM or POLY1305, TLS 1.3 all of its own";
            self.report(Diagnostic::error(Code::BadValue, place, message).help(help));
            return None;
        }
        Some(v1::TlsSettings {
            min_version: min.into(),
            max_version: max.into(),
            cipher_suites,
            groups: settings.groups.clone(),
            no_tickets: settings.no_tickets,
            signatures: settings.signatures.clone(),
            peer_signatures: settings.peer_signatures.clone(),
            client_order: settings.client_order,
            ticket_keys: settings.ticket_keys.clone().unwrap_or_default(),
            ..v1::TlsSettings::default()
        })
    }

    /// Protocols that are spoken here: without a word both versions of HTTP.
    fn protocols(&mut self, asked: Option<&[String]>, http: bool, place: Span) -> Vec<Bytes> {
        const BOTH: [&str; 2] = ["h2", "http/1.1"];
        let Some(asked) = asked else {
            return if http {
                BOTH.map(|name| Bytes::from_static(name.as_bytes())).into()
            } else {
                Vec::new()
            };
        };
        let spoken = |name: &&String| !http || matches!(name.as_str(), "h2" | "http/1.1" | "http/1.0");
        let other: Vec<&String> = asked.iter().filter(|name| !name.is_empty() && !spoken(name)).collect();
        if let [first, ..] = other.as_slice() {
            let message = format!("`{first}` is not spoken");
            self.report(
                Diagnostic::warning(Code::DegradedValue, place, message).label("clients are not offered it"),
            );
        }
        let kept = asked.iter().filter(|name| !name.is_empty()).filter(spoken);
        kept.map(|name| Bytes::from(name.clone())).collect()
    }

    fn version(&mut self, word: &Word, option: &str, of_servers: bool) -> Option<TlsVersion> {
        match word.text() {
            "TLSv1.2" => Some(TlsVersion::TlsVersion12),
            "TLSv1.3" => Some(TlsVersion::TlsVersion13),
            older if option == "ssl-min-ver" => {
                let message = format!("{older} is not spoken: it is broken");
                let who = if of_servers { "servers" } else { "clients" };
                self.report(
                    Diagnostic::warning(Code::DegradedValue, word.span(), message)
                        .label(format!("{who} need TLS 1.2 at least")),
                );
                None
            }
            older => {
                let message = format!("{older} is not spoken, and nothing above it is allowed");
                self.report(
                    Diagnostic::error(Code::BadValue, word.span(), message).help("write TLSv1.2 or TLSv1.3"),
                );
                None
            }
        }
    }

    /// As [`Lowering::chosen`], where nothing would mean everything.
    fn some(&mut self, word: &Word, read: impl Fn(&str) -> Chosen) -> Vec<u32> {
        if !read(word.text()).numbers.is_empty() {
            return self.chosen(word, read);
        }
        let message = "there is nothing of this list";
        self.report(Diagnostic::error(Code::BadValue, word.span(), message));
        Vec::new()
    }

    /// What there is of a list; what there is not is told.
    fn chosen(&mut self, word: &Word, read: impl Fn(&str) -> Chosen) -> Vec<u32> {
        let Chosen { numbers, missing } = read(word.text());
        if !missing.is_empty() {
            let names = missing.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
            let message = format!("there is no {names}");
            self.report(
                Diagnostic::warning(Code::DegradedValue, word.span(), message)
                    .label("the others of the list are offered"),
            );
        }
        numbers
    }
}
