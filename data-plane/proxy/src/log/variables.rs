//! An exchange as log formats see it.

use std::cell::RefCell;
use std::io::Write;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use sluicegate_model::compression::ContentCoding;
use sluicegate_model::expr::{Alias, Direction, Figure};
use sluicegate_rules::{Message, Tls, Variables, path, path_and_query, query};

use super::calendar::{Calendar, Zone};
use super::digits::{ipv4, number, thousandths};
use crate::chance::Chance;
use crate::clock::Clock;
use crate::cookie::Asked;
use crate::exchange::{Durations, Exchange};
use crate::live::Active;
use crate::persistence::Belonging;
use crate::stream::{Peer, Target};
use crate::termination::Termination;

/// All that a line can tell.
pub(crate) struct Line<'a> {
    pub(crate) exchange: &'a Exchange,
    pub(crate) calendar: &'a RefCell<Calendar>,
    /// Tells the calendar's time.
    pub(crate) clock: &'a Clock,
    /// Client connections of the process.
    pub(crate) connections: u32,
    /// Name of this node.
    pub(crate) node: &'a str,
    /// The host's name.
    pub(crate) host: &'a str,
    /// What is served.
    pub(crate) active: &'a Active,
    pub(crate) chance: &'a Chance,
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

    fn compressed_with(&self) -> Option<ContentCoding> {
        self.exchange.compressed_with
    }

    fn answering_cache(&self) -> Option<&[u8]> {
        self.exchange.cache.as_ref().map(|cache| cache.key.name().as_bytes())
    }

    fn figure(&self, figure: &Figure) -> Option<i64> {
        self.active.figure(figure)
    }

    fn unix_time(&self) -> Duration {
        self.clock.unix(self.clock.now())
    }

    fn has_proxy_header(&self) -> bool {
        self.exchange.announced.is_some()
    }

    fn proxy_values(&self, kind: u8) -> impl Iterator<Item = &[u8]> {
        self.exchange.announced.iter().flat_map(move |header| header.values.of(kind))
    }

    fn random(&self) -> u32 {
        self.chance.next()
    }

    fn host_name(&self) -> &[u8] {
        self.host.as_bytes()
    }

    /// Heads are gone when the line is written.
    fn header<'a>(&'a self, _: Direction, _: &'a [u8]) -> impl Iterator<Item = &'a [u8]> {
        std::iter::empty()
    }
}

impl Variables for Line<'_> {
    // A call for each of the two dozen variables of a line would take as much as most of them.
    #[inline(always)]
    fn alias(&self, alias: Alias, hexadecimal: bool, out: &mut Vec<u8>) {
        // Each says whether the alias is its own; inlined, they are one jump.
        if let Some(count) = self.number(alias) {
            if alias == Alias::Retries && self.exchange.redispatched {
                out.push(b'+');
            }
            match hexadecimal {
                true => write_hexadecimal(count, out),
                false => number(count, out),
            }
        } else if let Some(millis) = self.duration(alias) {
            match u64::try_from(millis) {
                Ok(millis) => number(millis, out),
                Err(_) => out.extend_from_slice(b"-1"),
            }
        } else if let Some(text) = self.text(alias) {
            out.extend_from_slice(text);
            if alias == Alias::FrontendTransport && self.exchange.tls.is_some() {
                out.push(b'~');
            }
        } else if let Some((peer, part)) = self.address(alias) {
            write_address(peer, part, hexadecimal, out);
        } else {
            self.rest(alias, out);
        }
    }
}

/// What is asked of an address.
#[derive(Debug, Clone, Copy)]
enum Part {
    Ip,
    Port,
}

impl Line<'_> {
    /// Of the accept, since 1970.
    fn accepted(&self) -> Duration {
        self.clock.unix(self.exchange.times.accepted)
    }

    /// Of the request's first byte, since 1970.
    fn began(&self) -> Duration {
        let times = &self.exchange.times;
        self.clock.unix(times.began.unwrap_or(times.accepted))
    }

    #[inline(always)]
    fn number(&self, alias: Alias) -> Option<u64> {
        let exchange = self.exchange;
        let frontend = || exchange.frontend.as_ref().map(|it| &it.state);
        Some(match alias {
            Alias::BytesToClient => exchange.bytes_out,
            Alias::BytesFromClient => exchange.bytes_in,
            Alias::ProcessConnections => self.connections.into(),
            Alias::FrontendConnections => frontend().map_or(0, |it| it.gate.open()).into(),
            Alias::BackendConnections => {
                exchange.backend.as_ref().map_or(0, |it| it.state.exchanging()).into()
            }
            Alias::EndpointConnections => exchange.endpoint.as_ref().map_or(0, |it| it.state.served()).into(),
            Alias::BackendQueue => exchange.backend_queue.into(),
            Alias::EndpointQueue => exchange.endpoint_queue.into(),
            Alias::LogCounter => self.number,
            Alias::ProcessId => std::process::id().into(),
            Alias::RequestCounter => exchange.number.into(),
            Alias::AcceptUnix => self.accepted().as_secs(),
            Alias::Retries => exchange.retries.into(),
            _ => return None,
        })
    }

    #[inline(always)]
    fn duration(&self, alias: Alias) -> Option<i64> {
        let durations = Durations(&self.exchange.times);
        Some(match alias {
            Alias::RequestTime => durations.request(),
            Alias::ActiveTime | Alias::UserTime => durations.active(),
            Alias::ConnectTime => durations.connect(),
            Alias::DataTime => durations.data(),
            Alias::HandshakeTime => self.handshake(),
            Alias::IdleTime => (durations.idle() - self.handshake()).max(0),
            Alias::QueryTime => match durations.request() {
                missing @ ..0 => missing,
                request => durations.idle() + request,
            },
            Alias::ResponseTime => durations.response(),
            Alias::TotalTime => durations.total(),
            Alias::WaitTime => durations.wait(),
            _ => return None,
        })
    }

    /// Milliseconds; of the first request of a connection alone, as with HAProxy.
    fn handshake(&self) -> i64 {
        match &self.exchange.tls {
            Some(tls) if self.exchange.number == 0 => {
                tls.handshake.as_millis().try_into().unwrap_or(i64::MAX)
            }
            _ => 0,
        }
    }

    #[inline(always)]
    fn text(&self, alias: Alias) -> Option<&[u8]> {
        let exchange = self.exchange;
        let request = &exchange.request;
        let target = || request.target();
        Some(match alias {
            Alias::HostName => self.node.as_bytes(),
            Alias::FrontendName | Alias::FrontendTransport => self.frontend_name(),
            // Where nothing was chosen the frontend stands in its place, as with HAProxy.
            Alias::BackendName => self.backend_name().unwrap_or(self.frontend_name()),
            Alias::EndpointName => {
                let other: &[u8] = if exchange.cache.is_some() { b"<CACHE>" } else { b"<NOSRV>" };
                exchange.endpoint.as_ref().map_or(other, |endpoint| endpoint.name().as_bytes())
            }
            Alias::Method => request.method().unwrap_or_default(),
            Alias::Url => target().unwrap_or_default(),
            Alias::Path | Alias::PathOnly => target().and_then(path).unwrap_or_default(),
            Alias::Query => target().and_then(question).unwrap_or_default(),
            Alias::Version => request.version().unwrap_or_default(),
            Alias::RequestLine => request.line().unwrap_or(b"<BADREQ>"),
            Alias::TlsCipher => exchange.tls.as_ref().map_or(b"-", |tls| tls.cipher.as_bytes()),
            Alias::TlsVersion => exchange.tls.as_ref().map_or(b"-", |tls| tls.version.as_bytes()),
            _ => return None,
        })
    }

    #[inline(always)]
    fn address(&self, alias: Alias) -> Option<(Option<Peer>, Part)> {
        let exchange = self.exchange;
        let endpoint = || match exchange.target()? {
            Target::Ip(address) => Some(Peer::Ip(address)),
            Target::Unix(_) => Some(Peer::Unix),
        };
        Some(match alias {
            Alias::ClientIp => (Some(exchange.client), Part::Ip),
            Alias::ClientPort => (Some(exchange.client), Part::Port),
            Alias::FrontendIp => (exchange.local, Part::Ip),
            Alias::FrontendPort => (exchange.local, Part::Port),
            Alias::BackendSourceIp => (exchange.source, Part::Ip),
            Alias::BackendSourcePort => (exchange.source, Part::Port),
            Alias::EndpointIp => (endpoint(), Part::Ip),
            Alias::EndpointPort => (endpoint(), Part::Port),
            _ => return None,
        })
    }

    #[inline(always)]
    fn rest(&self, alias: Alias, out: &mut Vec<u8>) {
        let exchange = self.exchange;
        let date = || self.calendar.borrow_mut();
        match alias {
            Alias::AcceptUtc => date().date_zone(self.accepted(), Zone::Utc, out),
            Alias::AcceptLocal => date().date_zone(self.accepted(), Zone::Local, out),
            Alias::AcceptDate => date().date_millis(self.accepted(), out),
            Alias::AcceptMillis => {
                out.extend_from_slice(&thousandths(self.accepted().subsec_millis().into()));
            }
            Alias::RequestDate => date().date_millis(self.began(), out),
            Alias::RequestDateUtc => date().date_zone(self.began(), Zone::Utc, out),
            Alias::RequestDateLocal => date().date_zone(self.began(), Zone::Local, out),
            Alias::Status => match exchange.status {
                Some(status) => number(status.into(), out),
                None => out.extend_from_slice(b"-1"),
            },
            // Writing to a Vec cannot fail.
            Alias::Generation => drop(write!(out, "{}", exchange.generation)),
            Alias::Termination | Alias::TerminationCookies => {
                let Termination { cause, phase } = exchange.termination;
                out.extend_from_slice(&[cause.letter(), phase.letter()]);
                if alias == Alias::TerminationCookies {
                    let Belonging { asked, given, .. } = &exchange.belonging;
                    let shown = *asked != Asked::Nothing
                        && exchange.backend.as_ref().is_some_and(|backend| backend.shows_cookies());
                    if shown {
                        // Where cookies count, what did not come to pass is told as what is not there.
                        let letter = |letter: u8| if letter == b'-' { b'N' } else { letter };
                        out.extend([asked.letter(), given.letter()].map(letter));
                    } else {
                        out.extend_from_slice(b"--");
                    }
                }
            }
            // Nothing captures.
            _ => {}
        }
    }
}

/// The query with its question mark.
fn question(target: &[u8]) -> Option<&[u8]> {
    let whole = path_and_query(target)?;
    let query = query(target)?;
    whole.get(whole.len() - query.len() - 1..)
}

#[cold]
fn write_hexadecimal(count: u64, out: &mut Vec<u8>) {
    // Writing to a Vec cannot fail.
    let _infallible = write!(out, "{count:X}");
}

#[inline(never)]
fn write_address(peer: Option<Peer>, part: Part, hexadecimal: bool, out: &mut Vec<u8>) {
    match (peer, part) {
        (None, _) => {}
        (Some(Peer::Unix), Part::Ip) => out.extend_from_slice(b"unix"),
        (Some(Peer::Unix), Part::Port) => out.push(b'0'),
        (Some(Peer::Ip(address)), Part::Ip) => write_ip(address.ip().to_canonical(), hexadecimal, out),
        // Writing to a Vec cannot fail.
        (Some(Peer::Ip(address)), Part::Port) if hexadecimal => drop(write!(out, "{:04X}", address.port())),
        (Some(Peer::Ip(address)), Part::Port) => number(address.port().into(), out),
    }
}

fn write_ip(ip: IpAddr, hexadecimal: bool, out: &mut Vec<u8>) {
    match (ip, hexadecimal) {
        (IpAddr::V4(ip), false) => ipv4(ip, out),
        // Writing to a Vec cannot fail.
        (IpAddr::V6(ip), false) => drop(write!(out, "{ip}")),
        (IpAddr::V4(ip), true) => drop(write!(out, "{:08X}", u32::from(ip))),
        (IpAddr::V6(ip), true) => drop(write!(out, "{:032X}", u128::from(ip))),
    }
}
