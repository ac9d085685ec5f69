//! Which versions of HTTP the two sides speak: `proto`, `option disable-h2-upgrade`, `ws`.

use sluicegate_proto::v1::{EndpointHttp, HttpProtocol, WebSocketHttp};

use super::Lowering;
use super::proxy::Proxy;
use crate::ast::Directive;
use crate::diagnostic::{Code, Diagnostic};
use crate::word::Word;

impl<'a> Lowering<'a> {
    /// What clients of a `bind` line may speak.
    pub(super) fn http_protocol(&mut self, line: &'a Directive, proxy: &Proxy<'_, 'a>) -> HttpProtocol {
        self.proto_fits(line, proxy);
        match proto(line).map(Word::text) {
            Some("h1") => HttpProtocol::Http1,
            Some("h2") => HttpProtocol::Http2,
            _ if proxy.is_http() && proxy.lines.is_on("option disable-h2-upgrade") => {
                HttpProtocol::Negotiated
            }
            _ => HttpProtocol::Any,
        }
    }

    /// What a server with this `proto` is spoken to in.
    pub(super) fn endpoint_http(&mut self, word: &Word) -> EndpointHttp {
        match word.text() {
            "h2" => EndpointHttp::Http2,
            "fcgi" => {
                let finding =
                    Diagnostic::warning(Code::DegradedValue, word.span(), "FastCGI is not spoken yet");
                self.report(finding.label("nothing is sent to the server"));
                EndpointHttp::Http1
            }
            _ => EndpointHttp::Http1,
        }
    }

    /// Tells what is wrong with the version of HTTP that a server is spoken to in.
    pub(super) fn server_http(&mut self, line: &'a Directive, proxy: &Proxy<'_, 'a>, http: EndpointHttp) {
        self.proto_fits(line, proxy);
        if http == EndpointHttp::Http2 && !proxy.is_http() && proto(line).is_none() {
            let message = "`proto h2` of `default-server` is not spoken in TCP mode";
            self.report(Diagnostic::error(Code::BadValue, line.span, message));
        }
    }

    /// Whether `proto` of a `bind` or `server` line belongs to the mode of its proxy.
    fn proto_fits(&mut self, line: &'a Directive, proxy: &Proxy<'_, 'a>) {
        let Some(word) = proto(line) else { return };
        if proxy.is_http() == (word.text() != "none") {
            return;
        }
        let mode = if proxy.is_http() { "HTTP" } else { "TCP" };
        let message = format!("`{}` is not spoken in {mode} mode", word.text());
        self.report(
            Diagnostic::error(Code::BadValue, word.span(), message)
                .help("`h1` and `h2` are for `mode http`, `none` is for `mode tcp`"),
        );
    }
}

/// What `ws` says.
pub(super) fn web_sockets(word: &Word) -> WebSocketHttp {
    match word.text() {
        "h1" => WebSocketHttp::Http1,
        "h2" => WebSocketHttp::Http2,
        _ => WebSocketHttp::Auto,
    }
}

fn proto(line: &Directive) -> Option<&Word> {
    line.option("proto")?.args.first()
}
