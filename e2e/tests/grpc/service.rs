//! A service of gRPC whose messages are words.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use bytes::{Buf as _, BufMut as _};
use prost::Message as _;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::sync::{mpsc, watch};
use tokio_stream::wrappers::{ReceiverStream, TcpListenerStream};
use tonic::body::Body;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::codegen::Service;
use tonic::codegen::http::{Request as Asked, Response as Answered};
use tonic::server::NamedService;
use tonic::{Code, Request, Response, Status, Streaming};

/// Messages as they are.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Words;

impl Codec for Words {
    type Encode = String;
    type Decode = String;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        Self
    }

    fn decoder(&mut self) -> Self {
        Self
    }
}

impl Encoder for Words {
    type Item = String;
    type Error = Status;

    fn encode(&mut self, item: String, into: &mut EncodeBuf<'_>) -> Result<(), Status> {
        into.put(item.as_bytes());
        Ok(())
    }
}

impl Decoder for Words {
    type Item = String;
    type Error = Status;

    fn decode(&mut self, from: &mut DecodeBuf<'_>) -> Result<Option<String>, Status> {
        let bytes = from.copy_to_bytes(from.remaining());
        String::from_utf8(bytes.into()).map(Some).map_err(|_| Status::internal("no words"))
    }
}

/// What a method is called by.
pub(crate) fn path(method: &str) -> tonic::codegen::http::uri::PathAndQuery {
    format!("/{}/{method}", Talker::NAME).parse().unwrap()
}

/// A server with threads of its own, so that it can die.
pub(crate) struct Server {
    address: SocketAddr,
    seen: Arc<Seen>,
    runtime: Option<Runtime>,
}

#[derive(Default)]
struct Seen {
    /// What the metadata of requests had in `grpc-timeout`.
    deadlines: Mutex<Vec<Option<String>>>,
    /// Calls of `Hang` that have begun, and that are over.
    begun: watch::Sender<usize>,
    over: watch::Sender<usize>,
    /// What is told of the health of services.
    health: Mutex<BTreeMap<String, Health>>,
}

/// `ServingStatus` of grpc.health.v1.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Health {
    Serving = 1,
    NotServing = 2,
}

#[derive(Clone, PartialEq, prost::Message)]
struct HealthCheckRequest {
    #[prost(string, tag = "1")]
    service: String,
}

#[derive(Clone, PartialEq, prost::Message)]
struct HealthCheckResponse {
    #[prost(int32, tag = "1")]
    status: i32,
}

impl Server {
    pub(crate) async fn start(name: &'static str) -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let (address, seen) = (listener.local_addr().unwrap(), Arc::<Seen>::default());
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let talker = Talker { name, seen: Arc::clone(&seen) };
        runtime.spawn(async move {
            listener.set_nonblocking(true).unwrap();
            let incoming = TcpListenerStream::new(TcpListener::from_std(listener).unwrap());
            let serving = tonic::transport::Server::builder().serve_with_incoming(talker, incoming);
            serving.await.unwrap();
        });
        Self { address, seen, runtime: Some(runtime) }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Ends with all of its connections.
    pub(crate) fn die(&mut self) {
        self.runtime.take().unwrap().shutdown_background();
    }

    pub(crate) fn last_deadline(&self) -> Option<String> {
        self.seen.deadlines.lock().unwrap().last().unwrap().clone()
    }

    /// Tells from now on that a service is well, or not; `None`: that there is none.
    pub(crate) fn tell(&self, service: &str, health: Option<Health>) {
        let mut all = self.seen.health.lock().unwrap();
        match health {
            Some(health) => drop(all.insert(service.to_owned(), health)),
            None => drop(all.remove(service)),
        }
    }

    /// Waits until so many calls of `Hang` have begun.
    pub(crate) async fn begun(&self, count: usize) {
        reach(&self.seen.begun, count).await;
    }

    /// Waits until so many of them are over.
    pub(crate) async fn over(&self, count: usize) {
        reach(&self.seen.over, count).await;
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

async fn reach(number: &watch::Sender<usize>, count: usize) {
    let mut number = number.subscribe();
    let reached = number.wait_for(|&number| number >= count);
    tokio::time::timeout(sluicegate_e2e::PATIENCE, reached).await.unwrap().unwrap();
}

/// A call of `Hang`.
struct Hanging(Arc<Seen>);

impl Hanging {
    fn new(seen: &Arc<Seen>) -> Self {
        seen.begun.send_modify(|count| *count += 1);
        Self(Arc::clone(seen))
    }
}

impl Drop for Hanging {
    fn drop(&mut self) {
        self.0.over.send_modify(|count| *count += 1);
    }
}

#[derive(Clone)]
struct Talker {
    name: &'static str,
    seen: Arc<Seen>,
}

impl NamedService for Talker {
    const NAME: &'static str = "test.Talker";
}

type Answers = ReceiverStream<Result<String, Status>>;
type Boxed<T, E> = Pin<Box<dyn Future<Output = Result<T, E>> + Send>>;

impl Service<Asked<Body>> for Talker {
    type Response = Answered<Body>;
    type Error = Infallible;
    type Future = Boxed<Answered<Body>, Infallible>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Asked<Body>) -> Self::Future {
        let method = request.uri().path().rsplit('/').next().unwrap_or_default().to_owned();
        let call = Call { method, talker: self.clone() };
        Box::pin(async move { Ok(tonic::server::Grpc::new(Words).streaming(call, request).await) })
    }
}

/// One call. On the wire all four kinds of methods are streams both ways.
struct Call {
    method: String,
    talker: Talker,
}

impl Service<Request<Streaming<String>>> for Call {
    type Response = Response<Answers>;
    type Error = Status;
    type Future = Boxed<Self::Response, Status>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Status>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Streaming<String>>) -> Self::Future {
        Box::pin(answer(self.method.clone(), self.talker.clone(), request))
    }
}

async fn answer(
    method: String,
    talker: Talker,
    request: Request<Streaming<String>>,
) -> Result<Response<Answers>, Status> {
    let deadline = request.metadata().get("grpc-timeout").and_then(|text| text.to_str().ok());
    talker.seen.deadlines.lock().unwrap().push(deadline.map(str::to_owned));
    let mut words = request.into_inner();
    let (answers, receiver) = mpsc::channel(1);
    match &*method {
        // Nothing but trailers.
        "Refuse" => return Err(refusal()),
        "Hang" => {
            let _hanging = Hanging::new(&talker.seen);
            std::future::pending::<()>().await;
        }
        _ => {}
    }
    let by = talker.name.parse().unwrap();
    tokio::spawn(async move {
        // Who has gone hears nothing.
        let _ = tell(&method, &talker, &mut words, &answers).await;
    });
    let mut response = Response::new(ReceiverStream::new(receiver));
    response.metadata_mut().insert("x-by", by);
    Ok(response)
}

fn refusal() -> Status {
    Status::new(Code::FailedPrecondition, "not now: 100 % äöü")
}

async fn tell(
    method: &str,
    talker: &Talker,
    words: &mut Streaming<String>,
    answers: &mpsc::Sender<Result<String, Status>>,
) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    match method {
        "Name" => answers.send(Ok(talker.name.to_owned())).await?,
        // Small messages of health are words too.
        "Check" => {
            let asked = words.message().await?.unwrap_or_default();
            let HealthCheckRequest { service } = HealthCheckRequest::decode(asked.as_bytes())?;
            let health = talker.seen.health.lock().unwrap().get(&service).copied();
            let answer = health.map(|health| HealthCheckResponse { status: health as i32 }.encode_to_vec());
            let answer = answer.map(|answer| String::from_utf8_lossy(&answer).into_owned());
            answers.send(answer.ok_or_else(|| Status::not_found(format!("no {service:?}")))).await?;
        }
        // As many words as the first one says.
        "Count" => {
            let most: usize = words.message().await?.ok_or("nothing")?.parse()?;
            for number in 0..most {
                answers.send(Ok(number.to_string())).await?;
            }
        }
        // One, with all of them in it.
        "Join" => {
            let mut all = String::new();
            while let Some(word) = words.message().await? {
                all.push_str(&word);
            }
            answers.send(Ok(all)).await?;
        }
        // Each at once.
        "Echo" => {
            while let Some(word) = words.message().await? {
                answers.send(Ok(word)).await?;
            }
        }
        // One, and then no more.
        "Fail" => {
            answers.send(Ok("so far".to_owned())).await?;
            answers.send(Err(refusal())).await?;
        }
        // One, and then nothing.
        "Stall" => {
            let _hanging = Hanging::new(&talker.seen);
            answers.send(Ok("so far".to_owned())).await?;
            answers.closed().await;
        }
        other => answers.send(Err(Status::unimplemented(other))).await?,
    }
    Ok(())
}
