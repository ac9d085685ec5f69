//! `usesrc`: whom servers take for their client.

use sluicegate_proto::v1::{self, foreign_source::Of};

use super::Lowering;
use super::address::{self, Address, Host, Port};
use super::proxy::Proxy;
use super::report::texts;
use crate::diagnostic::{Code, Diagnostic};
use crate::expr::{Hidden, Scope};
use crate::source::Span;
use crate::word::Word;

impl<'a> Lowering<'a> {
    /// `usesrc { client | clientip | <address>[:<port>] | hdr_ip(<name>[,<occurrence>]) }`
    pub(super) fn foreign_source(&mut self, word: &Word) -> Option<v1::ForeignSource> {
        let text = self.expanded(word)?;
        let of = match text.as_str() {
            "client" => Of::Client(v1::Empty {}),
            "clientip" => Of::ClientAddress(v1::Empty {}),
            expression if expression.starts_with("hdr_ip(") => {
                let words = std::slice::from_ref(word);
                let sample = self.reader.sample(&texts(words), 0, Scope::REQUEST);
                self.expression_findings(words, word.span());
                Of::Told(sample?)
            }
            _ => Of::Address(self.foreign_address(word, &text)?),
        };
        Some(v1::ForeignSource { of: Some(of) })
    }

    fn foreign_address(&mut self, word: &Word, text: &str) -> Option<v1::IpAddress> {
        let address = match address::parse(text) {
            Ok(Address::Inet { host: Host::Ip(ip), port: Port::None | Port::Zero, .. }) => Some((ip, 0)),
            Ok(Address::Inet { host: Host::Ip(ip), port: Port::One(port), .. }) => Some((ip, port)),
            _ => None,
        };
        if address.is_none() {
            let message = format!("`{text}` is nothing that connections can come from");
            self.report(
                Diagnostic::error(Code::BadAddress, word.span(), message)
                    .help("write `client`, `clientip`, `hdr_ip(<name>)` or an address"),
            );
        }
        address.map(|(ip, port)| address::ip_address(ip, port))
    }

    /// What a source cannot hang on in this proxy.
    pub(super) fn known_client(
        &mut self,
        proxy: &Proxy<'_, 'a>,
        source: Option<&v1::Source>,
        span: Span,
        closed: &mut Vec<&'static str>,
    ) {
        let of = source.and_then(|source| source.foreign.as_ref()).and_then(|foreign| foreign.of.as_ref());
        let wrong = match of {
            None | Some(Of::Address(_)) => return,
            Some(_) if proxy.is_udp() => {
                "`usesrc` with what clients have is for connections, and `mode udp` has none"
            }
            Some(Of::Told(_)) if !proxy.is_http() => "`usesrc hdr_ip` reads requests: it needs `mode http`",
            Some(Of::Told(_)) => return,
            Some(Of::Client(_) | Of::ClientAddress(_)) => {
                if self.hidden.iter().any(|(hidden, _)| *hidden == Hidden::Source) {
                    closed.push("set-src");
                    let message =
                        "the address of the client, which the server is to see, another line would change";
                    let finding = Diagnostic::warning(Code::DegradedValue, span, message);
                    self.report(finding.label("the server stands disabled"));
                }
                return;
            }
        };
        self.report(Diagnostic::error(Code::ModeMismatch, span, wrong));
    }
}
