//! Client bytes times server: whatever a client sends, the requests that nginx and HAProxy find in what we forward are
//! those that our log names, in that order.

#![allow(clippy::unwrap_used)] // also outside of test functions: a step that fails ends the scenario

#[path = "smuggling_matrix/delicate.rs"]
mod delicate;

use std::net::SocketAddr;

use delicate::DELICATE;
use sluicegate_e2e::{
    Connection, Failure, HTTP_DEFAULTS, Haproxy, Nginx, Sluicegate, Syslog, fetch, free_address,
};
use sluicegate_engine::h1::smuggling;

/// The request that follows each shape, and must arrive as it is.
const NEXT: &[u8] = b"GET /next HTTP/1.1\r\nHost: a\r\n\r\n";

/// What the client expects behind the shape's own answer.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Then {
    /// The next request is answered.
    Next,
    /// The connection ends.
    End,
    /// Either.
    Any,
}

/// A proxy, what it logs, and what its server logs.
struct Stage {
    entry: SocketAddr,
    ours: Syslog,
    theirs: Syslog,
    sentinels: u32,
    wrong: Vec<String>,
    forwarded: usize,
    _front: Sluicegate,
}

impl Stage {
    /// In front of a server that logs to `theirs`. One worker writes its lines in the order of its exchanges.
    async fn in_front_of(server: SocketAddr, theirs: Syslog) -> Self {
        let (ours, entry) = (Syslog::udp().await, free_address());
        let to = ours.address();
        let configuration = format!(
            "global\n    log {to} local0\n{HTTP_DEFAULTS}    log global\n    log-format \"%s %{{+Q}}r\"\n    \
             retries 0\nlisten main\n    bind {entry}\n    server app01 {server}\n"
        );
        let front = Sluicegate::run_with(&configuration, &["--workers", "1"]).await;
        Self { entry, ours, theirs, sentinels: 0, wrong: Vec::new(), forwarded: 0, _front: front }
    }

    /// Sends the pieces, the later ones when the answer to the first has come, and the next request with the last.
    async fn tell(&mut self, name: &str, pieces: &[&[u8]], status: Option<u16>, then: Then) {
        let mut client = Connection::open(self.entry).await.unwrap();
        let saw = speak(&mut client, pieces, status, then).await;
        if let Err(difference) = saw {
            self.wrong.push(format!("{name}: {difference}"));
        }
        drop(client);
        self.compare(name).await;
    }

    /// One more request over a connection of its own ends what either side logs about a shape.
    async fn compare(&mut self, name: &str) {
        self.sentinels += 1;
        let sentinel = format!("/sentinel/{} ", self.sentinels);
        fetch(self.entry, sentinel.trim()).await.unwrap();
        let mut expected = Vec::new();
        while expected.last().is_none_or(|line: &String| !line.contains(&sentinel)) {
            let line = message(&self.ours.line().await);
            // Without a server nothing was forwarded.
            if let Some(request) = line.strip_prefix("app01 ") {
                expected.push(request.trim_matches('"').to_owned());
            }
        }
        let (mut found, mut ended) = (Vec::new(), false);
        // A request that was cut off may be logged behind the sentinel.
        while !ended || found.len() < expected.len() {
            let line = message(&self.theirs.line().await);
            ended |= line.contains(&sentinel);
            found.push(line);
        }
        self.forwarded += expected.len();
        let expected: Vec<_> = expected.iter().map(|line| onward(line)).collect();
        let requests: Vec<_> = found.iter().map(|line| requested(line)).collect();
        if requests != expected {
            self.wrong.push(format!("{name}: logged {expected:?}, the server saw {found:?}"));
        }
        for line in found.iter().filter(|line| line.ends_with("GET /next HTTP/1.1")) {
            let bytes = line.split(' ').next().and_then(|bytes| bytes.parse().ok()).unwrap_or(NEXT.len());
            if bytes != NEXT.len() {
                self.wrong.push(format!("{name}: the next request has {bytes} bytes for the server"));
            }
        }
    }

    async fn all(mut self, peer: &str) {
        let head = &b"POST /c HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"[..];
        for case in DELICATE {
            let then = if case.last { Then::End } else { Then::Next };
            self.tell(case.name, &[case.bytes], None, then).await;
            let end = case.bytes.windows(4).skip(4).position(|end| end == b"\r\n\r\n").unwrap() + 8;
            if end < case.bytes.len() {
                // What the server answers before it has the body, it may answer and close.
                let name = format!("{}, body later", case.name);
                self.tell(&name, &[&case.bytes[..end], &case.bytes[end..]], None, Then::Any).await;
            }
        }
        for case in smuggling::cases() {
            self.tell(case.name, &[case.bytes], Some(case.status), Then::End).await;
        }
        for case in smuggling::CHUNKS {
            self.tell(case.name, &[&[head, case.bytes].concat()], Some(400), Then::End).await;
            let name = format!("{}, body later", case.name);
            self.tell(&name, &[head, case.bytes], None, Then::End).await;
        }
        let (shapes, forwarded) = (self.sentinels, self.forwarded);
        println!("{peer}: {shapes} shapes, {forwarded} requests forwarded");
        assert!(self.wrong.is_empty(), "{} of {shapes}:\n{}", self.wrong.len(), self.wrong.join("\n"));
        assert!(shapes > 300 && forwarded > 400, "the table is there: {shapes} shapes, {forwarded} requests");
    }
}

/// The client's part: what differs from what it should see.
async fn speak(
    client: &mut Connection,
    pieces: &[&[u8]],
    status: Option<u16>,
    then: Then,
) -> Result<(), String> {
    // What was refused has no method, so its answer has a body.
    let method = if pieces[0].starts_with(b"HEAD") && status.is_none() { "HEAD" } else { "GET" };
    let mut answer = None;
    for (index, piece) in pieces.iter().enumerate() {
        let last = index + 1 == pieces.len();
        let next: &[u8] = if last { NEXT } else { b"" };
        // The end that an early answer announces may come first; it shows when reading.
        let sent = client.send([piece, next].concat()).await;
        if answer.is_none() {
            let response =
                client.response(method).await.map_err(|failure| format!("{failure} ({sent:?})"))?;
            answer = Some(response.status());
        }
    }
    if status.is_some() && answer != status {
        return Err(format!("{answer:?} instead of {status:?}"));
    }
    let behind = client.response("GET").await.map(|response| response.status());
    match (behind, then) {
        (Ok(200), Then::Next | Then::Any)
        | (Err(Failure::Closed | Failure::Reset), Then::End | Then::Any) => Ok(()),
        (behind, _) => Err(format!("answered {answer:?}, then {behind:?}")),
    }
}

/// What follows the header of a syslog message.
fn message(line: &str) -> String {
    line.split_once(": ").map_or(line, |(_, message)| message).to_owned()
}

/// A request line as it is to be sent on: a proxy speaks its own version, and leaves away a port that means nothing.
fn onward(line: &str) -> String {
    let words: Vec<&str> = line.split(' ').collect();
    words[..words.len().saturating_sub(1)].join(" ").replace("http://a:80", "http://a")
}

/// Method and target of what a server logs: `BYTES METHOD TARGET VERSION`.
fn requested(line: &str) -> String {
    let words: Vec<&str> = line.split(' ').collect();
    words.get(1..words.len() - 1).unwrap_or_default().join(" ")
}

#[tokio::test]
async fn nginx_sees_the_requests_that_we_log() {
    let theirs = Syslog::udp().await;
    let nginx = Nginx::run(theirs.address()).await;
    Stage::in_front_of(nginx.address(), theirs).await.all("nginx").await;
}

#[tokio::test]
async fn haproxy_sees_the_requests_that_we_log() {
    let (theirs, address) = (Syslog::udp().await, free_address());
    let to = theirs.address();
    let _haproxy = Haproxy::run(&format!(
        "global\n    log {to} local0\n    nbthread 1\n{HTTP_DEFAULTS}    log global\nfrontend server\n    bind {address}\n    \
         log-format \"- %r\"\n    http-request return status 200 content-type text/plain string ok\n"
    ))
    .await;
    Stage::in_front_of(address, theirs).await.all("HAProxy").await;
}
