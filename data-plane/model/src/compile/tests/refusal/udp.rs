//! What is said of datagrams.

use super::*;
use crate::listener::ListenAddress;

fn of_listener(spoil: impl FnOnce(&mut v1::Listener)) -> String {
    let refused = spoiled(listener("main", 80), |resource| {
        let Some(Body::Listener(listener)) = &mut resource.body else { panic!("a listener") };
        listener.udp = true;
        spoil(listener);
    });
    refused.concat()
}

fn udp(resource: Resource) -> Resource {
    let mut resource = resource;
    match &mut resource.body {
        Some(Body::Listener(listener)) => listener.udp = true,
        Some(Body::Frontend(frontend)) => frontend.mode = v1::Mode::Udp.into(),
        _ => panic!("has no protocol"),
    }
    resource
}

#[test]
fn a_listener_for_datagrams_has_no_connections() {
    assert_eq!(of_listener(|_| {}), "");
    let connections = "what connections alone have at a listener for UDP means nothing here";
    assert_eq!(of_listener(|it| it.backlog = 1), connections);
    assert_eq!(of_listener(|it| it.user_timeout_ms = 1), connections);
    assert_eq!(of_listener(|it| it.keep_alive = Some(v1::KeepAlive::default())), connections);
    assert_eq!(of_listener(|it| it.proxy_header = Some(v1::ExpectedProxyHeader::default())), connections);
    assert_eq!(
        of_listener(|it| it.address = Some(v1::listener::Address::Descriptor(3))),
        "address: udp without an IP address means nothing here"
    );
}

#[test]
fn datagrams_and_connections_may_share_an_address_and_no_frontend() {
    let both = [listener("main", 53), frontend("main"), udp(listener("names", 53))];
    let refused = faults(&both);
    let other = "test/frontend/main takes what comes by another protocol";
    assert!(refused.len() == 1 && refused[0].contains(other), "{refused:?}");
    let refused = faults(&[listener("main", 53), udp(frontend("main"))]);
    assert!(refused.len() == 1 && refused[0].contains(other), "{refused:?}");
    let names = [udp(listener("names", 53)), udp(frontend("main"))];
    let runtime = compile(None, Change::Full(&names)).unwrap();
    let compiled = runtime.listeners.values().next().unwrap();
    assert!(matches!(compiled.socket.address, ListenAddress::Udp(_)));
    let refused = faults(&[udp(listener("one", 53)), udp(listener("two", 53)), udp(frontend("main"))]);
    assert!(refused.len() == 1 && refused[0].contains("the address is that of"), "{refused:?}");
}

#[test]
fn what_needs_messages_or_connections_is_refused() {
    let of_backend = |change: fn(&mut v1::Backend)| {
        of_backend(|it| {
            it.mode = v1::Mode::Udp.into();
            change(it);
        })
        .concat()
    };
    assert_eq!(of_backend(|_| {}), "");
    let kept = "persistence by cookies or the last endpoint in UDP mode means nothing here";
    assert_eq!(of_backend(|it| it.prefer_last = true), kept);
    assert_eq!(of_backend(|it| it.rdp_cookie = "x".into()), kept);
    assert_eq!(of_backend(|it| it.cookie = Some(v1::Cookie::default())), kept);
    assert_eq!(
        of_backend(|it| it.reuse = Some(v1::Reuse::Never.into())),
        "reuse in UDP mode means nothing here"
    );
    assert_eq!(
        of_backend(|it| it.hold = Some(v1::Hold { wait_ms: 1, max: 1 })),
        "hold: waiting in UDP mode means nothing here"
    );
    assert_eq!(
        of_backend(|it| it.inspection = Some(v1::Inspection::default())),
        "inspection in UDP mode means nothing here"
    );
    assert_eq!(
        of_backend(|it| it.compression = Some(v1::Compression::default())),
        "compression: compression in UDP mode means nothing here"
    );
    let key = "balance: hash: a key of HTTP or RDP in UDP mode means nothing here";
    for wrong in [v1::hash::Key::RdpCookie("x".into()), v1::hash::Key::UrlParameter("x".into())] {
        let hash = v1::Hash {
            key: Some(wrong),
            table: v1::HashTable::Map.into(),
            function: v1::HashFunction::Sdbm.into(),
            ..v1::Hash::default()
        };
        let refused = super::of_backend(|it| {
            it.mode = v1::Mode::Udp.into();
            it.balance = Some(v1::Balance { algorithm: Some(v1::balance::Algorithm::Hash(hash)) });
        });
        assert_eq!(refused.concat(), key);
    }
}
