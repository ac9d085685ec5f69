//! A connection in TCP mode as expressions see it.

use std::net::SocketAddr;
use std::time::Duration;

use sluicegate_model::expr::{Alias, Direction, Figure};
use sluicegate_model::rule::{Action, Priority, Rule};
use sluicegate_rules::{Handling, Message, Scratch, Tls, Variables, Verdict, integer, judge};

use super::first::First;
use crate::exchange::{Exchange, Wishes};
use crate::h1::Version;
use crate::worker::Worker;

/// What is known of it before bytes pass.
pub(crate) struct Connection<'a> {
    pub(crate) worker: &'a Worker,
    pub(crate) exchange: &'a Exchange,
    pub(crate) frontend: &'a str,
    pub(crate) first: First<'a>,
}

/// What rules come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ruling {
    /// One of them hangs on bytes that may come.
    Open,
    /// It is let in.
    Passes,
    /// It is turned away.
    Refused,
    /// It goes on in HTTP mode.
    Http,
    /// The endpoint is left.
    Left,
}

/// Runs rules over a connection, and puts down what they wish of it. Of their actions no others can be done on bytes.
pub(crate) fn rule(
    rules: &[Rule],
    connection: &Connection<'_>,
    scratch: &mut Scratch,
    wishes: &mut Wishes,
) -> Ruling {
    for rule in rules {
        match rule.when.as_ref().map(|when| judge(when, connection, scratch)) {
            Some(Verdict::Open) => return Ruling::Open,
            Some(Verdict::Fails) => continue,
            Some(Verdict::Holds) | None => {}
        }
        let (sample, handling): (_, fn(i64) -> Handling) = match &rule.action {
            Action::Deny(_) => return Ruling::Refused,
            Action::Allow => return Ruling::Passes,
            Action::SwitchToHttp => return Ruling::Http,
            Action::CloseEndpoint => return Ruling::Left,
            Action::SetPriority(Priority::Class(sample)) => (sample, Handling::Class),
            Action::SetPriority(Priority::Offset(sample)) => (sample, Handling::Offset),
            _ => continue,
        };
        if let Some(number) = integer(sample, connection, scratch) {
            wishes.note(handling(number));
        }
    }
    Ruling::Passes
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

    fn server_tls(&self) -> Option<&Tls> {
        self.exchange.server_tls.as_deref()
    }

    fn server_tls_error(&self) -> Option<&str> {
        self.exchange.server_tls_error.as_deref()
    }

    fn frontend_name(&self) -> &[u8] {
        self.frontend.as_bytes()
    }

    fn backend_name(&self) -> Option<&[u8]> {
        self.exchange.backend.as_ref().map(|backend| backend.name().as_bytes())
    }

    fn is_http(&self) -> bool {
        self.first.request().is_some()
    }

    fn method(&self) -> Option<&[u8]> {
        self.first.request().map(|(head, bytes)| head.method_text(bytes))
    }

    fn target(&self) -> Option<&[u8]> {
        self.first.request().map(|(head, bytes)| head.target(bytes))
    }

    fn version(&self, direction: Direction) -> Option<&[u8]> {
        let (head, _) = self.first.request().filter(|_| direction == Direction::Request)?;
        Some(match head.version() {
            Version::Http10 => b"1.0",
            Version::Http11 => b"1.1",
        })
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

    fn first_bytes(&self, direction: Direction) -> Option<&[u8]> {
        self.first.of(direction)
    }

    fn expects_more(&self) -> bool {
        self.first.more
    }

    fn may_become_http(&self) -> bool {
        self.first.may_become_request()
    }

    fn has_proxy_header(&self) -> bool {
        self.exchange.announced.is_some()
    }

    fn proxy_values(&self, kind: u8) -> impl Iterator<Item = &[u8]> {
        self.exchange.announced.iter().flat_map(move |header| header.values.of(kind))
    }

    fn random(&self) -> u32 {
        self.worker.chance.next()
    }

    fn host_name(&self) -> &[u8] {
        self.worker.shared.host.as_bytes()
    }

    fn header<'a>(&'a self, direction: Direction, name: &'a [u8]) -> impl Iterator<Item = &'a [u8]> {
        let request = self.first.request().filter(|_| direction == Direction::Request);
        request.into_iter().flat_map(move |(head, bytes)| head.values(bytes, name))
    }
}

impl Variables for Connection<'_> {
    fn alias(&self, alias: Alias, hexadecimal: bool, out: &mut Vec<u8>) {
        self.worker.with_line(self.exchange, 0, |line| line.alias(alias, hexadecimal, out));
    }
}
