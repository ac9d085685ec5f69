use super::*;

fn inet(host: Host, port: Port) -> Result<Address, InvalidAddress> {
    Ok(Address::Inet { host, family: Family::Unsaid, port })
}

fn ip(text: &str) -> Host {
    Host::Ip(text.parse().unwrap())
}

#[test]
fn addresses_have_many_forms() {
    let cases = [
        ("*:80", inet(Host::Any, Port::One(80))),
        (":80", inet(Host::Any, Port::One(80))),
        ("*", inet(Host::Any, Port::None)),
        ("127.0.0.1:8000-8010", inet(ip("127.0.0.1"), Port::Range(8000, 8010))),
        ("127.0.0.1", inet(ip("127.0.0.1"), Port::None)),
        ("[::1]:80", inet(ip("::1"), Port::One(80))),
        ("[::1]", inet(ip("::1"), Port::None)),
        (":::80", inet(ip("::"), Port::One(80))),
        ("2001:db8::1:80", inet(ip("2001:db8::1"), Port::One(80))),
        ("app:8080", inet(Host::Name("app".into()), Port::One(8080))),
        ("app:+5", inet(Host::Name("app".into()), Port::Offset(5))),
        ("localhost", inet(Host::Name("localhost".into()), Port::None)),
        ("ipv4@*:80", Ok(Address::Inet { host: Host::Any, family: Family::V4, port: Port::One(80) })),
        ("ipv6@:80", Ok(Address::Inet { host: Host::Any, family: Family::V6, port: Port::One(80) })),
        ("/run/s", Ok(Address::Unix(b"/run/s".to_vec()))),
        ("unix@s", Ok(Address::Unix(b"s".to_vec()))),
        ("127.1:0", inet(ip("127.0.0.1"), Port::Zero)),
        ("abns@s", Ok(Address::Unix(b"\0s".to_vec()))),
        ("fd@7", Ok(Address::Descriptor(7))),
    ];
    for (text, expected) in cases {
        assert_eq!(parse(text), expected, "{text}");
    }
}

#[test]
fn wrong_addresses_are_told() {
    let cases = [
        ("", "an address is missing"),
        ("unix@", "an address is missing"),
        ("abns@", "an address is missing"),
        ("/run/a\nb", "the socket name has a control character"),
        ("udp@:53", "addresses with `udp@` are not supported yet"),
        ("ipx@1", "`ipx@` is not an address family"),
        ("[::1:80", "`[::1:80` is not an IPv6 address in brackets"),
        ("ipv4@::1:80", "`::1` is not an IPv4 address"),
        ("ipv6@127.0.0.1:80", "`127.0.0.1` is not an IPv6 address"),
        (":65536", "`65536` is not a port"),
        (":http", "`http` is not a port"),
        (":90-80", "the port range `90-80` is empty"),
        ("127.0.0.256:80", "`127.0.0.256` is neither an address nor a name"),
        ("a b:80", "`a b` is neither an address nor a name"),
        ("fd@x", "`x` is not a descriptor number"),
        (":+70000", "`+70000` is not a port"),
    ];
    for (text, expected) in cases {
        let error = parse(text).unwrap_err();
        assert_eq!(error.to_string(), expected, "{text}");
        assert!(!error.help().is_empty());
    }
    assert!(matches!(parse(&format!("/{}", "a".repeat(107))), Err(InvalidAddress::LongPath(_))));
}
