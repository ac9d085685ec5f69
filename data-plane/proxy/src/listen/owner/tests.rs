use super::*;

const TABLE: &str = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 31337 1 0 100 0 0 10 0
   1: 0100007F:1F91 0100007F:0016 01 00000000:00000000 00:00000000 00000000  1000        0 31338 1 0 100 0 0 10 0
";

#[test]
fn listening_sockets_are_read_from_a_table() {
    assert_eq!(listening(TABLE, Some(LISTEN)), [("127.0.0.1:8080".parse().unwrap(), 31337)]);
    assert_eq!(listening("header\n  broken", None), []);
}

#[test]
fn addresses_are_in_the_hosts_order() {
    assert_eq!(parse("00000000000000000000000001000000:0050"), Some("[::1]:80".parse().unwrap()));
    assert_eq!(parse("xx"), None);
}

#[test]
fn wildcards_collide() {
    let collide =
        |wanted: &str, other: &str, dual| collide(wanted.parse().unwrap(), other.parse().unwrap(), dual);
    assert!(collide("0.0.0.0:80", "127.0.0.1:80", false));
    assert!(collide("127.0.0.1:80", "0.0.0.0:80", false));
    assert!(collide("[::]:80", "127.0.0.1:80", true));
    assert!(collide("127.0.0.1:80", "[::]:80", false));
    assert!(!collide("[::]:80", "127.0.0.1:80", false));
    assert!(!collide("127.0.0.1:80", "127.0.0.1:81", false));
    assert!(!collide("127.0.0.1:80", "127.0.0.2:80", false));
}

#[test]
fn the_owner_of_a_port_is_found() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let place = Place { address, dual_stack: false, datagrams: false };
    let owner = foreign_owner(place, |_| false);
    let Some(Owner::Process { pid, program }) = owner else { panic!("{owner:?}") };
    assert_eq!(pid, std::process::id());
    assert!(!program.is_empty());
    assert_eq!(foreign_owner(place, |pid| pid == std::process::id()), None);
}
