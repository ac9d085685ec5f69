use super::*;

fn environment() -> Environment {
    [("HOST", "192.0.2.1"), ("PORT", "80"), ("EMPTY", "")].into_iter().collect()
}

#[test]
fn addresses_expand_both_forms() {
    let environment = environment();
    let expand = |text| environment.expand_address(text).unwrap().into_owned();
    assert_eq!(expand("*:80"), "*:80");
    assert_eq!(expand("${HOST}:$PORT"), "192.0.2.1:80");
    assert_eq!(expand("$HOST:80"), "192.0.2.1:80");
    assert_eq!(expand("${NONE-::1}:80"), "::1:80");
    assert_eq!(expand("x${EMPTY}y"), "xy");
    assert_eq!(expand("${EMPTY-default}y"), "y", "set and empty is set");
}

#[test]
fn what_cannot_be_expanded_is_pointed_at() {
    let environment = environment();
    let fail = |text: &str| environment.expand_address(text).unwrap_err();
    assert_eq!(fail("a$1"), InvalidVariable::NoName { at: 1..2 });
    assert_eq!(fail("a$"), InvalidVariable::NoName { at: 1..2 });
    assert_eq!(fail("${"), InvalidVariable::NoName { at: 0..2 });
    assert_eq!(fail("a${HOST"), InvalidVariable::Open { name: "HOST".into(), at: 1..7 });
    assert_eq!(fail("é${NONE}b"), InvalidVariable::Unset { name: "NONE".into(), at: 2..9 });
    assert_eq!(fail("${HOST-x"), InvalidVariable::Open { name: "HOST".into(), at: 0..8 });
}

#[test]
fn an_address_does_not_grow_without_end() {
    let mut environment = Environment::default();
    environment.set("A", &"a".repeat(1000));
    assert!(environment.expand_address(&"$A ".repeat(10)).is_ok());
    let long = environment.expand_address(&"$A ".repeat(100)).unwrap_err();
    assert!(matches!(long, InvalidVariable::TooLong { .. }), "{long}");
}

#[test]
fn names_are_set_and_removed() {
    let mut environment = environment();
    environment.preset("HOST", "other");
    environment.preset("NEW", "1");
    environment.set("PORT", "81");
    environment.unset("EMPTY");
    assert_eq!(environment.get("HOST"), Some("192.0.2.1"));
    assert_eq!(environment.get("NEW"), Some("1"));
    assert_eq!(environment.get("PORT"), Some("81"));
    assert_eq!(environment.get("EMPTY"), None);
    environment.retain(&["NEW"]);
    assert_eq!(environment, [("NEW", "1")].into_iter().collect());
}
