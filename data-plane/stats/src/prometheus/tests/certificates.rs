//! Certificates that frontends show.

use rcgen::{CertificateParams, KeyPair, date_time_ymd};
use sluicegate_proto::hash::ContentHash;
use sluicegate_proto::v1::{Kind as ObjectKind, Resource, resource::Body};

use super::*;
use crate::rows::tests::resource;

/// A certificate up to the first of a month of 2030, with its key.
fn pem(month: u8) -> Resource {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(["a.test".to_owned()]).unwrap();
    params.not_after = date_time_ymd(2030, month, 1);
    let data = format!("{}{}", params.self_signed(&key).unwrap().pem(), key.serialize_pem());
    let hash = ContentHash::of(data.as_bytes()).to_string();
    let blob = v1::Blob { data: data.into(), ..v1::Blob::default() };
    resource(ObjectKind::Blob, &hash, 1, Body::Blob(blob))
}

/// A listener of the frontend `web` that shows these.
fn listener(name: &str, port: u32, shown: &[(&str, &Resource)]) -> Resource {
    let certificates = shown.iter().map(|(name, blob)| v1::TlsCertificate {
        name: (*name).into(),
        pem: blob.id.as_ref().unwrap().name.clone(),
        ..v1::TlsCertificate::default()
    });
    let settings = v1::TlsSettings {
        min_version: v1::TlsVersion::TlsVersion12.into(),
        max_version: v1::TlsVersion::TlsVersion13.into(),
        ..v1::TlsSettings::default()
    };
    let tls = v1::TlsServer {
        certificates: certificates.collect(),
        settings: Some(settings),
        ..v1::TlsServer::default()
    };
    let frontend = runtime().frontends.keys().find(|key| key.name() == "web").map(Into::into);
    let address = v1::IpAddress { ip: vec![127, 0, 0, 1].into(), port };
    let listener = v1::Listener {
        address: Some(v1::listener::Address::Ip(address)),
        frontend,
        tls: Some(tls),
        ..v1::Listener::default()
    };
    resource(ObjectKind::Listener, name, 8, Body::Listener(listener))
}

/// Lines about certificates of what is served with these beside it.
fn told(changed: &[Resource], scope: Scope) -> Vec<String> {
    let runtime = compile(Some(&runtime()), Change::Delta { changed, removed: &[] }).unwrap();
    let (report, facts) = (v1::Report::default(), Facts::default());
    let table = Table::new(&runtime, &report, &facts);
    let text = prometheus(&runtime, &table, &Info::default(), &report, scope);
    text.lines().filter(|line| line.starts_with("sluicegate_certificate")).map(str::to_owned).collect()
}

#[test]
fn each_end_is_told_once_for_each_frontend() {
    let (may, june) = (pem(5), pem(6));
    let one = listener("one", 8443, &[("late \"6\".pem", &june), ("soon.pem", &may)]);
    let other = listener("other", 9443, &[("soon.pem", &may)]);
    let changed = [may, june, one, other];
    let name = "sluicegate_certificate_not_after_timestamp_seconds";
    let expected = [
        "sluicegate_certificates 2".to_owned(),
        format!("{name}{{proxy=\"web\",certificate=\"soon.pem\"}} 1903824000"),
        format!("{name}{{proxy=\"web\",certificate=\"late \\\"6\\\".pem\"}} 1906502400"),
    ];
    assert_eq!(told(&changed, Scope::ALL), expected);
    assert_eq!(told(&changed, Scope::of_query("scope=server")), [""; 0]);
    assert_eq!(told(&[], Scope::ALL), [""; 0]);
}

#[test]
fn of_more_than_there_is_room_for_the_first_to_end_are_told() {
    let (may, june) = (pem(5), pem(6));
    let names: Vec<String> = (0..1_100).map(|number| format!("{number:04}.pem")).collect();
    let mut shown: Vec<_> = names.iter().map(|name| (name.as_str(), &june)).collect();
    shown.push(("soon.pem", &may));
    let all = listener("one", 8443, &shown);
    let told = told(&[may.clone(), june.clone(), all], Scope::ALL);
    assert_eq!((told[0].as_str(), told.len()), ("sluicegate_certificates 1101", 1_001));
    assert!(told[1].contains("soon.pem"), "{}", told[1]);
}
