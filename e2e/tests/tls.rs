//! TLS of clients: certificates by name, versions, certificates of clients, sessions, and changes while it serves.

#![allow(clippy::unwrap_used)] // also outside of test functions: a step that fails ends the scenario

#[path = "tls/client.rs"]
#[allow(dead_code, reason = "lists of revoked certificates are for the scenarios of servers")]
mod client;

use std::fs;
use std::net::SocketAddr;

use rustls::version::{TLS12, TLS13};
use sluicegate_e2e::{Connection, HTTP_DEFAULTS, Origin, PATIENCE, Sluicegate, free_address};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use client::{Authority, Client};

/// What the proxy knows of a connection.
const FACTS: &str = "%[ssl_fc] %[ssl_fc_protocol] %[ssl_fc_cipher] %[ssl_fc_sni] %[ssl_fc_alpn] %[ssl_c_used]%[ssl_c_s_dn(cn)]";

/// An entry that tells what it knows, with these options behind `ssl`.
fn telling(entry: SocketAddr, options: &str) -> String {
    format!(
        "{HTTP_DEFAULTS}frontend main\n    bind {entry} ssl {options}\n    \
         http-request return status 200 content-type text/plain lf-string \"{FACTS}\"\n"
    )
}

fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

fn path(folder: &TempDir, name: &str) -> String {
    folder.path().join(name).to_str().unwrap().to_owned()
}

#[tokio::test]
async fn certificates_are_shown_by_name() {
    let (authority, files) = (Authority::new("all"), folder());
    let save = |name: &str, names: &[&str]| {
        let signed = authority.sign(names);
        signed.save(&files.path().join(name));
        signed
    };
    let first = save("a.pem", &["a.test"]);
    let wild = save("b.pem", &["*.b.test"]);
    let exact = save("c.pem", &["x.b.test"]);
    // Its key in a file of its own.
    let apart = authority.sign(&["d.test"]);
    fs::write(files.path().join("d.pem"), &apart.certificate).unwrap();
    fs::write(files.path().join("d.pem.key"), &apart.key).unwrap();
    let entry = free_address();
    let _sluicegate = Sluicegate::run(&telling(entry, &format!("crt {}", files.path().display()))).await;
    let client = Client::of(&authority, &[&TLS13]).ready();
    for (name, expected) in
        [("a.test", &first), ("y.b.test", &wild), ("x.b.test", &exact), ("d.test", &apart)]
    {
        let mut secure = client.connect(entry, name).await.unwrap();
        assert!(secure.shows(expected), "{name}");
        let facts = secure.get("/").await.unwrap();
        assert_eq!(facts, format!("1 TLSv1.3 TLS_AES_256_GCM_SHA384 {name}  0"));
    }
    // Who asks for another name is shown the first, which it does not take.
    client.connect(entry, "z.test").await.map(drop).unwrap_err();
}

#[tokio::test]
async fn clients_choose_among_what_is_offered() {
    let (authority, files) = (Authority::new("all"), folder());
    authority
        .sign_with(&["a.test"], &rcgen::PKCS_ECDSA_P256_SHA256)
        .save(&files.path().join("site.pem.ecdsa"));
    authority.sign(&["a.test"]).save(&files.path().join("b.pem"));
    let (old, new, both) = (free_address(), free_address(), free_address());
    let crt = format!("crt {}", path(&files, "site.pem"));
    let text = format!(
        "{}    bind {new} ssl {crt} ssl-min-ver TLSv1.3 ciphersuites TLS_CHACHA20_POLY1305_SHA256\n    \
         bind {both} ssl {crt} alpn http/1.1 ciphers ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256\n",
        telling(old, &format!("{crt} force-tlsv12"))
    );
    let _sluicegate = Sluicegate::run(&text).await;
    let facts = async |versions: &[_], address, protocols: &[&str]| {
        let client = Client::of(&authority, versions).offering(protocols).ready();
        match client.connect(address, "a.test").await {
            Ok(mut secure) => secure.get("/").await.unwrap(),
            Err(_) => "refused".to_owned(),
        }
    };
    assert_eq!(facts(&[&TLS12, &TLS13], old, &[]).await, "1 TLSv1.2 ECDHE-ECDSA-AES256-GCM-SHA384 a.test  0");
    assert_eq!(facts(&[&TLS13], old, &[]).await, "refused");
    assert_eq!(facts(&[&TLS12], new, &[]).await, "refused");
    assert_eq!(facts(&[&TLS13], new, &[]).await, "1 TLSv1.3 TLS_CHACHA20_POLY1305_SHA256 a.test  0");
    let agreed = "1 TLSv1.2 ECDHE-ECDSA-AES128-GCM-SHA256 a.test http/1.1 0";
    assert_eq!(facts(&[&TLS12], both, &["h2", "http/1.1"]).await, agreed);
}

#[tokio::test]
async fn who_is_not_known_by_its_certificate_stays_outside() {
    let (authority, other, files) = (Authority::new("clients"), Authority::new("others"), folder());
    authority.sign(&["a.test"]).save(&files.path().join("a.pem"));
    fs::write(files.path().join("ca.pem"), &authority.pem).unwrap();
    let (must, may) = (free_address(), free_address());
    let options = format!("crt {} ca-file {}", path(&files, "a.pem"), path(&files, "ca.pem"));
    let text = format!(
        "{}    bind {may} ssl {options} verify optional\n",
        telling(must, &format!("{options} verify required"))
    );
    let _sluicegate = Sluicegate::run(&text).await;
    let (known, stranger) = (authority.sign(&["alice"]), other.sign(&["eve"]));
    let used = async |address, own| {
        let client = Client::with(&authority, &[&TLS13], own).ready();
        // With TLS 1.3 the client hears of it behind its handshake.
        let facts = match client.connect(address, "a.test").await {
            Ok(mut secure) => secure.get("/").await,
            Err(error) => Err(error),
        };
        facts.map_or("refused".to_owned(), |facts| facts.rsplit(' ').next().unwrap().to_owned())
    };
    assert_eq!(used(must, Some(&known)).await, "1alice");
    assert_eq!(used(must, None).await, "refused");
    assert_eq!(used(must, Some(&stranger)).await, "refused");
    assert_eq!(used(may, Some(&known)).await, "1alice");
    assert_eq!(used(may, None).await, "0");
    assert_eq!(used(may, Some(&stranger)).await, "refused");
}

#[tokio::test]
async fn lists_give_names_and_settings_to_certificates() {
    let (authority, files) = (Authority::new("all"), folder());
    let (a, b) = (authority.sign(&["a.test", "x.a.test"]), authority.sign(&["b.test"]));
    a.save(&files.path().join("a.pem"));
    b.save(&files.path().join("b.pem"));
    let list = format!(
        "# two sites\n{} [ssl-min-ver TLSv1.3] *.a.test !x.a.test a.test\n{}\n",
        path(&files, "a.pem"),
        path(&files, "b.pem")
    );
    fs::write(files.path().join("list"), list).unwrap();
    let entry = free_address();
    let options = format!("crt-list {} strict-sni", path(&files, "list"));
    let _sluicegate = Sluicegate::run(&telling(entry, &options)).await;
    let (old, new) = (Client::of(&authority, &[&TLS12]).ready(), Client::of(&authority, &[&TLS13]).ready());
    assert!(new.connect(entry, "a.test").await.unwrap().shows(&a));
    assert!(old.connect(entry, "a.test").await.is_err());
    assert!(old.connect(entry, "b.test").await.unwrap().shows(&b));
    let refused = new.connect(entry, "x.a.test").await.map(drop).unwrap_err();
    assert!(refused.to_string().contains("UnrecognisedName"), "{refused}");
}

#[tokio::test]
async fn sessions_are_resumed_at_every_worker_and_after_a_change() {
    for (versions, options) in
        [(&TLS13, ""), (&TLS12, ""), (&TLS13, "no-tls-tickets"), (&TLS12, "no-tls-tickets")]
    {
        let (authority, files) = (Authority::new("all"), folder());
        authority.sign(&["a.test"]).save(&files.path().join("a.pem"));
        let entry = free_address();
        let text = telling(entry, &format!("crt {} {options}", path(&files, "a.pem")));
        let mut sluicegate = Sluicegate::run_with(&text, &["--workers", "2"]).await;
        let client = Client::of(&authority, &[versions]).ready();
        let visit = async || {
            let mut secure = client.connect(entry, "a.test").await.unwrap();
            secure.get("/").await.unwrap();
            secure.is_resumed()
        };
        assert!(!visit().await);
        for _ in 0..8 {
            assert!(visit().await, "{versions:?} {options}");
        }
        authority.sign(&["a.test"]).save(&files.path().join("a.pem"));
        sluicegate.committed().await;
        assert!(visit().await, "{versions:?} {options}: after a change of the certificate");
    }
}

#[tokio::test]
async fn a_new_certificate_closes_nothing_and_a_bad_one_changes_nothing() {
    let (authority, files) = (Authority::new("all"), folder());
    let file = files.path().join("a.pem");
    let before = authority.sign(&["a.test"]);
    before.save(&file);
    let entry = free_address();
    let mut sluicegate = Sluicegate::run(&telling(entry, &format!("crt {}", path(&files, "a.pem")))).await;
    let client = Client::of(&authority, &[&TLS13]).forgetful().ready();
    let mut kept = client.connect(entry, "a.test").await.unwrap();
    kept.get("/").await.unwrap();

    let after = authority.sign(&["a.test"]);
    after.save(&file);
    sluicegate.committed().await;
    assert!(client.connect(entry, "a.test").await.unwrap().shows(&after));
    kept.get("/").await.unwrap();

    // The certificate of one, the key of the other.
    fs::write(&file, format!("{}{}", before.certificate, after.key)).unwrap();
    let status = sluicegate
        .status_where("the listener is held back", |status| {
            status.to_string().contains("private key is not that")
        })
        .await;
    assert!(status.to_string().contains("a.pem"), "{status}");
    assert!(client.connect(entry, "a.test").await.unwrap().shows(&after));
    kept.get("/").await.unwrap();
    before.save(&file);
    let mended = async { while !client.connect(entry, "a.test").await.unwrap().shows(&before) {} };
    tokio::time::timeout(PATIENCE, mended).await.unwrap();
    kept.get("/").await.unwrap();
}

#[test]
fn a_file_that_is_no_certificate_is_told_before_anything_serves() {
    let (authority, files) = (Authority::new("all"), folder());
    let (a, b) = (authority.sign(&["a.test"]), authority.sign(&["b.test"]));
    fs::write(files.path().join("a.pem"), format!("{}{}", a.certificate, b.key)).unwrap();
    fs::write(files.path().join("b.pem"), &b.certificate).unwrap();
    let entry = free_address();
    let (code, told) = Sluicegate::check(&telling(entry, &format!("crt {}", files.path().display())));
    assert_ne!(code, 0, "{told}");
    for part in ["a.pem", "private key is not that", "b.pem", "it holds no private key"] {
        assert!(told.contains(part), "{part} in\n{told}");
    }
    let (code, told) = Sluicegate::check(&telling(entry, "crt /nowhere/a.pem"));
    assert_ne!(code, 0, "{told}");
    assert!(told.contains("/nowhere/a.pem: No such file or directory"), "{told}");
}

#[tokio::test]
async fn who_speaks_no_tls_is_told_so() {
    let (authority, files) = (Authority::new("all"), folder());
    authority.sign(&["a.test"]).save(&files.path().join("a.pem"));
    let entry = free_address();
    let _sluicegate = Sluicegate::run(&telling(entry, &format!("crt {}", path(&files, "a.pem")))).await;
    let mut plain = Connection::open(entry).await.unwrap();
    let answer = plain.get("a.test", "/").await.unwrap();
    assert_eq!(answer.status(), 400);
    assert!(String::from_utf8_lossy(&answer.body).contains("This port speaks TLS"));
    // Anything else is answered by an alert (RFC 8446 section 6).
    let mut other = Connection::open(entry).await.unwrap();
    other.send("SSH-2.0-OpenSSH\r\n").await.unwrap();
    let alert = other.read_to_end().await.unwrap_or_default();
    assert!(alert.is_empty() || alert[0] == 21, "{alert:?}");
}

#[tokio::test]
async fn bodies_pass_and_connections_in_tcp_mode_too() {
    let (authority, files) = (Authority::new("all"), folder());
    authority.sign(&["a.test"]).save(&files.path().join("a.pem"));
    let origin = Origin::start("app").await;
    let (web, raw) = (free_address(), free_address());
    let crt = path(&files, "a.pem");
    let text = format!(
        "{HTTP_DEFAULTS}frontend web\n    bind {web} ssl crt {crt}\n    default_backend app\nbackend app\n    \
         server a {0}\nfrontend raw\n    mode tcp\n    bind {raw} ssl crt {crt}\n    default_backend plain\n\
         backend plain\n    mode tcp\n    server a {0}\n",
        origin.address()
    );
    let _sluicegate = Sluicegate::run(&text).await;
    for versions in [&TLS12, &TLS13] {
        let client = Client::of(&authority, &[versions]).ready();
        for entry in [web, raw] {
            let mut secure = client.connect(entry, "a.test").await.unwrap();
            for _ in 0..3 {
                assert_eq!(secure.get("/").await.unwrap(), "app\n");
            }
            // Both directions at one time, far more than any buffer holds.
            let body: Vec<u8> = (0..3_000_000_u32).map(|n| (n % 251) as u8).collect();
            let head = format!(
                "POST /reflect HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: {}\r\n\r\n",
                body.len()
            );
            let (mut from, mut to) = tokio::io::split(secure.0);
            let sent = async {
                to.write_all(head.as_bytes()).await.unwrap();
                to.write_all(&body).await.unwrap();
                to.flush().await.unwrap();
            };
            let mut answer = Vec::new();
            let ((), read) = tokio::join!(sent, from.read_to_end(&mut answer));
            read.unwrap();
            assert!(answer.ends_with(&body), "{entry}: {} bytes", answer.len());
        }
    }
}

#[tokio::test]
async fn changes_under_load_lose_nothing() {
    let (authority, files) = (Authority::new("all"), folder());
    authority.sign(&["a.test"]).save(&files.path().join("a.pem"));
    let entry = free_address();
    let mut sluicegate =
        Sluicegate::run_with(&telling(entry, &format!("crt {}", path(&files, "a.pem"))), &["--workers", "2"])
            .await;
    let client = std::sync::Arc::new(Client::of(&authority, &[&TLS13]).forgetful().ready());
    let over = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    let visits = (0..4).map(|_| {
        let (client, over) = (std::sync::Arc::clone(&client), std::sync::Arc::clone(&over));
        tokio::spawn(async move {
            let mut count = 0;
            while !over.load(std::sync::atomic::Ordering::SeqCst) {
                let mut secure = client.connect(entry, "a.test").await.unwrap();
                for _ in 0..3 {
                    secure.get("/").await.unwrap();
                }
                count += 1;
            }
            count
        })
    });
    let visits: Vec<_> = visits.collect();
    for _ in 0..20 {
        authority.sign(&["a.test"]).save(&files.path().join("a.pem"));
        sluicegate.committed().await;
    }
    over.store(true, std::sync::atomic::Ordering::SeqCst);
    for visit in visits {
        assert!(visit.await.unwrap() > 0);
    }
}
