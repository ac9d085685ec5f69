//! Sessions that are resumed, and idle connections.

use std::time::Duration;

use sluicegate_e2e::console::{ask, row, socket};
use sluicegate_e2e::{HTTP_DEFAULTS, Haproxy, PATIENCE, Sluicegate, fetch, free_address};
use tokio::time::{sleep, timeout};

use super::{Files, answer};

#[tokio::test]
async fn sessions_are_resumed_by_all_workers() {
    let files = Files::new();
    let pem = files.signed(&["a.test"]);
    let trusted = files.trusted();
    for version in ["force-tlsv12", "force-tlsv13"] {
        let [server, ours] = [(); 2].map(|()| free_address());
        let text = format!(
            "{HTTP_DEFAULTS}frontend app\n    bind {server} ssl crt {pem}\n    http-request return status 200 \
             content-type text/plain lf-string \"%[ssl_fc_is_resumed]\"\n"
        );
        let _server = Haproxy::run(&text).await;
        let backend = |name: &str, options: &str| {
            format!(
                "backend {name}\n    option httpclose\n    http-response set-header X-Resumed %[ssl_bc_is_resumed]\n    \
                 server s {server} ssl {trusted} sni str(a.test) {version} {options}\n"
            )
        };
        let (_folder, console, line) = socket();
        let text = format!(
            "global\n    {line}\n{HTTP_DEFAULTS}frontend main\n    bind {ours}\n    use_backend anew if {{ path /anew }}\n    \
             default_backend again\n{}{}",
            backend("again", ""),
            backend("anew", "no-ssl-reuse")
        );
        let _sluicegate = Sluicegate::run_with(&text, &["--workers", "2"]).await;
        let visit = async |path| {
            let answer = fetch(ours, path).await.unwrap();
            let told = String::from_utf8_lossy(&answer.body).into_owned();
            assert_eq!(answer.header("x-resumed"), Some(&*told), "both ends say the same");
            told == "1"
        };
        assert!(!visit("/again").await);
        for turn in 0..8 {
            assert!(visit("/again").await, "{version} {turn}");
            assert!(!visit("/anew").await, "{version} {turn}");
        }
        let told = async |server: &str| {
            let statistics = ask(&console, "show stat\n").await;
            let cell = row(&statistics, server);
            ["ssl_sess", "ssl_reused_sess", "ssl_failed_handshake"].map(cell)
        };
        let expected =
            [("again,s", ["9", "8", "0"]), ("anew,s", ["8", "0", "0"]), ("again,BACKEND", ["9", "8", "0"])];
        for (server, expected) in expected {
            let counted = async {
                // Statistics are as of the last report, which nobody tells of.
                while told(server).await != expected {
                    sleep(Duration::from_millis(40)).await;
                }
            };
            let counted = timeout(PATIENCE, counted).await;
            assert!(counted.is_ok(), "{server} {:?}", told(server).await);
        }
    }
}

#[tokio::test]
async fn idle_connections_are_for_those_who_ask_for_the_same_name() {
    let files = Files::new();
    let pem = files.signed(&["*.test"]);
    let [server, ours] = [(); 2].map(|()| free_address());
    let text = format!(
        "{HTTP_DEFAULTS}frontend app\n    bind {server} ssl crt {pem}\n    http-request return status 200 \
         content-type text/plain lf-string \"%[ssl_fc_sni] %[src_port]\"\n"
    );
    let _server = Haproxy::run(&text).await;
    let text = format!(
        "{HTTP_DEFAULTS}frontend main\n    bind {ours}\n    default_backend app\nbackend app\n    \
         http-reuse always\n    server s {server} ssl {} sni req.hdr(host)\n",
        files.trusted()
    );
    let _sluicegate = Sluicegate::run_with(&text, &["--workers", "1"]).await;
    let hosts = ["a.test", "b.test", "c.test"];
    let mut ports = Vec::new();
    for host in hosts {
        let told = answer(ours, host, "/").await;
        let (name, port) = told.split_once(' ').unwrap();
        assert_eq!(name, host);
        ports.push(port.to_owned());
    }
    for _ in 0..3 {
        for (host, port) in hosts.iter().zip(&ports) {
            assert_eq!(answer(ours, host, "/").await, format!("{host} {port}"));
        }
    }
}
