use proptest::prelude::*;
use sluicegate_proto::v1::{self, Match, Operator, op};

use super::*;
use crate::fake::{Fake, compiled, condition, holds, rule, test, wire_test};

fn request() -> Fake {
    Fake::new("GET", "http://ignored/Images/cat.JPG?id=7&x=;id=8")
        .with("Host", "WWW.Example.org:8080")
        .with("X-Forwarded-For", "10.0.0.1, 10.0.0.2")
        .with("X-Forwarded-For", "192.168.0.9:4000")
        .with("Cookie", "a=1; sid=first")
        .with("Cookie", "sid=second")
        .with("Content-Length", "42")
}

#[test]
fn the_parts_of_a_request() {
    let request = request();
    let is = |sample: &str, value: &str| holds(&request, sample, Match::Str, &[value]);
    assert!(is("method", "GET") && is("path", "/Images/cat.JPG") && is("query", "id=7&x=;id=8"));
    assert!(is("pathq", "/Images/cat.JPG?id=7&x=;id=8"));
    assert!(is("url", "http://ignored/Images/cat.JPG?id=7&x=;id=8"));
    assert!(is("base", "WWW.Example.org:8080/Images/cat.JPG"));
    assert!(
        is("req.ver", "1.1") && is("fe_name", "main") && is("src", "192.0.2.7") && is("dst_port", "8080")
    );
    assert!(!is("method", "get") && !is("be_name", ""));
}

#[test]
fn what_goes_on_now() {
    let request = request();
    let is = |sample: &str, pattern: &str| holds(&request, sample, Match::Int, &[pattern]);
    assert!(is("nbsrv(app)", "2") && !is("nbsrv(gone)", ":5"), "what is not there has no number");
    assert!(holds(&request, "srv_is_up(app/a)", Match::Bool, &[]));
    assert!(is("date", "1700000000") && is("date(-60)", "1699999940"));
    assert!(is("date(1!ms)", "1700000000124") && is("date(0!us)", "1700000000123000"));
    assert!(is("rand", "2147483647") && is("rand(10)", "4") && is("rand(1)", "0"));
    assert!(holds(&request, "hostname", Match::Str, &["node1"]));
}

#[test]
fn without_a_value_no_test_passes() {
    let mut message = request();
    (message.method, message.target, message.source) = (None, None, None);
    for sample in ["path", "method", "url", "src", "src_port", "be_name", "status", "hdr(none)", "cook(none)"]
    {
        assert!(!holds(&message, sample, Match::Found, &[]), "{sample}");
    }
    assert!(!holds(&message, "urlp(none)", Match::Found, &[]));
    assert!(!holds(&message, "req.proto_http", Match::Bool, &[]));
    assert!(holds(&message, "always_true", Match::Bool, &[]));
    assert!(
        !holds(&message, "always_false", Match::Bool, &[]) && !holds(&message, "ssl_fc", Match::Bool, &[])
    );
}

#[test]
fn case_is_folded_on_request() {
    let request = request();
    let folded = |sample: &str, how, pattern: &str| {
        let wire = v1::Test { ignore_case: true, ..wire_test(sample, how, &[pattern]) };
        passes(&test(wire), &request, &mut Scratch::default())
    };
    assert!(folded("path", Match::Beg, "/images/") && !holds(&request, "path", Match::Beg, &["/images/"]));
    assert!(folded("path", Match::End, ".jpg") && !holds(&request, "path", Match::End, &[".jpg"]));
    assert!(folded("path", Match::Reg, "^/images/.*\\.jpg$"));
    assert!(folded("hdr(host)", Match::Dom, "example.org") && folded("path", Match::Dir, "images"));
    assert!(folded("path", Match::Sub, "CAT") && folded("method", Match::Str, "get"));
}

#[test]
fn tests_look_at_every_value_of_a_header() {
    let request = request();
    for address in ["10.0.0.1", "10.0.0.2"] {
        assert!(holds(&request, "hdr(x-forwarded-for)", Match::Str, &[address]), "{address}");
    }
    assert!(!holds(&request, "req.fhdr(x-forwarded-for)", Match::Str, &["10.0.0.1"]));
    assert!(holds(&request, "req.fhdr(x-forwarded-for)", Match::Str, &["10.0.0.1, 10.0.0.2"]));
    let nth =
        |n: i64, value: &str| holds(&request, &format!("hdr(X-Forwarded-For!{n})"), Match::Str, &[value]);
    assert!(nth(1, "10.0.0.1") && nth(2, "10.0.0.2") && nth(3, "192.168.0.9:4000"));
    assert!(nth(-1, "192.168.0.9:4000") && nth(-3, "10.0.0.1"));
    assert!(!nth(1, "10.0.0.2") && !nth(4, "10.0.0.1") && !nth(-4, "10.0.0.1"));
    assert!(holds(&request, "hdr_cnt(x-forwarded-for)", Match::Int, &["3"]));
    assert!(holds(&request, "req.fhdr_cnt(x-forwarded-for)", Match::Int, &["2"]));
    assert!(holds(&request, "hdr_cnt(none)", Match::Int, &["0"]));
}

#[test]
fn numbers_and_addresses_in_headers() {
    let request = request();
    assert!(holds(&request, "hdr_val(content-length)", Match::Int, &["gt 0"]));
    assert!(holds(&request, "hdr_val(content-length)", Match::Int, &["le", "42"]));
    assert!(!holds(&request, "hdr_val(content-length)", Match::Int, &["lt", "42"]));
    assert!(holds(&request, "hdr_ip(x-forwarded-for)", Match::Ip, &["192.168.0.0/16"]));
    assert!(holds(&request, "hdr_ip(x-forwarded-for!1)", Match::Ip, &["10.0.0.1"]));
    assert!(!holds(&request, "hdr_ip(host)", Match::Ip, &["0.0.0.0/0"]));
    assert!(holds(&request, "hdr(x-forwarded-for)", Match::Ip, &["10.0.0.2"]));
    assert!(holds(&request, "src", Match::Ip, &["192.0.2.0/255.255.255.0"]));
    assert!(holds(&request, "dst_port", Match::Int, &["8000:8100"]));
    assert!(holds(&request, "hdr(content-length)", Match::Int, &["42"]));
    assert!(holds(&request, "path", Match::Len, &["15"]) && !holds(&request, "path", Match::Len, &["16:"]));
    assert!(holds(&request, "method", Match::Bin, &["474554"]));
}

#[test]
fn parameters_and_cookies() {
    let request = request();
    assert!(holds(&request, "url_param(id)", Match::Str, &["7"]));
    assert!(holds(&request, "urlp(id)", Match::Str, &["8"]));
    assert!(holds(&request, "urlp(x)", Match::Found, &[]));
    assert!(
        holds(&request, "cook(sid)", Match::Str, &["first"])
            && holds(&request, "cook(sid)", Match::Str, &["second"])
    );
    assert!(holds(&request, "cook_cnt(sid)", Match::Int, &["2"]));
    assert!(holds(&request, "int(5)|bool|not", Match::Int, &["0"]));
    assert!(holds(&request, "bool(true)", Match::Bool, &[]));
}

#[test]
fn what_a_response_was_compressed_with_is_told() {
    use sluicegate_model::compression::ContentCoding;
    let mut message = Fake::new("GET", "/");
    assert!(
        !holds(&message, "res.comp", Match::Bool, &[])
            && !holds(&message, "res.comp_algo", Match::Found, &[])
    );
    message.compressed_with = Some(ContentCoding::RawDeflate);
    assert!(holds(&message, "res.comp", Match::Bool, &[]));
    assert!(holds(&message, "res.comp_algo", Match::Str, &["raw-deflate"]));
}

#[test]
fn where_a_response_comes_from_is_told() {
    let mut message = Fake::new("GET", "/");
    assert!(!holds(&message, "res.cache_hit", Match::Bool, &[]));
    assert!(!holds(&message, "res.cache_name", Match::Found, &[]));
    message.answering_cache = Some("small");
    assert!(holds(&message, "res.cache_hit", Match::Bool, &[]));
    assert!(holds(&message, "res.cache_name", Match::Str, &["small"]));
}

#[test]
fn responses() {
    let mut message = request();
    message.status = Some(404);
    message.response.push(("Server".into(), b"x, y".to_vec()));
    assert!(holds(&message, "status", Match::Int, &["400:499"]));
    assert!(holds(&message, "res.hdr(server)", Match::Str, &["x"]));
    assert!(holds(&message, "shdr_cnt(server)", Match::Int, &["2"]));
    assert!(!holds(&message, "res.hdr(host)", Match::Found, &[]));
}

/// A truth table of three tests against postfix evaluated with a stack.
fn by_stack(ops: &[op::Op], truths: &[bool]) -> Option<bool> {
    let mut stack = Vec::new();
    for op in ops {
        match op {
            op::Op::Test(test) => stack.push(truths[*test as usize]),
            op::Op::Operator(operator) => {
                let right = stack.pop()?;
                let result = match Operator::try_from(*operator).ok()? {
                    Operator::Not => !right,
                    Operator::And => stack.pop()? & right,
                    Operator::Or => stack.pop()? | right,
                    Operator::Unspecified => return None,
                };
                stack.push(result);
            }
        }
    }
    (stack.len() == 1).then(|| stack[0])
}

fn postfix() -> impl Strategy<Value = Vec<op::Op>> {
    let leaf = (0_u32..3).prop_map(|test| vec![op::Op::Test(test)]);
    leaf.prop_recursive(6, 64, 2, |inner| {
        let operator = |operator: Operator| op::Op::Operator(operator as i32);
        prop_oneof![
            inner.clone().prop_map(move |ops| [ops, vec![operator(Operator::Not)]].concat()),
            (inner.clone(), inner.clone()).prop_map(move |(left, right)| [
                left,
                right,
                vec![operator(Operator::And)]
            ]
            .concat()),
            (inner.clone(), inner)
                .prop_map(move |(left, right)| [left, right, vec![operator(Operator::Or)]].concat()),
        ]
    })
}

proptest! {
    #[test]
    fn skipping_changes_no_outcome(ops in postfix()) {
        let tests = ["a", "b", "c"].map(|name| wire_test(&format!("hdr({name})"), Match::Found, &[]));
        let wire = v1::Condition {
            tests: tests.to_vec(),
            ops: ops.iter().map(|&op| v1::Op { op: Some(op) }).collect(),
        };
        let settings = compiled(vec![rule(Some(wire), v1::rule::Action::Allow(v1::Allow {}))], Vec::new());
        let when = settings.request_rules[0].when.as_ref().unwrap();
        for row in 0..8 {
            let truths = [row & 1 != 0, row & 2 != 0, row & 4 != 0];
            let mut message = Fake::new("GET", "/");
            for (name, _) in ["a", "b", "c"].iter().zip(truths).filter(|(_, truth)| *truth) {
                message = message.with(name, "");
            }
            let found = matches(when, &message, &mut Scratch::default());
            prop_assert_eq!(Some(found), by_stack(&ops, &truths));
        }
    }
}

#[test]
fn a_converter_sees_each_value() {
    let request = request();
    assert!(holds(&request, "hdr(host)|lower|field(1!:)", Match::Str, &["www.example.org"]));
    assert!(holds(&request, "hdr(x-forwarded-for)|field(4!.)", Match::Str, &["2"]));
    assert!(holds(&request, "base|lower", Match::End, &["/images/cat.jpg"]));
    let one = condition(wire_test("path", Match::Beg, &["/Images"]));
    assert_eq!(one.ops.len(), 1);
}

#[test]
fn values_of_a_proxy_header() {
    let mut message = request();
    assert!(!holds(&message, "fc_rcvd_proxy", Match::Bool, &[]));
    assert!(!holds(&message, "fc_pp_authority", Match::Found, &[]));
    message.proxy_values = vec![(2, b"example.org".to_vec()), (0xe4, b"a".to_vec()), (0xe4, b"b".to_vec())];
    assert!(holds(&message, "fc_rcvd_proxy", Match::Bool, &[]));
    assert!(holds(&message, "fc_pp_authority", Match::Str, &["example.org"]));
    assert!(!holds(&message, "fc_pp_unique_id", Match::Found, &[]));
    // A test looks at all of one type.
    assert!(holds(&message, "fc_pp_tlv(0xe4)", Match::Str, &["a"]));
    assert!(holds(&message, "fc_pp_tlv(0xe4)", Match::Str, &["b"]));
}
