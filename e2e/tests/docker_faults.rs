//! Engines that go, fail, lie or talk too much, and containers that should not be: what serves goes on, nothing is
//! lost, nothing is left.

#![allow(clippy::unwrap_used)] // also outside of test functions: a step that fails ends the scenario

#[path = "docker_faults/containers.rs"]
mod containers;
#[path = "docker_faults/engines.rs"]
mod engines;

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use serde_json::Value;
use sluicegate_e2e::engine::{Answers, Call, Container};
use sluicegate_e2e::{Connection, Engine, Origin, PATIENCE, Sluicegate, free_port};

/// An engine, a proxy that follows it, and a server that answers for all containers.
struct Site {
    engine: Engine,
    sluicegate: Sluicegate,
    origin: Origin,
    entry: SocketAddr,
}

impl Site {
    /// With the engine as it is.
    async fn of(engine: Engine, more: &[&str]) -> Self {
        let (origin, port) = (Origin::start("origin").await, free_port());
        let (option, entrypoint) = (engine.option(), format!("web=127.0.0.1:{port}"));
        let arguments = [&["run", &option, "--entrypoint", &entrypoint], more].concat();
        let mut sluicegate = Sluicegate::program("sluicegate", "", &arguments);
        sluicegate.committed().await;
        Self { engine, sluicegate, origin, entry: ([127, 0, 0, 1], port).into() }
    }

    /// With one container, `first`, that is served.
    async fn serving(more: &[&str]) -> Self {
        let site = Self::of(Engine::start(), more).await;
        site.engine.followed().await;
        site.engine.run(site.container("first"));
        site.serves("first").await;
        site
    }

    /// A container with a route of its own.
    fn container(&self, name: &str) -> Container {
        let address = self.origin.address();
        Container::at(name, address.ip()).route("example", address.port())
    }

    async fn status_of(&self, name: &str) -> u16 {
        let mut connection = Connection::open(self.entry).await.unwrap();
        connection.get(&format!("{name}.example"), "/").await.unwrap().status()
    }

    /// Until the container's route is answered like that: an engine's event has no other end that a client could see.
    async fn answers(&self, name: &str, wanted: u16) {
        let begin = Instant::now();
        loop {
            let status = self.status_of(name).await;
            if status == wanted {
                return;
            }
            assert!(begin.elapsed() < PATIENCE, "{name}: {status}\n{:#}", self.sluicegate.status());
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    async fn serves(&self, name: &str) {
        self.answers(name, 200).await;
    }

    /// Until `status` says so much of the engine, and whether what it said last was taken.
    async fn told(&self, words: &str, refused: bool) {
        let docker = |status: &Value| {
            status["providers"].as_array()?.iter().find(|of| of["name"] == "docker").cloned()
        };
        let says = |status: &Value| {
            docker(status)
                .is_some_and(|docker| docker["refused"] == refused && docker.to_string().contains(words))
        };
        self.sluicegate.status_where(words, says).await;
    }

    fn generation(&self) -> u64 {
        self.sluicegate.status()["scopes"][0]["number"].as_u64().unwrap()
    }

    fn resources(status: &Value) -> u64 {
        status["scopes"][0]["resources"].as_u64().unwrap()
    }
}
