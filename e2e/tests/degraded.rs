//! What is not done yet errs on the safe side: nothing past a proxy on the way, nobody let in, nothing to the wrong server.

#![allow(clippy::unwrap_used)] // also outside of test functions: a step that fails ends the scenario

#[path = "degraded/compared.rs"]
mod compared;
#[path = "degraded/table.rs"]
mod table;

use sluicegate_e2e::{Front, HTTP_DEFAULTS, Origin, Sluicegate, fetch, free_address};
use tokio::net::TcpStream;

#[tokio::test]
async fn a_line_that_asks_for_another_header_opens_no_port() {
    let app = Origin::start("app01").await;
    let (plain, other) = (free_address(), free_address());
    let _front = Front::run(&format!(
        "{HTTP_DEFAULTS}frontend main\n    bind {plain}\n    bind {other} accept-netscaler-cip 1\n    \
         default_backend app\nbackend app\n    server app01 {}\n",
        app.address()
    ))
    .await;
    assert_eq!(fetch(plain, "/").await.unwrap().text(), "app01");
    assert!(TcpStream::connect(other).await.is_err(), "nothing listens where another header was asked for");
}

#[tokio::test]
async fn a_server_behind_another_proxy_gets_nothing_and_no_operator_changes_that() {
    let app = Origin::start("app01").await;
    let (entry, socket) = (free_address(), tempfile::tempdir().unwrap());
    let console = socket.path().join("console.sock");
    let mut front = Sluicegate::run(&format!(
        "global\n    stats socket {} level admin\n{HTTP_DEFAULTS}frontend main\n    bind {entry}\n    \
         default_backend app\nbackend app\n    server app01 {} socks4 127.0.0.1:1080 check\n",
        console.display(),
        app.address()
    ))
    .await;
    front.process().wait_for("the console listens on").await;
    assert_eq!(fetch(entry, "/").await.unwrap().status(), 503);
    enable(&console).await;
    front.committed().await;
    assert_eq!(fetch(entry, "/").await.unwrap().status(), 503, "it is spoken to in no other way");
    assert_eq!(app.requests(), 0);
}

#[tokio::test]
async fn a_check_that_is_not_made_keeps_traffic_from_those_it_would_have_chosen() {
    let app = Origin::start("app01").await;
    let entry = free_address();
    let _front = Front::run(&format!(
        "{HTTP_DEFAULTS}frontend main\n    bind {entry}\n    default_backend checked\n\
         backend checked\n    option spop-check\n    server app01 {0} check\n    server app02 {0} check backup\n",
        app.address(),
    ))
    .await;
    assert_eq!(fetch(entry, "/").await.unwrap().status(), 503, "nobody knows which is the primary");
    assert_eq!(app.requests(), 0);
}

/// `set server … state ready`, and its answer.
async fn enable(console: &std::path::Path) {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let mut console = tokio::net::UnixStream::connect(console).await.unwrap();
    console.write_all(b"set server app/app01 state ready\n").await.unwrap();
    let mut answer = String::new();
    console.read_to_string(&mut answer).await.unwrap();
}

#[tokio::test]
async fn rules_that_keep_out_keep_out() {
    let app = Origin::start("app01").await;
    let entry = free_address();
    let _front = Front::run(&format!(
        "userlist people\n    user anna insecure-password secret\n\
         {HTTP_DEFAULTS}frontend main\n    bind {entry}\n    monitor-uri /alive\n    \
         tcp-request content reject if {{ path /raw }}\n    \
         http-request auth realm people if {{ path_beg /members }} !{{ http_auth(people) }}\n    \
         http-request tarpit deny_status 429 if {{ path /slow }}\n    \
         http-request silent-drop if {{ path /drop }}\n    \
         http-request deny unless {{ path /open }} or {{ ssl_c_used }} or {{ path /sent }}\n    \
         default_backend app\n\
         backend app\n    http-response deny if {{ res.hdr(x-secret) -m found }}\n    \
         use-server two if {{ path /sent }}\n    server app01 {}\n    server two {}\n",
        app.address(),
        app.address()
    ))
    .await;
    let statuses = [
        ("/alive", 200),
        ("/raw", 403),
        ("/members/list", 403),
        ("/slow", 429),
        ("/drop", 403),
        ("/closed", 403),
        ("/sent", 200),
        ("/open", 200),
    ];
    for (path, status) in statuses {
        assert_eq!(fetch(entry, path).await.unwrap().status(), status, "{path}");
    }
    assert_eq!(app.requests(), 2, "only what is open reaches a server");
}
