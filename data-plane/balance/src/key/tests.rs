use super::*;

fn text(key: &[u8]) -> &str {
    std::str::from_utf8(key).unwrap()
}

#[test]
fn parameters_are_found_in_the_query_alone() {
    let value = |target: &'static str| url_param(target.as_bytes(), b"id").map(text);
    assert_eq!(value("/id=7?xid=8&id=9&id=10"), Some("9"));
    assert_eq!(value("/?id="), Some(""));
    assert_eq!(value("/?id&ida=7"), None);
    assert_eq!(value("/id=7"), None);
}

#[test]
fn a_path_follows_an_authority() {
    let of = |target: &'static str| {
        text(Uri { path_only: true, whole: true, ..Uri::default() }.of(target.as_bytes()))
    };
    assert_eq!(of("http://host/a?b"), "/a?b");
    assert_eq!(of("/a://b/c"), "/a://b/c");
    assert_eq!(of("http://host"), "");
    assert_eq!(of("*"), "");
}
