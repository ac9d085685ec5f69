//! The two gRPC services.

use std::convert::Infallible;
use std::task::{Context, Poll};
use std::time::Duration;

use sluicegate_proto::capability::SECRETS;
use sluicegate_proto::v1::control_server::{Control, ControlServer};
use sluicegate_proto::v1::operations_server::{Operations, OperationsServer};
use sluicegate_proto::v1::{
    ContainerExplanation, ControlMessage, ExplainContainerRequest, FleetStatus, ProxyMessage, StatusRequest,
    proxy_message::Message,
};
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_stream::wrappers::ReceiverStream;
use tonic::body::Body;
use tonic::codegen::{BoxFuture, Service, http};
use tonic::server::NamedService;
use tonic::{Request, Response, Status, Streaming};
use tracing::{info, warn};

use crate::hello::validate;
use crate::peer::Peer;
use crate::publisher::Publisher;
use crate::session::{Pending, Session};

/// Longest message of a proxy; reports are the long ones.
const MAX_MESSAGE_BYTES: usize = 4 << 20;
/// Time for a Hello.
const HELLO_LIMIT: Duration = Duration::from_secs(10);

/// Both services behind one connection.
#[derive(Clone)]
pub(crate) struct Services {
    control: ControlServer<Answers>,
    operations: OperationsServer<Answers>,
}

#[derive(Clone)]
struct Answers(Publisher);

impl Services {
    pub(crate) fn new(publisher: Publisher) -> Self {
        let answers = Answers(publisher);
        Self {
            control: ControlServer::new(answers.clone()).max_decoding_message_size(MAX_MESSAGE_BYTES),
            operations: OperationsServer::new(answers).max_decoding_message_size(MAX_MESSAGE_BYTES),
        }
    }
}

impl Service<http::Request<Body>> for Services {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<Self::Response, Infallible>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let service = request.uri().path().split('/').nth(1).unwrap_or_default();
        match service {
            ControlServer::<Answers>::NAME => self.control.call(request),
            OperationsServer::<Answers>::NAME => self.operations.call(request),
            _ => {
                let unknown = Status::unimplemented("this service does not exist here").into_http();
                Box::pin(async { Ok(unknown) })
            }
        }
    }
}

#[tonic::async_trait]
impl Control for Answers {
    type SessionStream = ReceiverStream<Result<ControlMessage, Status>>;

    async fn session(
        &self,
        request: Request<Streaming<ProxyMessage>>,
    ) -> Result<Response<Self::SessionStream>, Status> {
        let peer = peer(&request)?;
        let mut incoming = request.into_inner();
        let first = timeout(HELLO_LIMIT, incoming.message())
            .await
            .map_err(|_| Status::deadline_exceeded("no Hello came in time"))??;
        let Some(ProxyMessage { message: Some(Message::Hello(hello)) }) = first else {
            return Err(Status::invalid_argument("a session begins with Hello"));
        };
        let mut introduction =
            validate(hello).map_err(|error| Status::invalid_argument(error.to_string()))?;
        if !peer.may_have_secrets() {
            introduction.capabilities.remove(SECRETS);
        }
        let (proxy_id, scope) = (introduction.proxy_id.clone(), introduction.scope.clone());
        if !peer.may_join(&scope) {
            warn!(proxy = %proxy_id, %scope, %peer, "a proxy asked for a scope that is not its own");
            return Err(Status::permission_denied(format!("{peer} does not allow scope '{scope}'")));
        }
        let wake = self.0.watch(&scope).map_err(|error| Status::not_found(error.to_string()))?;
        let (version, held) = (introduction.version.clone(), introduction.held);
        let id = self.0.hello(introduction).map_err(|error| Status::resource_exhausted(error.to_string()))?;
        let held = held.map_or_else(|| "nothing".to_owned(), |held| held.to_string());
        info!(proxy = %proxy_id, %scope, %version, serves = %held, "proxy joined");
        let (outgoing, messages) = mpsc::channel(1);
        let publisher = self.0.clone();
        let session = Session { id, proxy_id, scope, publisher, wake, pending: Pending::default() };
        tokio::spawn(session.run(incoming, outgoing));
        Ok(Response::new(ReceiverStream::new(messages)))
    }
}

#[tonic::async_trait]
impl Operations for Answers {
    async fn status(&self, request: Request<StatusRequest>) -> Result<Response<FleetStatus>, Status> {
        let status = self.0.status_for(&peer(&request)?);
        Ok(Response::new(status))
    }

    async fn explain_container(
        &self,
        request: Request<ExplainContainerRequest>,
    ) -> Result<Response<ContainerExplanation>, Status> {
        let peer = peer(&request)?;
        if !peer.may_read_all() {
            return Err(Status::permission_denied(format!("{peer} does not allow to read of containers")));
        }
        let explained = self.0.explain_container(&request.into_inner().container);
        explained.map(Response::new).ok_or_else(|| Status::not_found("no containers are watched here"))
    }
}

fn peer<T>(request: &Request<T>) -> Result<Peer, Status> {
    request
        .extensions()
        .get::<Peer>()
        .cloned()
        .ok_or_else(|| Status::internal("the connection names no peer"))
}
