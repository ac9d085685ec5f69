//! The header of a connection to an endpoint.

use sluicegate_model::outgoing::ProxyHeader;

use super::{Known, kind, write};
use crate::exchange::Exchange;
use crate::stream::Stream;

/// Appends the header that an endpoint wants of the connection that an exchange came in by.
#[cold]
pub(crate) fn announce(header: &ProxyHeader, exchange: &Exchange, client: &Stream, out: &mut Vec<u8>) {
    let local = exchange.local.or_else(|| client.local());
    let ends = exchange.client.ip().zip(local.and_then(|local| local.ip()));
    let authority = exchange.announced.as_ref().and_then(|told| told.values.of(kind::AUTHORITY).next());
    let tls = exchange.tls.as_deref();
    let asked = tls.and_then(|tls| tls.server_name.as_deref()).map(str::as_bytes);
    write(header, ends, Known { authority: authority.or(asked), tls }, out);
}
