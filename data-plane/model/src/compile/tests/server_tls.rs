//! TLS to endpoints: what is refused, and what is shared.

use std::sync::Arc;

use super::tls::{pair, settings};
use super::*;
use crate::Endpoint;
use crate::tls::{BadServerName, TlsClient};

fn name_of(blob: &Resource) -> String {
    blob.id.as_ref().unwrap().name.clone()
}

fn anybody() -> v1::TlsClient {
    v1::TlsClient { settings: Some(settings()), ..v1::TlsClient::default() }
}

fn checked(tls: Option<v1::TlsClient>) -> Option<v1::CheckSchedule> {
    Some(v1::CheckSchedule { interval_ms: 2000, rise: 2, fall: 3, tls, ..Default::default() })
}

/// A backend with this endpoint, and these blobs.
fn resources(blobs: &[Resource], set: impl FnOnce(&mut v1::Endpoint)) -> Vec<Resource> {
    let mut endpoint = endpoint("app", 1);
    if let Some(Body::Endpoint(body)) = &mut endpoint.body {
        set(body);
    }
    [&[backend("app"), endpoint], blobs].concat()
}

fn of(blobs: &[Resource], set: impl FnOnce(&mut v1::Endpoint)) -> String {
    faults(&resources(blobs, set)).concat()
}

fn first(runtime: &Runtime) -> &Endpoint {
    &runtime.backends.values().next().unwrap().endpoints[0]
}

fn client(runtime: &Runtime) -> &Arc<TlsClient> {
    first(runtime).outgoing.as_ref().unwrap().tls.as_ref().unwrap()
}

#[test]
fn what_means_nothing_is_refused() {
    let sample = || Some(v1::Sample { fetch: Some(call("src")), converters: Vec::new() });
    assert_eq!(of(&[], |it| it.tls = Some(anybody())), "");
    assert_eq!(
        of(&[], |it| it.server_name = sample()),
        "test.cfg:1: server_name without tls means nothing here"
    );
    assert_eq!(of(&[], |it| it.tls = Some(v1::TlsClient::default())), "test.cfg:1: tls: settings is not set");
    let clients = Some(v1::TlsClientCertificates::default());
    let asking = v1::TlsSettings { client_certificates: clients, ..settings() };
    assert_eq!(
        of(&[], |it| it.tls = Some(v1::TlsClient { settings: Some(asking), ..anybody() })),
        "test.cfg:1: tls: client_certificates means nothing here"
    );
    let bare = || checked(None).unwrap();
    for schedule in [
        v1::CheckSchedule { over_tls: true, ..bare() },
        v1::CheckSchedule { server_name: "a".into(), ..bare() },
    ] {
        assert_eq!(
            of(&[], |it| it.check = Some(schedule)),
            "test.cfg:1: check: over_tls or server_name without tls means nothing here"
        );
    }
    assert_eq!(
        of(&[], |it| it.check = checked(Some(v1::TlsClient::default()))),
        "test.cfg:1: check: tls: settings is not set"
    );
}

#[test]
fn files_that_are_no_good_are_named() {
    let ((cert, key), (_, other)) = (pair("a.test"), pair("b.test"));
    let showing = |text: String| {
        let blob = blob(text.as_bytes());
        let certificate =
            Some(v1::TlsCertificate { name: "own.pem".into(), pem: name_of(&blob), ..Default::default() });
        of(&[blob], |it| it.tls = Some(v1::TlsClient { certificate, ..anybody() }))
    };
    assert_eq!(showing(format!("{cert}{key}")), "");
    let why = "its private key is not that of its first certificate";
    assert_eq!(
        showing(format!("{cert}{other}")),
        format!("test.cfg:1: tls: the certificate `own.pem` cannot be used: {why}")
    );
    let trusting = |authorities: &str, revoked: &str, host: &str| {
        let (authorities, revoked) = (blob(authorities.as_bytes()), blob(revoked.as_bytes()));
        let known = v1::TlsServerCertificates {
            authorities: name_of(&authorities),
            revoked: name_of(&revoked),
            host: host.to_owned(),
            authorities_name: "ca.pem".to_owned(),
            revoked_name: "crl.pem".to_owned(),
        };
        let tls = v1::TlsClient { server_certificates: Some(known), ..anybody() };
        of(&[authorities, revoked], |it| it.tls = Some(tls))
    };
    let place = "test.cfg:1: tls: server_certificates: ";
    assert_eq!(trusting("nothing", &cert, "").split("test.cfg").count(), 3, "both are told");
    assert!(
        trusting(&cert, "nothing", "").starts_with(&format!("{place}revoked `crl.pem`: it holds no list"))
    );
    assert!(trusting(&cert, "nothing", "no name").ends_with("host: `no name` is no name"));
}

#[test]
fn sessions_outlive_what_has_to_do_with_something_else() {
    let (cert, _) = pair("a.test");
    let authorities = [blob(cert.as_bytes())];
    let known = v1::TlsServerCertificates {
        authorities: name_of(&authorities[0]),
        ..v1::TlsServerCertificates::default()
    };
    let tls = || v1::TlsClient { server_certificates: Some(known.clone()), ..anybody() };
    let with = |previous: Option<&Runtime>, weight, port, tls: v1::TlsClient| {
        let all = resources(&authorities, |it| {
            it.weight = weight;
            it.address =
                Some(v1::endpoint::Address::Ip(v1::IpAddress { ip: vec![127, 0, 0, 1].into(), port }));
            it.tls = Some(tls);
        });
        compile(previous, Change::Full(&all)).unwrap()
    };
    let before = with(None, 1, 443, tls());
    let after = with(Some(&before), 2, 443, tls());
    assert!(Arc::ptr_eq(&client(&before).config, &client(&after).config));
    assert_eq!(first(&before).transport_key(), first(&after).transport_key());
    let elsewhere = with(Some(&before), 1, 444, tls());
    let otherwise = with(Some(&before), 1, 443, v1::TlsClient { no_resumption: true, ..tls() });
    for other in [&elsewhere, &otherwise] {
        assert_ne!(client(&before), client(other));
        assert_ne!(first(&before).transport_key(), first(other).transport_key());
    }
}

#[test]
fn a_list_that_changes_changes_the_name_and_ends_no_session() {
    let with = |previous: Option<&Runtime>, text: &[u8]| {
        let file = blob(text);
        let names = patterns("names", v1::PatternList { map: true, ..list(&file) });
        let argument = v1::argument::Value::List(names.id.clone().unwrap());
        let map = v1::Call { name: "map".into(), arguments: vec![v1::Argument { value: Some(argument) }] };
        let sample = v1::Sample { fetch: Some(call("src")), converters: vec![map] };
        let all = resources(&[file, names], |it| (it.tls, it.server_name) = (Some(anybody()), Some(sample)));
        compile(previous, Change::Full(&all)).unwrap()
    };
    let before = with(None, b"10.0.0.1 a.test\n");
    let after = with(Some(&before), b"10.0.0.1 b.test\n");
    assert!(Arc::ptr_eq(&client(&before).config, &client(&after).config));
    assert_ne!(client(&before).server_name, client(&after).server_name);
}

#[test]
fn what_is_no_name_is_not_asked_for_where_it_would_count() {
    let (cert, _) = pair("a.test");
    let authorities = blob(cert.as_bytes());
    let known = v1::TlsServerCertificates {
        authorities: name_of(&authorities),
        ..v1::TlsServerCertificates::default()
    };
    let client_of = |unchecked_name| {
        let tls = v1::TlsClient { server_certificates: Some(known.clone()), unchecked_name, ..anybody() };
        let all = resources(std::slice::from_ref(&authorities), |it| it.tls = Some(tls));
        Arc::clone(client(&compile(None, Change::Full(&all)).unwrap()))
    };
    let (checked, unchecked) = (client_of(false), client_of(true));
    for name in [None, Some(""), Some("a.test"), Some("192.0.2.1")] {
        assert!(checked.session(name).is_ok() && unchecked.session(name).is_ok(), "{name:?}");
    }
    for name in ["a b", "a..test", &"a".repeat(64)] {
        assert_eq!(checked.session(Some(name)).err(), Some(BadServerName::NoName(name.into())));
        assert!(unchecked.session(Some(name)).is_ok(), "{name}");
    }
    // It stands for no name, and is none.
    assert!(checked.session(Some("0.0.0.0")).is_err());
}
