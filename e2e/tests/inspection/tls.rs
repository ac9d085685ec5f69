//! TLS that is passed on by the name that its client asks for: real servers, real clients, nothing terminated between.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use sluicegate_e2e::{Haproxy, Process, Sluicegate, free_address};

/// A server of `openssl`, and the certificate of its name, which is signed by nobody else.
struct Server {
    _process: Process,
    address: SocketAddr,
    certificate: PathBuf,
}

async fn server(name: &str, folder: &Path) -> Server {
    let made = rcgen::generate_simple_self_signed(vec![name.to_owned()]).unwrap();
    let (certificate, key) = (folder.join(format!("{name}.pem")), folder.join(format!("{name}.key")));
    fs::write(&certificate, made.cert.pem()).unwrap();
    fs::write(&key, made.signing_key.serialize_pem()).unwrap();
    let address = free_address();
    let arguments = [
        "s_server",
        "-www",
        "-accept",
        &address.to_string(),
        "-cert",
        text(&certificate),
        "-key",
        text(&key),
    ];
    let mut process = Process::start("openssl", arguments);
    process.wait_for("ACCEPT").await;
    Server { _process: process, address, certificate }
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

fn configuration(entry: SocketAddr, map: &Path, servers: [&Server; 3]) -> String {
    let [shop, docs, other] = servers.map(|server| server.address);
    let map = map.display();
    format!(
        "defaults\n    mode tcp\n    timeout connect 5s\n    timeout client 10s\n    timeout server 10s\n\
         frontend tls\n    bind {entry}\n    tcp-request inspect-delay 5s\n    \
         tcp-request content accept if {{ req.ssl_hello_type 1 }}\n    tcp-request content reject\n    \
         use_backend shop if {{ req.ssl_sni -i shop.example }}\n    \
         use_backend %[req.ssl_sni,lower,map({map},other)] if {{ req.ssl_sni -m found }}\n    \
         default_backend other\n\
         backend shop\n    server a {shop}\nbackend docs\n    server a {docs}\nbackend other\n    server a {other}\n"
    )
}

/// Whether a client that asks for `name`, with these options besides, finds the server whose certificate it trusts.
async fn finds(entry: SocketAddr, server: &Server, name: &str, options: &[&str]) -> bool {
    let (address, trusted) = (entry.to_string(), text(&server.certificate));
    let asks: &[&str] = if name.is_empty() { &["-noservername"] } else { &["-servername", name] };
    let arguments = ["s_client", "-connect", &address, "-verify_return_error", "-CAfile", trusted];
    let mut client = Process::start("openssl", arguments.iter().chain(asks).chain(options));
    client.exit().await.success()
}

async fn fetches(entry: SocketAddr, server: &Server, name: &str) -> bool {
    let (port, certificate) = (entry.port(), text(&server.certificate));
    let (url, resolve) = (format!("https://{name}:{port}/"), format!("{name}:{port}:{}", entry.ip()));
    let arguments = ["-sS", "--fail", "--resolve", &resolve, "--cacert", certificate, &url];
    let mut client = Process::start("curl", arguments);
    client.exit().await.success() && client.output().contains("s_server")
}

#[tokio::test]
async fn clients_reach_the_server_whose_name_they_ask_for() {
    let folder = tempfile::tempdir().unwrap();
    let shop = server("shop.example", folder.path()).await;
    let docs = server("docs.example", folder.path()).await;
    let other = server("other.example", folder.path()).await;
    let map = folder.path().join("names.map");
    fs::write(&map, "docs.example docs\n").unwrap();
    let (ours, theirs) = (free_address(), free_address());
    let servers = [&shop, &docs, &other];
    let _sluicegate = Sluicegate::run(&configuration(ours, &map, servers)).await;
    let _haproxy = Haproxy::run(&configuration(theirs, &map, servers)).await;
    for entry in [theirs, ours] {
        for (server, name) in [
            (&shop, "shop.example"),
            (&shop, "SHOP.example"),
            (&docs, "Docs.Example"),
            (&other, "new.example"),
            (&other, ""),
        ] {
            for options in [&["-tls1_2"][..], &["-tls1_3"], &["-alpn", "h2,http/1.1"]] {
                assert!(finds(entry, server, name, options).await, "{name:?} with {options:?} at {entry}");
            }
            let wrong = if std::ptr::eq(server, &shop) { &docs } else { &shop };
            assert!(!finds(entry, wrong, name, &[]).await, "{name:?} at {entry}");
        }
        assert!(fetches(entry, &shop, "shop.example").await && fetches(entry, &docs, "docs.example").await);
    }
}

/// HAProxy reads one record.
#[tokio::test]
async fn a_hello_of_several_records_is_read_too() {
    let folder = tempfile::tempdir().unwrap();
    let shop = server("shop.example", folder.path()).await;
    let other = server("other.example", folder.path()).await;
    let map = folder.path().join("names.map");
    fs::write(&map, "").unwrap();
    let entry = free_address();
    let _sluicegate = Sluicegate::run(&configuration(entry, &map, [&shop, &other, &other])).await;
    let protocols = (0..200).map(|number| format!("protocol-{number}")).collect::<Vec<_>>().join(",");
    let options = ["-alpn", &protocols, "-max_send_frag", "512"];
    assert!(finds(entry, &shop, "shop.example", &options).await);
    assert!(!finds(entry, &other, "shop.example", &options).await);
}
