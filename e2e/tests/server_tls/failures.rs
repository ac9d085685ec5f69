//! Servers that are not who they should be, and files that are no good.

use std::fs;

use rcgen::{
    CertificateParams, CertificateRevocationListParams, KeyIdMethod, RevokedCertParams, SerialNumber,
    date_time_ymd,
};
use sluicegate_e2e::{HTTP_DEFAULTS, Haproxy, Sluicegate, Syslog, fetch, free_address};

use super::client::Authority;
use super::{Files, answer, entry, telling};

/// What the log tells of an exchange.
const FORMAT: &str = "log-format \"%b %ST %ts %rc %[ssl_bc_err_str]\"";

#[tokio::test]
async fn who_is_not_the_right_one_is_sent_nothing() {
    let files = Files::new();
    let [good, strange, plain, closed, ours, theirs] = [(); 6].map(|()| free_address());
    let other = Authority::new("others");
    let pem = files.signed(&["a.test"]);
    let stranger = files.save("stranger.pem", &other.sign(&["a.test"]));
    // A certificate that signed itself, trusted as it is.
    let key = rcgen::KeyPair::generate().unwrap();
    let own = CertificateParams::new(["own.test".to_owned()]).unwrap().self_signed(&key).unwrap();
    fs::write(files.path("own.pem"), format!("{}{}", own.pem(), key.serialize_pem())).unwrap();
    let own_file = files.path("own.pem").display().to_string();
    let selfish = free_address();
    let text = [
        telling(good, &format!("crt {pem}")),
        telling(strange, &format!("crt {stranger}")),
        telling(selfish, &format!("crt {own_file}")),
        format!("frontend clear\n    bind {plain}\n    http-request return status 200\n"),
    ];
    let _server = Haproxy::run(&format!("{HTTP_DEFAULTS}{}", text.concat())).await;
    let trusted = files.trusted();
    let servers = [
        ("good", format!("{good} ssl {trusted} verifyhost a.test")),
        ("strange", format!("{strange} ssl {trusted}")),
        ("anybody", format!("{strange} ssl verify none")),
        ("misnamed", format!("{good} ssl {trusted} verifyhost b.test")),
        ("selfish", format!("{selfish} ssl ca-file {own_file} verifyhost own.test")),
        ("clear", format!("{plain} ssl verify none")),
        ("closed", format!("{closed} ssl verify none")),
    ];
    let (mut log, mut other_log) = (Syslog::udp().await, Syslog::udp().await);
    let logged = |log: &Syslog, text: String| {
        let lines = format!("    log {} local0\n    {FORMAT}\n    default_backend good\n", log.address());
        format!("{HTTP_DEFAULTS}{}", text.replace("frontend main\n", &format!("frontend main\n{lines}")))
    };
    let _sluicegate = Sluicegate::run(&logged(&log, entry(ours, &servers))).await;
    let _haproxy = Haproxy::run(&logged(&other_log, entry(theirs, &servers))).await;
    for (path, status, flags) in [
        ("good", 200, "--"),
        ("strange", 503, "SC"),
        ("anybody", 200, "--"),
        ("misnamed", 503, "SC"),
        ("selfish", 200, "--"),
        ("clear", 503, "SC"),
        ("closed", 503, "SC"),
    ] {
        for (entry, log) in [(ours, &mut log), (theirs, &mut other_log)] {
            let answer = fetch(entry, &format!("/{path}")).await.unwrap();
            assert_eq!(answer.status(), status, "{entry} {path}");
            let line = log.wait_for(&format!("{path} ")).await;
            assert!(line.contains(&format!("{path} {status} {flags} 0 ")), "{entry}: {line}");
            if path == "strange" && entry == ours {
                assert!(
                    line.contains("SSL handshake failure (invalid peer certificate: UnknownIssuer)"),
                    "{line}"
                );
            }
        }
    }
}

#[tokio::test]
async fn another_server_is_tried_where_a_handshake_fails() {
    let files = Files::new();
    let [good, bad, ours] = [(); 3].map(|()| free_address());
    let (pem, other) = (files.signed(&["a.test"]), Authority::new("others"));
    let stranger = files.save("stranger.pem", &other.sign(&["a.test"]));
    let text = telling(good, &format!("crt {pem}")) + &telling(bad, &format!("crt {stranger}"));
    let _server = Haproxy::run(&format!("{HTTP_DEFAULTS}{text}")).await;
    let trusted = files.trusted();
    let text = format!(
        "{HTTP_DEFAULTS}frontend main\n    bind {ours}\n    default_backend app\nbackend app\n    retries 1\n    \
         option redispatch 1\n    default-server ssl {trusted}\n    server bad {bad}\n    server good {good}\n"
    );
    let mut sluicegate = Sluicegate::run(&text).await;
    for _ in 0..4 {
        assert_eq!(answer(ours, "a.test", "/").await, "TLSv1.3 a.test  0");
    }
    // Who looks into the log of the proxy finds the reason.
    let told = sluicegate.process().said("SSL handshake failure").await;
    assert!(told.contains("bad") && told.contains("UnknownIssuer"), "{told}");
}

#[tokio::test]
async fn who_was_revoked_is_sent_nothing() {
    let files = Files::new();
    let [good, bad, ours, theirs] = [(); 4].map(|()| free_address());
    let signed = |serial: u64, name: &str| {
        let signed = files.authority.sign_numbered(&["a.test"], serial);
        files.save(name, &signed)
    };
    let text = telling(good, &format!("crt {}", signed(7, "good.pem")))
        + &telling(bad, &format!("crt {}", signed(8, "bad.pem")));
    let _server = Haproxy::run(&format!("{HTTP_DEFAULTS}{text}")).await;
    let revoked = RevokedCertParams {
        serial_number: SerialNumber::from(8_u64),
        revocation_time: date_time_ymd(2024, 1, 1),
        reason_code: None,
        invalidity_date: None,
    };
    let list = CertificateRevocationListParams {
        this_update: date_time_ymd(2024, 1, 1),
        next_update: date_time_ymd(2124, 1, 1),
        crl_number: SerialNumber::from(1_u64),
        issuing_distribution_point: None,
        revoked_certs: vec![revoked],
        key_identifier_method: KeyIdMethod::Sha256,
    };
    fs::write(files.path("revoked.pem"), files.authority.revoke(list)).unwrap();
    let options = format!("{} crl-file {}", files.trusted(), files.path("revoked.pem").display());
    let servers = [("good", format!("{good} ssl {options}")), ("bad", format!("{bad} ssl {options}"))];
    let _sluicegate = Sluicegate::run(&format!("{HTTP_DEFAULTS}{}", entry(ours, &servers))).await;
    let _haproxy = Haproxy::run(&format!("{HTTP_DEFAULTS}{}", entry(theirs, &servers))).await;
    for entry in [ours, theirs] {
        assert_eq!(fetch(entry, "/good").await.unwrap().status(), 200, "{entry}");
        assert_eq!(fetch(entry, "/bad").await.unwrap().status(), 503, "{entry}");
    }
}

#[test]
fn files_that_are_no_good_are_told_before_anything_serves() {
    let files = Files::new();
    let (a, b) = (files.authority.sign(&["a.test"]), files.authority.sign(&["b.test"]));
    fs::write(files.path("mixed.pem"), format!("{}{}", a.certificate, b.key)).unwrap();
    fs::write(files.path("keyless.pem"), &a.certificate).unwrap();
    fs::write(files.path("empty.pem"), "nothing").unwrap();
    let path = |name| files.path(name).display().to_string();
    let servers = [
        ("mixed", format!("127.0.0.1:1 ssl verify none crt {}", path("mixed.pem"))),
        ("keyless", format!("127.0.0.1:1 ssl verify none crt {}", path("keyless.pem"))),
        ("empty", format!("127.0.0.1:1 ssl ca-file {}", path("empty.pem"))),
        ("lists", format!("127.0.0.1:1 ssl {} crl-file {}", files.trusted(), path("keyless.pem"))),
    ];
    let (code, told) = Sluicegate::check(&format!("{HTTP_DEFAULTS}{}", entry(free_address(), &servers)));
    assert_ne!(code, 0, "{told}");
    for part in [
        "mixed.pem",
        "private key is not that",
        "keyless.pem",
        "it holds no private key",
        "/empty.pem`: it holds no certificate",
        "/keyless.pem`: it holds no list",
    ] {
        assert!(told.contains(part), "{part} in\n{told}");
    }
    let missing = [("missing", "127.0.0.1:1 ssl ca-file /nowhere/ca.pem".to_owned())];
    let (code, told) = Sluicegate::check(&format!("{HTTP_DEFAULTS}{}", entry(free_address(), &missing)));
    assert_ne!(code, 0, "{told}");
    assert!(told.contains("/nowhere/ca.pem: No such file or directory"), "{told}");
}
