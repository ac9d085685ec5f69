//! The header of a connection to an endpoint.

use sluicegate_model::outgoing::ProxyHeader;

use super::{Known, kind, write};
use crate::exchange::Exchange;
use crate::live::LiveEndpoint;
use crate::stream::Stream;
use crate::worker::Worker;

/// Appends the header that an endpoint wants, where it wants one, of the connection that an exchange came in by.
pub(crate) fn announce(
    endpoint: &LiveEndpoint,
    (worker, exchange, client): (&Worker, &Exchange, &Stream),
    out: &mut Vec<u8>,
) {
    if let Some(header) = endpoint.proxy_header() {
        tell(header, endpoint, (worker, exchange, client), out);
    }
}

#[cold]
fn tell(
    header: &ProxyHeader,
    endpoint: &LiveEndpoint,
    (worker, exchange, client): (&Worker, &Exchange, &Stream),
    out: &mut Vec<u8>,
) {
    let local = exchange.local.or_else(|| client.destination());
    let ends = exchange.client.ip().zip(local.and_then(|local| local.ip()));
    let authority = exchange.announced.as_ref().and_then(|told| told.values.of(kind::AUTHORITY).next());
    let tls = exchange.tls.as_deref();
    let asked = tls.and_then(|tls| tls.server_name.as_deref()).map(str::as_bytes);
    let own: Vec<(u8, Vec<u8>)> = endpoint
        .proxy_values()
        .iter()
        .map(|value| (value.kind, worker.text(exchange, &value.format)))
        .collect();
    write(header, ends, Known { authority: authority.or(asked), tls, own: &own }, out);
}
