//! Headers of the PROXY protocol, and what connections pass before they are served.

use super::*;
use crate::outgoing::{ProxyHeader, ProxyVersion, ToldOfTls};
use crate::rule::Action;

fn of_listener(spoil: impl FnOnce(&mut v1::Listener)) -> Vec<String> {
    spoiled(listener("main", 80), |resource| {
        let Some(Body::Listener(listener)) = &mut resource.body else { panic!("a listener") };
        spoil(listener);
    })
}

#[test]
fn headers_that_are_sent() {
    let of = |version: i32, [checksum, authority, tls]: [bool; 3]| {
        let header = v1::ProxyHeader { version, checksum, authority, tls, ..v1::ProxyHeader::default() };
        of_endpoint(|endpoint| endpoint.proxy_header = Some(header.clone())).concat()
    };
    let (one, two) = (v1::ProxyVersion::One.into(), v1::ProxyVersion::Two.into());
    let meaningless = "proxy_header: a value in a header of version 1 means nothing here";
    let table = [
        (one, [false; 3], ""),
        (two, [false; 3], ""),
        (two, [true; 3], ""),
        (one, [true, false, false], meaningless),
        (one, [false, true, false], meaningless),
        (one, [false, false, true], meaningless),
        (0, [false; 3], "proxy_header: version is not set"),
        (3, [false; 3], "proxy_header: version has the value 3, which this version does not know"),
    ];
    for (version, values, fault) in table {
        assert_eq!(of(version, values), fault, "{version} {values:?}");
    }
    let told = |tls| {
        let header = v1::ProxyHeader { version: two, tls, cipher: true, ..v1::ProxyHeader::default() };
        of_endpoint(|endpoint| endpoint.proxy_header = Some(header.clone())).concat()
    };
    assert_eq!(told(true), "");
    assert_eq!(told(false), "proxy_header: a value about TLS without `tls` means nothing here");
    let own = |version, kind, count, value: Option<v1::Format>| {
        let values = vec![v1::ProxyValue { kind, value }; count];
        let header = v1::ProxyHeader { version, values, ..v1::ProxyHeader::default() };
        of_endpoint(|endpoint| endpoint.proxy_header = Some(header.clone())).concat()
    };
    let empty = || Some(v1::Format::default());
    assert_eq!(own(two, 0xe1, 32, empty()), "");
    assert_eq!(own(one, 0xe1, 1, empty()), meaningless);
    assert_eq!(own(two, 3, 1, empty()), "proxy_header: value 1: a value of this type means nothing here");
    assert_eq!(own(two, 256, 1, empty()), "proxy_header: value 1: a value of this type means nothing here");
    assert_eq!(own(two, 1, 1, None), "proxy_header: value 1: value is not set");
    assert_eq!(own(two, 1, 33, empty()), "proxy_header: values has 33 entries, the limit is 32");
}

#[test]
fn what_connections_pass() {
    let rule = |action| v1::Rule { when: None, action };
    let header = |when| Some(v1::ExpectedProxyHeader { when });
    let allow = v1::rule::Action::Allow(v1::Allow {});
    let wrong = |rules: Vec<v1::Rule>| of_listener(|it| it.connection_rules = rules).concat();
    assert_eq!(wrong(vec![rule(Some(allow))]), "");
    assert_eq!(wrong(vec![rule(None)]), "connection rule 1: action is not set");
    let other = v1::rule::Action::DisableRetries(v1::Empty {});
    assert_eq!(wrong(vec![rule(Some(other))]), "another action than allow or deny means nothing here");
    assert_eq!(of_listener(|it| it.proxy_header = header(None)).concat(), "");
    let timed = |ms, header| of_listener(|it| (it.entry_timeout_ms, it.proxy_header) = (ms, header)).concat();
    assert_eq!(timed(1, header(None)), "");
    assert_eq!(timed(1, None), "entry_timeout_ms where nothing is to be passed means nothing here");
    let range = "entry_timeout_ms is 2147483648, allowed is 1 to 2147483647";
    assert_eq!(timed(2_147_483_648, header(None)), range);
    let fault = of_listener(|it| it.proxy_header = header(Some(v1::Condition::default()))).concat();
    assert!(fault.starts_with("proxy_header: condition: "), "{fault}");
}

#[test]
fn what_is_said_of_headers_is_kept() {
    let with = |version: v1::ProxyVersion, name: u32| {
        let mut resource = endpoint("app", name);
        let Some(Body::Endpoint(body)) = &mut resource.body else { panic!("an endpoint") };
        let tls = version == v1::ProxyVersion::Two;
        let header = v1::ProxyHeader { version: version.into(), tls, ..v1::ProxyHeader::default() };
        body.proxy_header = (version != v1::ProxyVersion::Unspecified).then_some(header);
        body.address =
            Some(v1::endpoint::Address::Ip(v1::IpAddress { ip: vec![127, 0, 0, 1].into(), port: 80 }));
        resource
    };
    let mut entry = listener("main", 80);
    let Some(Body::Listener(body)) = &mut entry.body else { panic!("a listener") };
    body.label = "edge".into();
    body.proxy_header = Some(v1::ExpectedProxyHeader { when: None });
    body.entry_timeout_ms = 7;
    body.connection_rules =
        vec![v1::Rule { when: None, action: Some(v1::rule::Action::Allow(v1::Allow {})) }];
    let endpoints = [
        with(v1::ProxyVersion::Unspecified, 1),
        with(v1::ProxyVersion::One, 2),
        with(v1::ProxyVersion::Two, 3),
    ];
    let all = [&[backend("app"), entry, listener("plain", 81)][..], &endpoints].concat();
    let runtime = compile(None, Change::Full(&all)).unwrap();
    let endpoints = &runtime.backends.values().next().unwrap().endpoints;
    let headers: Vec<_> =
        endpoints.iter().map(|it| it.outgoing.as_ref().and_then(|it| it.proxy_header)).collect();
    let two =
        ProxyHeader { version: ProxyVersion::Two, tls: Some(ToldOfTls::default()), ..ProxyHeader::LINE };
    assert_eq!(headers, [None, Some(ProxyHeader::LINE), Some(two)]);
    // Connections that begin in different ways are never each other's.
    let keys = [0, 1, 2].map(|index: usize| endpoints[index].transport_key());
    assert!(keys[0] != keys[1] && keys[1] != keys[2] && keys[0] != keys[2]);
    let listeners: Vec<_> = runtime.listeners.values().map(|listener| listener.entry.as_deref()).collect();
    let [Some(edge), None] = listeners[..] else { panic!("{listeners:?}") };
    assert_eq!((&*edge.name, edge.rules.len()), ("edge", 1));
    assert_eq!(edge.time_limit, Some(std::time::Duration::from_millis(7)));
    assert!(matches!(edge.rules[0].action, Action::Allow));
    assert!(edge.proxy_header.as_ref().is_some_and(|header| header.when.is_none()));
}
