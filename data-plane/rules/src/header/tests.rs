use super::*;

fn split(line: &str) -> Vec<&str> {
    values(line.as_bytes()).map(|value| std::str::from_utf8(value).unwrap()).collect()
}

#[test]
fn commas_part_values_but_not_within_quotes() {
    assert_eq!(split("a, b ,c"), ["a", "b", "c"]);
    assert_eq!(split("\"a,b\";q=1, c"), ["\"a,b\";q=1", "c"]);
    assert_eq!(split("\"a\\\",b\", c"), ["\"a\\\",b\"", "c"]);
    assert_eq!(split("a,,b,"), ["a", "", "b", ""]);
    assert_eq!(split(""), [""]);
    assert_eq!(split("\"open, never closed"), ["\"open, never closed"]);
}

#[test]
fn cookies_by_name() {
    let all = |line: &'static str| -> Vec<&[u8]> { cookies(line.as_bytes(), b"id").collect() };
    assert_eq!(all("a=1; id=2; id = \"3\" ;idx=4; id"), [b"2", b"3"]);
    assert_eq!(all("id="), [b""]);
    assert!(all("id").is_empty());
}

#[test]
fn leading_numbers() {
    let found = ["12", "12ab", "-3", "", "x", "-", "99999999999999999999"]
        .map(|text| leading_number(text.as_bytes()));
    assert_eq!(found, [12, 12, -3, 0, 0, 0, i64::MAX]);
}

#[test]
fn addresses_of_nodes() {
    let good = ["192.0.2.1", "192.0.2.1:80", "2001:db8::1", "[2001:db8::1]", "[2001:db8::1]:80"];
    assert!(good.iter().all(|text| address(text.as_bytes()).is_some()));
    let bad = ["", "host", "192.0.2.1:", "192.0.2.1:99999", "[192.0.2.1]", "[2001:db8::1", "192.0.2.1 "];
    assert!(bad.iter().all(|text| address(text.as_bytes()).is_none()));
}
