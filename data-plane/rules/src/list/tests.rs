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
            Outcome::Serve { .. } => "serve".to_owned(),
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

/// Tests of all kinds that fail, a redirect and a log line: once warm, nothing is allocated.
#[test]
fn steady_state_allocates_nothing() {
    let tests = [
        ("path|lower|hex", Match::Beg, "2F62"),
        ("hdr(x-forwarded-for)", Match::Str, "10.0.0.9"),
        ("base|url_dec|upper", Match::Sub, "NOWHERE"),
        ("hdr(host)|host_only", Match::Dom, "example.org"),
        ("path", Match::Reg, "^/[a-z]+/x$"),
        ("path", Match::End, ".jpg"),
        ("path", Match::Dir, "nowhere"),
        ("src", Match::Ip, "10.0.0.0/8"),
        ("src", Match::Str, "10.0.0.1"),
        ("hdr_cnt(x-forwarded-for)", Match::Int, "ge 5"),
        ("urlp(id)|length", Match::Len, "9"),
        ("cook(sid)|field(2!-)|rtrim(=)", Match::Found, ""),
    ];
    let wire = |(sample, how, pattern): &(&str, Match, &str)| {
        let patterns: &[&str] = if pattern.is_empty() { &[] } else { std::slice::from_ref(pattern) };
        condition(wire_test(sample, *how, patterns))
    };
    let denials = tests.iter().map(|test| rule(Some(wire(test)), Wire::Deny(reply(403))));
    let target = Some(v1::Format { pieces: vec![literal("https://"), sampled("hdr(host)|lower")] });
    let redirect = v1::Redirect { kind: 2, target, status: 301, ..Default::default() };
    let rules = denials.chain([rule(None, Wire::Redirect(redirect))]).collect();
    let settings = compiled(rules, vec![sampled("hdr(x-forwarded-for!-1)"), literal(" "), sampled("src")]);
    let log = settings.logging.format.as_ref().unwrap();
    let mut message =
        Fake::new("GET", "/a/b?id=7").with("Host", "www.example.com").with("Cookie", "sid=none");
    message = message.with("X-Forwarded-For", "10.0.0.1, 10.0.0.2");
    let (mut scratch, mut out) = (Scratch::default(), Vec::new());
    let mut exchange = || {
        out.clear();
        let outcome = run(&settings.request_rules, &mut message, &mut scratch);
        assert!(matches!(outcome, Outcome::Redirect { .. }), "{outcome:?}");
        crate::render(log, &message, crate::Style::Log, &mut scratch, &mut out);
    };
    exchange();
    let counted = allocation_counter::measure(exchange);
    assert_eq!(counted.count_total, 0, "{counted:?}");
    assert_eq!(out, b"10.0.0.2 192.0.2.7");
}

#[test]
fn a_rule_that_asks_a_cache_ends_no_list() {
    let small = v1::ObjectId {
        provider: "haproxy".into(),
        kind: v1::Kind::Cache.into(),
        name: "small".into(),
        ..v1::ObjectId::default()
    };
    let later = rule(None, Wire::SetHeader(header("X-Later", literal("yes"))));
    let settings = compiled(vec![rule(None, Wire::UseCache(small)), later], Vec::new());
    let mut message = Fake::new("GET", "/");
    let scratch = &mut Scratch::default();
    assert!(matches!(run(&settings.request_rules, &mut message, scratch), Outcome::Continue));
    assert_eq!(message.caches, ["use small"]);
    assert_eq!(shown(&message), ["X-Later: yes"]);
}
