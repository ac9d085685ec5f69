//! What a probe does, step by step (HAProxy: tcp-check, http-check, option ...-check).

mod grpc;
mod pattern;
mod program;
mod words;

use std::net::IpAddr;
use std::num::NonZeroU16;

use crate::formula::{Formula, When};

pub(crate) use pattern::render as told;
pub use pattern::{
    CodeOf, Expect, Expression, Handshake, HeaderPattern, How, Pattern, Piece, Regex, TextKind, TextMatch,
};
pub use program::{Errand, Particulars, Place, Program};

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
    /// How many formulas its steps have.
    pub formulas: usize,
}

impl Script {
    /// A connection that opens is a success.
    pub fn opening() -> Self {
        Self { steps: vec![Step::implied(Action::Connect(Connect::implied()))], ..Self::default() }
    }

    /// Asks a server of gRPC over HTTP/2 how a service is; an empty one: how all of it is
    /// (<https://github.com/grpc/grpc/blob/master/doc/health-checking.md>). `authority`: what the server is called.
    pub fn asking_grpc(service: &str, authority: &str) -> Self {
        let connect = Connect { linger: true, http2: true, ..Connect::implied() };
        let expect = Expect::new(Pattern::Serving);
        let step = |action| Step { number: 1, ..Step::implied(action) };
        let steps = vec![
            Step::implied(Action::Connect(connect)),
            step(Action::Request(grpc::request(service, authority))),
            step(Action::Expect(Box::new(expect))),
        ];
        Self { steps, http: true, ..Self::default() }
    }

    /// Runs a program, which says how the endpoint is.
    pub fn running(program: Program) -> Self {
        Self { steps: vec![Step::implied(Action::Run(Box::new(program)))], ..Self::default() }
    }

    /// Whether a program of this host is run.
    pub fn runs_program(&self) -> bool {
        self.steps.iter().any(|step| matches!(step.action, Action::Run(_)))
    }

    /// Whether a probe is about one endpoint, however many are at its place: it is told of itself, or others are told of it.
    pub fn is_personal(&self) -> bool {
        self.send_state || self.runs_program() || self.formulas > 0
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

/// What a probe waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Awaited {
    /// A connection that opens.
    Connection,
    /// The agreement on a secure layer over one that has.
    Agreement,
    /// What the endpoint has to say, or the end of a program.
    Answer,
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
    /// Whether it has to do with the endpoint.
    pub fn is_exchange(&self) -> bool {
        !matches!(self.action, Action::Set(_) | Action::Unset(_))
    }

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
    /// Sends the text of a format in the same way, or nothing where that is empty.
    SendMade {
        /// What is sent.
        formula: Formula,
        /// It is in hexadecimal digits.
        hexadecimal: bool,
    },
    /// Sets a variable, where the value has one.
    Set(Box<Setting>),
    /// Takes a variable away.
    Unset(Box<str>),
    /// Sends an HTTP request, and forgets what came before.
    Request(Request),
    /// Waits for an answer and judges it.
    Expect(Box<Expect>),
    /// Waits for the line of an agent, which ends the probe.
    HearAgent,
    /// Runs a program, whose end ends the probe.
    Run(Box<Program>),
}

/// HAProxy: tcp-check connect.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Connect {
    /// Instead of the endpoint's.
    pub address: Option<IpAddr>,
    /// Instead of the endpoint's.
    pub port: Option<NonZeroU16>,
    /// Where it gives a number other than 0, and there is no `port`: instead of the endpoint's.
    pub made_port: Option<Formula>,
    /// Closed in order, not by a reset.
    pub linger: bool,
    /// Begins with a PROXY line about the connection itself.
    pub send_proxy: bool,
    /// Begins with a PROXY line, and speaks TLS, where the endpoint's checks do (HAProxy: default).
    pub as_endpoint: bool,
    /// Speaks TLS.
    pub tls: bool,
    /// Asks for this name, instead of the one that the endpoint's checks ask for.
    pub server_name: Option<Box<str>>,
    /// Protocols to choose from, instead of those of the endpoint's checks; empty: those.
    pub protocols: Box<[Vec<u8>]>,
    /// Datagrams of UDP: nothing is opened, so that the step never fails but for this host.
    pub udp: bool,
    /// HTTP/2 is spoken over it (HAProxy: proto h2). What is sent and received is the one exchange that it carries, in the
    /// words of HTTP/1.1.
    pub http2: bool,
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

/// HAProxy: set-var, set-var-fmt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// The name of the variable.
    pub name: Box<str>,
    /// All of them have to hold.
    pub when: Box<[When]>,
    /// The new value.
    pub formula: Formula,
    /// The formula is a format.
    pub is_format: bool,
}

/// A text that is the same each time, or is worked out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Text {
    /// As it is.
    Is(Box<[u8]>),
    /// What a format gives.
    Made(Formula),
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self::Is(text.as_bytes().into())
    }
}

/// HAProxy: option httpchk, http-check send. Its parts are valid HTTP already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// OPTIONS, GET ...
    pub method: Box<str>,
    /// The request target; `/` where it comes out empty.
    pub uri: Text,
    /// `HTTP/1.0` or `HTTP/1.1`.
    pub version: Box<str>,
    /// In order. Those about the body and the connection are left out, as are empty ones.
    pub headers: Vec<(Box<str>, Text)>,
    /// After the head.
    pub body: Text,
}

impl Request {
    /// The whole request. Content-Length and `Connection: close` are added. What formats give can end no line.
    pub(crate) fn render(&self, state: Option<&str>, text: impl Fn(&Text) -> Vec<u8>) -> Vec<u8> {
        let Self { method, version, headers, .. } = self;
        let (uri, body) = (target(text(&self.uri)), text(&self.body));
        let mut out = [method.as_bytes(), b" ", &uri, b" ", version.as_bytes(), b"\r\n"].concat();
        for (name, value) in headers {
            let own = ["connection", "content-length", "transfer-encoding"];
            let value = line(text(value));
            if value.is_empty() || own.iter().any(|own| name.eq_ignore_ascii_case(own)) {
                continue;
            }
            header(name, &value, &mut out);
        }
        if let Some(state) = state {
            header("X-Haproxy-Server-State", state.as_bytes(), &mut out);
        }
        // Servers wait for the body of these where they are not told that there is none (RFC 9110 8.6).
        if !body.is_empty() || matches!(&**method, "POST" | "PUT" | "PATCH") {
            header("Content-Length", body.len().to_string().as_bytes(), &mut out);
        }
        out.extend_from_slice(b"Connection: close\r\n\r\n");
        out.extend_from_slice(&body);
        out
    }
}

/// What may stand in a request line: the rest is encoded (RFC 3986 2.1).
fn target(text: Vec<u8>) -> Vec<u8> {
    if text.is_empty() {
        return b"/".to_vec();
    }
    let mut out = Vec::with_capacity(text.len());
    for byte in text {
        if byte <= b' ' || byte == 0x7f {
            out.extend_from_slice(format!("%{byte:02X}").as_bytes());
        } else {
            out.push(byte);
        }
    }
    out
}

/// What may stand in a header's value (RFC 9110 5.5).
fn line(mut text: Vec<u8>) -> Vec<u8> {
    text.iter_mut().filter(|byte| matches!(byte, b'\r' | b'\n' | 0)).for_each(|byte| *byte = b' ');
    text
}

fn header(name: &str, value: &[u8], out: &mut Vec<u8>) {
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b": ");
    out.extend_from_slice(value);
    out.extend_from_slice(b"\r\n");
}

#[cfg(test)]
mod tests;
