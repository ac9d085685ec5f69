use proptest::prelude::*;
use sluicegate_model::outgoing::{ProxyHeader, ProxyVersion, ToldOfTls};
use sluicegate_rules::Tls;

use super::*;

fn ends(client: &str, local: &str) -> Ends {
    Ends::Ip { client: client.parse().unwrap(), local: local.parse().unwrap() }
}

/// What is read out of a whole header.
fn whole(bytes: &[u8]) -> Result<(Ends, usize), Invalid> {
    match parse(bytes)? {
        Parsed::Whole { header, length } => Ok((header.ends, length)),
        Parsed::Part { wanted } => panic!("{wanted} bytes are wanted"),
    }
}

/// A header of version 2.
fn binary(command: u8, family: u8, body: &[u8]) -> Vec<u8> {
    let length = u16::try_from(body.len()).unwrap().to_be_bytes();
    [b"\r\n\r\n\0\r\nQUIT\n", &[command, family][..], &length, body].concat()
}

const FOUR: &[u8] = &[192, 0, 2, 7, 198, 51, 100, 9, 0x04, 0x57, 0x08, 0xae];
const OF_FOUR: (&str, &str) = ("192.0.2.7:1111", "198.51.100.9:2222");

fn six() -> Vec<u8> {
    let ip = |last| [&[0; 15][..], &[last]].concat();
    [ip(1), ip(2), vec![0x0d, 0x05, 0x11, 0x5c]].concat()
}

#[test]
fn lines_of_the_first_version_are_read() {
    let table: [(&[u8], Ends); 7] = [
        (b"PROXY TCP4 192.0.2.7 198.51.100.9 1111 2222\r\n", ends(OF_FOUR.0, OF_FOUR.1)),
        (b"PROXY TCP4 192.0.2.7 198.51.100.9 0 65535\r\n", ends("192.0.2.7:0", "198.51.100.9:65535")),
        (b"PROXY TCP6 ::1 ::2 3333 4444\r\n", ends("[::1]:3333", "[::2]:4444")),
        (b"PROXY TCP6 ::ffff:192.0.2.7 ::2 1 2\r\n", ends("[::ffff:192.0.2.7]:1", "[::2]:2")),
        (
            b"PROXY TCP6 ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\n",
            ends("[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535", "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535"),
        ),
        (b"PROXY UNKNOWN\r\n", Ends::Untold),
        (b"PROXY UNKNOWN ff::1 any thing\r\n", Ends::Untold),
    ];
    for (line, told) in table {
        let followed = [line, b"GET / HTTP/1.1\r\n"].concat();
        assert_eq!(whole(&followed), Ok((told, line.len())), "{}", line.escape_ascii());
    }
}

#[test]
fn what_breaks_the_rules_of_the_first_version_is_refused() {
    use Invalid::{Foreign, Malformed, Protocol};
    let long = [b"PROXY UNKNOWN ".as_slice(), &[b'x'; 100], b"\r\n"].concat();
    let table: [(&[u8], Invalid); 22] = [
        (b"GET / HTTP/1.1\r\n", Foreign),
        (b"PROXX", Foreign),
        (b"proxy TCP4 192.0.2.7 198.51.100.9 1111 2222\r\n", Foreign),
        (b"PROXY TCP4 192.0.2.7 198.51.100.9 1111 2222\n", Malformed),
        (b"PROXY TCP4 192.0.2.7 198.51.100.9 01111 2222\r\n", Malformed),
        (b"PROXY TCP4 192.0.2.7 198.51.100.9 65536 2222\r\n", Malformed),
        (b"PROXY TCP4 192.0.2.7 198.51.100.9 +1 2222\r\n", Malformed),
        (b"PROXY TCP4 192.0.2.7 198.51.100.9 -1 2222\r\n", Malformed),
        (b"PROXY TCP4 192.0.2.7  198.51.100.9 1 2222\r\n", Malformed),
        (b"PROXY TCP4 192.0.2.007 198.51.100.9 1 2222\r\n", Malformed),
        (b"PROXY TCP4 ::1 ::2 1 2222\r\n", Malformed),
        (b"PROXY TCP6 192.0.2.7 198.51.100.9 1 2222\r\n", Malformed),
        (b"PROXY TCP4 192.0.2.7 198.51.100.9 1 2222 \r\n", Malformed),
        (b"PROXY TCP4 192.0.2.7 198.51.100.9 1 2222 x\r\n", Malformed),
        (b"PROXY TCP4 192.0.2.7 198.51.100.9 1\r\n", Malformed),
        (b"PROXY TCP4\r\n", Malformed),
        (b"PROXY TCP4 192.0.2.7\r 198.51.100.9 1 2\r\n", Malformed),
        (b"PROXY TCP4 \xff 198.51.100.9 1 2\r\n", Malformed),
        (b"PROXY UDP4 192.0.2.7 198.51.100.9 1 2222\r\n", Protocol),
        (b"PROXY tcp4 192.0.2.7 198.51.100.9 1 2222\r\n", Protocol),
        (b"PROXY \r\n", Protocol),
        (&long, Malformed),
    ];
    for (line, invalid) in table {
        assert_eq!(whole(line), Err(invalid), "{}", line.escape_ascii());
    }
}

#[test]
fn a_line_ends_in_time() {
    let of = |length: usize| [b"PROXY UNKNOWN ".as_slice(), &vec![b'x'; length - 16], b"\r\n"].concat();
    assert_eq!(whole(&of(107)), Ok((Ends::Untold, 107)));
    assert_eq!(whole(&of(108)), Err(Invalid::Malformed));
    assert_eq!(parse(&of(108)[..106]), Ok(Parsed::Part { wanted: 107 }));
    assert_eq!(parse(&of(108)[..107]), Err(Invalid::Malformed));
}

#[test]
fn headers_of_the_second_version_are_read() {
    let unix = [b"/a".as_slice(), &[0; 106], b"/b", &[0; 106]].concat();
    let table: [(Vec<u8>, Ends); 8] = [
        (binary(0x21, 0x11, FOUR), ends(OF_FOUR.0, OF_FOUR.1)),
        (binary(0x21, 0x21, &six()), ends("[::1]:3333", "[::2]:4444")),
        (binary(0x21, 0x31, &unix), Ends::Unix),
        (binary(0x21, 0x00, b"whatever"), Ends::Untold),
        (binary(0x20, 0x00, b""), Ends::Untold),
        (binary(0x20, 0x11, FOUR), Ends::Untold),
        (binary(0x20, 0x11, &[FOUR, &[2, 0, 9]].concat()), Ends::Untold),
        (binary(0x21, 0x11, &[FOUR, &[4, 0x3a, 0x98], &[0; 15_000]].concat()), ends(OF_FOUR.0, OF_FOUR.1)),
    ];
    for (bytes, told) in table {
        let followed = [&bytes[..], b"GET / HTTP/1.1\r\n"].concat();
        assert_eq!(whole(&followed), Ok((told, bytes.len())), "{}", bytes[12..].escape_ascii());
    }
}

#[test]
fn what_breaks_the_rules_of_the_second_version_is_refused() {
    use Invalid::{Foreign, Malformed, TooLong};
    let with = |values: &[u8]| binary(0x21, 0x11, &[FOUR, values].concat());
    let table: [(Vec<u8>, Invalid); 15] = [
        (b"\r\n\r\n\0\r\nQUIX".to_vec(), Foreign),
        (binary(0x11, 0x11, FOUR), Foreign),
        (binary(0x31, 0x11, FOUR), Foreign),
        (binary(0x22, 0x11, FOUR), Malformed),
        (binary(0x21, 0x11, &FOUR[..11]), Malformed),
        (binary(0x21, 0x21, &six()[..35]), Malformed),
        (binary(0x21, 0x31, &[0; 215]), Malformed),
        (binary(0x21, 0x12, FOUR), Malformed),
        (binary(0x21, 0x10, FOUR), Malformed),
        (binary(0x21, 0x41, FOUR), Malformed),
        (with(&[2, 0]), Malformed),
        (with(b"\x02\x00\x09abc"), Malformed),
        (with(b"\x03\x00\x03abc"), Malformed),
        (with(b"\x03\x00\x04abcd"), Malformed),
        (binary(0x21, 0x11, &[0; MAX_BYTES - 15]), TooLong),
    ];
    for (bytes, invalid) in table {
        assert_eq!(whole(&bytes), Err(invalid), "{}", bytes[..bytes.len().min(50)].escape_ascii());
    }
}

#[test]
fn a_checksum_is_that_of_the_header_without_itself() {
    // As HAProxy 2.6 sends it with `proxy-v2-options crc32c,authority,unique-id,ssl`.
    let theirs = b"\x03\x00\x04Dg\xa3\x1c\x02\x00\x0bexample.org\x05\x00\x00 \x00\x05\x00\x00\x00\x00\x00";
    let bytes = binary(0x21, 0x11, &[FOUR, theirs].concat());
    assert_eq!(whole(&bytes), Ok((ends(OF_FOUR.0, OF_FOUR.1), bytes.len())));
    for at in 29..bytes.len() {
        let mut wrong = bytes.clone();
        wrong[at] ^= 1;
        assert_eq!(parse(&wrong), Err(Invalid::Malformed), "byte {at}");
    }
}

#[test]
fn values_are_found_by_their_type() {
    let values = b"\x02\x00\x0bexample.org\x05\x00\x04id-1\xe4\x00\x01a\xe4\x00\x00\xe4\x00\x01b";
    let bytes = binary(0x21, 0x11, &[FOUR, values].concat());
    let Ok(Parsed::Whole { header, .. }) = parse(&bytes) else { panic!("no header") };
    let of = |kind| header.values.of(kind).map(|value| value.escape_ascii().to_string()).collect::<Vec<_>>();
    assert_eq!(of(kind::AUTHORITY), ["example.org"]);
    assert_eq!(of(kind::UNIQUE_ID), ["id-1"]);
    assert_eq!(of(0xe4), ["a", "", "b"]);
    assert!(of(0xe5).is_empty());
}

#[test]
fn no_part_of_a_header_is_taken_for_one() {
    let unknown = b"PROXY UNKNOWN\r\n".to_vec();
    let line = b"PROXY TCP4 192.0.2.7 198.51.100.9 1111 2222\r\n".to_vec();
    for bytes in [unknown, line, binary(0x21, 0x11, FOUR), binary(0x20, 0, b"")] {
        for length in 0..bytes.len() {
            match parse(&bytes[..length]) {
                Ok(Parsed::Part { wanted }) => assert!((length + 1..=bytes.len()).contains(&wanted)),
                other => panic!("{other:?} of {length} bytes"),
            }
        }
    }
}

const TWO: ProxyHeader =
    ProxyHeader { version: ProxyVersion::Two, checksum: false, authority: false, tls: None };

fn written(header: ProxyHeader, ends: Option<(&str, &str)>, authority: Option<&[u8]>) -> Vec<u8> {
    let ends = ends.map(|(client, local)| (client.parse().unwrap(), local.parse().unwrap()));
    let mut out = b"before".to_vec();
    write(&header, ends, Known { authority, ..Known::default() }, &mut out);
    out.split_off(6)
}

/// Each as HAProxy 2.6 sends it.
#[test]
fn headers_are_written_as_haproxy_does() {
    let four = Some(OF_FOUR);
    let line = |ends| written(ProxyHeader::LINE, ends, Some(b"example.org"));
    assert_eq!(line(four), b"PROXY TCP4 192.0.2.7 198.51.100.9 1111 2222\r\n");
    assert_eq!(line(Some(("[::1]:3333", "[::2]:4444"))), b"PROXY TCP6 ::1 ::2 3333 4444\r\n");
    let mapped = Some(("[::ffff:127.0.0.1]:1", "127.0.0.1:2"));
    assert_eq!(line(mapped), b"PROXY TCP6 ::ffff:127.0.0.1 ::ffff:127.0.0.1 1 2\r\n");
    assert_eq!(line(None), b"PROXY UNKNOWN\r\n");

    assert_eq!(written(TWO, four, Some(b"example.org")), binary(0x21, 0x11, FOUR));
    assert_eq!(written(TWO, Some(("[::1]:3333", "[::2]:4444")), None), binary(0x21, 0x21, &six()));
    assert_eq!(written(TWO, None, None), binary(0x20, 0x00, b""));
    let all = ProxyHeader { checksum: true, authority: true, tls: Some(ToldOfTls::default()), ..TWO };
    let values = b"\x03\x00\x04\x95^j\x00\x05\x00\x00 \x00\x05\x00\x00\x00\x00\x00";
    let theirs = binary(0x20, 0x00, values);
    assert_eq!(whole(&theirs), Ok((Ends::Untold, theirs.len())));
    let tls = ProxyHeader { tls: Some(ToldOfTls::default()), ..TWO };
    let theirs = binary(0x21, 0x11, &[FOUR, b" \x00\x05\x00\x00\x00\x00\x00"].concat());
    assert_eq!(written(tls, four, None), theirs);
    let ours = written(all, four, Some(b"example.org"));
    let rest = b"\x02\x00\x0bexample.org \x00\x05\x00\x00\x00\x00\x00";
    assert_eq!((&ours[28..31], &ours[35..]), (b"\x03\x00\x04".as_slice(), rest.as_slice()));
    assert_eq!(whole(&ours), Ok((ends(OF_FOUR.0, OF_FOUR.1), ours.len())));
    assert_eq!(written(all, four, Some(&[b'a'; 256])).len(), 28 + 7 + 8, "longer than a name is");
}

#[test]
fn what_the_client_spoke_is_told() {
    let header = ProxyHeader { tls: Some(ToldOfTls::default()), ..TWO };
    let told = |certificate: bool, resumed: bool| {
        let certificate = certificate.then(Box::default);
        let tls = Tls { version: "TLSv1.3", certificate, resumed, ..Tls::default() };
        let mut out = Vec::new();
        write(&header, None, Known { tls: Some(&tls), ..Known::default() }, &mut out);
        out.split_off(16)
    };
    for (certificate, resumed, flags) in
        [(false, false, 0x01), (false, true, 0x01), (true, false, 0x07), (true, true, 0x05)]
    {
        let expected = [b" \x00\x0f".as_slice(), &[flags], b"\0\0\0\0!\x00\x07TLSv1.3"].concat();
        assert_eq!(told(certificate, resumed), expected);
    }
}

fn address() -> impl Strategy<Value = SocketAddr> {
    any::<(std::net::IpAddr, u16)>().prop_map(SocketAddr::from)
}

fn form() -> impl Strategy<Value = ProxyHeader> {
    let two = any::<(bool, bool, bool)>().prop_map(|(checksum, authority, tls)| ProxyHeader {
        version: ProxyVersion::Two,
        checksum,
        authority,
        tls: tls.then(ToldOfTls::default),
    });
    prop_oneof![Just(ProxyHeader::LINE), two]
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(
        form in form(),
        told in proptest::option::of((address(), address())),
        authority in proptest::option::of(proptest::collection::vec(any::<u8>(), 0..=255)),
        own in proptest::collection::vec((any::<u8>(), proptest::collection::vec(any::<u8>(), 0..9000)), 0..3),
        behind in proptest::collection::vec(any::<u8>(), 0..20),
    ) {
        let mut bytes = Vec::new();
        // The checksum is the header's own, and the authority is asked for below.
        let own: Vec<_> =
            own.into_iter().filter(|(kind, _)| ![kind::CHECKSUM, kind::AUTHORITY].contains(kind)).collect();
        write(&form, told, Known { authority: authority.as_deref(), own: &own, ..Known::default() }, &mut bytes);
        let end = bytes.len();
        bytes.extend_from_slice(&behind);
        let Ok(Parsed::Whole { header, length }) = parse(&bytes) else { panic!("{}", bytes.escape_ascii()) };
        prop_assert_eq!(length, end);
        match (told, header.ends) {
            (None, ends) => prop_assert_eq!(ends, Ends::Untold),
            (Some(told), Ends::Ip { client, local }) => {
                for (told, read) in [(told.0, client), (told.1, local)] {
                    prop_assert_eq!(told.ip().to_canonical(), read.ip().to_canonical());
                    prop_assert_eq!(told.port(), read.port());
                }
            }
            (Some(_), ends) => panic!("{ends:?}"),
        }
        let given = authority.filter(|_| form.authority && told.is_some());
        prop_assert_eq!(header.values.of(kind::AUTHORITY).next(), given.as_deref());
    }

    #[test]
    fn any_bytes_are_read_without_harm(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = parse(&bytes);
        let _ = parse(&[b"PROXY ", &bytes[..]].concat());
        let _ = parse(&[b"\r\n\r\n\0\r\nQUIT\n", &bytes[..]].concat());
    }
}
