use std::num::NonZeroU32;

use proptest::prelude::*;
use sluicegate_model::persistence::CookieMode;

use super::*;

fn rule(max_idle: u32, max_life: u32) -> Cookie {
    Cookie {
        name: b"SRV".as_slice().into(),
        mode: CookieMode::Insert,
        indirect: false,
        no_cache: false,
        post_only: false,
        preserve: false,
        attributes: b"; path=/".as_slice().into(),
        max_idle_seconds: NonZeroU32::new(max_idle),
        max_life_seconds: NonZeroU32::new(max_life),
        dynamic_key: None,
    }
}

fn found(line: &str, name: &str) -> Vec<(String, String)> {
    let text = |range: Range<usize>| String::from_utf8_lossy(&line.as_bytes()[range]).into_owned();
    pairs(line.as_bytes(), name.as_bytes()).map(|pair| (text(pair.whole), text(pair.value))).collect()
}

#[test]
fn pairs_are_found_by_their_whole_name() {
    let one = |whole: &str, value: &str| vec![(whole.to_owned(), value.to_owned())];
    assert_eq!(found("SRV=a", "SRV"), one("SRV=a", "a"));
    assert_eq!(found("x=1; SRV=a; XSRV=b;SRVX=c", "SRV"), one("SRV=a", "a"));
    assert_eq!(found("  SRV = \"a b\" ;x", "SRV"), one("SRV = \"a b\"", "\"a b\""));
    assert_eq!(found("srv=a; SRV", "SRV"), []);
    assert_eq!(found("SRV=a=b; SRV=", "SRV").len(), 2);
}

#[test]
fn a_pair_goes_with_its_semicolon() {
    let left = |line: &str| {
        let pair = pairs(line.as_bytes(), b"SRV").next().unwrap();
        let mut out = Vec::new();
        without(line.as_bytes(), &pair.whole, &mut out);
        String::from_utf8(out).unwrap()
    };
    assert_eq!(left("SRV=a"), "");
    assert_eq!(left("SRV=a; x=1"), "x=1");
    assert_eq!(left("x=1; SRV=a"), "x=1");
    assert_eq!(left("x=1;SRV=a ;  y=2"), "x=1; y=2");
}

#[test]
fn a_set_cookie_has_one_name() {
    assert_eq!(set_pair(b"SRV=a; path=/", b"SRV").map(|pair| pair.value), Some(4..5));
    assert_eq!(set_pair(b"x=1; SRV=a", b"SRV"), None);
}

#[test]
fn dates_are_read_as_they_are_written() {
    let (rule, now) = (rule(600, 3_600), 1_800_000_001);
    let mut value = Vec::new();
    write(&rule, Value::Written(b"a"), Dates::default(), now, &mut value);
    assert_eq!(value.len(), "a|AAAAA|AAAAA".len());
    let sent = Sent::of(&rule, &value, now);
    assert_eq!((sent.called, sent.over), (b"a".as_slice(), None));
    assert!(sent.dates.last >= now && sent.dates.last < now + 4);
    assert_eq!(sent.dates.first, sent.dates.last);
    assert_eq!(Sent::of(&rule, &value, now + 605).over, Some(Asked::Expired));
    assert_eq!(Sent::of(&super::tests::rule(0, 60), &value, now + 100).over, Some(Asked::Old));
    assert_eq!(Sent::of(&rule, &value, now - 90_000).over, Some(Asked::Old));
    assert!(!is_due(&rule, sent.dates, now));
    assert!(is_due(&rule, sent.dates, now + 10));
    assert!(is_due(&rule, Dates::default(), now));
}

#[test]
fn a_value_of_an_address_is_haproxys() {
    // `haproxy` 2.6 says so of a server at 127.0.0.1:8001 under this key.
    let address = "127.0.0.1:8001".parse().unwrap();
    let value = Value::of_address(b"secret", address).unwrap();
    assert_eq!(String::from_utf8_lossy(value.bytes()), "5257c60a33986867");
}

proptest! {
    #[test]
    fn nothing_that_clients_send_is_out_of_range(line in any::<Vec<u8>>(), name in "[a-z]{1,3}", now in any::<u32>()) {
        for pair in pairs(&line, name.as_bytes()) {
            prop_assert!(line.get(pair.whole.clone()).is_some());
            let value = &line[pair.value];
            Sent::of(&rule(60, 60), value, now.into());
            without(&line, &pair.whole, &mut Vec::new());
        }
        set_pair(&line, name.as_bytes());
    }
}
