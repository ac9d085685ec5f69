//! 200 proxies, 50 000 endpoints, one of them changes: what that costs. In a process of its own, since it measures one.
#![allow(clippy::unwrap_used)] // all of this crate is a test

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use sluicegate_core::{Entry, Snapshot};
use sluicegate_grpc::{Listening, Publisher, Settings, serve};
use sluicegate_proto::SCHEMA;
use sluicegate_proto::build::{ip_address, resource};
use sluicegate_proto::capability::of_this_build;
use sluicegate_proto::generation::Generation;
use sluicegate_proto::id::ObjectKey;
use sluicegate_proto::v1::control_client::ControlClient;
use sluicegate_proto::v1::{
    Ack, ControlMessage, Endpoint, Hello, Kind, Origin, ProxyMessage, control_message, endpoint,
    proxy_message::Message, resource::Body,
};
use sluicegate_sync::{ControlAddress, Target};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Streaming;

const PROXIES: usize = 200;
const ENDPOINTS: u32 = 50_000;

type Entries = BTreeMap<ObjectKey, Entry>;

fn entry(number: u32, port: u16) -> (ObjectKey, Entry) {
    let name = format!("app/server{number}");
    let backend = ObjectKey::new("test", "", Kind::Backend, "app").unwrap();
    let body = Endpoint {
        backend: Some((&backend).into()),
        name: format!("server{number}"),
        number,
        address: Some(endpoint::Address::Ip(ip_address((number.to_be_bytes(), port).into()))),
        weight: 1,
        ..Endpoint::default()
    };
    let key = ObjectKey::new("test", "", Kind::Endpoint, &name).unwrap();
    let made = resource(&key, Origin::default(), format!("{number:08}"), Body::Endpoint(body)).unwrap();
    (key, Entry::new(made))
}

/// Time on a processor of this process so far, in the kernel's ticks of 10 ms (proc(5)).
fn cpu() -> Duration {
    let stat = fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = stat.rsplit_once(") ").unwrap().1.split(' ').collect();
    let ticks: u64 = fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap();
    Duration::from_millis(ticks * 10)
}

struct FakeProxy {
    say: mpsc::Sender<ProxyMessage>,
    hear: Streaming<ControlMessage>,
}

impl FakeProxy {
    async fn join(path: &Path, proxy_id: String, held: Option<Generation>) -> Self {
        let target = Target::new(ControlAddress::Unix(path.to_owned()), None).unwrap();
        let mut client = ControlClient::new(target.connect().await.unwrap());
        let hello = Hello {
            proxy_id,
            scope: "default".into(),
            schema: SCHEMA,
            capabilities: of_this_build().iter().cloned().collect(),
            generation: held.map(Into::into),
            ..Hello::default()
        };
        let (say, messages) = mpsc::channel(1);
        say.send(ProxyMessage { message: Some(Message::Hello(hello)) }).await.unwrap();
        let mut hear = client.session(ReceiverStream::new(messages)).await.unwrap().into_inner();
        hear.message().await.unwrap().unwrap();
        Self { say, hear }
    }

    /// Receives one update, and says that it serves it. Returns its length.
    async fn update(&mut self, generation: Generation) -> u64 {
        loop {
            match self.hear.message().await.unwrap().unwrap().message {
                Some(control_message::Message::Chunk(piece)) if piece.last => {
                    let ack = Ack { generation: Some(generation.into()), took_us: 0 };
                    self.say.send(ProxyMessage { message: Some(Message::Ack(ack)) }).await.unwrap();
                    return piece.total_bytes;
                }
                Some(control_message::Message::Chunk(_)) => {}
                other => panic!("{other:?}"),
            }
        }
    }
}

fn publish(publisher: &Publisher, entries: Entries, before: &Snapshot) -> (Snapshot, Generation) {
    let (snapshot, _) = before.followed_by(entries);
    let generation = publisher.publish("default", Arc::new(snapshot.clone())).unwrap().unwrap();
    (snapshot, generation)
}

#[tokio::test]
async fn one_endpoint_of_many_costs_what_one_endpoint_costs() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("control.sock");
    let settings = Settings {
        control_id: "test".into(),
        version: "0".into(),
        epoch: 1,
        report_interval: Duration::from_secs(60),
    };
    let publisher = Publisher::new(settings, ["default".to_owned()]);
    tokio::spawn(serve(Listening::unix(&path, 0o600).unwrap(), publisher.clone(), std::future::pending()));
    let mut entries: Entries = (1..=ENDPOINTS).map(|number| entry(number, 80)).collect();
    let (snapshot, first) = publish(&publisher, entries.clone(), &Snapshot::empty());

    let began = (cpu(), Instant::now());
    let full = FakeProxy::join(&path, "stranger".into(), None).await.update(first).await;
    println!("a stranger: {full} bytes, {:?} of CPU, {:?}", cpu() - began.0, began.1.elapsed());

    let mut proxies = JoinSet::new();
    for number in 0..PROXIES {
        let path = path.clone();
        proxies.spawn(async move { FakeProxy::join(&path, format!("proxy{number}"), Some(first)).await });
    }
    let proxies = proxies.join_all().await;

    let (key, changed) = entry(4_711, 8080);
    entries.insert(key, changed);
    let began = (cpu(), Instant::now());
    let (_, second) = publish(&publisher, entries, &snapshot);
    let published = (cpu() - began.0, began.1.elapsed());
    let mut updates = JoinSet::new();
    for mut proxy in proxies {
        updates.spawn(async move { proxy.update(second).await });
    }
    let bytes: u64 = updates.join_all().await.into_iter().sum();
    println!(
        "one of {ENDPOINTS} endpoints to {PROXIES} proxies: {bytes} bytes in all, diffed and published in {:?} \
         ({:?} of CPU), delivered after {:?} ({:?} of CPU, both ends)",
        published.1,
        published.0,
        began.1.elapsed(),
        cpu() - began.0,
    );
    assert!(bytes < 512 * PROXIES as u64, "{bytes} bytes");
    assert!(full > 100 * 512, "{full} bytes");
}
