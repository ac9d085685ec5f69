use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use rustls::RootCertStore;
use rustls::crypto::aws_lc_rs;

use super::*;

/// Trusts one authority, or one certificate that signed itself.
fn verifier(trusted: &CertificateDer<'static>, host: Option<&'static str>, checks_name: bool) -> Verifier {
    let mut roots = RootCertStore::empty();
    roots.add(trusted.clone()).unwrap();
    let provider = Arc::new(aws_lc_rs::default_provider());
    Verifier {
        chains: WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider).build().unwrap(),
        own: [trusted.clone()].into(),
        host: host.map(|host| host.try_into().unwrap()),
        checks_name,
    }
}

fn named(names: &[&str], common_name: &str) -> CertificateParams {
    let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
    let mut params = CertificateParams::new(names).unwrap();
    params.distinguished_name.push(DnType::CommonName, common_name);
    params
}

fn authority() -> (CertificateDer<'static>, Issuer<'static, KeyPair>) {
    let key = KeyPair::generate().unwrap();
    let mut params = named(&[], "authority");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let der = params.clone().self_signed(&key).unwrap().der().clone();
    (der, Issuer::new(params, key))
}

fn judged(verifier: &Verifier, der: &CertificateDer<'_>, name: &'static str) -> bool {
    judged_at(verifier, der, name, UnixTime::now())
}

fn judged_at(verifier: &Verifier, der: &CertificateDer<'_>, name: &'static str, now: UnixTime) -> bool {
    let name = ServerName::try_from(name).unwrap();
    verifier.verify_server_cert(der, &[], &name, &[], now).is_ok()
}

/// What stands for no name.
const NONE: &str = "0.0.0.0";

#[test]
fn whose_a_certificate_has_to_be() {
    let (trusted, issuer) = authority();
    let params = named(&["a.test", "*.b.test", "192.0.2.1"], "c.test");
    let der = params.signed_by(&KeyPair::generate().unwrap(), &issuer).unwrap().der().clone();
    let [asked, hosted, unchecked] = [(None, true), (Some("a.test"), true), (Some("a.test"), false)]
        .map(|(host, checks)| verifier(&trusted, host, checks));
    for (name, expected) in [
        ("a.test", true),
        ("x.b.test", true),
        ("x.y.b.test", false),
        ("b.test", false),
        // The common name counts too, as with HAProxy.
        ("c.test", true),
        ("d.test", false),
        ("192.0.2.1", true),
        ("192.0.2.2", false),
        (NONE, true),
    ] {
        assert_eq!(judged(&asked, &der, name), expected, "{name}");
        // The name that is asked for goes before the host, where it counts.
        assert_eq!(judged(&hosted, &der, name), expected, "{name} with a host");
        assert!(judged(&unchecked, &der, name), "{name} unchecked");
    }
    let elsewhere = [true, false].map(|checks| verifier(&trusted, Some("d.test"), checks));
    assert!(!judged(&elsewhere[0], &der, NONE) && judged(&elsewhere[0], &der, "a.test"));
    assert!(!judged(&elsewhere[1], &der, "a.test"));
}

#[test]
fn strangers_are_nobody_whatever_their_name() {
    let ((trusted, _), (_, other)) = (authority(), authority());
    let der =
        named(&["a.test"], "a.test").signed_by(&KeyPair::generate().unwrap(), &other).unwrap().der().clone();
    assert!(!judged(&verifier(&trusted, None, true), &der, "a.test"));
    assert!(!judged(&verifier(&trusted, None, false), &der, NONE));
}

#[test]
fn a_trusted_certificate_may_be_the_servers_own() {
    for is_ca in [IsCa::NoCa, IsCa::Ca(BasicConstraints::Unconstrained)] {
        let mut params = named(&["a.test"], "a.test");
        params.is_ca = is_ca;
        params.not_before = rcgen::date_time_ymd(2020, 1, 1);
        params.not_after = rcgen::date_time_ymd(2120, 1, 1);
        let der = params.self_signed(&KeyPair::generate().unwrap()).unwrap().der().clone();
        let trusting = verifier(&der, None, true);
        assert!(judged(&trusting, &der, "a.test"));
        assert!(!judged(&trusting, &der, "b.test"));
        let long_ago = UnixTime::since_unix_epoch(Duration::from_secs(1_000_000_000));
        assert!(!judged_at(&trusting, &der, "a.test", long_ago), "it does not hold yet");
        let like_it = params.self_signed(&KeyPair::generate().unwrap()).unwrap().der().clone();
        assert!(!judged(&trusting, &like_it, "a.test"), "only its name is the same");
    }
}
