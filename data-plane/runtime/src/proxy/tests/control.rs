//! A control plane that sends what it is told to, and keeps what proxies say.

use std::path::{Path, PathBuf};

use sluicegate_proto::chunk;
use sluicegate_proto::v1::control_server::{Control, ControlServer};
use sluicegate_proto::v1::{
    ControlMessage, ProxyMessage, Update, Welcome, control_message::Message as Said, proxy_message::Message,
};
use tokio::net::UnixListener;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio_stream::wrappers::{ReceiverStream, UnixListenerStream};
use tonic::{Request, Response, Status, Streaming};

pub(super) struct Fake {
    updates: watch::Sender<Option<Update>>,
    heard: mpsc::Receiver<Message>,
    server: JoinHandle<()>,
    path: PathBuf,
}

#[derive(Clone)]
struct Sessions {
    updates: watch::Receiver<Option<Update>>,
    heard: mpsc::Sender<Message>,
}

impl Fake {
    pub(super) fn start(folder: &Path) -> Self {
        let (updates, receiver) = watch::channel(None);
        let (sender, heard) = mpsc::channel(64);
        let path = folder.join("control.sock");
        let incoming = UnixListenerStream::new(UnixListener::bind(&path).unwrap());
        let service = ControlServer::new(Sessions { updates: receiver, heard: sender });
        let server = tokio::spawn(async move {
            tonic::transport::Server::builder().serve_with_incoming(service, incoming).await.unwrap();
        });
        Self { updates, heard, server, path }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn send(&self, update: Update) {
        self.updates.send_replace(Some(update));
    }

    /// The next message for which there is an answer.
    pub(super) async fn until<T>(&mut self, wanted: impl Fn(Message) -> Option<T>) -> T {
        loop {
            if let Some(found) = wanted(self.heard.recv().await.unwrap()) {
                return found;
            }
        }
    }
}

impl Drop for Fake {
    fn drop(&mut self) {
        self.server.abort();
    }
}

#[tonic::async_trait]
impl Control for Sessions {
    type SessionStream = ReceiverStream<Result<ControlMessage, Status>>;

    async fn session(
        &self,
        request: Request<Streaming<ProxyMessage>>,
    ) -> Result<Response<Self::SessionStream>, Status> {
        let (mut incoming, heard) = (request.into_inner(), self.heard.clone());
        tokio::spawn(async move {
            while let Ok(Some(ProxyMessage { message: Some(message) })) = incoming.message().await {
                if heard.send(message).await.is_err() {
                    return;
                }
            }
        });
        let (outgoing, answers) = mpsc::channel(64);
        let mut updates = self.updates.clone();
        updates.mark_changed();
        tokio::spawn(async move {
            let mut say = vec![Said::Welcome(Welcome { report_interval_ms: 100, ..Welcome::default() })];
            loop {
                for message in say {
                    // The proxy is gone.
                    let Ok(()) = outgoing.send(Ok(ControlMessage { message: Some(message) })).await else {
                        return;
                    };
                }
                let Ok(()) = updates.changed().await else { return };
                let update = updates.borrow_and_update().clone();
                let encoded = update.map(|update| chunk::encode(&update).unwrap());
                say = encoded.into_iter().flat_map(chunk::pieces).map(Said::Chunk).collect();
            }
        });
        Ok(Response::new(ReceiverStream::new(answers)))
    }
}
