//! What labelled containers cost: from an engine's event to the first request that is served, a storm of events, and
//! what it takes when nothing happens.
//!
//! The thousand are of an engine that is played, which has no limit of its own; the rest are real ones.

mod played;
mod real;

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use clap::Args;
use sluicegate_e2e::{Connection, Origin, Sluicegate, free_port};

use crate::load::{Latencies, Latency};

/// Between two requests for something that is not served yet: what a figure is exact to.
const PACE: Duration = Duration::from_millis(1);
/// Something that takes so long has failed.
const PATIENCE: Duration = Duration::from_secs(30);

/// How much.
#[derive(Debug, Args)]
pub(crate) struct Docker {
    /// Labelled containers that are known
    #[arg(long, default_value_t = 1000)]
    containers: u32,
    /// Containers that are started, one after the other
    #[arg(long, default_value_t = 300)]
    starts: u32,
    /// Containers that are started and others that are stopped, at once
    #[arg(long, default_value_t = 500)]
    storm: u32,
    /// How long nothing happens
    #[arg(long, default_value_t = 10)]
    quiet_seconds: u64,
    /// Containers of a real engine; 0: it is left out
    #[arg(long, default_value_t = 24)]
    real: u32,
}

/// Measures, and prints a table.
pub(crate) fn run(options: &Docker) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        println!("| what | figure |\n|---|--:|");
        played::run(options).await?;
        if options.real > 0 {
            real::run(options).await?;
        }
        Ok(())
    })
}

fn tell(what: &str, figure: &str) {
    println!("| {what} | {figure} |");
}

fn tell_latencies(what: &str, latencies: Latencies) {
    let Latency { p50, p99, max, .. } = latencies.summary().unwrap_or_default();
    let [p50, p99, max] = [p50, p99, max].map(|microseconds| microseconds / 1000.0);
    tell(what, &format!("p50 {p50:.1} ms, p99 {p99:.1} ms, most {max:.1} ms"));
}

/// `sluicegate run` with the containers of an engine.
struct Site {
    sluicegate: Sluicegate,
    entry: SocketAddr,
}

impl Site {
    async fn start(engine: &str) -> Self {
        let port = free_port();
        let entrypoint = format!("web=127.0.0.1:{port}");
        let arguments = ["run", engine, "--entrypoint", &entrypoint, "--workers", "1"];
        let mut sluicegate = Sluicegate::program("sluicegate", "", &arguments);
        sluicegate.committed().await;
        Self { sluicegate, entry: ([127, 0, 0, 1], port).into() }
    }

    /// Asks until the host is answered 200.
    async fn serves(&self, host: &str) -> anyhow::Result<()> {
        let begun = Instant::now();
        let mut connection = Connection::open(self.entry).await?;
        loop {
            match connection.get(host, "/").await {
                Ok(answer) if answer.status() == 200 => return Ok(()),
                // An answer without a route may end the connection.
                Ok(_) if connection.is_open() => {}
                _ => connection = Connection::open(self.entry).await?,
            }
            ensure!(begun.elapsed() < PATIENCE, "{host} is not served");
            tokio::time::sleep(PACE).await;
        }
    }

    /// Processor time so far, in both modes.
    fn processor_time(&mut self) -> Duration {
        let (user, system) = self.sluicegate.process().processor_time();
        user + system
    }

    fn generation(&self) -> anyhow::Result<u64> {
        self.sluicegate.status()["scopes"][0]["number"].as_u64().context("there is a generation")
    }
}

/// A server that answers for all containers.
async fn origin() -> Origin {
    Origin::start("origin").await
}
