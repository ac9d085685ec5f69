use sluicegate_proto::v1::{self, Part as Wire, rule::Action};

use crate::fake::{Fake, compiled, literal, rule, sampled};
use crate::message::Scratch;
use crate::run;

fn rewrite(part: Wire, name: &str, pattern: Option<&str>, value: Vec<v1::FormatPiece>) -> v1::Rule {
    let rewrite = v1::Rewrite {
        part: part as i32,
        name: name.to_owned(),
        pattern: pattern.map(str::to_owned),
        value: Some(v1::Format { pieces: value }),
    };
    rule(None, Action::Rewrite(rewrite))
}

fn done(message: Fake, rewrite: v1::Rule) -> Fake {
    let mut message = message;
    run(&compiled(vec![rewrite], Vec::new()).request_rules, &mut message, &mut Scratch::default());
    message
}

#[test]
fn parts_of_targets_are_replaced_in_their_place() {
    for (part, target, value, becomes) in [
        (Wire::Path, "/a/b?c=d", "/x", "/x?c=d"),
        (Wire::Path, "http://h:1/a?c", "/x", "http://h:1/x?c"),
        (Wire::Path, "http://h:1", "/x", "/x"),
        (Wire::Path, "*", "/x", "/x"),
        (Wire::PathAndQuery, "/a?b", "/x?y", "/x?y"),
        (Wire::PathAndQuery, "http://h/a?b", "/x", "http://h/x"),
        (Wire::Query, "/a?b", "x=1", "/a?x=1"),
        (Wire::Query, "/a", "x=1", "/a?x=1"),
        (Wire::Query, "/a", "", "/a"),
        (Wire::Query, "/a?b", "", "/a?"),
        (Wire::Query, "/a?b?c", "x", "/a?x"),
        (Wire::Uri, "/a?b", "http://h/", "http://h/"),
    ] {
        let message = done(Fake::new("GET", target), rewrite(part, "", None, vec![literal(value)]));
        assert_eq!(message.target.as_deref(), Some(becomes), "{part:?} of {target}");
    }
}

#[test]
fn what_matches_is_replaced_whole() {
    for (part, pattern, target, value, becomes) in [
        (Wire::Path, "^/static/(.*)", "/static/a?q", r"/\1", "/a?q"),
        (Wire::Path, "b", "/abc", r"/[\0]", "/[b]"),
        (Wire::Path, "^/other", "/abc?q", "/never", "/abc?q"),
        (Wire::Path, "q", "/abc?q", "/never", "/abc?q"),
        (Wire::PathAndQuery, r"^(/[^?]*)\?(.*)$", "/a?b=c", r"/\2\1", "/b=c/a"),
        (Wire::Uri, "^http://[^/]*(/.*)", "http://h/a?b", r"\1", "/a?b"),
        (Wire::Path, "^/(a)|(b)", "/a", r"/\2\1\9\x2fc\.\\", "/a/c.\\"),
        (Wire::Path, "^/(.*)", "/a", r"/\1\", "/a"),
        (Wire::Path, "^/(.*)", "/a", r"/\xZ\1", "/xZa"),
    ] {
        let message = done(Fake::new("GET", target), rewrite(part, "", Some(pattern), vec![literal(value)]));
        assert_eq!(message.target.as_deref(), Some(becomes), "{pattern} of {target} to {value}");
    }
}

#[test]
fn values_are_evaluated_for_each_message() {
    let value = vec![literal("/"), sampled("hdr(host)|lower"), sampled("path")];
    let message = done(Fake::new("GET", "/a?b").with("Host", "EX"), rewrite(Wire::Path, "", None, value));
    assert_eq!(message.target.as_deref(), Some("/ex/a?b"));
    let message = done(Fake::new("GET", "/"), rewrite(Wire::Method, "", None, vec![literal("PUT")]));
    assert_eq!(message.method.as_deref(), Some("PUT"));
}

#[test]
fn headers_are_replaced_by_line_and_by_value() {
    let message = || {
        let message = Fake::new("GET", "/").with("X-List", "one, two ,\"three, four\",,five");
        message.with("x-list", "six").with("Other", "one")
    };
    let lines = |message: &Fake| {
        let values = message.request.iter().map(|(_, value)| String::from_utf8_lossy(value).into_owned());
        values.collect::<Vec<_>>()
    };
    let by_line = rewrite(Wire::HeaderLines, "x-list", Some("^(one), (.*)"), vec![literal(r"\2, \1")]);
    let seen = done(message(), by_line);
    assert_eq!(lines(&seen), ["two ,\"three, four\",,five, one", "six", "one"]);
    let by_value = rewrite(Wire::HeaderValues, "x-list", Some("^.(.*)$"), vec![literal(r"<\1>")]);
    let seen = done(message(), by_value);
    assert_eq!(lines(&seen), ["<ne>, <wo> ,<three, four\">,,<ive>", "<ix>", "one"]);
    let neither = rewrite(Wire::HeaderValues, "x-list", Some("none"), vec![literal("x")]);
    assert_eq!(lines(&done(message(), neither)), lines(&message()));
}
