//! A connection in TCP mode as expressions see it.

use std::net::SocketAddr;

use sluicegate_model::expr::Direction;
use sluicegate_rules::Message;

use crate::exchange::Exchange;

/// What is known before the first byte.
pub(super) struct Connection<'a> {
    pub(super) exchange: &'a Exchange,
    pub(super) frontend: &'a str,
}

impl Message for Connection<'_> {
    fn source(&self) -> Option<SocketAddr> {
        self.exchange.client.ip()
    }

    fn destination(&self) -> Option<SocketAddr> {
        self.exchange.local?.ip()
    }

    fn is_tls(&self) -> bool {
        false
    }

    fn frontend_name(&self) -> &[u8] {
        self.frontend.as_bytes()
    }

    fn backend_name(&self) -> Option<&[u8]> {
        None
    }

    fn is_http(&self) -> bool {
        false
    }

    fn method(&self) -> Option<&[u8]> {
        None
    }

    fn target(&self) -> Option<&[u8]> {
        None
    }

    fn version(&self, _: Direction) -> Option<&[u8]> {
        None
    }

    fn status(&self) -> Option<u16> {
        None
    }

    fn header<'a>(&'a self, _: Direction, _: &'a [u8]) -> impl Iterator<Item = &'a [u8]> {
        std::iter::empty()
    }
}
