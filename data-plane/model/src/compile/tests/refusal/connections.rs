//! How connections to endpoints are made, kept and shared.

use super::*;

const NOTHING: [&str; 0] = [];

#[test]
fn idle_connections() {
    let of = |pool: v1::Pool| of_endpoint(|endpoint| endpoint.pool = Some(pool));
    let table = [
        (v1::Pool::default(), ""),
        (v1::Pool { max_idle: Some(0), max_reuse: Some(0), purge_delay_ms: Some(0), warm: 0, low: 0 }, ""),
        (
            v1::Pool {
                max_idle: Some(u32::MAX),
                max_reuse: Some(u32::MAX),
                purge_delay_ms: Some(2_147_483_647),
                warm: 1_000,
                low: u32::MAX,
            },
            "",
        ),
        (v1::Pool { warm: 1_001, ..v1::Pool::default() }, "pool: warm is 1001, allowed is 0 to 1000"),
        (
            v1::Pool { purge_delay_ms: Some(2_147_483_648), ..v1::Pool::default() },
            "pool: purge_delay_ms is 2147483648, allowed is 1 to 2147483647",
        ),
    ];
    for (pool, fault) in table {
        assert_eq!(of(pool).concat(), fault, "{pool:?}");
    }
}

#[test]
fn sources() {
    let at = |ip: &[u8], port| Some(v1::IpAddress { ip: ip.to_vec().into(), port });
    let of = |address, last_port, interface: &str| {
        let source = v1::Source { address, last_port, interface: interface.into(), foreign: None };
        of_endpoint(|endpoint| endpoint.source = Some(source)).concat()
    };
    let here = [192, 0, 2, 1];
    let backwards = "source: last_port without a port below it means nothing here";
    let table = [
        (None, 0, "eth0", ""),
        (at(&here, 0), 0, "", ""),
        (at(&here, 1_000), 1_000, "", ""),
        (at(&[0; 16], 1_000), 2_000, "a23456789012345", ""),
        (at(&here, 1_000), 999, "", backwards),
        (at(&here, 0), 2_000, "", backwards),
        (None, 2_000, "", backwards),
        (at(&here, 70_000), 0, "", "source: address: port is 70000, allowed is 0 to 65535"),
        (at(&here, 1_000), 70_000, "", "source: port is 70000, allowed is 0 to 65535"),
        (at(&[1, 2], 0), 0, "", "source: address: ip is neither 4 nor 16 bytes of an address, but 2"),
    ];
    for (address, last_port, interface, fault) in table {
        assert_eq!(of(address.clone(), last_port, interface), fault, "{address:?} {last_port} {interface}");
    }
    for interface in ["a/b", "a b", "a234567890123456", "a\0"] {
        assert_ne!(of(None, 0, interface), "", "{interface:?}");
    }
}

#[test]
fn sources_of_others() {
    use v1::foreign_source::Of;
    let of = |of| {
        let source = v1::Source { foreign: Some(v1::ForeignSource { of }), ..v1::Source::default() };
        of_endpoint(|endpoint| endpoint.source = Some(source)).concat()
    };
    assert_eq!(of(Some(Of::Client(v1::Empty {}))), "");
    assert_eq!(of(None), "source: foreign: of is not set");
    let address = v1::IpAddress { ip: vec![1].into(), port: 0 };
    assert_eq!(
        of(Some(Of::Address(address))),
        "source: foreign: ip is neither 4 nor 16 bytes of an address, but 1"
    );
    assert_eq!(of(Some(Of::Told(v1::Sample::default()))), "source: foreign: sample: fetch is not set");
}

#[test]
fn an_address_of_the_client_has_none_beside() {
    let of = |ip: &[u8]| {
        let ip = v1::IpAddress { ip: ip.to_vec().into(), port: 80 };
        of_endpoint(|endpoint| {
            endpoint.address = Some(v1::endpoint::Address::Ip(ip));
            endpoint.client_address = true;
        })
        .concat()
    };
    assert_eq!([of(&[0; 4]), of(&[0; 16])], ["", ""]);
    assert_eq!(of(&[192, 0, 2, 1]), "an address beside client_address means nothing here");
}

#[test]
fn options_of_sockets() {
    let of = |user_timeout_ms, [count, idle_seconds, interval_seconds]: [u32; 3]| {
        let keep_alive = v1::KeepAlive { count, idle_seconds, interval_seconds };
        of_endpoint(|endpoint| {
            (endpoint.user_timeout_ms, endpoint.keep_alive) = (user_timeout_ms, Some(keep_alive));
        })
    };
    assert_eq!(of(0, [0; 3]), NOTHING);
    assert_eq!(of(2_147_483_647, [127, 32_767, 32_767]), NOTHING);
    assert_eq!(of(0, [128, 0, 0]), ["keep_alive: count is 128, allowed is 0 to 127"]);
    assert_eq!(of(0, [0, 32_768, 0]), ["keep_alive: idle_seconds is 32768, allowed is 0 to 32767"]);
    assert_eq!(of(0, [0, 0, 32_768]), ["keep_alive: interval_seconds is 32768, allowed is 0 to 32767"]);
    assert_eq!(of(2_147_483_648, [0; 3]), ["user_timeout_ms is 2147483648, allowed is 1 to 2147483647"]);
}

#[test]
fn sharing() {
    let of = |mode: v1::Mode, reuse: i32| {
        of_backend(|backend| (backend.mode, backend.reuse) = (mode.into(), Some(reuse))).concat()
    };
    for reuse in [v1::Reuse::Unspecified, v1::Reuse::Never, v1::Reuse::Safe, v1::Reuse::Aggressive] {
        let fault = if reuse == v1::Reuse::Unspecified { "reuse is not set" } else { "" };
        assert_eq!(of(v1::Mode::Http, reuse.into()), fault);
    }
    assert_eq!(of(v1::Mode::Tcp, v1::Reuse::Never.into()), "reuse in TCP mode means nothing here");
    assert_eq!(of(v1::Mode::Http, 9), "reuse has the value 9, which this version does not know");
}

#[test]
fn what_is_said_of_connections_is_kept() {
    let mut resource = endpoint("app", 1);
    let Some(Body::Endpoint(body)) = &mut resource.body else { panic!("an endpoint") };
    body.pool =
        Some(v1::Pool { max_idle: Some(3), purge_delay_ms: Some(0), max_reuse: Some(4), warm: 5, low: 6 });
    body.user_timeout_ms = 7;
    let mut of = backend("app");
    let Some(Body::Backend(body)) = &mut of.body else { panic!("a backend") };
    (body.abort_on_close, body.prefer_last, body.max_keep_alive_queue) = (true, true, Some(0));
    let runtime = compile(None, Change::Full(&[of, resource])).unwrap();
    let app = runtime.backends.values().next().unwrap();
    let outgoing = app.endpoints[0].outgoing.as_ref().unwrap();
    assert_eq!(outgoing.user_timeout, Some(std::time::Duration::from_millis(7)));
    let kept =
        crate::outgoing::Pool { max_idle: Some(3), purge_delay: None, max_reuse: Some(4), warm: 5, low: 6 };
    assert_eq!(app.endpoints[0].pool, kept);
    assert!(app.settings.abort_on_close);
    assert_eq!(app.settings.persistence.as_ref().unwrap().most_before_last, Some(0));
}
