use crate::fake::{Fake, format, sampled};
use crate::format::{Style, render};
use crate::message::Scratch;

/// What a chain of converters makes of a text.
fn convert(text: &str, converters: &str) -> String {
    let format = format(vec![sampled(&format!("str({text})|{converters}"))]);
    let mut out = Vec::new();
    render(&format, &Fake::new("GET", "/"), Style::Body, &mut Scratch::default(), &mut out);
    String::from_utf8(out).unwrap()
}

#[test]
fn case() {
    assert_eq!(convert("aBc-É", "lower"), "abc-É");
    assert_eq!(convert("aBc", "upper"), "ABC");
    assert_eq!(convert("aBc", "upper|lower|upper"), "ABC");
}

#[test]
fn hexadecimal_and_length() {
    assert_eq!(convert("a/~", "hex"), "612F7E");
    assert_eq!(convert("a", "hex|hex"), "3631");
    assert_eq!(convert("abcd", "length"), "4");
    assert_eq!(convert("abcd", "length|bool|not"), "0");
    let long = vec!["hex"; 31].join("|");
    assert_eq!(convert("a", &format!("{long}|length")), (64 << 10).to_string());
}

#[test]
fn parts_by_place() {
    assert_eq!(convert("abcdef", "bytes(2)"), "cdef");
    assert_eq!(convert("abcdef", "bytes(2!3)"), "cde");
    assert_eq!(convert("abc", "bytes(9)"), "");
    assert_eq!(convert("abc", "upper|bytes(1!1)"), "B");
    assert_eq!(convert("--a-b--", "ltrim(-)"), "a-b--");
    assert_eq!(convert("--a-b--", "rtrim(-)"), "--a-b");
    assert_eq!(convert("---", "ltrim(-)"), "");
    assert_eq!(convert("---", "rtrim(-)"), "");
}

#[test]
fn fields_count_empty_ones() {
    let text = "f1_f2_f3__f5";
    assert_eq!(convert(text, "field(5!_)"), "f5");
    assert_eq!(convert(text, "field(4!_)"), "");
    assert_eq!(convert(text, "field(2!_!0)"), "f2_f3__f5");
    assert_eq!(convert(text, "field(2!_!2)"), "f2_f3");
    assert_eq!(convert(text, "field(-2!_!3)"), "f2_f3_");
    assert_eq!(convert(text, "field(-3!_!0)"), "f1_f2_f3");
    assert_eq!(convert(text, "field(6!_)"), "");
    assert_eq!(convert("a.b:c", "field(3!.:)"), "c");
}

#[test]
fn words_do_not() {
    let text = "f1_f2_f3__f5";
    assert_eq!(convert(text, "word(4!_)"), "f5");
    assert_eq!(convert(text, "word(2!_!0)"), "f2_f3__f5");
    assert_eq!(convert(text, "word(3!_!2)"), "f3__f5");
    assert_eq!(convert(text, "word(-2!_!3)"), "f1_f2_f3");
    assert_eq!(convert(text, "word(-3!_!0)"), "f1_f2");
    assert_eq!(convert("/a/b/", "word(1!/)"), "a");
    assert_eq!(convert("/a/b/", "word(-1!/)"), "b");
    assert_eq!(convert("///", "word(1!/)"), "");
}

#[test]
fn percent_signs() {
    assert_eq!(convert("/a%20b+c?d+e", "url_dec"), "/a b+c?d e");
    assert_eq!(convert("a+b", "url_dec(1)"), "a b");
    assert_eq!(convert("a%2", "url_dec"), "");
    assert_eq!(convert("a%zz", "url_dec"), "");
    assert_eq!(convert("%41%42", "url_dec|lower"), "ab");
}

#[test]
fn hosts_and_ports() {
    let both = |text: &str| (convert(text, "host_only"), convert(text, "port_only"));
    assert_eq!(both("example.org:8080"), ("example.org".into(), "8080".into()));
    assert_eq!(both("example.org"), ("example.org".into(), "0".into()));
    assert_eq!(both("[2001:db8::1]:443"), ("[2001:db8::1]".into(), "443".into()));
    assert_eq!(both("[2001:db8::1]"), ("[2001:db8::1]".into(), "0".into()));
    assert_eq!(both("a:99999"), ("a".into(), "0".into()));
    assert_eq!(both("a:b"), ("a:b".into(), "0".into()));
}
