use sluicegate_model::expr::Direction;
use sluicegate_proto::v1::{self, Match, Operator, op};

use crate::evaluate::{Verdict, judge, matches};
use crate::fake::{Fake, compiled, rule, wire_test};
use crate::message::Scratch;

/// A connection request of an RDP client (MS-RDPBCGR 2.2.1.1).
const RDP: &[u8] = b"\x03\0\0\x2f\x2a\xe0\0\0\0\0\0Cookie: mstshash=ann\r\n";

/// A hello for `ab.example` of one cipher suite, in one record.
fn hello() -> Vec<u8> {
    let name = b"\0\0\0\x0f\0\x0d\0\0\x0aab.example";
    let body = [&[3, 3][..], &[0; 32], &[0, 0, 2, 0x13, 1, 1, 0, 0, 19], name].concat();
    let message = [&[1, 0, 0, body.len() as u8][..], &body].concat();
    [&[22, 3, 1, 0, message.len() as u8][..], &message].concat()
}

/// What a condition of that test is known to be when so much has come.
fn known(first: &[u8], more: bool, written: &str, how: Match, patterns: &[&str]) -> Verdict {
    verdict(first, more, &[wire_test(written, how, patterns)], &[None])
}

/// Over a postfix condition: `None` is the next test.
fn verdict(first: &[u8], more: bool, tests: &[v1::Test], ops: &[Option<Operator>]) -> Verdict {
    verdict_of(&Fake::connection(first, more), tests, ops)
}

fn verdict_of(message: &Fake, tests: &[v1::Test], ops: &[Option<Operator>]) -> Verdict {
    let mut next = 0..;
    let ops = ops.iter().map(|of| match of {
        None => op::Op::Test(next.next().unwrap()),
        Some(operator) => op::Op::Operator((*operator).into()),
    });
    let ops = ops.map(|op| v1::Op { op: Some(op) }).collect();
    let when = v1::Condition { tests: tests.to_vec(), ops };
    let settings = compiled(vec![rule(Some(when), v1::rule::Action::Allow(v1::Allow {}))], Vec::new());
    let when = settings.request_rules[0].when.as_ref().unwrap();
    let mut scratch = Scratch::default();
    let verdict = judge(when, message, &mut scratch);
    if verdict != Open {
        assert_eq!(verdict == Holds, matches(when, message, &mut scratch), "what holds matches");
    }
    verdict
}

use Verdict::{Fails, Holds, Open};

#[test]
fn values_that_may_come_are_waited_for() {
    let hello = hello();
    let sni = |first: &[u8], more| known(first, more, "req.ssl_sni", Match::Str, &["ab.example"]);
    let kind = |first: &[u8], more| known(first, more, "req.ssl_hello_type", Match::Int, &["1"]);
    for end in 0..hello.len() {
        assert_eq!([sni(&hello[..end], true), kind(&hello[..end], true)], [Open, Open], "{end}");
        assert_eq!([sni(&hello[..end], false), kind(&hello[..end], false)], [Fails, Fails], "{end}");
    }
    assert_eq!([sni(&hello, true), kind(&hello, true)], [Holds, Holds]);
    assert_eq!([sni(b"GET", true), kind(b"GET", true)], [Fails, Fails]);
    let other = known(&hello, true, "req.ssl_sni", Match::Str, &["other"]);
    assert_eq!(other, Fails, "it has said all");
}

#[test]
fn bytes_at_a_place() {
    let is = |first: &[u8], written: &str, pattern: &str| known(first, true, written, Match::Str, &[pattern]);
    assert_eq!(is(b"GE", "req.payload(0!3)", "GET"), Open);
    assert_eq!(is(b"GET /", "req.payload(0!3)", "GET"), Holds);
    assert_eq!(is(b"PUT /", "req.payload(0!3)", "GET"), Fails);
    assert_eq!(is(b"PUT /", "req.payload(4!0)", "/"), Holds);
    assert_eq!(is(b"PUT /a", "req.payload(4!0)", "/"), Open, "all there is may grow");
    assert_eq!(is(b"P", "req.payload(0!20000)", "x"), Fails, "more than is held never comes");
    assert_eq!(is(b"\x01\0\x03abc!", "req.payload_lv(1!2)", "abc"), Holds);
    assert_eq!(is(b"\x01\0\x03ab", "req.payload_lv(1!2)", "abc"), Open);
    assert_eq!(is(b"\x01\0\x03abc!", "req.payload_lv(1!2!'+1)", "bc!"), Holds);
    assert_eq!(is(b"\x01\0\x03abc!", "req.payload_lv(1!2!'2)", "\x03ab"), Holds);
    assert_eq!(is(b"\x01\0\0abc!", "req.payload_lv(1!2)", ""), Fails, "nothing is no value");
    assert_eq!(is(b"\xff\xff\xffabc!", "req.payload_lv(0!3)", "x"), Fails, "more than is held");
}

#[test]
fn a_number_of_bytes_grows() {
    let over = |first: &[u8], more| known(first, more, "req.len", Match::Int, &["3:"]);
    assert_eq!([over(b"ab", true), over(b"ab", false), over(b"abc", true)], [Open, Fails, Holds]);
    let end = |more| known(b"", more, "wait_end", Match::Bool, &[]);
    assert_eq!([end(true), end(false)], [Open, Holds]);
}

#[test]
fn what_a_server_says_is_another_matter() {
    let said = Fake { first_of: Direction::Response, ..Fake::connection(b"220 ready", true) };
    let of = |written: &str, how, pattern: &str| {
        verdict_of(&said, &[wire_test(written, how, &[pattern])], &[None])
    };
    assert_eq!(of("res.payload(0!3)", Match::Str, "220"), Holds);
    assert_eq!([of("res.len", Match::Int, "10:"), of("res.payload(0!20)", Match::Str, "x")], [Open, Open]);
    assert_eq!(of("res.ssl_hello_type", Match::Int, "2"), Fails, "it is no TLS");
    // What the client said is not there, and does not come.
    assert_eq!([of("req.len", Match::Int, "1:"), of("req.payload(0!3)", Match::Str, "220")], [Fails, Fails]);
    assert_eq!(verdict_of(&said, &[wire_test("wait_end", Match::Bool, &[])], &[None]), Open);
    assert_eq!(known(b"220 ready", true, "res.len", Match::Int, &["1:"]), Fails);
}

#[test]
fn cookies_of_remote_desktops() {
    let is = |first: &[u8], name: &str| {
        known(first, true, &format!("req.rdp_cookie({name})"), Match::Str, &["ann"])
    };
    let any = |first: &[u8]| known(first, true, "req.rdp_cookie_cnt", Match::Int, &["1"]);
    for end in 0..RDP.len() {
        assert_eq!([is(&RDP[..end], "mstshash"), any(&RDP[..end])], [Open, Open], "{end}");
    }
    assert_eq!([is(RDP, "mstshash"), is(RDP, "msts"), any(RDP)], [Holds, Fails, Holds]);
    assert_eq!([is(&[b'x'; 40], "mstshash"), any(&[b'x'; 40])], [Fails, Fails]);
}

#[test]
fn what_is_said_in_several_records_is_put_together() {
    let whole = hello();
    let split =
        [&[22, 3, 1, 0, 30], &whole[5..35], &[22, 3, 1, 0, whole.len() as u8 - 35], &whole[35..]].concat();
    for sample in ["req.ssl_sni", "req.ssl_sni|upper|lower"] {
        assert_eq!(known(&split, true, sample, Match::Str, &["ab.example"]), Holds);
    }
    assert_eq!(known(&split, true, "req.ssl_cipherlist|hex", Match::Str, &["1301"]), Holds);
    assert_eq!(known(&split, true, "req.ssl_st_ext", Match::Int, &["0"]), Holds);
    assert_eq!(known(&split, true, "req.ssl_ec_ext", Match::Bool, &[]), Fails);
}

/// What HAProxy's three truth values make of each other.
#[test]
fn open_tests_in_conditions() {
    let yes = || wire_test("always_true", Match::Bool, &[]);
    let no = || wire_test("always_false", Match::Bool, &[]);
    let open = || wire_test("wait_end", Match::Bool, &[]);
    let (and, or, not) = (Some(Operator::And), Some(Operator::Or), Some(Operator::Not));
    for (tests, ops, expected) in [
        (vec![open(), yes()], vec![None, None, or], Holds),
        (vec![open(), no()], vec![None, None, or], Open),
        (vec![no(), open()], vec![None, None, or], Open),
        (vec![yes(), open()], vec![None, None, and], Open),
        (vec![no(), open()], vec![None, None, and], Fails),
        // It is false already, and HAProxy waits none the less.
        (vec![open(), no()], vec![None, None, and], Open),
        (vec![open()], vec![None, not], Open),
        (vec![no(), open()], vec![None, None, and, not], Holds),
        (vec![open(), no()], vec![None, None, or, not], Open),
        // (open or no) and no
        (vec![open(), no(), no()], vec![None, None, or, None, and], Open),
        // (open or yes) and no
        (vec![open(), yes(), no()], vec![None, None, or, None, and], Fails),
        // (open and yes) or (no or yes)
        (vec![open(), yes(), no(), yes()], vec![None, None, and, None, None, or, or], Holds),
        // open or (open or no)
        (vec![open(), open(), no()], vec![None, None, None, or, or], Open),
        // open or not (open or no)
        (vec![open(), open(), no()], vec![None, None, None, or, not, or], Open),
    ] {
        assert_eq!(verdict(b"", true, &tests, &ops), expected, "{ops:?} of {}", tests.len());
        let at_end = verdict(b"", false, &tests, &ops);
        assert_ne!(at_end, Open);
    }
}
