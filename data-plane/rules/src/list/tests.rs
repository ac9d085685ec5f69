use sluicegate_proto::v1::{self, Match, rule::Action as Wire};

use super::*;
use crate::fake::{Fake, compiled, condition, literal, rule, sampled, wire_test};

fn header(name: &str, piece: v1::FormatPiece) -> v1::SetHeader {
    v1::SetHeader { name: name.into(), value: Some(v1::Format { pieces: vec![piece] }) }
}

fn reply(status: u32) -> v1::Reply {
    v1::Reply { status, content: Some(v1::reply::Content::None(v1::Empty {})), ..Default::default() }
}

fn delete(name: &str, how: Match) -> Wire {
    Wire::DeleteHeader(v1::DeleteHeader { name: name.into(), r#match: how as i32 })
}

fn when(sample: &str, pattern: &str) -> Option<v1::Condition> {
    Some(condition(wire_test(sample, Match::Str, &[pattern])))
}

fn shown(message: &Fake) -> Vec<String> {
    message
        .request
        .iter()
        .map(|(name, value)| format!("{name}: {}", String::from_utf8_lossy(value)))
        .collect()
}

#[test]
fn later_rules_see_earlier_edits() {
    let rules = vec![
        rule(None, Wire::SetHeader(header("X-Client", sampled("src")))),
        rule(when("hdr(x-client)", "192.0.2.7"), Wire::AddHeader(header("X-Seen", literal("yes")))),
        rule(None, Wire::SetHeader(header("x-client", sampled("hdr(x-seen)|upper")))),
        rule(None, delete("X-SEEN", Match::Str)),
    ];
    let settings = compiled(rules, Vec::new());
    let mut message = Fake::new("GET", "/").with("X-Client", "forged");
    let outcome = run(&settings.request_rules, &mut message, &mut Scratch::default());
    assert!(matches!(outcome, Outcome::Continue));
    assert_eq!(shown(&message), ["x-client: YES"]);
}

#[test]
fn headers_go_by_pattern() {
    let kept = |name: &str, how| {
        let settings = compiled(vec![rule(None, delete(name, how))], Vec::new());
        let mut message = Fake::new("GET", "/").with("X-Debug-A", "1").with("X-Trace", "2").with("Host", "h");
        run(&settings.request_rules, &mut message, &mut Scratch::default());
        message.request.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(kept("x-debug-", Match::Beg), "X-Trace Host");
    assert_eq!(kept("E", Match::End), "X-Debug-A Host");
    assert_eq!(kept("-d", Match::Sub), "X-Trace Host");
    assert_eq!(kept("^x-.*a$", Match::Reg), "X-Trace Host");
    assert_eq!(kept("x-trac", Match::Str), "X-Debug-A X-Trace Host");
}

#[test]
fn the_first_answer_ends_the_list() {
    let rules = vec![
        rule(when("path", "/denied"), Wire::Deny(reply(403))),
        rule(when("path", "/allowed"), Wire::Allow(v1::Allow {})),
        rule(None, Wire::Return(reply(200))),
        rule(None, Wire::Deny(reply(500))),
    ];
    let settings = compiled(rules, Vec::new());
    let outcome = |path| {
        let mut scratch = Scratch::default();
        match run(&settings.request_rules, &mut Fake::new("GET", path), &mut scratch) {
            Outcome::Continue => "goes on".to_owned(),
            Outcome::Return { reply, .. } => format!("return {}", reply.status),
            Outcome::Deny { reply, .. } => format!("deny {}", reply.status),
            Outcome::Redirect { .. } => "redirect".to_owned(),
        }
    };
    assert_eq!(outcome("/denied"), "deny 403");
    assert_eq!(outcome("/allowed"), "goes on");
    assert_eq!(outcome("/"), "return 200");
}

#[test]
fn a_redirect_to_nothing_is_passed_over() {
    let target = Some(v1::Format { pieces: vec![sampled("hdr(to)")] });
    let redirect = v1::Redirect { kind: 1, target, status: 301, ignore_empty: true, ..Default::default() };
    let settings = compiled(vec![rule(None, Wire::Redirect(redirect))], Vec::new());
    let mut scratch = Scratch::default();
    let outcome = run(&settings.request_rules, &mut Fake::new("GET", "/"), &mut scratch);
    assert!(matches!(outcome, Outcome::Continue));
    let mut message = Fake::new("GET", "/").with("To", "/there");
    let outcome = run(&settings.request_rules, &mut message, &mut scratch);
    assert!(matches!(outcome, Outcome::Redirect { redirect, .. } if redirect.status == 301));
    assert_eq!(scratch.text(), b"/there");
}
