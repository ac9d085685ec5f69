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

/// Byte by byte.
fn naive_comma(line: &[u8]) -> usize {
    let (mut quoted, mut escaped) = (false, false);
    for (at, &byte) in line.iter().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b',' if !quoted => return at,
            _ => {}
        }
    }
    line.len()
}

#[test]
fn commas_are_found_in_every_short_line() {
    const BYTES: &[u8] = b"a,\"\\";
    for length in 0..=8 {
        for number in 0..BYTES.len().pow(length) {
            let line: Vec<u8> =
                (0..length).map(|at| BYTES[number / BYTES.len().pow(at) % BYTES.len()]).collect();
            assert_eq!(comma(&line), naive_comma(&line), "{}", String::from_utf8_lossy(&line));
        }
    }
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
