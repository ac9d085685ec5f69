//! Requests that a server behind us may read in another way than we do: each is refused, and none gets through.

#![allow(clippy::unwrap_used)] // also outside of test functions: a step that fails ends the scenario

use sluicegate_e2e::{Connection, Failure, HTTP_DEFAULTS, Origin, Response, Sluicegate, fetch, free_address};
use sluicegate_engine::h1::smuggling;

#[tokio::test]
async fn no_shape_of_request_gets_through() {
    let (origin, entry) = (Origin::start("app01").await, free_address());
    let server = origin.address();
    let configuration = format!("{HTTP_DEFAULTS}listen main\n    bind {entry}\n    server app01 {server}\n");
    let mut front = Sluicegate::run(&configuration).await;
    let (mut wrong, mut tried) = (Vec::new(), 0);
    for case in smuggling::cases() {
        tried += 1;
        judge(entry, case.name, case.bytes, case.status, &mut wrong).await;
    }
    let head = b"POST /reflect HTTP/1.1\r\nHost: app\r\nTransfer-Encoding: chunked\r\n\r\n";
    for case in smuggling::CHUNKS {
        tried += 1;
        judge(entry, case.name, &[head, case.bytes].concat(), 400, &mut wrong).await;
    }
    assert!(wrong.is_empty(), "{} of {tried}:\n{}", wrong.len(), wrong.join("\n"));
    assert!(tried > 100, "the table is there");
    assert_eq!(origin.requests(), 0, "{:?}", origin.last_request());
    assert!(front.process().is_running());
    assert_eq!(fetch(entry, "/").await.unwrap().text(), "app01");
    assert_eq!(origin.requests(), 1);
}

/// One answer with this status, then the end of the connection.
async fn judge(entry: std::net::SocketAddr, name: &str, bytes: &[u8], status: u16, wrong: &mut Vec<String>) {
    let mut client = Connection::open(entry).await.unwrap();
    let answer = match refusal(&mut client, bytes).await {
        Ok(answer) => answer,
        Err(failure) => return wrong.push(format!("{name}: {failure} instead of {status}")),
    };
    if answer.status() != status {
        return wrong.push(format!("{name}: {} instead of {status}", answer.status()));
    }
    if let Err(failure) = client.closed().await {
        wrong.push(format!("{name}: answered {status}, then: {failure}"));
    }
}

/// A refusal may have a body even where the method asks for none: what was refused has no method.
async fn refusal(client: &mut Connection, bytes: &[u8]) -> Result<Response, Failure> {
    client.send(bytes).await?;
    client.response("GET").await
}
