//! A connection in TCP mode as expressions see it.

use std::net::SocketAddr;
use std::time::Duration;

use sluicegate_model::expr::{Alias, Direction, Figure};
use sluicegate_model::rule::{Action, Priority, Rule};
use sluicegate_rules::{Handling, Message, Scratch, Tls, Variables, integer, matches};

use crate::exchange::{Exchange, Wishes};
use crate::worker::Worker;

/// What is known of it before bytes pass.
pub(super) struct Connection<'a> {
    pub(super) worker: &'a Worker,
    pub(super) exchange: &'a Exchange,
    pub(super) frontend: &'a str,
    /// Bytes of the first message, where these were waited for.
    pub(super) first: Option<&'a [u8]>,
}

/// Runs rules over a connection, and puts down what they wish of it; `false`: they turn it away. Of their actions no others
/// can be done on bytes.
pub(super) fn let_in(
    rules: &[Rule],
    connection: &Connection<'_>,
    scratch: &mut Scratch,
    wishes: &mut Wishes,
) -> bool {
    for rule in rules {
        if rule.when.as_ref().is_some_and(|when| !matches(when, connection, scratch)) {
            continue;
        }
        let (sample, handling): (_, fn(i64) -> Handling) = match &rule.action {
            Action::Deny(_) => return false,
            Action::Allow => return true,
            Action::SetPriority(Priority::Class(sample)) => (sample, Handling::Class),
            Action::SetPriority(Priority::Offset(sample)) => (sample, Handling::Offset),
            _ => continue,
        };
        if let Some(number) = integer(sample, connection, scratch) {
            wishes.note(handling(number));
        }
    }
    true
}

impl Message for Connection<'_> {
    fn source(&self) -> Option<SocketAddr> {
        self.exchange.client.ip()
    }

    fn destination(&self) -> Option<SocketAddr> {
        self.exchange.local?.ip()
    }

    fn tls(&self) -> Option<&Tls> {
        self.exchange.tls.as_deref()
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

    fn figure(&self, figure: &Figure) -> Option<i64> {
        self.worker.with_active(|active| active.figure(figure))
    }

    fn unix_time(&self) -> Duration {
        self.worker.clock.unix(self.worker.clock.now())
    }

    fn first_bytes(&self) -> Option<&[u8]> {
        self.first
    }

    fn random(&self) -> u32 {
        self.worker.chance.next()
    }

    fn host_name(&self) -> &[u8] {
        self.worker.shared.host.as_bytes()
    }

    fn header<'a>(&'a self, _: Direction, _: &'a [u8]) -> impl Iterator<Item = &'a [u8]> {
        std::iter::empty()
    }
}

impl Variables for Connection<'_> {
    fn alias(&self, alias: Alias, hexadecimal: bool, out: &mut Vec<u8>) {
        self.worker.with_line(self.exchange, 0, |line| line.alias(alias, hexadecimal, out));
    }
}
