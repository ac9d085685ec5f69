//! Any bytes as the start of a connection that begins with a header of the PROXY protocol.
//!
//! Checked: no panic; a header ends within the bytes and within its limit, and is the same without what follows it; no part
//! of it is one; what is wanted is more than there is; the ends that it tells of, written again, are read again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sluicegate_engine::proxy_protocol::{Ends, Header, Known, MAX_BYTES, Parsed, kind, parse, write};
use sluicegate_model::outgoing::{ProxyHeader, ProxyVersion, ToldOfTls};

fn rewritten(header: &Header) {
    let Ends::Ip { client, local } = header.ends else { return };
    let two = ProxyHeader { version: ProxyVersion::Two, checksum: true, authority: true, tls: Some(ToldOfTls::default()) };
    for form in [ProxyHeader::LINE, two] {
        let mut bytes = Vec::new();
        let known = Known { authority: header.values.of(kind::AUTHORITY).next(), ..Known::default() };
        write(&form, Some((client, local)), known, &mut bytes);
        let Ok(Parsed::Whole { header: again, length }) = parse(&bytes) else { panic!("{bytes:?}") };
        assert_eq!((again.ends, length), (header.ends, bytes.len()));
    }
}

fuzz_target!(|bytes: &[u8]| match parse(bytes) {
    Ok(Parsed::Whole { header, length }) => {
        assert!(length <= bytes.len() && length <= MAX_BYTES);
        let alone = Parsed::Whole { header: header.clone(), length };
        assert_eq!(parse(&bytes[..length]), Ok(alone));
        assert!(matches!(parse(&bytes[..length - 1]), Ok(Parsed::Part { .. })));
        rewritten(&header);
    }
    Ok(Parsed::Part { wanted }) => assert!(wanted > bytes.len() && wanted <= MAX_BYTES),
    Err(_) => {}
});
