//! Any bytes as the first ones of a connection: as a TLS client's hello, and as an RDP client's message.
//!
//! Checked: no panic; what is found whole is no different when more follows, and not found in less of it; a message lies
//! within the bytes, whichever records it came in.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sluicegate_balance::{RdpCookie, find_rdp_cookie};
use sluicegate_rules::client_hello::{ClientHello, First, MAX_MESSAGE_BYTES, first_message};

fn message(bytes: &[u8]) -> (First, Vec<u8>) {
    let mut joined = Vec::new();
    match first_message(bytes, &mut joined) {
        First::Here(range) => (First::Joined, bytes[range].to_vec()),
        First::Joined => (First::Joined, joined),
        none => (none, Vec::new()),
    }
}

fn ask(hello: ClientHello<'_>, message: &[u8]) {
    let within = |part: &[u8]| part.is_empty() || message.windows(part.len()).any(|bytes| bytes == part);
    if let Some(name) = hello.server_name() {
        assert!(!name.is_empty() && within(name));
    }
    for part in [hello.groups(), hello.signatures(), hello.ticket(), Some(hello.cipher_suites())] {
        assert!(part.is_none_or(within));
    }
    assert!(hello.protocols().all(within));
    assert!(hello.key_shares().is_none_or(|mut shares| shares.all(|group| group.len() == 2)));
}

fuzz_target!(|bytes: &[u8]| {
    let (found, whole) = message(bytes);
    let more = [bytes, b"\x16\x03\x01\x00\x01\x00"].concat();
    if found != First::Partial {
        assert_eq!(message(&more), (found.clone(), whole.clone()));
    }
    if found == First::Joined {
        assert!(whole.len() <= MAX_MESSAGE_BYTES && whole.len() <= bytes.len());
        if let Some(hello) = ClientHello::read(&whole) {
            ask(hello, &whole);
        }
    }
    if let Some(less) = bytes.len().checked_sub(1) {
        let (found_less, _) = message(&bytes[..less]);
        assert!(found_less == found || found_less == First::Partial);
    }
    for name in [None, Some(&b"mstshash"[..])] {
        let cookie = find_rdp_cookie(bytes, name);
        if cookie != RdpCookie::Partial {
            assert_eq!(find_rdp_cookie(&more, name), cookie);
        }
    }
});
