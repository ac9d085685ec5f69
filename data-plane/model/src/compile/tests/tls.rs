//! TLS of listeners: what is refused, in an operator's words, and what generations share.

use std::sync::Arc;

use rcgen::{CertificateParams, KeyPair};

use super::*;
use crate::tls::TlsServer;

/// A certificate for a name, and its key, in PEM.
pub(super) fn pair(name: &str) -> (String, String) {
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new([name.to_owned()]).unwrap().self_signed(&key).unwrap();
    (certificate.pem(), key.serialize_pem())
}

pub(super) fn settings() -> v1::TlsSettings {
    v1::TlsSettings {
        min_version: v1::TlsVersion::TlsVersion12.into(),
        max_version: v1::TlsVersion::TlsVersion13.into(),
        ..v1::TlsSettings::default()
    }
}

/// A listener with these files.
fn resources(pems: &[String], change: impl Fn(&mut v1::TlsServer)) -> Vec<Resource> {
    let blobs: Vec<Resource> = pems.iter().map(|pem| blob(pem.as_bytes())).collect();
    let certificates = (1..).zip(&blobs).map(|(number, blob)| v1::TlsCertificate {
        name: format!("{number}.pem"),
        pem: blob.id.as_ref().unwrap().name.clone(),
        ..v1::TlsCertificate::default()
    });
    let mut tls = v1::TlsServer {
        certificates: certificates.collect(),
        settings: Some(settings()),
        ..v1::TlsServer::default()
    };
    change(&mut tls);
    let mut listener = listener("web", 8443);
    if let Some(Body::Listener(body)) = &mut listener.body {
        body.tls = Some(tls);
    }
    let mut all = vec![frontend("main"), listener];
    all.extend(blobs);
    all.dedup_by(|a, b| a.id == b.id);
    all
}

fn server(runtime: &Runtime) -> &TlsServer {
    runtime.listeners.values().next().unwrap().entry.as_ref().unwrap().tls.as_ref().unwrap()
}

#[test]
fn files_that_are_no_certificate_are_each_named() {
    let ((cert, key), (_, other)) = (pair("a.test"), pair("b.test"));
    let encrypted = "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n";
    let table = [
        (key.clone(), "it holds no certificate"),
        (cert.clone(), "it holds no private key"),
        (format!("{cert}{encrypted}"), "its private key is encrypted; store it without a pass phrase"),
        (format!("{cert}{other}"), "its private key is not that of its first certificate"),
        (
            "-----BEGIN CERTIFICATE-----\n!!!\n-----END CERTIFICATE-----\n".to_owned(),
            "it is no PEM: a section is no base64",
        ),
        (cert.replace("-----END CERTIFICATE-----", ""), "it is no PEM: a section has no end"),
    ];
    for (pem, why) in table {
        let expected =
            format!("test.cfg:1: tls: certificate 1: the certificate `1.pem` cannot be used: {why}");
        assert_eq!(faults(&resources(&[pem], |_| {})), [expected]);
    }
    let both = faults(&resources(&[cert.clone(), format!("{cert}{other}"), key], |_| {}));
    assert_eq!(both.len(), 3, "{both:?}");
}

#[test]
fn settings_that_come_to_nothing_are_refused() {
    let (cert, key) = pair("a.test");
    let of = |change: &dyn Fn(&mut v1::TlsSettings)| {
        let pems = [format!("{cert}{key}")];
        faults(&resources(&pems, |tls| change(tls.settings.as_mut().unwrap()))).concat()
    };
    let one_three = i32::from(v1::TlsVersion::TlsVersion13);
    assert_eq!(of(&|_| {}), "");
    assert_eq!(of(&|it| it.min_version = 0), "test.cfg:1: tls: min_version is not set");
    assert_eq!(
        of(&|it| it.max_version = 9),
        "test.cfg:1: tls: max_version has the value 9, which this version does not know"
    );
    assert_eq!(
        of(&|it| it.cipher_suites = vec![5]),
        "test.cfg:1: tls: cipher_suites: there is none of those"
    );
    assert_eq!(of(&|it| it.groups = vec![1]), "test.cfg:1: tls: groups: there is none of those");
    assert_eq!(of(&|it| it.signatures = vec![1]), "test.cfg:1: tls: signatures: there is none of those");
    assert_eq!(of(&|it| it.signatures = vec![1, 0x0403]), "");
    assert_eq!(
        of(&|it| it.peer_signatures = vec![1]),
        "test.cfg:1: tls: peer_signatures: there is none of those"
    );
    assert_eq!(
        of(&|it| it.protocols = vec![bytes::Bytes::new()]),
        "test.cfg:1: tls: protocol 1: name is empty"
    );
    let keys = blob(b"AAAA\n");
    let name = &keys.id.as_ref().unwrap().name;
    let mut all = resources(&[format!("{cert}{key}")], |tls| {
        tls.settings.as_mut().unwrap().ticket_keys.clone_from(name);
    });
    all.push(keys.clone());
    let told = faults(&all).concat();
    assert!(told.starts_with("test.cfg:1: tls: ticket_keys: line 1 is no key: "), "{told}");
    // Suites of one version alone, where the other is asked for.
    assert!(
        of(&|it| (it.min_version, it.cipher_suites) = (one_three, vec![0xc02b]))
            .starts_with("test.cfg:1: tls: settings: ")
    );
    let none = faults(&resources(&[], |_| {})).concat();
    assert_eq!(none, "test.cfg:1: tls: certificates is empty");
    let unset = faults(&resources(&[format!("{cert}{key}")], |tls| tls.settings = None)).concat();
    assert_eq!(unset, "test.cfg:1: tls: settings is not set");
}

#[test]
fn clients_are_checked_against_what_can_be_read() {
    let (cert, key) = pair("a.test");
    let with = |authorities: &str, revoked: &str| {
        let pems = [format!("{cert}{key}")];
        let (authorities, revoked) = (blob(authorities.as_bytes()), blob(revoked.as_bytes()));
        let name = |blob: &Resource| blob.id.as_ref().unwrap().name.clone();
        let clients = v1::TlsClientCertificates {
            authorities: name(&authorities),
            revoked: name(&revoked),
            required: true,
            authorities_name: "ca.pem".to_owned(),
            revoked_name: "crl.pem".to_owned(),
        };
        let mut all = resources(&pems, |tls| {
            tls.settings.as_mut().unwrap().client_certificates = Some(clients.clone());
        });
        all.extend([authorities, revoked]);
        faults(&all).concat()
    };
    let place = "test.cfg:1: tls: client_certificates: ";
    assert_eq!(with("nothing", "x"), format!("{place}authorities `ca.pem`: it holds no certificate"));
    assert_eq!(with(&cert, "nothing"), format!("{place}revoked `crl.pem`: it holds no list"));
}

#[test]
fn another_certificate_ends_no_session() {
    let file = |name: &str| {
        let (cert, key) = pair(name);
        format!("{cert}{key}")
    };
    let before = full(&resources(&[file("a.test")], |_| {}));
    let changed = resources(&[file("a.test")], |_| {});
    let after = compile(Some(&before), Change::Full(&changed)).unwrap();
    let config = |runtime: &Runtime| Arc::clone(server(runtime).config(None).unwrap());
    assert!(!Arc::ptr_eq(&config(&before), &config(&after)));
    assert!(Arc::ptr_eq(&config(&before).ticketer, &config(&after).ticketer));
}

#[test]
fn names_lead_to_what_is_agreed_upon_with_them() {
    let file = |name: &str| {
        let (cert, key) = pair(name);
        format!("{cert}{key}")
    };
    let pems = [file("a.test"), file("b.test")];
    let own = v1::TlsSettings { no_tickets: true, ..settings() };
    let of = |strict: bool| {
        let resources = resources(&pems, |tls| {
            tls.strict_names = strict;
            tls.certificates[1].settings = Some(own.clone());
            tls.certificates[1].server_names = vec!["*.b.test".to_owned(), "!x.b.test".to_owned()];
        });
        full(&resources)
    };
    let (open, strict) = (of(false), of(true));
    let tickets =
        |runtime: &Runtime, name| server(runtime).config(name).map(|config| config.ticketer.enabled());
    for (name, lenient, strictly) in [
        (Some("a.test"), Some(true), Some(true)),
        (Some("y.b.test"), Some(false), Some(false)),
        (Some("x.b.test"), Some(true), None),
        (Some("c.test"), Some(true), None),
        (None, Some(true), None),
    ] {
        assert_eq!((tickets(&open, name), tickets(&strict, name)), (lenient, strictly), "{name:?}");
    }
}
