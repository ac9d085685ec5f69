//! TCP mode, PROXY headers, and OpenSSL as the server.

use std::net::SocketAddr;
use std::process::{Command, Stdio};

use sluicegate_e2e::{Connection, HTTP_DEFAULTS, Haproxy, Origin, Process, Sluicegate, fetch, free_address};

use super::{Files, answer, telling};

#[tokio::test]
async fn bytes_pass_in_tcp_mode() {
    let files = Files::new();
    let pem = files.signed(&["a.test"]);
    let origin = Origin::start("app").await;
    let [server, web, raw] = [(); 3].map(|()| free_address());
    let text = format!(
        "{HTTP_DEFAULTS}listen app\n    mode tcp\n    bind {server} ssl crt {pem}\n    server s {}\n",
        origin.address()
    );
    let _server = Haproxy::run(&text).await;
    let trusted = files.trusted();
    let text = format!(
        "{HTTP_DEFAULTS}frontend web\n    bind {web}\n    default_backend app\nbackend app\n    \
         server a {server} ssl {trusted} sni str(a.test)\nlisten raw\n    mode tcp\n    bind {raw}\n    \
         server a {server} ssl {trusted} sni str(a.test) ssl-max-ver TLSv1.2\n"
    );
    let _sluicegate = Sluicegate::run(&text).await;
    for entry in [web, raw] {
        let mut client = Connection::open(entry).await.unwrap();
        for _ in 0..3 {
            assert_eq!(client.get("a.test", "/").await.unwrap().body, b"app\n");
        }
        // Both directions at one time, far more than any buffer holds.
        let body: Vec<u8> = (0..3_000_000_u32).map(|n| (n % 251) as u8).collect();
        let head = format!("POST /reflect HTTP/1.1\r\nHost: a\r\nContent-Length: {}\r\n\r\n", body.len());
        let request = [head.as_bytes(), &body].concat();
        let answer = Connection::open(entry).await.unwrap().request(&request).await.unwrap();
        assert_eq!(answer.body, body, "{entry}");
    }
}

#[tokio::test]
async fn a_proxy_header_goes_before_the_handshake() {
    let files = Files::new();
    let pem = files.signed(&["a.test"]);
    let [server, ours, raw] = [(); 3].map(|()| free_address());
    let text = format!(
        "{HTTP_DEFAULTS}frontend app\n    bind {server} accept-proxy ssl crt {pem}\n    http-request return status \
         200 content-type text/plain lf-string \"%[ssl_fc_sni] %[dst_port]\"\n"
    );
    let _server = Haproxy::run(&text).await;
    let trusted = files.trusted();
    let text = format!(
        "{HTTP_DEFAULTS}listen web\n    bind {ours}\n    server a {server} ssl {trusted} sni str(a.test) send-proxy check\n\
         listen raw\n    mode tcp\n    bind {raw}\n    server a {server} ssl {trusted} sni str(a.test) send-proxy-v2\n"
    );
    let _sluicegate = Sluicegate::run(&text).await;
    for entry in [ours, raw] {
        for _ in 0..2 {
            assert_eq!(answer(entry, "x", "/").await, format!("a.test {}", entry.port()));
        }
    }
}

/// What OpenSSL tells of connections to it.
async fn openssl(address: SocketAddr, pem: &str) -> Process {
    let mut command = Command::new("openssl");
    command
        .args([
            "s_server",
            "-accept",
            &address.to_string(),
            "-cert",
            pem,
            "-key",
            pem,
            "-www",
            "-alpn",
            "http/1.1",
        ])
        .stdin(Stdio::null());
    let mut process = Process::spawn(command);
    process.wait_for("ACCEPT").await;
    process
}

#[tokio::test]
async fn openssl_is_understood() {
    let files = Files::new();
    let signed = files.authority.sign_with(&["a.test"], &rcgen::PKCS_ECDSA_P384_SHA384);
    let pem = files.save("openssl.pem", &signed);
    let [server, ours] = [(); 2].map(|()| free_address());
    let _server = openssl(server, &pem).await;
    let text = format!(
        "{HTTP_DEFAULTS}listen web\n    bind {ours}\n    retries 0\n    http-response set-header X-Alpn %[ssl_bc_alpn]\n    server a {server} ssl {} verifyhost a.test alpn http/1.1 \
         curves P-384\n",
        files.trusted()
    );
    let _sluicegate = Sluicegate::run(&text).await;
    for expected in ["New, TLSv1.3", "Reused, TLSv1.3", "Reused, TLSv1.3"] {
        let answer = fetch(ours, "/").await.unwrap();
        let told = String::from_utf8_lossy(&answer.body);
        assert!(told.contains(expected) && told.contains("Supported groups: secp384r1"), "{told}");
        assert_eq!(answer.header("x-alpn"), Some("http/1.1"));
    }
}

#[tokio::test]
async fn http_2_is_spoken_over_tls_where_the_file_says_so() {
    let files = Files::new();
    let pem = files.signed(&["a.test", "b.test"]);
    let [server, ours] = [(); 2].map(|()| free_address());
    let _server =
        Haproxy::run(&format!("{HTTP_DEFAULTS}{}", telling(server, &format!("crt {pem} alpn h2")))).await;
    let text = format!(
        "{HTTP_DEFAULTS}listen web\n    bind {ours}\n    retries 0\n    \
         server a {server} ssl {} sni req.hdr(host) alpn h2 proto h2\n",
        files.trusted()
    );
    let _sluicegate = Sluicegate::run(&text).await;
    for host in ["a.test", "b.test", "a.test"] {
        assert_eq!(answer(ours, host, "/").await, format!("TLSv1.3 {host} h2 0"));
    }
    assert_eq!(answer(ours, "c.test", "/").await, "503");
}
