//! Entry points of all kinds: what is spoken there, and with which certificate.

use std::fs;
use std::path::Path;

use sluicegate_e2e::Process;
use sluicegate_e2e::docker::Files;
use tokio::net::UdpSocket;
use tokio::time::timeout;

use super::*;

/// A client's pace: nothing tells it when it would be answered.
const PACE: Duration = Duration::from_millis(50);

/// Runs a client of TLS until what it sees suits; `arguments` are those of curl.
async fn curl(name: &str, port: u16, arguments: &[&str], wanted: impl Fn(bool, &str) -> bool) -> String {
    let begin = Instant::now();
    let (url, resolve) = (format!("https://{name}:{port}/"), format!("{name}:{port}:127.0.0.1"));
    loop {
        let fixed = ["-sS", "--max-time", "5", "--resolve", &resolve, &url];
        let mut client = Process::start("curl", fixed.iter().chain(arguments));
        let good = client.exit().await.success();
        let said = client.output();
        if wanted(good, &said) {
            return said;
        }
        assert!(begin.elapsed() < PATIENCE, "{name}: {said}");
        tokio::time::sleep(PACE).await;
    }
}

/// A certificate for a name that vouches for itself, and its key, in one file.
fn certificate(name: &str, file: &Path) {
    let made = rcgen::generate_simple_self_signed(vec![name.to_owned()]).unwrap();
    fs::write(file, format!("{}{}", made.cert.pem(), made.signing_key.serialize_pem())).unwrap();
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[tokio::test]
async fn datagrams_reach_the_container_that_wants_them() {
    let docker = Docker::start().await;
    let port = free_port();
    let (_sluicegate, _web) = serving(&docker, &["--entrypoint", &format!("dns=:{port},udp")]).await;
    let resolver = Wanted::app("resolver")
        .label("sluicegate.enable", "true")
        .label("sluicegate.udp.names.entrypoints", "dns")
        .expose("8080/udp");
    let _resolver = docker.run(resolver).await;
    let begin = Instant::now();
    loop {
        // A session of its own each time: one that began before there was a server has none.
        let client = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        client.send_to(b"who", ("127.0.0.1", port)).await.unwrap();
        let mut answer = [0; 64];
        if let Ok(Ok(length)) = timeout(PACE, client.recv(&mut answer)).await {
            assert_eq!(&answer[..length], b"resolver");
            return;
        }
        assert!(begin.elapsed() < PATIENCE, "no datagram came back");
    }
}

#[tokio::test]
async fn tls_is_passed_on_by_the_name_that_it_asks_for() {
    let docker = Docker::start().await;
    let folder = tempfile::tempdir().unwrap();
    let port = free_port();
    let (_sluicegate, _web) = serving(&docker, &["--entrypoint", &format!("tls=:{port},sni")]).await;
    let mut files = Files::default().add_program("bin/openssl", "/usr/bin/openssl".as_ref());
    for name in ["shop.example", "blog.example"] {
        certificate(name, &folder.path().join(name));
        files = files.add(name, 0o644, &fs::read(folder.path().join(name)).unwrap());
    }
    docker.import("openssl", &files, &["/bin/openssl", "version"]).await;
    for name in ["shop.example", "blog.example"] {
        let server = ["/bin/openssl", "s_server", "-www", "-accept", "8443", "-cert", &format!("/{name}")];
        let route = name.trim_end_matches(".example");
        let wanted = Wanted::image(route, "openssl")
            .command(&server)
            .expose("8443/tcp")
            .label("sluicegate.enable", "true")
            .label(&format!("sluicegate.tcp.{route}.host"), name)
            .label(&format!("sluicegate.tcp.{route}.entrypoints"), "tls");
        docker.run(wanted).await;
    }
    for name in ["shop.example", "blog.example"] {
        let file = folder.path().join(name);
        // Nobody else can show this certificate: TLS was not ended on the way.
        curl(name, port, &["--cacert", text(&file)], |good, said| good && said.contains("s_server")).await;
    }
}

#[tokio::test]
async fn certificates_are_shown_as_they_are_now() {
    let docker = Docker::start().await;
    let folder = tempfile::tempdir().unwrap();
    let (first, second) = (folder.path().join("first.pem"), folder.path().join("second.pem"));
    let shown = folder.path().join("site.pem");
    for file in [&first, &second] {
        certificate("shop.example", file);
    }
    fs::copy(&first, &shown).unwrap();
    let port = free_port();
    let secure = format!("websecure=:{port},tls");
    let more = ["--entrypoint", &secure, "--certificate", text(&shown)];
    let (_sluicegate, clear) = serving(&docker, &more).await;
    let _app01 = docker.run(labelled("app01").label("sluicegate.http.shop.redirect-https", "true")).await;
    curl("shop.example", port, &["--cacert", text(&first)], |good, said| good && said.trim() == "app01")
        .await;
    // In clear everybody is sent there.
    let (status, _) = answer(clear, "shop.example", |status, _| status != 503).await;
    assert_eq!(status, 308);
    let fresh = folder.path().join("fresh");
    fs::copy(&second, &fresh).unwrap();
    fs::rename(&fresh, &shown).unwrap();
    curl("shop.example", port, &["--cacert", text(&second)], |good, said| good && said.trim() == "app01")
        .await;
}

#[tokio::test]
async fn containers_attach_to_frontends_of_files_and_share_what_they_serve() {
    let docker = Docker::start().await;
    let origin = Origin::start("from the file").await;
    let entry = free_address();
    let file = format!(
        "{HTTP_DEFAULTS}frontend main\n    bind {entry}\n    default_backend static\nbackend static\n    server a {}\n",
        origin.address()
    );
    let engine = format!("--docker=unix://{}", docker.socket().display());
    let _sluicegate =
        Sluicegate::run_with(&file, &[&engine, "--entrypoint", &format!("other={}", free_address())]).await;
    let attached = labelled("app01").label("sluicegate.http.shop.entrypoints", "main");
    let _app01 = docker.run(attached).await;
    answer(entry, "shop.example", |status, text| (status, text) == (200, "app01")).await;
    assert_eq!(answer(entry, "other.example", |_, _| true).await, (200, "from the file".to_owned()));
}
