//! Two hundred proxies of fifty thousand endpoints, one of which changes: what it costs to tell them all.

#![allow(clippy::unwrap_used)] // also outside of test functions: a step that fails ends the scenario

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use prost::Message as _;
use sluicegate_e2e::{HTTP_DEFAULTS, Sluicegate, free_address};
use sluicegate_proto::SCHEMA;
use sluicegate_proto::capability::of_this_build;
use sluicegate_proto::v1::control_client::ControlClient;
use sluicegate_proto::v1::{
    Ack, Chunk, Generation, Hello, ProxyMessage, Update, control_message, proxy_message,
};
use sluicegate_sync::{ControlAddress, Target};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Streaming;

const PROXIES: usize = 200;
const BACKENDS: usize = 500;
const ENDPOINTS_EACH: usize = 100;
/// What one endpoint may cost each proxy on the wire, its generation and frames included.
const BYTES_EACH: usize = 4_096;

/// A proxy that takes everything and serves nothing.
struct Fake {
    say: mpsc::Sender<ProxyMessage>,
    hear: Streaming<sluicegate_proto::v1::ControlMessage>,
}

impl Fake {
    async fn open(socket: PathBuf, number: usize, generation: Option<Generation>) -> Self {
        let hello = Hello {
            proxy_id: format!("p{number}"),
            scope: "default".to_owned(),
            schema: SCHEMA,
            version: "0.0.1".to_owned(),
            capabilities: of_this_build().iter().cloned().collect(),
            generation,
            ..Hello::default()
        };
        let target = Target::new(ControlAddress::Unix(socket), None).unwrap();
        let (say, messages) = mpsc::channel(4);
        say.send(ProxyMessage { message: Some(proxy_message::Message::Hello(hello)) }).await.unwrap();
        let mut client = ControlClient::new(target.connect().await.unwrap());
        let hear = client.session(ReceiverStream::new(messages)).await.unwrap().into_inner();
        Self { say, hear }
    }

    async fn chunk(&mut self) -> Chunk {
        loop {
            let message = self.hear.message().await.unwrap().expect("the session goes on");
            if let Some(control_message::Message::Chunk(chunk)) = message.message {
                return chunk;
            }
        }
    }

    /// The next update, acknowledged, and its size.
    async fn update(&mut self) -> (Update, usize) {
        let mut bytes = Vec::new();
        loop {
            let chunk = self.chunk().await;
            bytes.extend_from_slice(&chunk.data);
            if chunk.last {
                break;
            }
        }
        let update = Update::decode(bytes.as_slice()).unwrap();
        let ack = Ack { generation: update.generation.clone(), took_us: 1 };
        self.say.send(ProxyMessage { message: Some(proxy_message::Message::Ack(ack)) }).await.unwrap();
        (update, bytes.len())
    }
}

fn configuration() -> String {
    let mut text =
        format!("{HTTP_DEFAULTS}frontend main\n    bind {}\n    default_backend b0\n", free_address());
    for backend in 0..BACKENDS {
        let _ = writeln!(text, "backend b{backend}");
        for endpoint in 0..ENDPOINTS_EACH {
            let _ =
                writeln!(text, "    server s{endpoint} 10.{}.{}.{endpoint}:1", backend / 250, backend % 250);
        }
    }
    text
}

async fn control(socket: &Path, configuration: &str) -> Sluicegate {
    let listen = format!("unix:{}", socket.display());
    let mut control =
        Sluicegate::program("sluicegate", configuration, &["control", "haproxy.cfg", "--listen", &listen]);
    control.process().wait_for("published generation").await;
    control
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_endpoint_of_fifty_thousand() {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("control.sock");
    let text = configuration();
    let mut control = control(&socket, &text).await;
    let mut first = Fake::open(socket.clone(), 0, None).await;
    let (whole, size) = first.update().await;
    assert!(whole.changed.len() > BACKENDS * ENDPOINTS_EACH, "{}", whole.changed.len());
    let held = whole.generation.clone();
    let mut joining = JoinSet::new();
    for number in 1..PROXIES {
        joining.spawn(Fake::open(socket.clone(), number, held.clone()));
    }
    let mut fakes = joining.join_all().await;
    fakes.push(first);
    let all = |status: &serde_json::Value, number: u64| {
        let proxies = status["scopes"][0]["proxies"].as_array().map(Vec::as_slice).unwrap_or_default();
        proxies.iter().filter(|proxy| proxy["number"] == number).count() == PROXIES
    };
    control.status_where("all of them at 1", |status| all(status, 1)).await;

    let before = control.process().processor_time();
    control.edit(&text.replacen(&changed(1), &changed(2), 1));
    let mut hearing = JoinSet::new();
    for mut fake in fakes {
        hearing.spawn(async move {
            let (update, bytes) = fake.update().await;
            (fake, update, bytes)
        });
    }
    let heard = hearing.join_all().await;
    control.status_where("all of them at 2", |status| all(status, 2)).await;
    let after = control.process().processor_time();
    let total: usize = heard.iter().map(|(_, _, bytes)| bytes).sum();
    let largest = heard.iter().map(|(_, _, bytes)| *bytes).max().unwrap_or_default();
    println!(
        "{PROXIES} proxies, {} endpoints: the whole is {size} bytes; one endpoint changed: {total} bytes in all, at most {largest} each; \
         control plane: {:?} in user mode, {:?} in the kernel, {} MiB resident",
        BACKENDS * ENDPOINTS_EACH,
        after.0.checked_sub(before.0).unwrap_or_default(),
        after.1.checked_sub(before.1).unwrap_or_default(),
        control.process().resident_bytes() >> 20,
    );
    for (_, update, bytes) in &heard {
        assert!(*bytes <= BYTES_EACH, "{bytes} bytes");
        assert_eq!((update.changed.len(), update.removed.len()), (1, 0), "{:?}", update.changed);
    }
}

/// The line of the endpoint that changes, up to its port's end.
fn changed(port: u16) -> String {
    let backend = BACKENDS / 2;
    format!("    server s7 10.{}.{}.7:{port}\n", backend / 250, backend % 250)
}
