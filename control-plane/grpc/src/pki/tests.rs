use std::os::unix::fs::PermissionsExt;

use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;
use sluicegate_proto::identity::of_certificate;

use super::*;
use crate::tls::{InvalidTls, ServerTls};

fn identities(path: &Path) -> Vec<Identity> {
    of_certificate(&CertificateDer::from_pem_file(path).unwrap())
}

#[test]
fn each_holder_has_its_part_and_keys_are_private() {
    let dir = tempfile::tempdir().unwrap();
    let files = init(dir.path(), &["control.example".into(), "127.0.0.1".into()]).unwrap();
    assert_eq!(files.len(), 8);
    for file in &files {
        let mode = fs::metadata(file).unwrap().permissions().mode() & 0o777;
        let wanted = if file.extension().is_some_and(|end| end == "key") { 0o600 } else { 0o644 };
        assert_eq!(mode, wanted, "{}", file.display());
    }
    assert_eq!(identities(&pem(dir.path(), "control")), [Identity::Control]);
    assert_eq!(identities(&pem(dir.path(), "operator")), [Identity::Operator]);
    assert_eq!(identities(&pem(dir.path(), "proxy")), [Identity::Scope("default".into())]);
    assert_eq!(identities(&pem(dir.path(), "ca")), []);
}

#[test]
fn nothing_is_overwritten() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("proxy.key"), "mine").unwrap();
    assert!(matches!(init(dir.path(), &[]), Err(PkiError::Exists(path)) if path.ends_with("proxy.key")));
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    assert_eq!(fs::read_to_string(dir.path().join("proxy.key")).unwrap(), "mine");
}

#[test]
fn names_that_cannot_be_are_told() {
    let dir = tempfile::tempdir().unwrap();
    assert!(matches!(init(dir.path(), &["späh".into()]), Err(PkiError::Name(_))));
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
    assert!(matches!(issue_scope(dir.path(), "a/b"), Err(PkiError::Scope(_))));
    assert!(matches!(issue_scope(&dir.path().join("none"), "edge"), Err(PkiError::Io { .. })));
}

#[test]
fn only_the_control_planes_certificate_serves() {
    let dir = tempfile::tempdir().unwrap();
    init(dir.path(), &[]).unwrap();
    let tls = |holder: &str, key_of: &str| ServerTls {
        ca: pem(dir.path(), "ca"),
        cert: pem(dir.path(), holder),
        key: key(dir.path(), key_of),
    };
    assert!(tls("control", "control").load().is_ok());
    assert!(matches!(tls("proxy", "proxy").load(), Err(InvalidTls::NotControl(_))));
    assert!(matches!(tls("control", "proxy").load(), Err(InvalidTls::Rejected { .. })));
    assert!(matches!(tls("none", "proxy").load(), Err(InvalidTls::File { .. })));
    assert!(matches!(tls("control", "none").load(), Err(InvalidTls::File { .. })));
}
