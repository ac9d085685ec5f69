use super::*;

fn words(place: &Place) -> [String; 4] {
    let [address, port] = place.arguments();
    let [named_address, named_port] = place.variables();
    [address, port, named_address, named_port].map(|word| word.into_string().unwrap())
}

/// As HAProxy 2.6 runs a program for a `listen` on a unix socket, one on an address, and a `backend`.
#[test]
fn places_are_told_as_haproxy_tells_them() {
    assert_eq!(words(&Place::Nowhere), [NOT_USED, NOT_USED, "", ""]);
    assert_eq!(words(&Place::Ip([192, 0, 2, 1].into(), 80)), ["192.0.2.1", "80", "192.0.2.1", "80"]);
    let relative = Place::Ip(IpAddr::from([0, 0, 0, 0, 0, 0, 0, 1]), -10i32 as u32);
    assert_eq!(words(&relative), ["::1", "4294967286", "::1", "4294967286"]);
    assert_eq!(words(&Place::Unix((*b"/run/a").into())), ["/run/a", NOT_USED, "/run/a", ""]);
    assert_eq!(words(&Place::Unix(Box::default())), ["", NOT_USED, "", ""]);
}
