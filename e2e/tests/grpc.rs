//! gRPC through the proxy: calls of all four kinds, their statuses and deadlines, servers that die, and who is chosen.

#![allow(clippy::unwrap_used)] // also outside of test functions: a step that fails ends the scenario

#[path = "grpc/errors.rs"]
mod errors;
#[path = "grpc/health.rs"]
mod health;
#[path = "grpc/service.rs"]
mod service;
#[path = "tls/client.rs"]
#[allow(dead_code, reason = "less is asked of it here")]
mod tls;

use std::net::SocketAddr;
use std::time::Duration;

use hyper_util::rt::TokioIo;
use rustls::version::TLS13;
use sluicegate_e2e::{HTTP_DEFAULTS, PATIENCE, Sluicegate, free_address};
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_stream::wrappers::ReceiverStream;
use tonic::client::Grpc;
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Request, Response, Status, Streaming};

use service::{Server, Words, path};

/// An entry before servers that speak HTTP/2 in clear, with further lines of its backend.
fn before(bind: &str, servers: &[&Server], lines: &str) -> String {
    let servers: String = servers
        .iter()
        .enumerate()
        .map(|(number, server)| format!("    server s{number} {} proto h2\n", server.address()))
        .collect();
    format!(
        "{HTTP_DEFAULTS}frontend main\n    bind {bind}\n    default_backend all\nbackend all\n{lines}{servers}"
    )
}

/// A client, over one connection.
struct Client(Grpc<Channel>);

impl Client {
    async fn open(address: SocketAddr) -> Self {
        let endpoint = Endpoint::from_shared(format!("http://{address}")).unwrap();
        Self(Grpc::new(endpoint.connect().await.unwrap()))
    }

    async fn unary(&mut self, method: &str, word: &str) -> Result<Response<String>, Status> {
        self.ask(method, Request::new(word.to_owned())).await
    }

    async fn ask(&mut self, method: &str, request: Request<String>) -> Result<Response<String>, Status> {
        self.0.ready().await.unwrap();
        timeout(PATIENCE, self.0.unary(request, path(method), Words)).await.unwrap()
    }

    async fn down(&mut self, method: &str, word: &str) -> Result<Response<Streaming<String>>, Status> {
        self.0.ready().await.unwrap();
        let request = Request::new(word.to_owned());
        timeout(PATIENCE, self.0.server_streaming(request, path(method), Words)).await.unwrap()
    }

    async fn up(&mut self, method: &str, words: Vec<String>) -> Result<Response<String>, Status> {
        self.0.ready().await.unwrap();
        let request = Request::new(tokio_stream::iter(words));
        timeout(PATIENCE, self.0.client_streaming(request, path(method), Words)).await.unwrap()
    }

    /// Both ways at once: where to say something, and what is answered.
    async fn both(&mut self, method: &str) -> Result<(mpsc::Sender<String>, Streaming<String>), Status> {
        self.0.ready().await.unwrap();
        let (words, receiver) = mpsc::channel(1);
        let request = Request::new(ReceiverStream::new(receiver));
        let answers = timeout(PATIENCE, self.0.streaming(request, path(method), Words)).await.unwrap()?;
        Ok((words, answers.into_inner()))
    }
}

async fn next(answers: &mut Streaming<String>) -> Result<Option<String>, Status> {
    timeout(PATIENCE, answers.message()).await.unwrap()
}

/// What a client sees of calls of all four kinds.
async fn calls_of_all_kinds(client: &mut Client) {
    let answer = client.unary("Join", "hello").await.unwrap();
    assert_eq!(answer.get_ref(), "hello");
    assert_eq!(answer.metadata().get("x-by").unwrap(), "a");
    let mut answers = client.down("Count", "1000").await.unwrap().into_inner();
    for number in 0..1000 {
        assert_eq!(next(&mut answers).await.unwrap(), Some(number.to_string()));
    }
    assert_eq!(next(&mut answers).await.unwrap(), None);
    let words: Vec<String> = (0..1000).map(|number| format!("{number:0>1000}")).collect();
    assert_eq!(client.up("Join", words.clone()).await.unwrap().into_inner(), words.concat());
    // Each word has its answer before the next one is said.
    let (say, mut answers) = client.both("Echo").await.unwrap();
    for word in ["one", "two", "three"] {
        say.send(word.to_owned()).await.unwrap();
        assert_eq!(next(&mut answers).await.unwrap().as_deref(), Some(word));
    }
    drop(say);
    assert_eq!(next(&mut answers).await.unwrap(), None);
}

#[tokio::test]
async fn calls_of_all_kinds_pass_in_clear() {
    let server = Server::start("a").await;
    for options in ["", " proto h2"] {
        let entry = free_address();
        let _sluicegate = Sluicegate::run(&before(&format!("{entry}{options}"), &[&server], "")).await;
        calls_of_all_kinds(&mut Client::open(entry).await).await;
    }
}

#[tokio::test]
async fn calls_of_all_kinds_pass_over_tls_of_the_client() {
    let (server, entry) = (Server::start("a").await, free_address());
    let (authority, files) = (tls::Authority::new("all"), tempfile::tempdir().unwrap());
    let file = files.path().join("site.pem");
    authority.sign(&["site.test"]).save(&file);
    let bind = format!("{entry} ssl crt {} alpn h2,http/1.1", file.display());
    let _sluicegate = Sluicegate::run(&before(&bind, &[&server], "")).await;
    let secure = std::sync::Arc::new(tls::Client::of(&authority, &[&TLS13]).offering(&["h2"]).ready());
    let connector = tower::service_fn(move |_| {
        let secure = std::sync::Arc::clone(&secure);
        async move { secure.connect(entry, "site.test").await.map(|secure| TokioIo::new(secure.0)) }
    });
    let endpoint = Endpoint::from_static("https://site.test");
    let channel = endpoint.connect_with_connector(connector).await.unwrap();
    calls_of_all_kinds(&mut Client(Grpc::new(channel))).await;
}

/// With and without something before it, in one piece with the head and apart from it.
#[tokio::test]
async fn statuses_come_with_their_words() {
    let (server, entry) = (Server::start("a").await, free_address());
    let _sluicegate = Sluicegate::run(&before(&entry.to_string(), &[&server], "")).await;
    let mut client = Client::open(entry).await;
    let is_refusal = |status: &Status| {
        (status.code(), status.message()) == (Code::FailedPrecondition, "not now: 100 % äöü")
    };
    assert!(is_refusal(&client.unary("Refuse", "").await.unwrap_err()));
    assert!(is_refusal(&client.both("Refuse").await.unwrap_err()));
    let mut answers = client.down("Fail", "").await.unwrap().into_inner();
    assert_eq!(next(&mut answers).await.unwrap().as_deref(), Some("so far"));
    assert!(is_refusal(&next(&mut answers).await.unwrap_err()));
    let status = client.unary("Nothing", "").await.unwrap_err();
    assert_eq!((status.code(), status.message()), (Code::Unimplemented, "Nothing"));
}

#[tokio::test]
async fn deadlines_reach_the_server_and_who_gives_up_frees_it() {
    let (server, entry) = (Server::start("a").await, free_address());
    // No time of the proxy's own ends a call.
    let text = before(&entry.to_string(), &[&server], "").replace("30s", "10m");
    let _sluicegate = Sluicegate::run(&text).await;
    let mut client = Client::open(entry).await;
    let mut request = Request::new(String::new());
    request.set_timeout(Duration::from_secs(20));
    client.ask("Name", request).await.unwrap();
    assert_eq!(server.last_deadline().as_deref(), Some("20000000u"));
    let mut request = Request::new(String::new());
    request.set_timeout(Duration::from_millis(50));
    let late = client.ask("Hang", request).await.unwrap_err().code();
    assert!(matches!(late, Code::Cancelled | Code::DeadlineExceeded), "{late}");
    server.over(1).await;
    // A server that is not told of a deadline hears that its client has gone; before its answer ...
    client.0.ready().await.unwrap();
    let hanging = client.0.unary(Request::new(String::new()), path("Hang"), Words);
    tokio::select! {
        answer = hanging => panic!("{answer:?}"),
        () = server.begun(2) => {}
    }
    server.over(2).await;
    // ... and amid it.
    let mut answers = client.down("Stall", "").await.unwrap().into_inner();
    assert_eq!(next(&mut answers).await.unwrap().as_deref(), Some("so far"));
    drop(answers);
    server.over(3).await;
    assert_eq!(client.unary("Name", "").await.unwrap().into_inner(), "a");
}

#[tokio::test]
async fn a_server_that_dies_is_told_and_others_go_on() {
    let (mut first, second, entry) = (Server::start("a").await, Server::start("b").await, free_address());
    let lines = "    balance first\n    option redispatch 1\n    retries 2\n";
    let _sluicegate = Sluicegate::run(&before(&entry.to_string(), &[&first, &second], lines)).await;
    let mut client = Client::open(entry).await;
    let mut answers = client.down("Stall", "").await.unwrap().into_inner();
    assert_eq!(next(&mut answers).await.unwrap().as_deref(), Some("so far"));
    let (say, mut echoes) = client.both("Echo").await.unwrap();
    say.send("one".to_owned()).await.unwrap();
    assert_eq!(next(&mut echoes).await.unwrap().as_deref(), Some("one"));
    first.die();
    // A status that says that not all has come.
    for stream in [&mut answers, &mut echoes] {
        let code = next(stream).await.unwrap_err().code();
        assert!(matches!(code, Code::Internal | Code::Unavailable | Code::Unknown), "{code}");
    }
    assert_eq!(client.unary("Name", "").await.unwrap().into_inner(), "b");
}

#[tokio::test]
async fn each_call_of_a_connection_has_its_turn() {
    let (first, second, entry) = (Server::start("a").await, Server::start("b").await, free_address());
    let _sluicegate = Sluicegate::run(&before(&entry.to_string(), &[&first, &second], "")).await;
    let mut client = Client::open(entry).await;
    let mut names = Vec::new();
    for _ in 0..6 {
        names.push(client.unary("Name", "").await.unwrap().into_inner());
    }
    assert_eq!(names, ["a", "b", "a", "b", "a", "b"]);
    // Also while others go on.
    let (_say, _answers) = client.both("Count").await.unwrap();
    assert_eq!(client.unary("Name", "").await.unwrap().into_inner(), "b");
}

/// What a stream will have said by its end cannot be waited for, though it could be sent again then.
#[tokio::test]
async fn streams_do_not_wait_to_be_sent_again() {
    let (server, entry) = (Server::start("a").await, free_address());
    let lines = "    retry-on all-retryable-errors\n";
    let _sluicegate = Sluicegate::run(&before(&entry.to_string(), &[&server], lines)).await;
    calls_of_all_kinds(&mut Client::open(entry).await).await;
}

const NOBODY: &str = "HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/grpc\r\ngrpc-status: 14\r\n\
                      grpc-message: Nobody\r\nContent-Length: 0\r\n\r\n";

/// An answer of the proxy can have a status of gRPC.
#[tokio::test]
async fn nobody_there_is_told() {
    let entry = free_address();
    let files = tempfile::tempdir().unwrap();
    let page = files.path().join("503.http");
    std::fs::write(&page, NOBODY).unwrap();
    let nobody = format!("    errorfile 503 {}\n    server s {} proto h2\n", page.display(), free_address());
    let _sluicegate = Sluicegate::run(&before(&entry.to_string(), &[], &nobody)).await;
    let status = Client::open(entry).await.unary("Name", "").await.unwrap_err();
    assert_eq!((status.code(), status.message()), (Code::Unavailable, "Nobody"));
}
