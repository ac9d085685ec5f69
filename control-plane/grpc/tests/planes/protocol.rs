//! What the control plane answers to proxies that are older, double or not proxies at all.

use std::path::Path;

use sluicegate_proto::SCHEMA;
use sluicegate_proto::capability::of_this_build;
use sluicegate_proto::v1::control_client::ControlClient;
use sluicegate_proto::v1::{
    Ack, ControlMessage, Hello, ProxyMessage, control_message, proxy_message::Message,
};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Code, Status, Streaming};

use super::fake::{Control, SCOPE, publisher, socket, unix};

pub(crate) fn hello() -> Hello {
    Hello {
        proxy_id: "p1".into(),
        scope: SCOPE.into(),
        schema: SCHEMA,
        capabilities: of_this_build().iter().cloned().collect(),
        ..Hello::default()
    }
}

/// A stream that says what it is told to.
pub(crate) struct Raw {
    pub(crate) say: mpsc::Sender<ProxyMessage>,
    pub(crate) hear: Streaming<ControlMessage>,
}

impl Raw {
    async fn open(path: &Path, first: Option<Message>) -> Result<Self, Status> {
        let (say, messages) = mpsc::channel(4);
        if let Some(first) = first {
            say.send(ProxyMessage { message: Some(first) }).await.unwrap();
        }
        let mut client = ControlClient::new(unix(path).connect().await.unwrap());
        let hear = client.session(ReceiverStream::new(messages)).await?.into_inner();
        Ok(Self { say, hear })
    }

    pub(crate) async fn welcomed(path: &Path, hello: Hello) -> Self {
        let mut raw = Self::open(path, Some(Message::Hello(hello))).await.unwrap();
        let first = raw.hear.message().await.unwrap().unwrap();
        assert!(matches!(first.message, Some(control_message::Message::Welcome(_))));
        raw
    }

    pub(crate) async fn say(&self, message: Option<Message>) {
        self.say.send(ProxyMessage { message }).await.unwrap();
    }

    /// The word that the session ends with.
    pub(crate) async fn end(mut self) -> Status {
        loop {
            match self.hear.message().await {
                Ok(Some(_)) => {}
                Ok(None) => panic!("ended without a word"),
                Err(status) => return status,
            }
        }
    }
}

#[tokio::test]
async fn nothing_is_pushed_to_an_older_proxy_and_the_status_says_what_it_lacks() {
    let dir = tempfile::tempdir().unwrap();
    let control = Control::unix(publisher(1), &socket(&dir));
    control.publish(&[("a", 1)]);
    let older = Hello { schema: 0, ..hello() };
    let lacking = Hello { capabilities: vec!["kind.frontend".into()], ..hello() };
    for (hello, lacks) in [(older, format!("schema.{SCHEMA}")), (lacking, "kind.backend".into())] {
        let mut raw = Raw::welcomed(&socket(&dir), hello).await;
        let status = control.until(|status| status.connected).await;
        assert_eq!(status.missing_capabilities, [lacks]);
        control.publish(&[("a", 2)]);
        control.publish(&[("a", 1)]);
        drop(raw.say);
        // The stream ends without an update.
        assert!(raw.hear.message().await.unwrap().is_none());
        control.until(|status| !status.connected).await;
    }
}

#[tokio::test]
async fn the_newest_session_of_a_proxy_counts() {
    let dir = tempfile::tempdir().unwrap();
    let control = Control::unix(publisher(1), &socket(&dir));
    let old = Raw::welcomed(&socket(&dir), hello()).await;
    let _new = Raw::welcomed(&socket(&dir), hello()).await;
    let end = old.end().await;
    assert_eq!((end.code(), end.message()), (Code::Aborted, "another session of proxy 'p1' began"));
    assert_eq!(control.proxies().len(), 1);
}

#[tokio::test]
async fn a_session_begins_with_hello_and_has_one() {
    let dir = tempfile::tempdir().unwrap();
    let _control = Control::unix(publisher(1), &socket(&dir));
    let refused = |opened: Result<Raw, Status>| opened.err().unwrap().code();
    let ack = Message::Ack(Ack::default());
    assert_eq!(refused(Raw::open(&socket(&dir), Some(ack.clone())).await), Code::InvalidArgument);
    let nameless = Hello { proxy_id: String::new(), ..hello() };
    assert_eq!(
        refused(Raw::open(&socket(&dir), Some(Message::Hello(nameless))).await),
        Code::InvalidArgument
    );
    let elsewhere = Hello { scope: "nowhere".into(), ..hello() };
    let status = Raw::open(&socket(&dir), Some(Message::Hello(elsewhere))).await.err().unwrap();
    assert_eq!(status.message(), "there is no scope 'nowhere' here; there are: edge, inner");
    for message in [Some(Message::Hello(hello())), Some(ack), None] {
        let raw = Raw::welcomed(&socket(&dir), hello()).await;
        raw.say(message).await;
        assert_eq!(raw.end().await.code(), Code::InvalidArgument);
    }
}

#[tokio::test]
async fn an_answer_to_what_was_not_sent_ends_the_session() {
    let dir = tempfile::tempdir().unwrap();
    let control = Control::unix(publisher(1), &socket(&dir));
    let raw = Raw::welcomed(&socket(&dir), hello()).await;
    control.until(|status| status.connected).await;
    let generation = sluicegate_proto::generation::Generation::default();
    raw.say(Some(Message::Ack(Ack { generation: Some(generation.into()), took_us: 0 }))).await;
    assert_eq!(raw.end().await.code(), Code::FailedPrecondition);
}

#[tokio::test]
async fn a_message_over_the_limit_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let _control = Control::unix(publisher(1), &socket(&dir));
    let long = Hello { version: "x".repeat(5 << 20), ..hello() };
    let refused = Raw::open(&socket(&dir), Some(Message::Hello(long))).await.err().unwrap();
    assert_eq!(refused.code(), Code::OutOfRange);
}

#[tokio::test(start_paused = true)]
async fn a_silent_peer_is_given_up() {
    let dir = tempfile::tempdir().unwrap();
    let _control = Control::unix(publisher(1), &socket(&dir));
    let refused = Raw::open(&socket(&dir), None).await.err().unwrap();
    assert_eq!((refused.code(), refused.message()), (Code::DeadlineExceeded, "no Hello came in time"));
}

#[tokio::test]
async fn sessions_end_in_order_with_the_control_plane() {
    let dir = tempfile::tempdir().unwrap();
    let control = Control::unix(publisher(1), &socket(&dir));
    let raw = Raw::welcomed(&socket(&dir), hello()).await;
    let stopping = tokio::spawn(control.stop());
    let end = raw.end().await;
    assert_eq!((end.code(), end.message()), (Code::Unavailable, "the control plane ends"));
    stopping.await.unwrap();
}
