use super::*;
use crate::expr::Network;

fn keys(keys: &[&str]) -> Vec<Vec<u8>> {
    keys.iter().map(|key| key.as_bytes().to_vec()).collect()
}

fn found(lookup: &Lookup, values: &[&str]) -> Vec<Option<usize>> {
    values.iter().map(|value| lookup.find(value.as_bytes())).collect()
}

#[test]
fn the_first_of_equal_keys_is_found() {
    let lookup = Lookup::Exact(Exact::new(&keys(&["a", "b", "a", "c"]), false));
    assert_eq!(found(&lookup, &["a", "b", "c", "d", "A"]), [Some(0), Some(1), Some(3), None, None]);
}

#[test]
fn beginnings_are_found_by_length_and_endings_by_order() {
    let lookup = Lookup::Affixes(Ranked::new(&keys(&["/", "/api/v2", "/api"]), Side::Start, false));
    let values = ["/api/v2/x", "/api/v1", "/ap", "x", ""];
    assert_eq!(found(&lookup, &values), [Some(1), Some(2), Some(0), None, None]);
    let lookup = Lookup::Affixes(Ranked::new(&keys(&[".org", "a.org", ".com"]), Side::End, false));
    assert_eq!(found(&lookup, &["a.org", "b.com", "org"]), [Some(0), Some(2), None]);
    let lookup = Lookup::Affixes(Ranked::new(&keys(&["b", ""]), Side::Start, false));
    assert_eq!(found(&lookup, &["bc", "c", ""]), [Some(0), Some(1), Some(1)]);
}

#[test]
fn parts_and_words_are_found_by_order() {
    let lookup = Lookup::Contains(Substrings::new(&keys(&["xyz", "y", "abc"]), false).unwrap());
    assert_eq!(found(&lookup, &["abcxyz", "aby", "abc", "z"]), [Some(0), Some(1), Some(2), None]);
    let lookup = Lookup::Words(Words::new(&keys(&["img", "b/c", "a"]), Words::PATH_DELIMITERS, false));
    assert_eq!(found(&lookup, &["/a/b/c", "/a/img", "/images", "a"]), [Some(1), Some(0), None, Some(2)]);
}

#[test]
fn expressions_are_found_by_order() {
    let set = RegexSet::new(["^/a", "b$"]).unwrap();
    let lookup = Lookup::Regex { set, each: Box::default() };
    assert_eq!(found(&lookup, &["/ab", "cb", "c"]), [Some(0), Some(1), None]);
}

#[test]
fn numbers_are_found_by_order() {
    let lookup = Lookup::Int(Ranges::new(&[(1, 10), (5, 5), (7, 20), (30, 30), (30, 40)]));
    let values = [5, 15, 30, 35, 41];
    let found: Vec<_> = values.iter().map(|&number| lookup.find_number(number)).collect();
    assert_eq!(found, [Some(0), Some(2), Some(3), Some(4), None]);
    assert_eq!(lookup.find(b"5"), None);
}

#[test]
fn the_smallest_network_is_found() {
    let network = |ip: &str, prefix_length| Network { ip: ip.parse().unwrap(), prefix_length };
    let lookup = Lookup::Ip(Networks::new(&[
        network("0.0.0.0", 0),
        network("10.0.0.0", 8),
        network("10.1.2.3", 16),
        network("10.1.2.3", 32),
        network("2001:db8::", 32),
        network("::ffff:192.168.0.0", 112),
    ]));
    let values =
        ["10.1.2.3", "10.1.9.9", "10.9.9.9", "11.0.0.1", "2001:db8::1", "2001:db9::1", "192.168.7.7"];
    let found: Vec<_> = values.iter().map(|ip| lookup.find_address(ip.parse().unwrap())).collect();
    assert_eq!(found, [Some(3), Some(2), Some(1), Some(0), Some(4), None, Some(5)]);
}
