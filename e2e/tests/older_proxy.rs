//! A proxy of an older build: nothing that it would not understand is pushed to it, and the status names what is missing.

#![allow(clippy::unwrap_used)] // also outside of test functions: a step that fails ends the scenario

use std::path::Path;

use serde_json::Value;
use sluicegate_e2e::{HTTP_DEFAULTS, Origin, Sluicegate, free_address};
use sluicegate_proto::SCHEMA;
use sluicegate_proto::capability::of_this_build;
use sluicegate_proto::v1::control_client::ControlClient;
use sluicegate_proto::v1::{ControlMessage, Hello, ProxyMessage, control_message, proxy_message};
use sluicegate_sync::{ControlAddress, Target};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Streaming;

/// A proxy in name only.
struct Fake {
    _say: mpsc::Sender<ProxyMessage>,
    hear: Streaming<ControlMessage>,
}

impl Fake {
    async fn say_hello(socket: &Path, hello: Hello) -> Self {
        let target = Target::new(ControlAddress::Unix(socket.to_owned()), None).unwrap();
        let (say, messages) = mpsc::channel(4);
        say.send(ProxyMessage { message: Some(proxy_message::Message::Hello(hello)) }).await.unwrap();
        let mut client = ControlClient::new(target.connect().await.unwrap());
        let hear = client.session(ReceiverStream::new(messages)).await.unwrap().into_inner();
        Self { _say: say, hear }
    }

    /// The next message: true if it is a piece of an update.
    async fn hears_chunk(&mut self) -> bool {
        let message = self.hear.message().await.unwrap().expect("the session goes on");
        matches!(message.message, Some(control_message::Message::Chunk(_)))
    }
}

fn hello(id: &str) -> Hello {
    Hello {
        proxy_id: id.to_owned(),
        scope: "default".to_owned(),
        schema: SCHEMA,
        version: "0.0.1".to_owned(),
        capabilities: of_this_build().iter().cloned().collect(),
        ..Hello::default()
    }
}

fn missing(status: &Value, id: &str) -> Vec<String> {
    let proxies = status["scopes"][0]["proxies"].as_array().cloned().unwrap_or_default();
    let found = proxies.iter().find(|proxy| proxy["id"] == id).cloned().unwrap_or_default();
    let words = found["missing_capabilities"].as_array().cloned().unwrap_or_default();
    words.iter().filter_map(|word| word.as_str().map(str::to_owned)).collect()
}

#[tokio::test]
async fn nothing_is_pushed_to_an_older_proxy() {
    let (origin, entry, folder) =
        (Origin::start("app01").await, free_address(), tempfile::tempdir().unwrap());
    let socket = folder.path().join("control.sock");
    let (listen, server) = (format!("unix:{}", socket.display()), origin.address());
    let with_redirect = format!(
        "{HTTP_DEFAULTS}listen main\n    bind {entry}\n    http-request redirect location /new if {{ path /old }}\n    server app01 {server}\n"
    );
    let mut control =
        Sluicegate::program("sluicegate", &with_redirect, &["control", "haproxy.cfg", "--listen", &listen]);
    control.process().wait_for("listening on").await;
    control.process().wait_for("published generation").await;

    let mut equal = Fake::say_hello(&socket, hello("equal")).await;
    assert!(!equal.hears_chunk().await, "Welcome comes first");
    assert!(equal.hears_chunk().await, "one that knows everything gets it");

    let mut old_schema = Fake::say_hello(&socket, Hello { schema: SCHEMA - 1, ..hello("old-schema") }).await;
    let mut no_redirect = hello("no-redirect");
    no_redirect.capabilities.retain(|name| name != "action.redirect");
    let mut no_redirect = Fake::say_hello(&socket, no_redirect).await;
    assert!(!old_schema.hears_chunk().await && !no_redirect.hears_chunk().await);

    let status = control
        .status_where("what both lack", |status| {
            !missing(status, "old-schema").is_empty() && !missing(status, "no-redirect").is_empty()
        })
        .await;
    assert_eq!(missing(&status, "no-redirect"), ["action.redirect"], "{status:#}");
    assert_eq!(missing(&status, "old-schema"), [format!("schema.{SCHEMA}")], "{status:#}");
    assert!(missing(&status, "equal").is_empty());

    // Without what it lacks the next generation is for it too; the first thing that it hears of is this one.
    control.edit(&with_redirect.replace("    http-request redirect location /new if { path /old }\n", ""));
    assert!(no_redirect.hears_chunk().await);
    control.status_where("nothing is missing", |status| missing(status, "no-redirect").is_empty()).await;
    assert_eq!(missing(&control.status(), "old-schema").len(), 1);
}
