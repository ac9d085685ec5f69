//! The version of HTTP that a request goes out in, where WebSockets have another one than the rest (HAProxy: ws).

use sluicegate_model::outgoing::{OutgoingHttp, WebSocketHttp};

use super::run::Run;
use crate::exchange::Exchange;
use crate::live::LiveEndpoint;

const HTTP1: &[u8] = b"http/1.1";

impl Exchange {
    /// The version that its request goes out in.
    pub(super) fn version(&self) -> OutgoingHttp {
        let own = || self.endpoint.as_ref().map_or(OutgoingHttp::Http1, |endpoint| endpoint.http());
        self.carried.version.unwrap_or_else(own)
    }
}

impl Run<'_, '_> {
    /// Finds the version that the request goes out in, to an endpoint that may be spoken to in HTTP/2; whether it may be that.
    /// Connections in a version of their own are not for other requests.
    #[inline(never)] // what can go out in HTTP/1 alone passes by
    pub(super) fn choose_version(&mut self) -> bool {
        let turn = &mut *self.turn;
        let Some(endpoint) = &turn.exchange.endpoint else { return false };
        let usual = endpoint.http();
        let request = &turn.request;
        let protocol = request.head.upgrade(&request.bytes).filter(|_| turn.asked.upgrade);
        let is_web_socket = protocol.is_some_and(|it| it.eq_ignore_ascii_case(b"websocket"));
        let version = if is_web_socket { of_web_sockets(endpoint) } else { usual };
        turn.exchange.carried.version = (version != usual).then_some(version);
        if version != usual {
            turn.transport = turn.transport.map(|key| key.in_other_version());
        }
        version != OutgoingHttp::Http1
    }
}

fn of_web_sockets(endpoint: &LiveEndpoint) -> OutgoingHttp {
    match (endpoint.web_sockets(), endpoint.http()) {
        (WebSocketHttp::Http1, _) => OutgoingHttp::Http1,
        (WebSocketHttp::Http2, _) => OutgoingHttp::Http2,
        // Few servers of HTTP/2 take them (RFC 8441).
        (WebSocketHttp::Auto, OutgoingHttp::Negotiated) if offers_http1(endpoint) => OutgoingHttp::Http1,
        (WebSocketHttp::Auto, usual) => usual,
    }
}

fn offers_http1(endpoint: &LiveEndpoint) -> bool {
    endpoint.tls().is_some_and(|tls| tls.offers(HTTP1))
}

/// What is offered by ALPN for the sake of a version.
pub(crate) fn protocols(version: OutgoingHttp) -> Vec<Vec<u8>> {
    match version {
        OutgoingHttp::Http1 => vec![HTTP1.to_vec()],
        OutgoingHttp::Http2 | OutgoingHttp::Negotiated => vec![b"h2".to_vec()],
    }
}
