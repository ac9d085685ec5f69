use super::*;

fn value(condition: &str) -> Result<bool, InvalidPredicate> {
    evaluate(condition, &|name| (name == "HOME").then(|| "/root".to_owned()))
}

#[test]
fn each_predicate() {
    let rows = [
        ("", false),
        ("  ", false),
        ("0", false),
        ("1", true),
        ("defined(HOME)", true),
        ("defined(NOT_THERE)", false),
        ("feature(THREAD)", true),
        ("feature(OPENSSL)", false),
        ("feature(THREA)", false),
        ("enabled(EPOLL)", true),
        ("openssl_version_atleast(1.1.1)", false),
        ("openssl_version_before(1.1.1)", false),
        ("ssllib_name_startswith(OpenSSL)", false),
        ("awslc_api_atleast(1)", false),
        ("awslc_api_before(1)", false),
        ("enabled(POLL)", false),
        ("streq(a,a)", true),
        ("streq(\"a b\",'a b')", true),
        ("strneq(a,b)", true),
        ("strstr(haystack,stack)", true),
        ("version_atleast(1.8)", true),
        ("version_atleast(2.4-dev19)", true),
        ("version_atleast(3.4)", true),
        ("version_atleast(3.4.1)", false),
        ("version_atleast(3.4.0-1)", false),
        ("version_before(3.4-dev1)", false),
        ("version_before(99)", true),
    ];
    for (condition, expected) in rows {
        assert_eq!(value(condition), Ok(expected), "{condition}");
    }
}

#[test]
fn operators_bind_as_written() {
    let rows = [
        ("!0", true),
        ("!!1", true),
        ("1 && 0 || 1", true),
        ("1 || 0 && 0", true),
        ("(1 || 0) && 0", false),
        ("!(streq(a,b)) && version_atleast(2.0)", true),
        ("!defined(HOME)||defined(HOME)", true),
    ];
    for (condition, expected) in rows {
        assert_eq!(value(condition), Ok(expected), "{condition}");
    }
}

/// What Debian's HAProxy 2.6 answers to each of these.
#[test]
fn words_are_read_as_haproxy_reads_them() {
    let rows = [
        ("-1", true),
        ("00", false),
        ("0x1", true),
        ("! 1", false),
        ("1 ||1&&0", true),
        ("defined", false),
        ("defined()", false),
        ("streq( a,a)", false),
        ("streq(,)", true),
        ("streq(\"\",'')", true),
        ("streq(\"a,b\",'a,b')", true),
        ("streq(a b,\"a b\")", true),
        (r#"streq("a\"b",'a"b')"#, true),
        (r"streq('a\b',a\\b)", true),
    ];
    for (condition, expected) in rows {
        assert_eq!(value(condition), Ok(expected), "{condition}");
    }
    assert_eq!(value(&format!("{}1{}", "(".repeat(300), ")".repeat(300))), Ok(true));
}

#[test]
fn mistakes_are_named() {
    let rows = [
        ("1 && ", "expected a predicate, a number, '!' or '(', found the end", 5),
        ("1 0", "expected '&&', '||' or the end, found '0'", 2),
        ("12abc", "expected '&&', '||' or the end, found 'abc'", 2),
        ("defined (HOME)", "expected '&&', '||' or the end, found '(HOME)'", 8),
        ("1 || streq(a", "expected ')' after the arguments, found the end", 12),
        ("0 && streq(a)", "streq() takes 2 argument(s), not 1", 5),
        ("streq(a,b,c)", "streq() takes 2 argument(s), not 3", 0),
        ("streq", "streq() takes 2 argument(s), not 0", 0),
        ("!sterq(a,b)", "unknown predicate 'sterq'", 1),
        ("(1", "expected ')', found the end", 2),
    ];
    for (condition, message, at) in rows {
        let error = value(condition).unwrap_err();
        assert_eq!((error.to_string().as_str(), error.at()), (message, at), "{condition}");
    }
    assert_eq!(value(&"(".repeat(1000)), Err(InvalidPredicate::TooDeep { at: 341 }));
    assert_eq!(value(&"1".repeat(100_000)), Err(InvalidPredicate::TooLong));
}

#[test]
fn a_line_is_cut_into_words_first() {
    let environment = [("HOME", "/root")].into_iter().collect();
    let value = |line: &str| evaluate_line(line, &environment);
    assert_eq!(value("streq(\"$HOME\",/root) && defined(HOME)"), Ok(true));
    assert_eq!(value("streq(a\\ b,'a b')"), Ok(true));
    assert_eq!(value("streq('a,b',c)"), Err("streq() takes 2 argument(s), not 3".to_owned()));
    assert_eq!(value("'$HOME"), Err("the single quote is not closed on its line".to_owned()));
    assert_eq!(value("''"), Ok(false));
    assert_eq!(value(""), Ok(false));
}
