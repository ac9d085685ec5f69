//! Requests that wait: for a server to come, for their turn, and which goes first.

#![allow(clippy::unwrap_used)] // also outside of test functions: a step that fails ends the scenario

use std::fs;
use std::net::SocketAddr;
use std::time::Duration;

use sluicegate_e2e::{Behaviour, Connection, HTTP_DEFAULTS, Origin, Sluicegate, fetch, free_address};

fn manifest(entry: SocketAddr, endpoints: &str) -> String {
    format!(
        "apiVersion: sluicegate.dev/v1alpha1\nkind: Frontend\nmetadata: {{ name: web }}\nspec:\n  listen: ['{entry}']\n  \
         defaultBackend: app\n---\napiVersion: sluicegate.dev/v1alpha1\nkind: Backend\nmetadata: {{ name: app }}\nspec:\n  \
         whenEmpty: {{ hold: {{ wait: 5s, max: 3 }} }}\n  endpoints: {endpoints}\n"
    )
}

/// Until so many requests wait.
async fn wait_in_queue(sluicegate: &Sluicegate, requests: usize) {
    let queued = |status: &serde_json::Value| status.to_string().contains(&format!("\"queued\":{requests}"));
    sluicegate.status_where("the request waits", queued).await;
}

#[tokio::test]
async fn requests_wait_for_the_first_server_and_no_longer_than_they_may() {
    let (entry, origin) = (free_address(), Origin::start("new").await);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.yaml");
    fs::write(&file, manifest(entry, "[]")).unwrap();
    let mut sluicegate = Sluicegate::program("sluicegate", "", &["run", folder.path().to_str().unwrap()]);
    sluicegate.committed().await;
    let mut held = Vec::new();
    for _ in 0..3 {
        let mut client = Connection::open(entry).await.unwrap();
        client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
        held.push(client);
        wait_in_queue(&sluicegate, held.len()).await;
    }
    // Whoever comes beyond them is answered at once.
    let beyond = fetch(entry, "/").await.unwrap();
    assert_eq!((beyond.status(), beyond.header("retry-after")), (503, Some("5")));
    fs::write(&file, manifest(entry, &format!("[{{ name: new, address: '{}' }}]", origin.address())))
        .unwrap();
    for client in &mut held {
        assert_eq!(client.response("GET").await.unwrap().text(), "new");
    }
    fs::write(&file, manifest(entry, "[]")).unwrap();
    // Until it has gone, it answers.
    let late = loop {
        let answer = fetch(entry, "/").await.unwrap();
        if answer.status() != 200 {
            break answer;
        }
    };
    assert_eq!((late.status(), late.header("retry-after")), (503, Some("5")));
}

/// A server with one place, which somebody has.
async fn busy(lines: &str) -> (Sluicegate, SocketAddr, Origin, Connection) {
    let (entry, origin) = (free_address(), Origin::start("one").await);
    origin.behave(Behaviour::Held);
    let sluicegate = Sluicegate::run(&format!(
        "{HTTP_DEFAULTS}    timeout queue 10s\nlisten main\n    bind {entry}\n    {lines}\n    server one {} maxconn 1\n",
        origin.address()
    ))
    .await;
    let mut first = Connection::open(entry).await.unwrap();
    first.send("GET /first HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
    origin.reached(1).await;
    (sluicegate, entry, origin, first)
}

#[tokio::test]
async fn lower_classes_go_first() {
    let lines = "http-request set-priority-class int(-1) if { path /urgent }\n    \
                 http-request set-priority-offset int(60000) if { path /late }";
    let (sluicegate, entry, origin, mut first) = busy(lines).await;
    let mut waiting = Vec::new();
    for (number, path) in ["/late", "/normal", "/urgent"].into_iter().enumerate() {
        let mut client = Connection::open(entry).await.unwrap();
        client.send(format!("GET {path} HTTP/1.1\r\nHost: a\r\n\r\n")).await.unwrap();
        waiting.push(client);
        wait_in_queue(&sluicegate, number + 1).await;
    }
    let mut order = Vec::new();
    for served in 2..=4 {
        origin.release(1);
        origin.reached(served).await;
        order.push(origin.last_request().unwrap().head.target().to_owned());
    }
    assert_eq!(order, ["/urgent", "/normal", "/late"]);
    origin.release(1);
    assert_eq!(first.response("GET").await.unwrap().status(), 200);
    for client in &mut waiting {
        assert_eq!(client.response("GET").await.unwrap().status(), 200);
    }
}

#[tokio::test]
async fn a_full_queue_of_ones_own_server_lets_its_clients_go_elsewhere() {
    let (entry, one, two) = (free_address(), Origin::start("one").await, Origin::start("two").await);
    one.behave(Behaviour::Held);
    let _sluicegate = Sluicegate::run(&format!(
        "{HTTP_DEFAULTS}listen main\n    bind {entry}\n    cookie SRV insert\n    \
         server one {} cookie one maxconn 1 maxqueue 1\n    server two {} cookie two\n",
        one.address(),
        two.address()
    ))
    .await;
    let mut clients = Vec::new();
    let ask = "GET / HTTP/1.1\r\nHost: a\r\nCookie: SRV=one\r\n\r\n";
    for _ in 0..2 {
        let mut client = Connection::open(entry).await.unwrap();
        client.send(ask).await.unwrap();
        clients.push(client);
        one.reached(1).await;
    }
    // One has the place and one waits for it, once it has come that far; the next ones go to the other server.
    let answer = loop {
        let mut client = Connection::open(entry).await.unwrap().patience(Duration::from_millis(300));
        match client.request(ask).await {
            Ok(answer) => break answer,
            Err(_) => continue,
        }
    };
    assert_eq!(answer.text(), "two");
    assert_eq!(answer.header("set-cookie"), Some("SRV=two; path=/"));
    one.release(9);
}
