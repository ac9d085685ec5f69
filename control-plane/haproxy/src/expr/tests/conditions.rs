use sluicegate_proto::v1::Operator;

use super::*;

pub(super) fn acls(lines: &[&str]) -> (Acls, Vec<String>) {
    let mut reader = Reader::new(&FILES);
    let mut acls = Acls::default();
    for line in lines {
        reader.acl(&split(line), &mut acls);
    }
    (acls, told(&mut reader))
}

/// A condition in postfix: tests by their first pattern or fetch.
fn postfix(condition: &v1::Condition) -> String {
    let word = |op: &v1::Op| match op.op.as_ref().unwrap() {
        op::Op::Test(index) => {
            let test = &condition.tests[*index as usize];
            let fetch = || test.sample.as_ref().unwrap().fetch.as_ref().unwrap().name.clone();
            patterns(test).first().cloned().unwrap_or_else(fetch)
        }
        op::Op::Operator(operator) => match Operator::try_from(*operator).unwrap() {
            Operator::Not => "!".into(),
            Operator::And => "&".into(),
            Operator::Or => "|".into(),
            Operator::Unspecified => panic!("an operator without a meaning"),
        },
    };
    condition.ops.iter().map(word).collect::<Vec<_>>().join(" ")
}

const ABC: [&str; 4] = ["a path /a", "b path /b", "c path /c", "c path_beg /cc"];

#[test]
fn conditions_become_postfix() {
    let (acls, _) = acls(&ABC);
    let cases = [
        ("if a", "/a"),
        ("unless a", "/a !"),
        ("if a b", "/a /b &"),
        ("if a !b", "/a /b ! &"),
        ("if a ! b", "/a /b ! &"),
        ("if a !!b", "/a /b &"),
        ("if a b or c", "/a /b & /c /cc | |"),
        ("if a || b || c", "/a /b | /c /cc | |"),
        ("unless a or !c", "/a /c /cc | ! | !"),
        ("if { path /x } !{ path -i /y }", "/x /y ! &"),
        ("if ! { path /x }", "/x !"),
        ("if TRUE a", "always_true /a &"),
        ("if METH_GET", "GET"),
        // One name used twice is one test.
        ("if a b or a !b", "/a /b & /a /b ! & |"),
    ];
    for (line, expected) in cases {
        let mut reader = Reader::new(&FILES);
        let condition = reader.condition(&split(line), 0, &acls, Scope::REQUEST);
        assert_eq!(told(&mut reader), Vec::<String>::new(), "{line}");
        assert_eq!(postfix(condition.unwrap().possibly()), expected, "{line}");
    }
    let mut reader = Reader::new(&FILES);
    let condition = reader.condition(&split("if a b or a !b"), 0, &acls, Scope::REQUEST).unwrap();
    assert_eq!(condition.possibly().tests.len(), 2);
    assert_eq!(condition.possibly().tests[0].name, "a");
}

#[test]
fn wrong_conditions_are_told() {
    let (acls, _) = acls(&ABC);
    let cases = [
        ("when a", "expected `if` or `unless` and a condition, not `when`"),
        ("if d", "no ACL is named `d`"),
        ("if METH_GETT", "no ACL is named `METH_GETT`"),
        ("if a or", "a term is missing after `or`"),
        ("if or a", "a term is missing before `or`"),
        ("if a || or b", "a term is missing before `or`"),
        ("if a !", "a term is missing after `!`"),
        ("if { path /x", "missing closing `}` of an anonymous ACL"),
        ("if { }", "an expression is expected here"),
    ];
    for (line, expected) in cases {
        let mut reader = Reader::new(&FILES);
        assert!(reader.condition(&split(line), 0, &acls, Scope::REQUEST).is_none(), "{line}");
        assert_eq!(told(&mut reader), [expected], "{line}");
    }
}

#[test]
fn a_condition_without_a_term_does_not_hold() {
    let (acls, _) = acls(&ABC);
    for (line, ops, expected) in [
        ("if", 1, "there is no term after `if`: it never holds"),
        ("unless", 2, "there is no term after `unless`: it always holds"),
    ] {
        let mut reader = Reader::new(&FILES);
        let condition = reader.condition(&split(line), 0, &acls, Scope::REQUEST).unwrap();
        let condition = condition.surely();
        assert_eq!((condition.tests.len(), condition.ops.len()), (1, ops), "{line}");
        assert_eq!(told(&mut reader), [expected], "{line}");
    }
}

#[test]
fn a_test_that_can_see_nothing_is_false() {
    let (acls, _) = acls(&ABC);
    let mut reader = Reader::new(&FILES);
    let condition = reader.condition(&["if", "!a"], 0, &acls, Scope::RESPONSE).unwrap();
    assert_eq!(postfix(condition.possibly()), "always_false !");
    let found = reader.take_findings();
    assert!(!found[0].problem.is_error());
    assert_eq!(
        found[0].problem.to_string(),
        "`path` is not known while the response is handled, so this never matches"
    );
    assert!(!condition.is_doubtful());
    // A request can be read from bytes, once there are some.
    let tcp = |phase| Scope { phase, http: false };
    let condition = reader.condition(&["if", "a"], 0, &acls, tcp(Phase::Request)).unwrap();
    assert_eq!(postfix(condition.possibly()), "/a");
    assert!(!condition.is_doubtful() && reader.take_findings().is_empty());
    let condition = reader.condition(&["if", "a"], 0, &acls, tcp(Phase::Connection)).unwrap();
    assert_eq!(postfix(condition.possibly()), "always_false");
    let found = reader.take_findings();
    assert_eq!(
        found[0].problem.to_string(),
        "`path` is not known before anything is read, so this never matches"
    );
}

#[test]
fn first_bytes_are_no_text_and_no_request() {
    let mut reader = Reader::new(&FILES);
    let tcp = Scope { phase: Phase::Request, http: false };
    let how = |reader: &mut Reader<'_>, written: &[&str], scope| {
        let condition = reader.condition(written, 0, &Acls::default(), scope).unwrap();
        (condition.possibly().tests[0].r#match(), condition.is_doubtful())
    };
    let of = |reader: &mut Reader<'_>, sample| how(reader, &["if", "{", sample, "1603", "}"], tcp);
    let bare = ["if", "{", "req.payload(0,2)", "1603", "}"];
    assert!(reader.condition(&bare, 0, &Acls::default(), tcp).is_none());
    let problem = reader.take_findings()[0].problem.to_string();
    assert!(problem.contains("`-m` has to say how they are compared"), "{problem}");
    assert_eq!(of(&mut reader, "req.payload(0,2),hex"), (v1::Match::Str, false));
    assert_eq!(of(&mut reader, "req_ssl_sni"), (v1::Match::Str, false));
    let text = ["if", "{", "req.payload(0,3)", "-m", "str", "GET", "}"];
    assert_eq!(how(&mut reader, &text, tcp), (v1::Match::Str, false));
    assert!(reader.take_findings().is_empty());
    for (written, sent) in [
        (&["3.1"][..], &["196609"][..]),
        (&["2:3.4"], &["131072:196612"]),
        (&["3.0-3.3", "3"], &["196608:196611", "196608"]),
        (&["gt", "3.1"], &["196610:"]),
    ] {
        let words = [&["if", "{", "req.ssl_ver"], written, &["}"]].concat();
        let condition = reader.condition(&words, 0, &Acls::default(), tcp).unwrap();
        assert_eq!(patterns(&condition.possibly().tests[0]), sent, "{written:?}");
    }
    assert!(reader.condition(&["if", "{", "req.ssl_ver", "3.x", "}"], 0, &Acls::default(), tcp).is_none());
    reader.take_findings();
    let counts = ["if", "{", "req.len", "gt", "0", "}"];
    assert!(how(&mut reader, &counts, Scope::REQUEST).1, "in HTTP mode bytes are not counted");
    let before = Scope { phase: Phase::Connection, http: false };
    assert_eq!(how(&mut reader, &counts, before), (v1::Match::Bool, false));
}

#[test]
fn acl_lines_are_checked() {
    assert_eq!(acls(&["or path /a"]).1, ["`or` cannot name an ACL: in a condition it means `or`"]);
    assert_eq!(
        acls(&["a/b path /a"]).1,
        ["`a/b` cannot name an ACL: only letters, digits, `-`, `_`, `.` and `:` may be in it"]
    );
    assert_eq!(acls(&["a"]).1, ["an expression is expected here"]);
    // A broken definition is told once, where it stands.
    let (broken, told_there) = acls(&["a pth /a"]);
    assert_eq!(told_there, ["unknown fetch `pth`"]);
    let mut reader = Reader::new(&FILES);
    assert!(reader.condition(&["if", "a"], 0, &broken, Scope::REQUEST).is_none());
    assert_eq!(told(&mut reader), Vec::<String>::new());
}

#[test]
fn own_acls_replace_predefined_ones() {
    let (own, _) = acls(&["METH_GET method GET"]);
    let mut reader = Reader::new(&FILES);
    let condition = reader.condition(&["if", "METH_GET"], 0, &own, Scope::REQUEST).unwrap();
    assert_eq!(patterns(&condition.possibly().tests[0]), ["GET"]);
}

#[test]
fn what_has_no_value_here_is_false_or_not_known() {
    let cases = [
        ("if WAIT_END", ["always_false", "always_true"], "wait_end", true),
        ("unless WAIT_END", ["always_false", "always_true"], "wait_end", true),
        ("if WAIT_END { path /a }", ["always_false", "/a"], "wait_end", true),
        ("if !WAIT_END || { path /a }", ["/a", "always_true"], "wait_end", true),
        ("if !{ ssl_c_r_dn(cn),lower -m reg ^a }", ["always_false !"; 2], "ssl_c_r_dn", true),
        ("if { path,in_table(t) }", ["always_false"; 2], "in_table", true),
        ("if { var(txn.a),table_gpt0(t) -m str x }", ["x"; 2], "var", true),
        ("if { sc_http_req_rate(0),add(3) gt 10 }", ["always_false"; 2], "sc_http_req_rate", true),
        ("if { sc_http_req_rate(0) lt 10 }", ["always_true"; 2], "sc_http_req_rate", true),
        ("if { sc_http_req_rate(0) 5:9 0 }", ["always_true"; 2], "sc_http_req_rate", true),
        ("if { sc_http_req_rate(0) -m found }", ["always_true"; 2], "sc_http_req_rate", true),
        ("if { path,base64 a }", ["always_false", "always_true"], "base64", true),
        ("if { scook_beg(a) b }", ["always_false", "always_true"], "scook_beg", true),
        ("if { req.body,lowr -m found }", [""; 2], "lowr", false),
        ("if { var(txn.a -m found }", [""; 2], "var", false),
    ];
    for (line, expected, name, taken) in cases {
        let mut reader = Reader::new(&FILES);
        let condition = reader.condition(&split(line), 0, &Acls::default(), Scope::REQUEST);
        assert_eq!(
            condition.map(|condition| [condition.surely(), condition.possibly()].map(postfix)),
            taken.then(|| expected.map(str::to_owned)),
            "{line}"
        );
        let found = reader.take_findings();
        let last = found.last().unwrap();
        assert!(last.problem.to_string().contains(&format!("`{name}`")), "{line}: {}", last.problem);
        assert_eq!((last.problem.is_degraded(), last.problem.is_error()), (taken, !taken), "{line}");
    }
}

#[test]
fn predefined_acls_read_or_name_what_is_missing() {
    let none = Acls::default();
    for name in ["TRUE", "FALSE", "LOCALHOST", "HTTP", "HTTP_1.0", "HTTP_1.1", "HTTP_CONTENT", "HTTP_URL_ABS"]
    {
        let mut reader = Reader::new(&FILES);
        let condition = reader.condition(&["if", name], 0, &none, Scope::REQUEST);
        assert_eq!(told(&mut reader), Vec::<String>::new(), "{name}");
        assert_eq!(condition.unwrap().possibly().tests[0].name, name);
    }
}
