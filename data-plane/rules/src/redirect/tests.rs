use sluicegate_model::rule::Action;
use sluicegate_proto::v1::{self, rule::Action as Wire};

use super::*;
use crate::fake::{Fake, compiled, literal, rule, sampled};

fn wire(kind: v1::RedirectKind, target: v1::FormatPiece) -> v1::Redirect {
    let target = Some(v1::Format { pieces: vec![target] });
    v1::Redirect { kind: kind as i32, target, status: 302, ..Default::default() }
}

fn located(wire: v1::Redirect, request: &Fake) -> Option<String> {
    let settings = compiled(vec![rule(None, Wire::Redirect(wire))], Vec::new());
    let Action::Redirect(redirect) = &settings.request_rules[0].action else { panic!("a redirect") };
    let mut scratch = Scratch::default();
    let wanted = location(redirect, request, &mut scratch);
    wanted.then(|| String::from_utf8(scratch.text().to_vec()).unwrap())
}

#[test]
fn locations() {
    use v1::RedirectKind::Location;
    let request = Fake::new("GET", "/a?b").with("X", "/new path\r\nSet-Cookie: a");
    let to = |target| located(wire(Location, target), &request).unwrap();
    assert_eq!(to(literal("https://other/")), "https://other/");
    assert_eq!(to(sampled("hdr(x)")), "/new%20path%0D%0ASet-Cookie:%20a");
    let empty = v1::Redirect { ignore_empty: true, ..wire(Location, sampled("hdr(none)")) };
    assert_eq!(located(empty, &request), None);
    assert_eq!(to(sampled("hdr(none)")), "");
}

#[test]
fn prefixes() {
    use v1::RedirectKind::Prefix;
    let request = Fake::new("GET", "http://ignored/a?b=c");
    let prefix = |text: &str| wire(Prefix, literal(text));
    assert_eq!(located(prefix("https://www"), &request).unwrap(), "https://www/a?b=c");
    assert_eq!(located(prefix("/"), &request).unwrap(), "/a?b=c");
    let dropped = v1::Redirect { drop_query: true, append_slash: true, ..prefix("") };
    assert_eq!(located(dropped.clone(), &request).unwrap(), "/a/");
    assert_eq!(located(dropped, &Fake::new("GET", "/a/?b")).unwrap(), "/a/");
    assert_eq!(located(prefix("https://www"), &Fake::new("OPTIONS", "*")).unwrap(), "https://www/");
}

#[test]
fn schemes() {
    use v1::RedirectKind::Scheme;
    let request = Fake::new("GET", "/a?b").with("Host", "www.example.org");
    let https = wire(Scheme, literal("https"));
    assert_eq!(located(https.clone(), &request).unwrap(), "https://www.example.org/a?b");
    let dropped = v1::Redirect { drop_query: true, ..https };
    assert_eq!(located(dropped, &request).unwrap(), "https://www.example.org/a");
}
