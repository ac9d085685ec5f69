//! TLS to servers: what `server` lines say of it, for their traffic and for their checks.

use bytes::Bytes;
use sluicegate_proto::v1::{self, check_step, health_check::Probe};

use super::Lowering;
use super::check::Check;
use super::proxy::Proxy;
use super::report::texts;
use super::tls::Settings;
use crate::ast::OptionUse;
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;
use crate::word::Word;

/// What servers are asked for where nobody says otherwise (HAProxy: sni-auto).
const HOST: &str = "req.hdr(host),host_only";

/// Its options, each for itself: one may be undone.
#[derive(Clone, Debug)]
pub(super) struct ServerTls {
    pub(super) settings: Settings,
    /// `ssl`
    on: bool,
    /// `check-ssl`, `no-check-ssl`
    checks: Option<bool>,
    /// `verify`
    required: Option<bool>,
    certificate: Option<Word>,
    /// `verifyhost`
    host: Option<String>,
    name: Option<Word>,
    check_name: Option<String>,
    /// `check-alpn`
    check_protocols: Option<Vec<String>>,
    /// `sni-auto`, `check-sni-auto`
    asks: bool,
    checks_ask: bool,
    no_resumption: bool,
    /// `proto`: whether it is HTTP/2.
    http2: Option<bool>,
}

/// What it comes to.
#[derive(Default)]
pub(super) struct Secured {
    pub(super) tls: Option<v1::TlsClient>,
    pub(super) server_name: Option<v1::Sample>,
    /// Of probes.
    check: Option<v1::TlsClient>,
    check_name: String,
    /// All probes that are as the server's traffic speak it.
    over_tls: bool,
    /// The version of HTTP is what TLS comes to.
    chooses: bool,
}

impl Secured {
    pub(super) fn write(self, endpoint: &mut v1::Endpoint) {
        let Self { tls, server_name, check, check_name, over_tls, chooses } = self;
        let offered = tls.as_ref().and_then(|tls| tls.settings.as_ref()).map(|settings| &settings.protocols);
        // Where it is not written what it speaks, and it may choose.
        if chooses && offered.is_some_and(|names| names.iter().any(|name| name == "h2")) {
            endpoint.http_protocol = v1::EndpointHttp::Negotiated.into();
        }
        (endpoint.tls, endpoint.server_name) = (tls, server_name);
        if let Some(schedule) = &mut endpoint.check {
            (schedule.tls, schedule.server_name, schedule.over_tls) = (check, check_name, over_tls);
        }
    }
}

impl Default for ServerTls {
    fn default() -> Self {
        Self {
            settings: Settings::of_servers(),
            on: false,
            checks: None,
            required: None,
            certificate: None,
            host: None,
            name: None,
            check_name: None,
            check_protocols: None,
            asks: true,
            checks_ask: true,
            no_resumption: false,
            http2: None,
        }
    }
}

impl ServerTls {
    /// Protocols that servers are spoken to in; `None`: bytes pass as they are.
    fn spoken(&self, http: bool) -> Option<&'static [&'static str]> {
        http.then_some(match self.http2 {
            Some(true) => IN_HTTP2,
            Some(false) => IN_HTTP1,
            None => IN_EITHER,
        })
    }

    /// Whether probes speak it. `elsewhere`: they go to another place than the traffic.
    fn of_checks(&self, elsewhere: bool) -> bool {
        self.checks.unwrap_or(self.on && !elsewhere)
    }
}

impl Lowering<'_> {
    /// One option of a `server` line, or of `ssl-default-server-options`; those that are about other things are left alone.
    pub(super) fn server_tls_option(&mut self, name: &str, word: Option<&Word>, tls: &mut ServerTls) {
        match (name, word) {
            ("ssl", _) => tls.on = true,
            ("no-ssl", _) => tls.on = false,
            ("check-ssl", _) => tls.checks = Some(true),
            ("no-check-ssl", _) => tls.checks = Some(false),
            ("verify", Some(word)) => tls.required = Some(word.text() == "required"),
            // Where it cannot be read that was told, and is not to be told as missing.
            ("ca-file", Some(word)) => {
                tls.settings.authorities = Some(self.authority_file(word).unwrap_or_default());
            }
            ("crt", Some(word)) => tls.certificate = Some(word.clone()),
            ("verifyhost", Some(word)) => tls.host = self.plain(word),
            ("no-verifyhost", _) => tls.host = None,
            ("sni", Some(word)) => tls.name = Some(word.clone()),
            ("check-sni", Some(word)) => tls.check_name = self.plain(word),
            ("check-alpn", Some(word)) => {
                tls.check_protocols = Some(word.text().split(',').map(str::to_owned).collect());
            }
            ("proto", Some(word)) => tls.http2 = Some(word.text() == "h2"),
            ("sni-auto", _) => tls.asks = true,
            ("no-sni-auto", _) => tls.asks = false,
            ("check-sni-auto", _) => tls.checks_ask = true,
            ("no-check-sni-auto", _) => tls.checks_ask = false,
            ("ssl-reuse", _) => tls.no_resumption = false,
            ("no-ssl-reuse", _) => tls.no_resumption = true,
            _ => self.tls_option(name, word, &mut tls.settings),
        }
    }

    /// The option of a line.
    pub(super) fn secure_option(&mut self, option: &OptionUse<'_>, tls: &mut ServerTls) {
        self.server_tls_option(option.keyword.name, option.args.first(), tls);
    }

    /// What the options of a server come to. `None`: something is wrong with them, which was told.
    pub(super) fn server_tls(
        &mut self,
        proxy: &Proxy<'_, '_>,
        check: &Check,
        tls: &ServerTls,
        (elsewhere, place): (bool, Span),
    ) -> Option<Secured> {
        let over_tls = tls.of_checks(elsewhere);
        let probes = over_tls || check.connects_over_tls();
        if !tls.on && !probes {
            return Some(Secured::default());
        }
        let client = self.tls_client(tls, proxy.is_http(), place);
        let server_name = if tls.on { self.name_to_ask(tls, proxy, place) } else { Some(None) };
        self.note_contents(place);
        let (client, server_name) = (client?, server_name?);
        let of_checks = probes.then(|| self.tls_of_checks(tls, check, client.clone(), place));
        let (check, check_name) = match of_checks {
            Some((client, name)) => (Some(client), name),
            None => (None, String::new()),
        };
        let unchecked_name = tls.name.is_none() && server_name.is_some();
        let traffic = tls.on.then_some(v1::TlsClient { unchecked_name, ..client });
        let chooses = proxy.is_http() && tls.http2.is_none();
        Some(Secured { tls: traffic, server_name, check, check_name, over_tls, chooses })
    }

    fn tls_client(&mut self, tls: &ServerTls, http: bool, place: Span) -> Option<v1::TlsClient> {
        let settings = self.agreed(&tls.settings, place);
        let certificate = match &tls.certificate {
            None => Some(None),
            Some(word) => self.own_certificate(word).map(Some),
        };
        let required = tls.required.unwrap_or(!self.global.tls.servers_unverified);
        let server_certificates = match &tls.settings.authorities {
            _ if !required => Some(None),
            Some(authorities) => {
                let (authorities, revoked) =
                    (authorities.clone(), tls.settings.revoked.clone().unwrap_or_default());
                Some(Some(v1::TlsServerCertificates {
                    authorities: authorities.blob,
                    authorities_name: authorities.name,
                    revoked: revoked.blob,
                    revoked_name: revoked.name,
                    host: tls.host.clone().unwrap_or_default(),
                }))
            }
            None => {
                let message =
                    "`ssl` without a `ca-file`: nobody could tell whether the server is the right one";
                let help = "write `ca-file` with the authorities of its certificate, `ca-file @system-ca` for those of \
                            this host, or `verify none` to take anybody for it";
                self.report(Diagnostic::error(Code::MissingArgument, place, message).help(help));
                None
            }
        };
        let mut settings = settings?;
        let asked = tls.settings.protocols.as_deref().unwrap_or_default();
        settings.protocols = self.offered_to_servers(asked, tls.spoken(http), place);
        if http && tls.http2 == Some(true) && tls.settings.protocols.is_none() {
            // Servers that speak both want to be told.
            settings.protocols = vec![Bytes::from_static(b"h2")];
        }
        Some(v1::TlsClient {
            settings: Some(settings),
            server_certificates: server_certificates?,
            certificate: certificate?,
            no_resumption: tls.no_resumption,
            unchecked_name: false,
        })
    }

    /// The name that the server is asked for; `Some(None)`: none is.
    fn name_to_ask(
        &mut self,
        tls: &ServerTls,
        proxy: &Proxy<'_, '_>,
        place: Span,
    ) -> Option<Option<v1::Sample>> {
        let scope = proxy.request_scope();
        match &tls.name {
            None if tls.asks && proxy.is_http() => Some(self.reader.sample(&[HOST], 0, scope)),
            None => Some(None),
            Some(word) => {
                let words = std::slice::from_ref(word);
                let sample = self.reader.sample(&texts(words), 0, scope);
                self.expression_findings(words, place);
                // What has no value here gives none to ask for, as was told.
                Some(sample)
            }
        }
    }

    /// The same of its probes, and the name that they ask for.
    fn tls_of_checks(
        &mut self,
        tls: &ServerTls,
        check: &Check,
        mut client: v1::TlsClient,
        place: Span,
    ) -> (v1::TlsClient, String) {
        let spoken = check.spoken(tls);
        if let Some(settings) = &mut client.settings {
            match &tls.check_protocols {
                Some(asked) => settings.protocols = self.offered_to_servers(asked, spoken, place),
                // Of what the traffic may choose from, the check speaks some.
                None => settings.protocols.retain(|name| {
                    spoken.is_none_or(|spoken| spoken.iter().any(|known| known.as_bytes() == &name[..]))
                }),
            }
        }
        let name = match &tls.check_name {
            Some(name) => name.clone(),
            None => {
                let host = check.host().filter(|_| tls.checks_ask);
                client.unchecked_name = host.is_some();
                host.unwrap_or_default()
            }
        };
        (client, name)
    }

    /// Protocols that a server may choose from. `spoken`: the only ones that it can be spoken to in.
    pub(super) fn offered_to_servers(
        &mut self,
        asked: &[String],
        spoken: Option<&[&str]>,
        place: Span,
    ) -> Vec<Bytes> {
        let asked: Vec<&String> = asked.iter().filter(|name| !name.is_empty()).collect();
        let spoken = |name: &str| spoken.is_none_or(|spoken| spoken.contains(&name));
        if let Some(other) = asked.iter().find(|name| !spoken(name)) {
            let message = format!("`{other}` is not spoken to servers yet");
            let finding = Diagnostic::warning(Code::DegradedValue, place, message);
            self.report(finding.label("servers are not offered it"));
        }
        let kept = asked.into_iter().filter(|name| spoken(name));
        kept.map(|name| Bytes::from(name.clone())).collect()
    }
}

/// What HTTP/1 is called (RFC 7301 section 6).
pub(super) const IN_HTTP1: &[&str] = &["http/1.1", "http/1.0"];
/// HTTP/2.
pub(super) const IN_HTTP2: &[&str] = &["h2"];
/// Either, as the server chooses.
const IN_EITHER: &[&str] = &["h2", "http/1.1", "http/1.0"];

impl Check {
    fn steps(&self) -> &[v1::CheckStep] {
        match &self.probe {
            Probe::Script(script) => &script.steps,
            _ => &[],
        }
    }

    /// Whether one of its steps connects over TLS by itself.
    fn connects_over_tls(&self) -> bool {
        let secure = |step: &v1::CheckStep| matches!(&step.action, Some(check_step::Action::Connect(connect)) if connect.tls);
        self.steps().iter().any(secure)
    }

    fn speaks_http(&self) -> bool {
        match &self.probe {
            Probe::Http(_) | Probe::Grpc(_) => true,
            Probe::Script(script) => script.http,
            Probe::Tcp(_) | Probe::Program(_) => false,
        }
    }

    /// Protocols that it speaks over TLS; `None`: it speaks none that is known.
    fn spoken(&self, tls: &ServerTls) -> Option<&'static [&'static str]> {
        let newer = tls.http2 == Some(true) || matches!(self.probe, Probe::Grpc(_));
        self.speaks_http().then_some(if newer { IN_HTTP2 } else { IN_HTTP1 })
    }

    /// The host that its first request names.
    fn host(&self) -> Option<String> {
        let request = match &self.probe {
            Probe::Http(request) => Some(request),
            _ => self.steps().iter().find_map(|step| match &step.action {
                Some(check_step::Action::Request(request)) => Some(request),
                _ => None,
            }),
        };
        let mut headers = request?.headers.iter();
        let value = &headers.find(|header| header.name.eq_ignore_ascii_case("host"))?.value;
        let value = std::str::from_utf8(value).ok()?;
        Some(value.split(':').next().unwrap_or_default().to_owned()).filter(|host| !host.is_empty())
    }
}
