//! Which versions of HTTP the two sides speak.

use super::*;
use crate::listener::HttpProtocol;
use crate::outgoing::OutgoingHttp;

#[test]
fn versions_that_are_not_known_are_refused() {
    let of_listener = |value| {
        let made = spoiled(listener("main", 80), |resource| {
            let Some(Body::Listener(listener)) = &mut resource.body else { panic!("a listener") };
            listener.http_protocol = value;
        });
        made.concat()
    };
    for known in 0..4 {
        assert_eq!(of_listener(known), "");
    }
    let unknown = |value| format!("http_protocol has the value {value}, which this version does not know");
    for value in [4, -1] {
        assert_eq!(of_listener(value), unknown(value));
    }
    for (value, fault) in [(0, String::new()), (2, String::new()), (3, unknown(3)), (-1, unknown(-1))] {
        assert_eq!(of_endpoint(|endpoint| endpoint.http_protocol = value).concat(), fault);
    }
}

#[test]
fn what_is_said_of_versions_is_kept() {
    let entry = |name: &str, port, protocol: v1::HttpProtocol| {
        let mut entry = listener(name, port);
        let Some(Body::Listener(body)) = &mut entry.body else { panic!("a listener") };
        body.http_protocol = protocol.into();
        entry
    };
    let server = |name: u32, http: v1::EndpointHttp| {
        let mut server = endpoint("app", name);
        let Some(Body::Endpoint(body)) = &mut server.body else { panic!("an endpoint") };
        body.http_protocol = http.into();
        let address = v1::IpAddress { ip: vec![127, 0, 0, 1].into(), port: 80 };
        body.address = Some(v1::endpoint::Address::Ip(address));
        server
    };
    let all = [
        backend("app"),
        entry("a", 80, v1::HttpProtocol::Any),
        entry("b", 81, v1::HttpProtocol::Negotiated),
        entry("c", 82, v1::HttpProtocol::Http1),
        entry("d", 83, v1::HttpProtocol::Http2),
        server(1, v1::EndpointHttp::Http1),
        server(2, v1::EndpointHttp::Http2),
    ];
    let runtime = compile(None, Change::Full(&all)).unwrap();
    let listeners: Vec<_> =
        runtime.listeners.values().map(|listener| listener.entry.as_ref().map(|it| it.http)).collect();
    let kept = [HttpProtocol::Negotiated, HttpProtocol::Http1, HttpProtocol::Http2].map(Some);
    assert_eq!(listeners, [&[None][..], &kept].concat());
    let endpoints = &runtime.backends.values().next().unwrap().endpoints;
    let spoken: Vec<_> = endpoints.iter().map(|it| it.outgoing.as_ref().map(|it| it.http)).collect();
    assert_eq!(spoken, [None, Some(OutgoingHttp::Http2)]);
    // Connections in one version are of no use for the other.
    assert_ne!(endpoints[0].transport_key(), endpoints[1].transport_key());
}

/// What is wrong with limits of this side of the process.
fn of_limits(side: v1::Http2Side, of_servers: bool) -> String {
    let sides = if of_servers { (None, Some(side)) } else { (Some(side), None) };
    let limits = v1::Http2Limits { clients: sides.0, servers: sides.1 };
    let process = v1::Process { http2: Some(limits), ..v1::Process::default() };
    let found = faults(&[resource(Kind::Process, "process", "", Body::Process(process))]);
    found.concat().trim_start_matches("test.cfg:1: ").to_owned()
}

#[test]
fn limits_of_connections_have_bounds() {
    type Set = fn(&mut v1::Http2Side, u32);
    let table: [(&str, Set, u32, u32); 6] = [
        ("max_streams", |side, to| side.max_streams = Some(to), 1, i32::MAX as u32),
        ("stream_window_bytes", |side, to| side.stream_window_bytes = Some(to), 1, i32::MAX as u32),
        ("connection_window_bytes", |side, to| side.connection_window_bytes = Some(to), 1, i32::MAX as u32),
        ("header_table_bytes", |side, to| side.header_table_bytes = Some(to), 4_096, 65_536),
        ("max_frame_bytes", |side, to| side.max_frame_bytes = Some(to), 16_384, 16_777_215),
        ("max_total_streams", |side, to| side.max_total_streams = Some(to), 1, i32::MAX as u32),
    ];
    for (name, set, least, most) in table {
        for (value, fits) in [(least - 1, false), (least, true), (most, true), (most + 1, false)] {
            let mut side = v1::Http2Side::default();
            set(&mut side, value);
            let found = of_limits(side, false);
            assert_eq!(found.is_empty(), fits, "{name} {value}: {found}");
            assert!(fits || found.starts_with(&format!("http2: clients: {name} ")), "{found}");
        }
    }
    let total = v1::Http2Side { max_total_streams: Some(5), ..v1::Http2Side::default() };
    assert_eq!(of_limits(total, true), "http2: servers: max_total_streams of servers means nothing here");
}

#[test]
fn a_version_of_web_sockets_is_known() {
    for value in 0..3 {
        assert_eq!(of_endpoint(|endpoint| endpoint.web_sockets = value).concat(), "");
    }
    let found = of_endpoint(|endpoint| endpoint.web_sockets = 3).concat();
    assert_eq!(found, "web_sockets has the value 3, which this version does not know");
}
