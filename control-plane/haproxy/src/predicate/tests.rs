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
        ("enabled(POLL)", false),
        ("streq(a,a)", true),
        ("streq(\"a b\",'a b')", true),
        ("strneq(a,b)", true),
        ("strstr(haystack,stack)", true),
        ("version_atleast(1.8)", true),
        ("version_atleast(2.4-dev19)", true),
        ("version_atleast(3.4)", true),
        ("version_atleast(3.4.1)", false),
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

#[test]
fn mistakes_are_named() {
    let told = |condition: &str| value(condition).unwrap_err().to_string();
    assert_eq!(told("1 && "), "expected a predicate, a number, '!' or '(' at '' (byte 5)");
    assert_eq!(told("1 0"), "expected '&&', '||' or the end at '0' (byte 2)");
    assert_eq!(told("defined"), "expected '(' at '' (byte 7)");
    assert_eq!(told("streq(a"), "expected ')' after the arguments at '' (byte 7)");
    assert_eq!(told("streq(a)"), "streq() takes 2 arguments, not 1");
    assert!(told("sterq(a,b)").starts_with("unknown predicate 'sterq'"));
    assert_eq!(value(&"(".repeat(1000)), Err(InvalidPredicate::TooDeep));
    assert_eq!(value(&"1".repeat(100_000)), Err(InvalidPredicate::TooLong));
}
