//! Scripts against answers. Results and words are those of HAProxy 2.6 in front of the same servers.

mod bytes;
mod grpc;
mod http;
mod limits;
mod made;
mod programs;
mod protocols;

use std::sync::Arc;

use super::*;
use crate::script::{Awaited, Bytes, Expression, Pattern, Regex, Request, TextKind};

/// What an endpoint does, one after the other.
#[derive(Debug, Clone, Copy)]
enum Does<'a> {
    Says(&'a [u8]),
    Closes,
    Resets,
}
use Does::{Closes, Resets, Says};

/// How a probe ended.
#[derive(Debug, PartialEq)]
enum End {
    Over(Outcome),
    /// It waits for more; what it comes to when its time is up.
    Late(Outcome),
}

impl End {
    fn words(&self) -> String {
        let (mark, Outcome { status, code, info, .. }) = match self {
            Self::Over(outcome) => ("", outcome),
            Self::Late(outcome) => ("late ", outcome),
        };
        let code = code.map(|code| format!("/{code}")).unwrap_or_default();
        format!("{mark}{}{code} {info}", status.code())
    }
}

/// Goes through a script; each connection opens and hears the same.
fn hold(script: Script, circumstances: Circumstances, does: &[Does<'_>]) -> (End, Vec<u8>) {
    let script = Arc::new(script);
    go_through(Talk::new(Arc::clone(&script), circumstances), &script, does)
}

fn go_through(mut talk: Talk, script: &Script, does: &[Does<'_>]) -> (End, Vec<u8>) {
    let mut left = does.iter();
    let mut sent = Vec::new();
    loop {
        match talk.want() {
            Want::Connect { send_proxy, .. } => {
                sent.extend_from_slice(if send_proxy { b"<PROXY>" } else { b"" });
                left = does.iter();
                talk.connected();
            }
            Want::Send(bytes) => {
                sent.extend(bytes);
                talk.sent();
            }
            Want::Receive => match left.next() {
                Some(Says(bytes)) => talk.received(bytes),
                Some(Closes) => talk.ended(),
                Some(Resets) => talk.broke("Connection reset by peer"),
                None => return (End::Late(script.late(talk.step(), Awaited::Answer)), sent),
            },
            Want::Run(errand) => panic!("no script here runs {errand:?}"),
            Want::Over(outcome) => return (End::Over(outcome), sent),
        }
    }
}

fn words(script: Script, does: &[Does<'_>]) -> String {
    hold(script, Circumstances::default(), does).0.words()
}

/// `^`, then text; the tests need no more of a regular expression.
#[derive(Debug)]
struct Begins(String);

impl Expression for Begins {
    fn is_match(&self, text: &[u8]) -> bool {
        text.starts_with(self.0.trim_start_matches('^').as_bytes())
    }

    fn source(&self) -> &str {
        &self.0
    }
}

fn regex(text: &str) -> Regex {
    Regex(Arc::new(Begins(text.into())))
}

fn string(wanted: &str) -> Expect {
    Expect::new(Pattern::Text(wanted.as_bytes().into(), TextKind::String))
}

fn expect(expect: Expect) -> Action {
    Action::Expect(Box::new(expect))
}

fn send(text: &str) -> Action {
    Action::Send(Bytes { data: text.as_bytes().into(), unix_time_at: None })
}

/// As `option tcp-check`: a connection that is implied, and steps numbered from 1.
fn tcp(actions: Vec<Action>) -> Script {
    let mut script = Script { explained: true, ..Script::opening() };
    for (number, action) in (1..).zip(actions) {
        script.steps.push(Step { number, comment: "".into(), action });
    }
    script
}

fn get(method: &str) -> Action {
    Action::Request(Request {
        method: method.into(),
        uri: "/".into(),
        version: "HTTP/1.0".into(),
        headers: Vec::new(),
        body: "".into(),
    })
}

/// As `option httpchk`, with these expectations.
fn http(expects: Vec<Expect>) -> Script {
    let mut script = tcp(vec![get("GET")]);
    (script.http, script.explained) = (true, false);
    let steps = expects.into_iter().map(|it| Step { number: 1, comment: "".into(), action: expect(it) });
    script.steps.extend(steps);
    script
}
