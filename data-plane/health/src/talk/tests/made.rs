//! What is worked out for each probe. Results and words are those of HAProxy 2.6.

use super::*;
use crate::formula::{Formula, Formulas, Known, MAX_MADE_BYTES, Value, When};
use crate::script::{CodeOf, Connect, Expect, HeaderPattern, How, Piece, Setting, Step, Text, TextMatch};

/// Formulas of the tests: `=text`, `#number`, `$variable`, `answer`, `status`, `body`, `@header`, `name`; nothing else
/// has a value.
#[derive(Debug)]
struct Said;

impl Formulas for Said {
    fn value(&self, formula: &Formula, known: &Known<'_>) -> Option<Value> {
        let text = std::str::from_utf8(&formula.identity).unwrap();
        let bytes = |bytes: &[u8]| Value::Text(bytes.into());
        match text.split_at_checked(1)? {
            ("=", text) => Some(bytes(text.as_bytes())),
            ("#", number) => number.parse().ok().map(Value::Int),
            ("$", name) => known.variable(name).cloned(),
            ("@", name) => known.header(name.as_bytes()).last().map(bytes),
            _ if text == "answer" => Some(bytes(known.answer())),
            _ if text == "status" => known.status().map(|status| Value::Int(status.into())),
            _ if text == "body" => known.body().map(bytes),
            _ if text == "name" => Some(bytes(known.particulars().name.as_bytes())),
            _ => None,
        }
    }

    fn text(&self, formula: &Formula, known: &Known<'_>) -> Vec<u8> {
        match self.value(formula, known) {
            Some(Value::Text(text)) => text.into_vec(),
            Some(Value::Int(number)) => number.to_string().into_bytes(),
            _ => Vec::new(),
        }
    }
}

fn formula(text: &str) -> Formula {
    Formula { number: 0, identity: text.as_bytes().into() }
}

fn set(name: &str, when: &[When], text: &str) -> Action {
    let (name, when) = (name.into(), when.into());
    Action::Set(Box::new(Setting { name, when, formula: formula(text), is_format: false }))
}

fn send(text: &str) -> Action {
    Action::SendMade { formula: formula(text), hexadecimal: false }
}

fn expect(pattern: Pattern) -> Action {
    Action::Expect(Box::new(Expect::new(pattern)))
}

fn made(text: &str, kind: TextKind) -> Pattern {
    Pattern::Made(formula(text), kind)
}

/// How a script ends, and what it sent.
fn held(http: bool, actions: Vec<Action>, does: &[Does<'_>]) -> (String, String) {
    let mut script = Script { http, explained: !http, formulas: 1, ..Script::opening() };
    script.steps.extend((1..).zip(actions).map(|(number, action)| Step {
        number,
        comment: "".into(),
        action,
    }));
    let script = Arc::new(script);
    let mut circumstances = Circumstances::default();
    circumstances.particulars.name = "a".into();
    let talk = Talk::new(Arc::clone(&script), circumstances).with_formulas(Arc::new(Said));
    let (end, sent) = go_through(talk, &script, does);
    (end.words(), String::from_utf8(sent).unwrap())
}

/// What a variable holds in the end.
fn holds(steps: &[(&[When], &str)]) -> String {
    let mut actions: Vec<_> = steps
        .iter()
        .map(|(when, text)| if *text == "unset" { Action::Unset("v".into()) } else { set("v", when, text) })
        .collect();
    actions.push(send("$v"));
    held(false, actions, &[]).1
}

#[test]
fn variables_are_set_where_their_conditions_hold() {
    use When::{Empty, Exists, Filled, Greater, Less, Missing, Set, Unset};
    assert_eq!(holds(&[(&[], "#5"), (&[Set], "#6")]), "6");
    assert_eq!(holds(&[(&[Set], "#6")]), "");
    assert_eq!(holds(&[(&[Unset], "#6"), (&[Unset], "#7")]), "6");
    assert_eq!(holds(&[(&[], "=x"), (&[Empty], "=y")]), "x");
    assert_eq!(holds(&[(&[], "#1"), (&[Empty], "#2")]), "1");
    assert_eq!(holds(&[(&[], "#1"), (&[Filled], "#2")]), "2");
    assert_eq!(holds(&[(&[Filled], "="), (&[Missing], "=new")]), "", "there is a place for it");
    assert_eq!(holds(&[(&[Set], "#2"), (&[Exists], "#3")]), "3");
    assert_eq!(holds(&[(&[Exists], "#2")]), "");
    assert_eq!(holds(&[(&[], "#1"), (&[], "unset"), (&[Missing], "#2")]), "2");
    assert_eq!(holds(&[(&[], "#1"), (&[], "unset"), (&[Exists], "#2")]), "");
    assert_eq!(holds(&[(&[], "#5"), (&[Greater], "#3")]), "3");
    assert_eq!(holds(&[(&[], "#5"), (&[Greater], "#8")]), "5");
    assert_eq!(holds(&[(&[], "#5"), (&[Less], "#3")]), "5");
    assert_eq!(holds(&[(&[], "#5"), (&[Less], "#8")]), "8");
    assert_eq!(holds(&[(&[Less], "#5")]), "5");
    assert_eq!(holds(&[(&[], "=9"), (&[Less], "#8")]), "8", "a text is not compared");
    assert_eq!(holds(&[(&[], "#1"), (&[Exists, Less], "#2")]), "2");
    assert_eq!(holds(&[(&[], "=x"), (&[], "no value")]), "x");
    assert_eq!(holds(&[(&[], "=x"), (&[], "=")]), "");
}

#[test]
fn what_is_sent_is_worked_out() {
    let hexadecimal = |text| Action::SendMade { formula: formula(text), hexadecimal: true };
    assert_eq!(
        held(false, vec![hexadecimal("=68656c6c6f")], &[]),
        ("L7OK (tcp-check)".into(), "hello".into())
    );
    let failed = "L7RSP tcp-check send : failed to build log-format string at step 1";
    assert_eq!(held(false, vec![hexadecimal("=zz")], &[]).0, failed);
    assert_eq!(held(false, vec![hexadecimal("=736")], &[]).0, failed);
    assert_eq!(held(false, vec![send("nothing"), send("name")], &[]).1, "a");
}

#[test]
fn what_a_format_gives_is_bounded() {
    let long = format!("={}", "x".repeat(MAX_MADE_BYTES + 1));
    assert_eq!(held(false, vec![send(&long)], &[]).1.len(), MAX_MADE_BYTES);
}

#[test]
fn the_last_exchange_says_how_a_script_went() {
    let variable = || set("v", &[], "#1");
    assert_eq!(held(false, vec![variable()], &[]).0, "L4OK ");
    assert_eq!(held(false, vec![send("name"), variable()], &[]).0, "L7OK (tcp-check)");
}

#[test]
fn patterns_are_worked_out() {
    let with =
        |pattern: Pattern| held(false, vec![send("name"), expect(pattern)], &[Says(b"BODY"), Closes]).0;
    assert_eq!(with(made("=BODY", TextKind::Formatted)), "L7OK (tcp-check)");
    assert_eq!(
        with(made("$none", TextKind::Formatted)),
        "L7RSP log-format string evaluated to an empty string"
    );
    assert_eq!(with(made("=424F4459", TextKind::FormattedBinary)), "L7OK (tcp-check)");
    let failed = "L7RSP Failed to parse hexastring resulting of eval of a log-format string";
    assert_eq!(with(made("=424F445", TextKind::FormattedBinary)), failed);
    let header = |name: &str, value: Option<&str>| {
        let text = |text: &str| TextMatch::Made(How::Is, formula(text));
        let pattern = HeaderPattern { name: text(name), value: value.map(text), whole_lines: false };
        let says = Says(b"HTTP/1.0 200 OK\r\nX-Back: back, two\r\n\r\n");
        held(true, vec![get("GET"), expect(Pattern::Header(pattern))], &[says, Closes]).0
    };
    assert_eq!(header("=x-back", Some("=two")), "L7OK/200 ");
    assert!(header("=x-back", Some("=three")).starts_with("L7STS/200"));
    assert!(header("$none", None).starts_with("L7RSP/200 log-format string evaluated"));
}

#[test]
fn what_is_told_and_its_code_are_worked_out() {
    let told = |pieces: &[&str]| Some(pieces.iter().map(|text| Piece::Made(formula(text))).collect());
    let expect = Expect {
        on_success: told(&["=saw ", "answer", "= of ", "name"]),
        code: CodeOf::Made(formula("#77")),
        ..Expect::new(Pattern::Text((*b"BODY").into(), TextKind::String))
    };
    let actions = vec![send("name"), Action::Expect(Box::new(expect))];
    assert_eq!(held(false, actions, &[Says(b"BODY")]).0, "L7OK/77 saw BODY of a");
    let failed = Expect {
        on_error: told(&["status", "= ", "@x-back", "= ", "body"]),
        ..Expect::new(Pattern::Status(vec![204..=204]))
    };
    let says = Says(b"HTTP/1.0 200 OK\r\nX-Back: back\r\n\r\nBODY");
    let actions = vec![get("GET"), Action::Expect(Box::new(failed))];
    assert_eq!(held(true, actions, &[says, Closes]).0, "L7STS/200 200 back BODY");
}

#[test]
fn an_answer_is_known_until_the_next_request() {
    let request = |uri: &str| {
        Action::Request(Request {
            method: "GET".into(),
            uri: Text::Made(formula(uri)),
            version: "HTTP/1.0".into(),
            headers: vec![("X-A".into(), Text::Made(formula("=a\r\nb")))],
            body: Text::Made(formula("$body")),
        })
    };
    let actions = vec![
        request("$none"),
        expect(Pattern::Status(vec![200..=200])),
        set("body", &[], "body"),
        Action::Connect(Connect::default()),
        request("=/a b\r\n"),
        expect(made("body", TextKind::Formatted)),
    ];
    let says = Says(b"HTTP/1.0 200 OK\r\n\r\nBODY");
    let (end, sent) = held(true, actions, &[says, Closes]);
    assert_eq!(end, "L7OK/200 ");
    assert_eq!(
        sent,
        "GET / HTTP/1.0\r\nX-A: a  b\r\nConnection: close\r\n\r\n\
         GET /a%20b%0D%0A HTTP/1.0\r\nX-A: a  b\r\nContent-Length: 4\r\nConnection: close\r\n\r\nBODY"
    );
}

#[test]
fn ports_are_worked_out() {
    let port = |text: &str| {
        let connect = Connect { made_port: Some(formula(text)), ..Connect::default() };
        let script = Script { steps: vec![Step::implied(Action::Connect(connect))], ..Script::default() };
        let mut talk = Talk::new(Arc::new(script), Circumstances::default()).with_formulas(Arc::new(Said));
        match talk.want() {
            Want::Connect { to, .. } => to.port.map(std::num::NonZeroU16::get),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(port("#80"), Some(80));
    assert_eq!(port("=81"), Some(81));
    assert_eq!(port("#0"), None);
    assert_eq!(port("$none"), None);
    assert_eq!(port("#70000"), Some(4464));
}
