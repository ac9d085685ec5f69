//! TLS to servers: names, certificates of both ends, sessions, idle connections, checks, and TCP mode; HAProxy is the server,
//! and stands beside ours.

#![allow(clippy::unwrap_used)] // also outside of test functions: a step that fails ends the scenario

#[path = "server_tls/checks.rs"]
mod checks;
#[path = "tls/client.rs"]
#[allow(dead_code, reason = "its clients are for the scenarios of listeners")]
mod client;
#[path = "server_tls/failures.rs"]
mod failures;
#[path = "server_tls/manifest.rs"]
mod manifest;
#[path = "server_tls/raw.rs"]
mod raw;
#[path = "server_tls/sessions.rs"]
mod sessions;
#[path = "server_tls/trust.rs"]
mod trust;

use std::fs;
use std::net::SocketAddr;
use std::path::PathBuf;

use sluicegate_e2e::{Connection, HTTP_DEFAULTS, Haproxy, Sluicegate, fetch, free_address};
use tempfile::TempDir;

use client::{Authority, Signed};

/// Files of one scenario.
struct Files {
    folder: TempDir,
    authority: Authority,
}

impl Files {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let authority = Authority::new("servers");
        fs::write(folder.path().join("ca.pem"), &authority.pem).unwrap();
        Self { folder, authority }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// `ca-file` with the authority.
    fn trusted(&self) -> String {
        format!("ca-file {}", self.path("ca.pem").display())
    }

    /// A certificate with its key, in a file.
    fn save(&self, name: &str, signed: &Signed) -> String {
        signed.save(&self.path(name));
        self.path(name).display().to_string()
    }

    fn signed(&self, names: &[&str]) -> String {
        self.save(&format!("{}.pem", names[0]), &self.authority.sign(names))
    }
}

/// A listener of HAProxy that tells what it knows of who asks.
fn telling(address: SocketAddr, options: &str) -> String {
    format!(
        "frontend at-{}\n    bind {address} ssl {options}\n    http-request return status 200 content-type \
         text/plain lf-string \"%[ssl_fc_protocol] %[ssl_fc_sni] %[ssl_fc_alpn] %[ssl_c_used]%[ssl_c_s_dn(cn)]\"\n",
        address.port()
    )
}

/// An entry with a backend of one server for each path.
fn entry(address: SocketAddr, servers: &[(&str, String)]) -> String {
    let mut text = format!("frontend main\n    bind {address}\n");
    for (name, _) in servers {
        text.push_str(&format!("    use_backend {name} if {{ path /{name} }}\n"));
    }
    for (name, server) in servers {
        text.push_str(&format!("backend {name}\n    retries 0\n    server s {server}\n"));
    }
    text
}

/// What an entry answers for a path: the status and the body.
async fn answer(entry: SocketAddr, host: &str, path: &str) -> String {
    let answer = Connection::open(entry).await.unwrap().get(host, path).await.unwrap();
    let body = String::from_utf8_lossy(&answer.body).into_owned();
    if answer.status() == 200 { body } else { answer.status().to_string() }
}

#[tokio::test]
async fn servers_are_asked_for_the_names_that_expressions_give() {
    let files = Files::new();
    let (server, ours, theirs) = (free_address(), free_address(), free_address());
    let pem = files.signed(&["a.test", "b.test"]);
    let _server = Haproxy::run(&format!("{HTTP_DEFAULTS}{}", telling(server, &format!("crt {pem}")))).await;
    let trusted = files.trusted();
    let servers = [
        ("constant", format!("{server} ssl {trusted} sni str(a.test)")),
        ("asked", format!("{server} ssl {trusted} sni req.hdr(host),lower")),
        ("nothing", format!("{server} ssl {trusted} sni req.hdr(x-none)")),
        ("anybody", format!("{server} ssl verify none sni str(other.test)")),
    ];
    let _sluicegate = Sluicegate::run(&format!("{HTTP_DEFAULTS}{}", entry(ours, &servers))).await;
    let _haproxy = Haproxy::run(&format!("{HTTP_DEFAULTS}{}", entry(theirs, &servers))).await;
    for (host, path, expected) in [
        ("x", "/constant", "TLSv1.3 a.test  0"),
        ("b.test", "/asked", "TLSv1.3 b.test  0"),
        ("A.Test", "/asked", "TLSv1.3 a.test  0"),
        // The name is not in the certificate.
        ("c.test", "/asked", "503"),
        ("x", "/nothing", "TLSv1.3   0"),
        ("x", "/anybody", "TLSv1.3 other.test  0"),
    ] {
        for entry in [ours, theirs] {
            assert_eq!(answer(entry, host, path).await, expected, "{entry} {host} {path}");
        }
    }
}

/// HAProxy does so from version 3.3 on.
#[tokio::test]
async fn where_nothing_is_said_servers_are_asked_for_the_host() {
    let files = Files::new();
    let (server, ours) = (free_address(), free_address());
    let pem = files.signed(&["a.test"]);
    let _server = Haproxy::run(&format!("{HTTP_DEFAULTS}{}", telling(server, &format!("crt {pem}")))).await;
    let trusted = files.trusted();
    let servers = [
        ("auto", format!("{server} ssl {trusted}")),
        ("silent", format!("{server} ssl {trusted} no-sni-auto")),
        ("known", format!("{server} ssl {trusted} verifyhost a.test")),
        ("unknown", format!("{server} ssl {trusted} verifyhost b.test")),
    ];
    let _sluicegate = Sluicegate::run(&format!("{HTTP_DEFAULTS}{}", entry(ours, &servers))).await;
    for (host, path, expected) in [
        ("B.test:8443", "/auto", "TLSv1.3 b.test  0"),
        ("192.0.2.1", "/auto", "TLSv1.3   0"),
        ("a..test", "/auto", "TLSv1.3   0"),
        ("b.test", "/silent", "TLSv1.3   0"),
        ("b.test", "/known", "TLSv1.3 b.test  0"),
        ("a.test", "/unknown", "503"),
    ] {
        assert_eq!(answer(ours, host, path).await, expected, "{host} {path}");
    }
}

#[tokio::test]
async fn servers_choose_among_what_is_offered() {
    let files = Files::new();
    let [server, old, ours, theirs] = [(); 4].map(|()| free_address());
    let pem = files.signed(&["a.test"]);
    let text = [
        telling(server, &format!("crt {pem} alpn http/1.1")),
        telling(old, &format!("crt {pem} ssl-max-ver TLSv1.2")),
    ];
    let _server = Haproxy::run(&format!("{HTTP_DEFAULTS}{}", text.concat())).await;
    let servers = [
        ("plain", format!("{server} ssl verify none no-sni-auto")),
        ("alpn", format!("{server} ssl verify none no-sni-auto alpn http/1.1")),
        ("twelve", format!("{server} ssl verify none no-sni-auto ssl-max-ver TLSv1.2")),
        ("thirteen", format!("{old} ssl verify none no-sni-auto ssl-min-ver TLSv1.3")),
        ("old", format!("{old} ssl verify none no-sni-auto ciphers ECDHE-ECDSA-AES128-GCM-SHA256")),
    ];
    let facts = "    http-response set-header X-Facts \"%[ssl_bc] %[ssl_bc_protocol] %[ssl_bc_cipher] %[ssl_bc_alpn] \
                 %[ssl_bc_alg_keysize] %[ssl_bc_use_keysize]\"\n";
    let text = |address| {
        format!(
            "{HTTP_DEFAULTS}{}",
            entry(address, &servers).replace("retries 0\n", &format!("retries 0\n{facts}"))
        )
    };
    let _sluicegate = Sluicegate::run(&text(ours)).await;
    // It knows no automatic names yet.
    let _haproxy = Haproxy::run(&text(theirs).replace(" no-sni-auto", "")).await;
    for (path, expected) in [
        ("/plain", "1 TLSv1.3 TLS_AES_256_GCM_SHA384  256 256"),
        ("/alpn", "1 TLSv1.3 TLS_AES_256_GCM_SHA384 http/1.1 256 256"),
        ("/twelve", "1 TLSv1.2 ECDHE-ECDSA-AES256-GCM-SHA384  256 256"),
        ("/thirteen", ""),
        ("/old", "1 TLSv1.2 ECDHE-ECDSA-AES128-GCM-SHA256  128 128"),
    ] {
        for entry in [ours, theirs] {
            let answer = fetch(entry, path).await.unwrap();
            let facts = answer.header("x-facts").unwrap_or_default();
            assert_eq!(facts, expected, "{entry} {path}");
        }
    }
}

#[tokio::test]
async fn servers_that_ask_for_a_certificate_are_shown_one() {
    let files = Files::new();
    let [server, ours, theirs] = [(); 3].map(|()| free_address());
    let (pem, own) = (files.signed(&["a.test"]), files.signed(&["proxy"]));
    let options = format!("crt {pem} {} verify required", files.trusted());
    let _server = Haproxy::run(&format!("{HTTP_DEFAULTS}{}", telling(server, &options))).await;
    let trusted = files.trusted();
    let servers = [
        ("shown", format!("{server} ssl {trusted} sni str(a.test) crt {own}")),
        ("unknown", format!("{server} ssl {trusted} sni str(a.test) force-tlsv12")),
    ];
    let _sluicegate = Sluicegate::run(&format!("{HTTP_DEFAULTS}{}", entry(ours, &servers))).await;
    let _haproxy = Haproxy::run(&format!("{HTTP_DEFAULTS}{}", entry(theirs, &servers))).await;
    for entry in [ours, theirs] {
        assert_eq!(answer(entry, "a.test", "/shown").await, "TLSv1.3 a.test  1proxy", "{entry}");
        assert_eq!(answer(entry, "a.test", "/unknown").await, "503", "{entry}");
    }
}
