use super::*;

fn ip(last: u8) -> IpAddr {
    IpAddr::from([192, 0, 2, last])
}

fn records(of: &[u8]) -> Vec<Record> {
    of.iter().map(|last| Record::address(ip(*last))).collect()
}

/// Shares records out among seats that have these; 0: nothing.
fn shared(have: &[u8], of: &[u8], shares: bool, prefers: &dyn Fn(IpAddr) -> bool) -> Vec<Option<u8>> {
    let keys: Vec<Key> = have.iter().map(|last| Key::Address(ip(*last))).collect();
    let seats: Vec<Seat<'_>> = keys
        .iter()
        .zip(have)
        .map(|(key, last)| Seat { has: (*last != 0).then_some(key), shares, prefers })
        .collect();
    share(&seats, &records(of)).into_iter().map(|place| place.map(|place| of[place])).collect()
}

#[test]
fn each_gets_one_and_keeps_it() {
    let any = |_| false;
    assert_eq!(shared(&[0, 0, 0], &[1, 2], false, &any), [Some(1), Some(2), None]);
    assert_eq!(shared(&[1, 2, 0], &[3, 2, 1], false, &any), [Some(1), Some(2), Some(3)]);
    assert_eq!(shared(&[1, 2, 3], &[4, 2], false, &any), [Some(4), Some(2), None]);
    // Both have it: the first keeps it.
    assert_eq!(shared(&[1, 1], &[1, 2], false, &any), [Some(1), Some(2)]);
    assert_eq!(shared(&[1, 2], &[], false, &any), [None, None]);
}

#[test]
fn some_may_have_the_same() {
    assert_eq!(shared(&[0, 0, 2], &[1, 2], true, &|_| false), [Some(1), Some(1), Some(2)]);
}

#[test]
fn preferred_addresses_go_first() {
    let prefers = |address| address == ip(3);
    assert_eq!(shared(&[0, 0, 0], &[1, 2, 3], false, &prefers), [Some(3), Some(1), Some(2)]);
    // One that is there already stays.
    assert_eq!(shared(&[1], &[1, 2, 3], false, &prefers), [Some(1)]);
    assert_eq!(shared(&[0], &[1, 2], false, &prefers), [Some(1)]);
}

#[test]
fn five_hundred_addresses_for_as_many() {
    let all: Vec<Record> = (0..500u16)
        .map(|n| Record::address([10, 0, n.to_be_bytes()[0], n.to_be_bytes()[1]].into()))
        .collect();
    let seats: Vec<Seat<'_>> =
        (0..600).map(|_| Seat { has: None, shares: false, prefers: &|_| false }).collect();
    let given: HashSet<usize> = share(&seats, &all).into_iter().flatten().collect();
    assert_eq!(given.len(), 500);
}
