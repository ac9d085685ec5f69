//! A message by hand, and expressions compiled from the wire as the proxy compiles them.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use sluicegate_model::cache::ObjectKey;
use sluicegate_model::compression::ContentCoding;
use sluicegate_model::expr::{Alias, Direction, Figure, Format, Test};
use sluicegate_model::rule::{HeaderName, HeaderPattern};
use sluicegate_model::{Change, FrontendSettings, compile};
use sluicegate_proto::v1::{self, Kind, Match, ObjectId, Resource, argument, format_piece, resource::Body};

use crate::evaluate::passes;
use crate::message::{Edit, Handling, Message, Scratch, Variables};

#[derive(Debug, Clone)]
pub(crate) struct Fake {
    pub(crate) source: Option<SocketAddr>,
    pub(crate) destination: Option<SocketAddr>,
    pub(crate) method: Option<String>,
    pub(crate) target: Option<String>,
    pub(crate) status: Option<u16>,
    pub(crate) compressed_with: Option<ContentCoding>,
    pub(crate) request: Vec<(String, Vec<u8>)>,
    pub(crate) response: Vec<(String, Vec<u8>)>,
    pub(crate) handled: Vec<Handling>,
    pub(crate) answering_cache: Option<&'static str>,
    /// What rules did with caches: `use` or `store`, and which.
    pub(crate) caches: Vec<String>,
    /// Its first bytes, and whether more may come.
    pub(crate) first: Option<(Vec<u8>, bool)>,
    /// Whose they are.
    pub(crate) first_of: Direction,
    pub(crate) proxy_values: Vec<(u8, Vec<u8>)>,
}

impl Fake {
    pub(crate) fn new(method: &str, target: &str) -> Self {
        Self {
            source: "192.0.2.7:40000".parse().ok(),
            destination: "198.51.100.1:8080".parse().ok(),
            method: Some(method.to_owned()),
            target: Some(target.to_owned()),
            status: None,
            compressed_with: None,
            request: Vec::new(),
            response: Vec::new(),
            handled: Vec::new(),
            answering_cache: None,
            caches: Vec::new(),
            first: None,
            first_of: Direction::Request,
            proxy_values: Vec::new(),
        }
    }

    /// A connection in TCP mode.
    pub(crate) fn connection(first: &[u8], more: bool) -> Self {
        let first = Some((first.to_vec(), more));
        Self { method: None, target: None, first, ..Self::new("", "") }
    }

    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.request.push((name.to_owned(), value.as_bytes().to_vec()));
        self
    }

    fn headers(&self, direction: Direction) -> &[(String, Vec<u8>)] {
        match direction {
            Direction::Request => &self.request,
            Direction::Response => &self.response,
        }
    }
}

impl Message for Fake {
    fn source(&self) -> Option<SocketAddr> {
        self.source
    }

    fn destination(&self) -> Option<SocketAddr> {
        self.destination
    }

    fn frontend_name(&self) -> &[u8] {
        b"main"
    }

    fn backend_name(&self) -> Option<&[u8]> {
        None
    }

    fn is_http(&self) -> bool {
        self.method.is_some()
    }

    fn method(&self) -> Option<&[u8]> {
        self.method.as_deref().map(str::as_bytes)
    }

    fn target(&self) -> Option<&[u8]> {
        self.target.as_deref().map(str::as_bytes)
    }

    fn version(&self, direction: Direction) -> Option<&[u8]> {
        (direction == Direction::Request && self.is_http()).then_some(b"1.1")
    }

    fn status(&self) -> Option<u16> {
        self.status
    }

    fn compressed_with(&self) -> Option<ContentCoding> {
        self.compressed_with
    }

    fn answering_cache(&self) -> Option<&[u8]> {
        self.answering_cache.map(str::as_bytes)
    }

    fn figure(&self, figure: &Figure) -> Option<i64> {
        (figure.of.name() == "app").then_some(2)
    }

    fn unix_time(&self) -> Duration {
        Duration::from_millis(1_700_000_000_123)
    }

    fn first_bytes(&self, direction: Direction) -> Option<&[u8]> {
        let first = self.first.as_ref().filter(|_| direction == self.first_of);
        first.map(|(bytes, _)| &**bytes)
    }

    fn expects_more(&self) -> bool {
        self.first.as_ref().is_some_and(|(_, more)| *more)
    }

    fn has_proxy_header(&self) -> bool {
        !self.proxy_values.is_empty()
    }

    fn proxy_values(&self, kind: u8) -> impl Iterator<Item = &[u8]> {
        self.proxy_values.iter().filter(move |(of, _)| *of == kind).map(|(_, value)| &**value)
    }

    fn random(&self) -> u32 {
        u32::MAX / 2
    }

    fn host_name(&self) -> &[u8] {
        b"node1"
    }

    fn header<'a>(&'a self, direction: Direction, name: &'a [u8]) -> impl Iterator<Item = &'a [u8]> {
        let lines = self.headers(direction).iter();
        lines.filter(|(of, _)| of.as_bytes().eq_ignore_ascii_case(name)).map(|(_, value)| &**value)
    }
}

impl Variables for Fake {
    fn alias(&self, alias: Alias, hexadecimal: bool, out: &mut Vec<u8>) {
        match alias {
            Alias::ClientPort if hexadecimal => out.extend_from_slice(b"9C40"),
            Alias::ClientPort => out.extend_from_slice(b"40000"),
            Alias::RequestLine => out.extend_from_slice(b"GET /\"\x01 HTTP/1.1"),
            Alias::RequestHeaders => out.extend_from_slice(b"{a|b}"),
            _ => {}
        }
    }
}

impl Edit for Fake {
    fn set(&mut self, name: &HeaderName, value: &[u8]) {
        self.request.retain(|(of, _)| !of.eq_ignore_ascii_case(name.as_str()));
        self.add(name, value);
    }

    fn add(&mut self, name: &HeaderName, value: &[u8]) {
        self.request.push((name.as_str().to_owned(), value.to_vec()));
    }

    fn delete(&mut self, pattern: &HeaderPattern) {
        self.request.retain(|(of, _)| !pattern.matches(of.as_bytes()));
    }

    fn replace(&mut self, name: &HeaderName, change: &mut dyn FnMut(&[u8], &mut Vec<u8>) -> bool) {
        for (_, value) in self.request.iter_mut().filter(|(of, _)| of.eq_ignore_ascii_case(name.as_str())) {
            let mut new = Vec::new();
            if change(value, &mut new) {
                *value = new;
            }
        }
    }

    fn set_method(&mut self, method: &[u8]) {
        self.method = Some(String::from_utf8_lossy(method).into_owned());
    }

    fn set_target(&mut self, target: &[u8]) {
        self.target = Some(String::from_utf8_lossy(target).into_owned());
    }

    fn set_status(&mut self, status: u16, _: Option<&str>) {
        self.status = Some(status);
    }

    fn handle(&mut self, handling: Handling) {
        self.handled.push(handling);
    }

    fn use_cache(&mut self, cache: &ObjectKey) {
        self.caches.push(format!("use {}", cache.name()));
    }

    fn store_in_cache(&mut self, cache: &ObjectKey) {
        self.caches.push(format!("store {}", cache.name()));
    }
}

/// `name(argument!argument)`: numbers are integers, all else is text; what begins with a quote is text too.
pub(crate) fn call(written: &str) -> v1::Call {
    let (name, arguments) = written.trim_end_matches(')').split_once('(').unwrap_or((written, ""));
    let value = |text: &str| match text.parse() {
        Ok(number) => argument::Value::Integer(number),
        Err(_) => argument::Value::Text(text.trim_start_matches('\'').as_bytes().to_vec().into()),
    };
    let arguments = arguments.split_terminator('!').map(|text| v1::Argument { value: Some(value(text)) });
    v1::Call { name: name.to_owned(), arguments: arguments.collect() }
}

/// `fetch|converter|converter`.
pub(crate) fn sample(written: &str) -> v1::Sample {
    let mut calls = written.split('|').map(call);
    v1::Sample { fetch: calls.next(), converters: calls.collect() }
}

pub(crate) fn wire_test(written: &str, how: Match, patterns: &[&str]) -> v1::Test {
    v1::Test {
        sample: Some(sample(written)),
        r#match: how as i32,
        patterns: patterns.iter().map(|pattern| pattern.as_bytes().to_vec().into()).collect(),
        ..Default::default()
    }
}

pub(crate) fn condition(test: v1::Test) -> v1::Condition {
    v1::Condition { tests: vec![test], ops: vec![v1::Op { op: Some(v1::op::Op::Test(0)) }] }
}

pub(crate) fn literal(text: &str) -> v1::FormatPiece {
    piece(format_piece::Piece::Literal(text.as_bytes().to_vec().into()))
}

pub(crate) fn piece(piece: format_piece::Piece) -> v1::FormatPiece {
    v1::FormatPiece { piece: Some(piece), ..Default::default() }
}

pub(crate) fn sampled(written: &str) -> v1::FormatPiece {
    piece(format_piece::Piece::Sample(sample(written)))
}

pub(crate) fn rule(when: Option<v1::Condition>, action: v1::rule::Action) -> v1::Rule {
    v1::Rule { when, action: Some(action) }
}

/// A frontend with these rules and this log format.
pub(crate) fn compiled(rules: Vec<v1::Rule>, pieces: Vec<v1::FormatPiece>) -> Arc<FrontendSettings> {
    let logging = v1::Logging { format: Some(v1::Format { pieces }), ..Default::default() };
    let frontend = v1::Frontend {
        mode: v1::Mode::Http as i32,
        request_rules: rules,
        logging: Some(logging),
        ..Default::default()
    };
    let id = ObjectId {
        provider: "test".into(),
        kind: Kind::Frontend as i32,
        name: "main".into(),
        ..Default::default()
    };
    let resource = Resource { id: Some(id), body: Some(Body::Frontend(frontend)), ..Default::default() };
    let runtime = compile(None, Change::Full(&[resource])).unwrap();
    Arc::clone(&runtime.frontends.values().next().unwrap().settings)
}

pub(crate) fn format(pieces: Vec<v1::FormatPiece>) -> Format {
    compiled(Vec::new(), pieces).logging.format.clone().unwrap()
}

pub(crate) fn test(wire: v1::Test) -> Arc<Test> {
    let allow = rule(Some(condition(wire)), v1::rule::Action::Allow(v1::Allow {}));
    Arc::clone(&compiled(vec![allow], Vec::new()).request_rules[0].when.as_ref().unwrap().tests()[0])
}

/// Whether a test passes over a message.
pub(crate) fn holds(message: &Fake, written: &str, how: Match, patterns: &[&str]) -> bool {
    passes(&test(wire_test(written, how, patterns)), message, &mut Scratch::default())
}
