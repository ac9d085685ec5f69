//! An exchange as log formats see it.

use std::cell::RefCell;
use std::io::Write;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use sluicegate_model::expr::{Alias, Direction};
use sluicegate_rules::{Message, Variables, path, path_and_query, query};

use super::calendar::{Calendar, Zone, digits};
use super::durations::Durations;
use crate::exchange::Exchange;
use crate::stream::{Peer, Target};

/// All that a line can tell.
pub(crate) struct Line<'a> {
    pub(crate) exchange: &'a Exchange,
    pub(crate) calendar: &'a RefCell<Calendar>,
    /// Of the accept, since 1970.
    pub(crate) accepted: Duration,
    /// Of the request's first byte, since 1970.
    pub(crate) began: Duration,
    /// Client connections of the process.
    pub(crate) connections: u32,
    /// Name of this node.
    pub(crate) node: &'a str,
    /// Number of the line within its frontend.
    pub(crate) number: u64,
}

impl Message for Line<'_> {
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
        self.exchange.frontend.as_ref().map_or(b"", |frontend| frontend.name().as_bytes())
    }

    fn backend_name(&self) -> Option<&[u8]> {
        self.exchange.backend.as_ref().map(|backend| backend.name().as_bytes())
    }

    fn is_http(&self) -> bool {
        self.exchange.request.line().is_some()
    }

    fn method(&self) -> Option<&[u8]> {
        self.exchange.request.method()
    }

    fn target(&self) -> Option<&[u8]> {
        self.exchange.request.target()
    }

    fn version(&self, direction: Direction) -> Option<&[u8]> {
        match direction {
            Direction::Request => self.exchange.request.version()?.strip_prefix(b"HTTP/"),
            Direction::Response => None,
        }
    }

    fn status(&self) -> Option<u16> {
        self.exchange.status
    }

    /// Heads are gone when the line is written.
    fn header<'a>(&'a self, _: Direction, _: &'a [u8]) -> impl Iterator<Item = &'a [u8]> {
        std::iter::empty()
    }
}

impl Variables for Line<'_> {
    fn alias(&self, alias: Alias, hexadecimal: bool, out: &mut Vec<u8>) {
        // Each says whether the alias is its own.
        let _known = self.number(alias, hexadecimal, out)
            || self.duration(alias, out)
            || self.date(alias, out)
            || self.address(alias, hexadecimal, out)
            || self.text(alias, out);
    }
}

impl Line<'_> {
    fn number(&self, alias: Alias, hexadecimal: bool, out: &mut Vec<u8>) -> bool {
        let exchange = self.exchange;
        let frontend = exchange.frontend.as_ref().map(|it| &it.state);
        let number = match alias {
            Alias::BytesToClient => exchange.bytes_out,
            Alias::BytesFromClient => exchange.bytes_in,
            Alias::ProcessConnections => self.connections.into(),
            Alias::FrontendConnections => frontend.map_or(0, |it| it.gate.open()).into(),
            Alias::BackendConnections => {
                exchange.backend.as_ref().map_or(0, |it| it.state.exchanging()).into()
            }
            Alias::EndpointConnections => exchange.endpoint.as_ref().map_or(0, |it| it.state.served()).into(),
            Alias::BackendQueue => exchange.backend_queue.into(),
            Alias::EndpointQueue => exchange.endpoint_queue.into(),
            Alias::LogCounter => self.number,
            Alias::ProcessId => std::process::id().into(),
            Alias::RequestCounter => exchange.number.into(),
            Alias::AcceptUnix => self.accepted.as_secs(),
            Alias::Retries => {
                if exchange.redispatched {
                    out.push(b'+');
                }
                exchange.retries.into()
            }
            _ => return false,
        };
        if hexadecimal {
            // Writing to a Vec cannot fail.
            let _infallible = write!(out, "{number:X}");
        } else {
            digits(number, 1, out);
        }
        true
    }

    fn duration(&self, alias: Alias, out: &mut Vec<u8>) -> bool {
        let durations = Durations::of(&self.exchange.times);
        let millis = match alias {
            Alias::RequestTime => durations.request,
            Alias::ActiveTime => durations.active,
            Alias::ConnectTime => durations.connect,
            Alias::DataTime => durations.data,
            // No handshake is made before the first byte.
            Alias::HandshakeTime => 0,
            Alias::IdleTime => durations.idle,
            Alias::QueryTime if durations.request < 0 => durations.request,
            Alias::QueryTime => durations.idle + durations.request,
            Alias::ResponseTime => durations.response,
            Alias::TotalTime => durations.total,
            Alias::UserTime => durations.active,
            Alias::WaitTime => durations.wait,
            _ => return false,
        };
        if millis < 0 {
            out.extend_from_slice(b"-1");
        } else {
            digits(millis, 1, out);
        }
        true
    }

    fn date(&self, alias: Alias, out: &mut Vec<u8>) -> bool {
        let mut calendar = self.calendar.borrow_mut();
        match alias {
            Alias::AcceptUtc => calendar.date_zone(self.accepted, Zone::Utc, out),
            Alias::AcceptLocal => calendar.date_zone(self.accepted, Zone::Local, out),
            Alias::AcceptDate => calendar.date_millis(self.accepted, out),
            Alias::AcceptMillis => digits(self.accepted.subsec_millis(), 3, out),
            Alias::RequestDate => calendar.date_millis(self.began, out),
            Alias::RequestDateUtc => calendar.date_zone(self.began, Zone::Utc, out),
            Alias::RequestDateLocal => calendar.date_zone(self.began, Zone::Local, out),
            _ => return false,
        }
        true
    }

    fn address(&self, alias: Alias, hexadecimal: bool, out: &mut Vec<u8>) -> bool {
        let exchange = self.exchange;
        let endpoint = || match exchange.endpoint.as_ref()?.target()? {
            Target::Ip(address) => Some(Peer::Ip(address)),
            Target::Unix(_) => Some(Peer::Unix),
        };
        let (peer, wants_port) = match alias {
            Alias::ClientIp => (Some(exchange.client), false),
            Alias::ClientPort => (Some(exchange.client), true),
            Alias::FrontendIp => (exchange.local, false),
            Alias::FrontendPort => (exchange.local, true),
            Alias::BackendSourceIp => (exchange.source, false),
            Alias::BackendSourcePort => (exchange.source, true),
            Alias::EndpointIp => (endpoint(), false),
            Alias::EndpointPort => (endpoint(), true),
            _ => return false,
        };
        match (peer, wants_port) {
            (None, _) => {}
            (Some(Peer::Unix), false) => out.extend_from_slice(b"unix"),
            (Some(Peer::Unix), true) => out.push(b'0'),
            (Some(Peer::Ip(address)), false) => write_ip(address.ip().to_canonical(), hexadecimal, out),
            (Some(Peer::Ip(address)), true) if hexadecimal => {
                let _infallible = write!(out, "{:04X}", address.port());
            }
            (Some(Peer::Ip(address)), true) => digits(address.port(), 1, out),
        }
        true
    }

    fn text(&self, alias: Alias, out: &mut Vec<u8>) -> bool {
        let exchange = self.exchange;
        let target = || exchange.request.target();
        match alias {
            Alias::HostName => out.extend_from_slice(self.node.as_bytes()),
            Alias::FrontendName | Alias::FrontendTransport => out.extend_from_slice(self.frontend_name()),
            // Where nothing was chosen the frontend stands in its place, as with HAProxy.
            Alias::BackendName => out.extend_from_slice(self.backend_name().unwrap_or(self.frontend_name())),
            Alias::EndpointName => match &exchange.endpoint {
                Some(endpoint) => out.extend_from_slice(endpoint.name().as_bytes()),
                None => out.extend_from_slice(b"<NOSRV>"),
            },
            Alias::Status => match exchange.status {
                Some(status) => digits(status, 1, out),
                None => out.extend_from_slice(b"-1"),
            },
            Alias::Method => out.extend_from_slice(exchange.request.method().unwrap_or_default()),
            Alias::Url => out.extend_from_slice(target().unwrap_or_default()),
            Alias::Path => out.extend_from_slice(target().and_then(path).unwrap_or_default()),
            Alias::PathOnly => out.extend_from_slice(target().and_then(path).unwrap_or_default()),
            Alias::Query => out.extend_from_slice(target().and_then(question).unwrap_or_default()),
            Alias::Version => out.extend_from_slice(exchange.request.version().unwrap_or_default()),
            Alias::RequestLine => out.extend_from_slice(exchange.request.line().unwrap_or(b"<BADREQ>")),
            Alias::Generation => {
                let _infallible = write!(out, "{}", exchange.generation);
            }
            Alias::Termination | Alias::TerminationCookies => {
                out.push(exchange.termination.cause.letter());
                out.push(exchange.termination.phase.letter());
                if alias == Alias::TerminationCookies {
                    out.extend_from_slice(b"--");
                }
            }
            // Nothing captures.
            _ => return false,
        }
        true
    }
}

/// The query with its question mark.
fn question(target: &[u8]) -> Option<&[u8]> {
    let whole = path_and_query(target)?;
    let query = query(target)?;
    whole.get(whole.len() - query.len() - 1..)
}

fn write_ip(ip: IpAddr, hexadecimal: bool, out: &mut Vec<u8>) {
    match (ip, hexadecimal) {
        (IpAddr::V4(ip), false) => {
            for (place, octet) in ip.octets().into_iter().enumerate() {
                if place > 0 {
                    out.push(b'.');
                }
                digits(octet, 1, out);
            }
        }
        // Writing to a Vec cannot fail.
        (IpAddr::V6(ip), false) => drop(write!(out, "{ip}")),
        (IpAddr::V4(ip), true) => drop(write!(out, "{:08X}", u32::from(ip))),
        (IpAddr::V6(ip), true) => drop(write!(out, "{:032X}", u128::from(ip))),
    }
}
