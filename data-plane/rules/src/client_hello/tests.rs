use std::sync::Arc;

use proptest::prelude::*;
use rustls::{ClientConfig, ClientConnection, RootCertStore};

use super::*;

/// A vector with a length of that many bytes in front.
fn sized(bytes: usize, content: &[u8]) -> Vec<u8> {
    let length = content.len().to_be_bytes();
    [&length[length.len() - bytes..], content].concat()
}

fn extension(kind: u16, content: &[u8]) -> Vec<u8> {
    [&kind.to_be_bytes(), sized(2, content).as_slice()].concat()
}

fn hello(extensions: &[Vec<u8>]) -> Vec<u8> {
    let body = [
        &[3, 3][..],
        &[7; 32],
        &sized(1, &[9; 32]),
        &sized(2, &[0x13, 0x01, 0xc0, 0x2f]),
        &sized(1, &[0]),
        &sized(2, &extensions.concat()),
    ];
    [&[CLIENT_HELLO], sized(3, &body.concat()).as_slice()].concat()
}

/// A message in records of that many bytes.
fn records(message: &[u8], size: usize) -> Vec<u8> {
    message.chunks(size).flat_map(|piece| [&[HANDSHAKE, 3, 1], sized(2, piece).as_slice()].concat()).collect()
}

fn named(name: &[u8]) -> Vec<u8> {
    hello(&[extension(SERVER_NAME, &sized(2, &[&[0], sized(2, name).as_slice()].concat()))])
}

fn found(bytes: &[u8]) -> Result<Vec<u8>, First> {
    let mut joined = Vec::new();
    match first_message(bytes, &mut joined) {
        First::Here(range) => Ok(bytes[range].to_vec()),
        First::Joined => Ok(joined),
        other => Err(other),
    }
}

#[test]
fn what_a_hello_says() {
    let message = hello(&[
        extension(0xbaba, b""),
        extension(
            SERVER_NAME,
            &sized(2, &[&[1], sized(2, b"other").as_slice(), &[0], &sized(2, b"A.Example")].concat()),
        ),
        extension(PROTOCOLS, &sized(2, &[sized(1, b"h2"), sized(1, b"http/1.1")].concat())),
        extension(SUPPORTED_GROUPS, &sized(2, &[0, 29, 0, 23])),
        extension(SIGNATURE_ALGORITHMS, &sized(2, &[4, 3])),
        extension(
            KEY_SHARE,
            &sized(2, &[&[0, 29], sized(2, &[5; 32]).as_slice(), &[0, 23], &sized(2, b"x")].concat()),
        ),
        extension(SESSION_TICKET, b"t"),
    ]);
    let hello = ClientHello::read(&message).unwrap();
    assert_eq!(hello.server_name(), Some(&b"A.Example"[..]));
    assert_eq!(hello.version(), 0x3_0003);
    assert_eq!(hello.protocols().collect::<Vec<_>>(), [&b"h2"[..], b"http/1.1"]);
    assert_eq!(hello.cipher_suites(), [0x13, 0x01, 0xc0, 0x2f]);
    assert_eq!(hello.groups(), Some(&[0, 29, 0, 23][..]));
    assert_eq!(hello.signatures(), Some(&[4, 3][..]));
    assert_eq!(hello.key_shares().unwrap().collect::<Vec<_>>(), [[0, 29], [0, 23]]);
    assert_eq!(hello.ticket(), Some(&b"t"[..]));
}

#[test]
fn what_a_hello_does_not_say() {
    let message = hello(&[extension(SERVER_NAME, &sized(2, &[&[0], sized(2, b"").as_slice()].concat()))]);
    let empty = ClientHello::read(&message).unwrap();
    assert_eq!(empty.server_name(), None, "a name that is empty");
    assert!(empty.groups().is_none() && empty.ticket().is_none() && empty.key_shares().is_none());
    assert_eq!(empty.protocols().count(), 0);
    let before_extensions = hello(&[]).len() - 2;
    let mut old = hello(&[])[..before_extensions].to_vec();
    old[3] -= 2;
    assert_eq!(ClientHello::read(&old).map(|hello| hello.server_name()), Some(None));
    let mut server = named(b"a");
    server[0] = 2;
    assert_eq!(ClientHello::read(&server), None, "the hello of a server");
}

#[test]
fn a_message_is_found_when_it_is_whole() {
    let message = named(b"example.org");
    for size in [message.len(), message.len() - 1, 50, 4, 3] {
        let bytes = records(&message, size);
        for end in 0..bytes.len() {
            assert_eq!(found(&bytes[..end]), Err(First::Partial), "{end} of records of {size}");
        }
        assert_eq!(found(&bytes).as_ref(), Ok(&message), "records of {size}");
        assert_eq!(found(&[&bytes[..], b"more"].concat()).as_ref(), Ok(&message));
    }
}

#[test]
fn what_is_no_handshake_is_known_at_once() {
    for foreign in [
        &b"GET / HTTP/1.1\r\n"[..],
        b"\x15",
        b"\x16\x02",
        &[HANDSHAKE, 3, 1, 0, 0],
        &[HANDSHAKE, 3, 1, 0x40, 1],
        &[HANDSHAKE, 3, 1, 0, 4, 1, 1, 0, 0],
        &records(&named(b"a"), 1),
    ] {
        assert_eq!(found(foreign), Err(First::Foreign), "{foreign:?}");
    }
    let second = [&records(&named(b"a"), 9)[..14], b"\x17\x03\x03"].concat();
    assert_eq!(found(&second), Err(First::Foreign), "a record of another kind between");
}

/// What rustls sends first.
fn of_rustls(name: &str, protocols: &[&[u8]], fragment: Option<usize>) -> Vec<u8> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let mut config = config.with_root_certificates(RootCertStore::empty()).with_no_client_auth();
    config.alpn_protocols = protocols.iter().map(|name| name.to_vec()).collect();
    config.max_fragment_size = fragment;
    let mut client = ClientConnection::new(Arc::new(config), name.to_owned().try_into().unwrap()).unwrap();
    let mut sent = Vec::new();
    while client.wants_write() {
        client.write_tls(&mut sent).unwrap();
    }
    sent
}

#[test]
fn rustls_is_understood() {
    for fragment in [None, Some(64)] {
        let sent = of_rustls("shop.example.org", &[b"h2", b"http/1.1"], fragment);
        let message = found(&sent).unwrap();
        let hello = ClientHello::read(&message).unwrap();
        assert_eq!(hello.server_name(), Some(&b"shop.example.org"[..]));
        assert_eq!(hello.protocols().collect::<Vec<_>>(), [&b"h2"[..], b"http/1.1"]);
        assert!(hello.groups().is_some() && hello.signatures().is_some());
        assert!(hello.key_shares().unwrap().count() > 0 && hello.cipher_suites().len() > 2);
    }
    let message = found(&of_rustls("192.0.2.1", &[], None)).unwrap();
    let hello = ClientHello::read(&message).unwrap();
    assert_eq!((hello.server_name(), hello.protocols().count()), (None, 0), "an address is no name");
}

proptest! {
    #[test]
    fn records_do_not_matter(name in "[a-z.]{1,60}", size in 3_usize..200) {
        let message = named(name.as_bytes());
        let bytes = records(&message, size);
        let whole = found(&bytes);
        prop_assert_eq!(whole.as_ref(), Ok(&message));
        let hello = ClientHello::read(&message).unwrap();
        prop_assert_eq!(hello.server_name(), Some(name.as_bytes()));
    }

    /// Nothing panics, and what is found once stays so whatever follows.
    #[test]
    fn any_bytes_are_read(
        change in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6),
        size in 3_usize..200,
        end in any::<prop::sample::Index>(),
    ) {
        let mut bytes = records(&named(b"example.org"), size);
        for (at, byte) in change {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        let (cut, whole) = (found(&bytes[..end.index(bytes.len())]), found(&bytes));
        if cut != Err(First::Partial) {
            prop_assert_eq!(&cut, &whole);
        }
        if let Ok(message) = whole
            && let Some(hello) = ClientHello::read(&message)
        {
            let _ = (hello.server_name(), hello.groups(), hello.signatures(), hello.ticket());
            prop_assert!(hello.protocols().count() + hello.key_shares().map_or(0, Iterator::count) < 1_000);
        }
    }
}
