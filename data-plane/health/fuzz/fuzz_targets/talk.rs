//! Any bytes as the answer of a server under check. The first input byte chooses the script, the second in which pieces
//! the answer comes; then the server closes.
//!
//! Checked: each probe ends, with words that are bounded; it looks at no more than its limit; and where more of an answer
//! cannot take back what its beginning said, pieces come to the same as the whole.
#![no_main]

use std::sync::Arc;

use libfuzzer_sys::fuzz_target;
use sluicegate_health::formula::{Formula, Formulas, Known, Value};
use sluicegate_health::script::{
    Action, Bytes, CodeOf, Expect, Expression, Handshake, HeaderPattern, Pattern, Piece, Regex, Request,
    Setting, Step, TextKind, TextMatch,
};
use sluicegate_health::{Circumstances, MAX_ANSWER_BYTES, Outcome, Script, Talk, Want};

/// The first byte of an input that an agent says.
const AGENT: &u8 = &b'a';
/// That of what a server of gRPC says of its health.
const GRPC: &u8 = &b'g';
/// Those of answers of which something is worked out: over bytes, and over HTTP.
const WORKED: [&u8; 2] = [&b'v', &b'w'];

/// All that there is to know, as every formula.
#[derive(Debug)]
struct Everything;

impl Formulas for Everything {
    fn value(&self, _formula: &Formula, known: &Known<'_>) -> Option<Value> {
        let header = known.header(b"x-a").last().unwrap_or_default();
        let parts = [known.answer(), known.version()?, header, known.body()?];
        known.status().map(|_| Value::Text(parts.concat().into()))
    }

    fn text(&self, formula: &Formula, known: &Known<'_>) -> Vec<u8> {
        match self.value(formula, known) {
            Some(Value::Text(text)) => text.into_vec(),
            _ => {
                known.variable("v").map_or(known.answer().to_vec(), |value| format!("{value:?}").into_bytes())
            }
        }
    }
}

/// Sets a variable, looks for what there is, and tells of it.
fn working(http: bool) -> Script {
    let formula = Formula { number: 0, identity: Box::default() };
    let kind = if http { TextKind::Formatted } else { TextKind::FormattedBinary };
    let expect = Expect {
        on_success: Some(vec![Piece::Made(formula.clone())]),
        on_error: Some(vec![Piece::Made(formula.clone())]),
        code: CodeOf::Made(formula.clone()),
        ..Expect::new(Pattern::Made(formula.clone(), kind))
    };
    let setting = Setting { name: "v".into(), when: Box::default(), formula, is_format: true };
    let mut script = script(vec![text(b"")], http);
    script.formulas = 1;
    script.steps.push(Step::implied(Action::Set(Box::new(setting))));
    script.steps.push(Step::implied(Action::Expect(Box::new(expect))));
    script
}

/// A regular expression without its engine: that one is not under test.
#[derive(Debug)]
struct Begins(&'static str);

impl Expression for Begins {
    fn is_match(&self, text: &[u8]) -> bool {
        text.starts_with(self.0.as_bytes())
    }

    fn source(&self) -> &str {
        self.0
    }
}

fn regex(text: &'static str) -> Regex {
    Regex(Arc::new(Begins(text)))
}

fn text(text: &[u8]) -> Expect {
    Expect::new(Pattern::Text(text.into(), TextKind::String))
}

/// The expectations of a script, whether they are about HTTP, and whether pieces come to the same as the whole.
fn expects(which: u8) -> (Vec<Expect>, bool, bool) {
    let handshake = |which| Expect::new(Pattern::Handshake(which));
    let header = HeaderPattern {
        name: TextMatch::Begins((*b"x-").into()),
        value: Some(TextMatch::Is((*b"up").into())),
        whole_lines: false,
    };
    let status = || Expect::new(Pattern::Status(vec![200..=399]));
    match which % 10 {
        0 => (vec![text(b"role:master")], false, true),
        1 => (vec![handshake(Handshake::MysqlGreeting)], false, true),
        2 => (vec![handshake(Handshake::MysqlGreeting), handshake(Handshake::MysqlLogin)], false, true),
        3 => (vec![handshake(Handshake::LdapBind)], false, false),
        4 => {
            let answer = Piece::Answer { skip: 4, trimmed: true, first_line: true };
            let code = Expect {
                code: CodeOf::Start,
                on_error: Some(vec![answer.clone()]),
                on_success: Some(vec![answer]),
                ..Expect::new(Pattern::Regex(regex("220")))
            };
            (vec![code], false, false)
        }
        5 => (
            vec![Expect { negated: true, ..text(b"BAD") }, Expect::new(Pattern::HexRegex(regex("30")))],
            false,
            false,
        ),
        6 => (vec![status()], true, false),
        7 => (vec![text(b"UP")], true, false),
        8 => (vec![Expect::new(Pattern::Header(header))], true, false),
        _ => (vec![status(), Expect { negated: true, min_bytes: Some(9), ..text(b"DOWN") }], true, false),
    }
}

fn script(expects: Vec<Expect>, http: bool) -> Script {
    let step = |action| Step { number: 1, comment: "why".into(), action };
    let mut script = Script { http, explained: !http, disable_on_404: http, ..Script::opening() };
    script.steps.push(step(if http {
        Action::Request(Request {
            method: "GET".into(),
            uri: "/".into(),
            version: "HTTP/1.0".into(),
            headers: Vec::new(),
            body: "".into(),
        })
    } else {
        Action::Send(Bytes { data: (*b"hello").into(), unix_time_at: Some(1) })
    }));
    script.steps.extend(expects.into_iter().map(|it| step(Action::Expect(Box::new(it)))));
    script
}

fn hold(script: &Arc<Script>, answer: &[u8], piece: usize) -> Outcome {
    let mut talk =
        Talk::new(Arc::clone(script), Circumstances::default()).with_formulas(Arc::new(Everything));
    let mut pieces = answer.chunks(piece.max(1));
    let (mut turns, mut taken) = (0, 0);
    loop {
        turns += 1;
        assert!(turns < MAX_ANSWER_BYTES + 16, "a probe ends");
        match talk.want() {
            Want::Connect { .. } => talk.connected(),
            Want::Send(_) => talk.sent(),
            Want::Run(errand) => panic!("no script here runs {errand:?}"),
            Want::Receive => {
                assert!(taken < MAX_ANSWER_BYTES, "no more is asked for than is looked at");
                match pieces.next() {
                    Some(bytes) => {
                        taken += bytes.len();
                        talk.received(bytes);
                    }
                    None => talk.ended(),
                }
            }
            Want::Over(outcome) => {
                assert!(outcome.info.len() <= 127);
                return outcome;
            }
        }
    }
}

fuzz_target!(|data: &[u8]| {
    let [which, piece, answer @ ..] = data else { return };
    let (script, same) = match which {
        AGENT => (Script::asking_agent(b"hello"), true),
        GRPC => (Script::asking_grpc("a", "localhost"), true),
        which if WORKED.contains(&which) => (working(which == WORKED[1]), false),
        which => {
            let (expects, http, same) = expects(*which);
            (script(expects, http), same)
        }
    };
    let script = Arc::new(script);
    let whole = hold(&script, answer, usize::MAX);
    let pieces = hold(&script, answer, usize::from(*piece));
    if same && answer.len() < MAX_ANSWER_BYTES {
        assert_eq!((whole.status, whole.code), (pieces.status, pieces.code));
    }
});
