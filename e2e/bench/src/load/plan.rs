//! What a load does.

use clap::{Args, ValueEnum};

use crate::certificate::NAME;

/// Connections, requests, and how they come.
#[derive(Debug, Clone, PartialEq, Args)]
pub(crate) struct Plan {
    /// Port of the proxy on 127.0.0.1
    #[arg(long)]
    pub(crate) port: u16,
    /// Connections
    #[arg(long, default_value_t = 64)]
    pub(crate) connections: usize,
    /// What to speak
    #[arg(long, value_enum, default_value_t = Protocol::Http1)]
    pub(crate) protocol: Protocol,
    /// Requests that HTTP/2 may have under way on a connection
    #[arg(long, default_value_t = 1)]
    pub(crate) streams: usize,
    /// Speak it over TLS 1.3
    #[arg(long)]
    pub(crate) tls: bool,
    /// Let each connection go on with the session of an earlier one
    #[arg(long)]
    pub(crate) resume: bool,
    /// Requests under way at a time [default: one a connection or stream]
    #[arg(long)]
    pub(crate) window: Option<usize>,
    /// How long to run
    #[arg(long, default_value_t = 3.0)]
    pub(crate) seconds: f64,
    /// End after so many requests
    #[arg(long)]
    pub(crate) requests: Option<u64>,
    /// What to ask for
    #[arg(long, default_value = "/")]
    pub(crate) path: String,
    /// A new connection for each request
    #[arg(long)]
    pub(crate) close: bool,
    /// Send a body of so many bytes
    #[arg(long)]
    pub(crate) post: Option<usize>,
    /// Send so many header lines beside Host
    #[arg(long, default_value_t = 0)]
    pub(crate) headers: usize,
    /// Requests a second, sent when they are due, whatever became of those before
    #[arg(long)]
    pub(crate) rate: Option<f64>,
    /// Send nothing more, and see what stays open
    #[arg(long)]
    pub(crate) hold: Option<Hold>,
}

/// What is spoken with the proxy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Protocol {
    Http1,
    Http2,
    /// Datagrams, each sent back as it is
    Udp,
}

/// In which state connections are held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Hold {
    /// After one whole exchange
    Idle,
    /// In the middle of a request's head
    Head,
    /// In the middle of a request's body
    Body,
}

/// Announced body of a request that is held in its middle, and how much of it is sent.
const HELD_BODY: (usize, usize) = (32 * 1024, 1000);

impl Plan {
    /// Small requests over kept connections, as fast as they are answered.
    pub(crate) fn new(port: u16, connections: usize, seconds: f64) -> Self {
        Self {
            port,
            connections,
            protocol: Protocol::Http1,
            streams: 1,
            tls: false,
            resume: false,
            window: None,
            seconds,
            requests: None,
            path: "/".to_owned(),
            close: false,
            post: None,
            headers: 0,
            rate: None,
            hold: None,
        }
    }

    /// Requests that may be under way at a time.
    pub(crate) fn places(&self) -> usize {
        match self.protocol {
            Protocol::Http1 | Protocol::Udp => self.connections,
            Protocol::Http2 => self.connections * self.streams,
        }
    }

    /// The plan as arguments of this program's `load`.
    pub(crate) fn arguments(&self) -> Vec<String> {
        let mut arguments = vec![
            "load".to_owned(),
            format!("--port={}", self.port),
            format!("--connections={}", self.connections),
            format!("--seconds={}", self.seconds),
            format!("--path={}", self.path),
            format!("--headers={}", self.headers),
            format!("--streams={}", self.streams),
        ];
        arguments.extend(word("protocol", Some(self.protocol)));
        arguments.extend(self.tls.then(|| "--tls".to_owned()));
        arguments.extend(self.resume.then(|| "--resume".to_owned()));
        arguments.extend(self.window.map(|window| format!("--window={window}")));
        arguments.extend(self.requests.map(|requests| format!("--requests={requests}")));
        arguments.extend(self.close.then(|| "--close".to_owned()));
        arguments.extend(self.post.map(|bytes| format!("--post={bytes}")));
        arguments.extend(self.rate.map(|rate| format!("--rate={rate}")));
        arguments.extend(word("hold", self.hold));
        arguments
    }

    /// The bytes of a request.
    pub(crate) fn request(&self) -> Vec<u8> {
        let body = match self.hold {
            Some(Hold::Body) => Some(HELD_BODY.0),
            _ => self.post,
        };
        let method = if body.is_some() { "POST" } else { "GET" };
        let mut head = format!("{method} {} HTTP/1.1\r\nHost: {NAME}\r\n", self.path);
        for number in 1..=self.headers {
            head.push_str(&format!("X-Request-{number}: the value of line {number}\r\n"));
        }
        if self.close {
            head.push_str("Connection: close\r\n");
        }
        if let Some(bytes) = body {
            head.push_str(&format!("Content-Length: {bytes}\r\n"));
        }
        match self.hold {
            Some(Hold::Head) => {
                head.push_str("X-Unfinished: ");
                head.into_bytes()
            }
            Some(Hold::Body) => whole(head, HELD_BODY.1),
            _ => whole(head, body.unwrap_or(0)),
        }
    }
}

fn word(option: &str, value: Option<impl ValueEnum>) -> Option<String> {
    let value = value?.to_possible_value()?;
    Some(format!("--{option}={}", value.get_name()))
}

fn whole(head: String, body: usize) -> Vec<u8> {
    let mut bytes = head.into_bytes();
    bytes.extend_from_slice(b"\r\n");
    bytes.resize(bytes.len() + body, b'y');
    bytes
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Debug, Parser)]
    struct Line {
        #[command(flatten)]
        plan: Plan,
    }

    fn plan(arguments: &str) -> Plan {
        Line::parse_from(format!("load --port=1 {arguments}").split_whitespace()).plan
    }

    #[test]
    fn arguments_are_read_back_as_they_were() {
        for text in [
            "",
            "--close --window=3",
            "--rate=100.5 --path=/16k --headers=20",
            "--post=5 --requests=7",
            "--hold=body --tls",
            "--protocol=http2 --streams=32 --tls",
            "--protocol=udp",
            "--tls --close --resume",
        ] {
            let plan = plan(text);
            assert_eq!(Line::parse_from(plan.arguments()).plan, plan, "{text}");
        }
    }

    #[test]
    fn a_request_is_whole_unless_it_is_held() {
        assert_eq!(
            plan("--close").request(),
            b"GET / HTTP/1.1\r\nHost: bench.example\r\nConnection: close\r\n\r\n"
        );
        assert!(plan("--post=3").request().ends_with(b"Content-Length: 3\r\n\r\nyyy"));
        assert!(plan("--hold=head").request().ends_with(b"\r\nX-Unfinished: "));
        let held = plan("--hold=body").request();
        let head = crate::wire::head(&held).unwrap().unwrap();
        assert_eq!((head.content_length, held.len() - head.length), (32 * 1024, 1000));
        assert_eq!(plan("--headers=2").request().split(|&byte| byte == b'\n').count(), 2 + 2 + 2);
    }
}
