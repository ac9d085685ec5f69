//! What a probe does, step by step (HAProxy: tcp-check, http-check, option ...-check).

mod pattern;
mod words;

use std::net::IpAddr;
use std::num::NonZeroU16;

pub(crate) use pattern::render as told;
pub use pattern::{Expect, Expression, Handshake, HeaderPattern, Pattern, Piece, Regex, TextKind, TextMatch};

/// Steps that are taken one after the other; the first that fails ends the probe.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Script {
    /// In their order; the first one connects.
    pub steps: Vec<Step>,
    /// Answers are read as HTTP/1: what is expected is a status, a header or in the body.
    pub http: bool,
    /// What goes wrong is told with its step (HAProxy: option tcp-check).
    pub explained: bool,
    /// An endpoint that is up and answers 404 takes nothing new (HAProxy: http-check disable-on-404).
    pub disable_on_404: bool,
    /// Requests tell the endpoint its state (HAProxy: http-check send-state).
    pub send_state: bool,
}

impl Script {
    /// A connection that opens is a success.
    pub fn opening() -> Self {
        Self { steps: vec![Step::implied(Action::Connect(Connect::implied()))], ..Self::default() }
    }

    /// Asks an agent: connects, sends these bytes if there are some, and hears a line.
    pub fn asking_agent(send: &[u8]) -> Self {
        let mut script =
            Self { steps: vec![Step::implied(Action::Connect(Connect::default()))], ..Self::default() };
        if !send.is_empty() {
            script.steps.push(Step::implied(Action::Send(Bytes { data: send.into(), unix_time_at: None })));
        }
        script.steps.push(Step::implied(Action::HearAgent));
        script
    }
}

/// One step.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// As its writer counts; 0: nobody wrote it.
    pub number: u32,
    /// Told where it fails; may be empty.
    pub comment: Box<str>,
    /// What is done.
    pub action: Action,
}

impl Step {
    /// One that nobody wrote.
    pub fn implied(action: Action) -> Self {
        Self { number: 0, comment: "".into(), action }
    }
}

/// What a step does.
#[derive(Debug, Clone, PartialEq)]
pub enum Action {
    /// Opens a connection, after the one before is closed.
    Connect(Connect),
    /// Sends bytes, and forgets what came before.
    Send(Bytes),
    /// Sends an HTTP request, and forgets what came before.
    Request(Request),
    /// Waits for an answer and judges it.
    Expect(Box<Expect>),
    /// Waits for the line of an agent, which ends the probe.
    HearAgent,
}

/// HAProxy: tcp-check connect.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Connect {
    /// Instead of the endpoint's.
    pub address: Option<IpAddr>,
    /// Instead of the endpoint's.
    pub port: Option<NonZeroU16>,
    /// Closed in order, not by a reset.
    pub linger: bool,
    /// Begins with a PROXY line about the connection itself.
    pub send_proxy: bool,
    /// Begins with a PROXY line where the endpoint's checks do (HAProxy: default).
    pub as_endpoint: bool,
}

impl Connect {
    /// The connection of a script that says nothing of it.
    pub fn implied() -> Self {
        Self { as_endpoint: true, ..Self::default() }
    }
}

/// Bytes to send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bytes {
    /// As they are.
    pub data: Box<[u8]>,
    /// Where the seconds since 1970 stand, four bytes in network order; within `data`.
    pub unix_time_at: Option<usize>,
}

/// HAProxy: option httpchk, http-check send. Its parts are valid HTTP already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// OPTIONS, GET ...
    pub method: Box<str>,
    /// The request target.
    pub uri: Box<str>,
    /// `HTTP/1.0` or `HTTP/1.1`.
    pub version: Box<str>,
    /// In order. Those about the body and the connection are left out, as are empty ones.
    pub headers: Vec<(Box<str>, Box<[u8]>)>,
    /// After the head.
    pub body: Box<[u8]>,
}

impl Request {
    /// The whole request. Content-Length and `Connection: close` are added.
    pub(crate) fn render(&self, state: Option<&str>) -> Vec<u8> {
        let Self { method, uri, version, headers, body } = self;
        let mut out = format!("{method} {uri} {version}\r\n").into_bytes();
        for (name, value) in headers {
            let own = ["connection", "content-length", "transfer-encoding"];
            if value.is_empty() || own.iter().any(|own| name.eq_ignore_ascii_case(own)) {
                continue;
            }
            header(name, value, &mut out);
        }
        if let Some(state) = state {
            header("X-Haproxy-Server-State", state.as_bytes(), &mut out);
        }
        // Servers wait for the body of these where they are not told that there is none (RFC 9110 8.6).
        if !body.is_empty() || matches!(&**method, "POST" | "PUT" | "PATCH") {
            header("Content-Length", body.len().to_string().as_bytes(), &mut out);
        }
        out.extend_from_slice(b"Connection: close\r\n\r\n");
        out.extend_from_slice(body);
        out
    }
}

fn header(name: &str, value: &[u8], out: &mut Vec<u8>) {
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b": ");
    out.extend_from_slice(value);
    out.extend_from_slice(b"\r\n");
}

#[cfg(test)]
mod tests;
