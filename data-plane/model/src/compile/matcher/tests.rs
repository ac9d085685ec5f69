use super::*;

#[test]
fn words_that_are_numbers_and_ranges() {
    use Comparison::{Equal, Greater, GreaterOrEqual, Less, LessOrEqual};
    let range = |comparison: Comparison, word: &str| comparison.range(word.as_bytes());
    assert_eq!(range(Equal, "5"), Some(Some((5, 5))));
    assert_eq!(range(Equal, "-5"), Some(Some((-5, -5))));
    assert_eq!(range(Equal, "1:9"), Some(Some((1, 9))));
    assert_eq!(range(Equal, "1:"), Some(Some((1, i64::MAX))));
    assert_eq!(range(Equal, ":9"), Some(Some((i64::MIN, 9))));
    assert_eq!(range(Greater, "5"), Some(Some((6, i64::MAX))));
    assert_eq!(range(GreaterOrEqual, "5"), Some(Some((5, i64::MAX))));
    assert_eq!(range(Less, "5"), Some(Some((i64::MIN, 4))));
    assert_eq!(range(LessOrEqual, "5"), Some(Some((i64::MIN, 5))));
    assert_eq!(range(Greater, &i64::MAX.to_string()), Some(None));
    for (comparison, word) in
        [(Equal, ":"), (Equal, "9:1"), (Equal, "x"), (Equal, ""), (Less, "1:2"), (Equal, "1:2:3")]
    {
        assert_eq!(range(comparison, word), None, "{word:?}");
    }
}

#[test]
fn networks_in_every_notation() {
    let good = ["10.0.0.1", "10.0.0.0/8", "10.0.0.0/255.0.0.0", "0.0.0.0/0", "::/0", "2001:db8::1/128"];
    assert!(good.iter().all(|text| network(text.as_bytes()).is_some()));
    assert_eq!(network(b"10.0.0.0/255.255.0.0").map(|network| network.prefix_length), Some(16));
    let bad = [
        "10.0.0.1/33",
        "::1/129",
        "10.0.0.0/255.0.255.0",
        "10.0.0",
        "/8",
        "10.0.0.0/",
        "10.0.0.0/+8",
        "::/255.0.0.0",
    ];
    assert!(bad.iter().all(|text| network(text.as_bytes()).is_none()));
}

#[test]
fn bytes_that_are_no_text_stay_in_regular_expressions() {
    assert_eq!(regex_text(b"a\xff\xc3\xa9"), "a\\xff\u{e9}");
    let mut builder = RegexBuilder::new(&regex_text(b"^\xff+$"));
    assert!(builder.unicode(false).build().unwrap().is_match(b"\xff\xff"));
}
