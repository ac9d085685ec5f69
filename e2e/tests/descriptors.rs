//! Few descriptors: what a process may not open waits in the kernel, and nothing that is under way suffers.

#![allow(clippy::unwrap_used)] // also outside of test functions: a step that fails ends the scenario

use std::net::SocketAddr;
use std::process::Command;
use std::time::Instant;

use sluicegate_e2e::{
    Behaviour, Connection, HTTP_DEFAULTS, Origin, PATIENCE, Sluicegate, fetch, free_address,
};
use tokio::task::JoinSet;

const WORKERS: usize = 2;
/// More than twice what a proxy of [`FILES`] has room for.
const BURST: usize = 100;
const FILES: u32 = 128;
/// What an exhausted worker says.
const COMPLAINT: &str = "no connection can be accepted for now";

fn site(entry: SocketAddr, global: &str, origin: &Origin) -> String {
    let server = origin.address();
    format!("{global}{HTTP_DEFAULTS}listen main\n    bind {entry}\n    server app01 {server}\n")
}

/// A burst of requests at once, each over a connection of its own; the statuses of the answers.
async fn burst(entry: SocketAddr, origin: &Origin) -> Vec<u16> {
    origin.behave(Behaviour::Held);
    let mut clients = JoinSet::new();
    for number in 0..BURST {
        clients.spawn(async move { fetch(entry, &format!("/{number}")).await.unwrap().status() });
    }
    // So many are served at one time, and the others come in when they leave.
    origin.reached(16).await;
    origin.release(BURST);
    clients.join_all().await
}

#[tokio::test]
async fn a_burst_over_the_file_limit_waits_its_turn() {
    let (origin, entry) = (Origin::start("app01").await, free_address());
    let mut front = Sluicegate::run_with_files(&site(entry, "", &origin), FILES).await;
    assert_eq!(burst(entry, &origin).await, [200; BURST]);
    let output = front.process().output();
    assert!(!output.contains(COMPLAINT) && !output.contains("WARN"), "{output}");
}

#[tokio::test]
async fn more_than_the_file_limit_cannot_be_asked_for() {
    let (origin, entry) = (Origin::start("app01").await, free_address());
    let asking = site(entry, "global\n    maxconn 10000\n", &origin);
    let mut front = Sluicegate::run_with_files(&asking, FILES).await;
    assert_eq!(burst(entry, &origin).await, [200; BURST]);
    let output = front.process().output();
    assert!(output.contains("asked=10000") && output.contains("files=128"), "{output}");
    assert!(!output.contains(COMPLAINT), "{output}");
}

/// Lets a running process open so many more files and no more.
fn leave(front: &mut Sluicegate, more: usize) {
    let open = front.process().descriptors();
    // The limit is above the highest number that may be given out, and the lowest free one is.
    let highest = (0..).filter(|number| !open.contains(number)).nth(more - 1).unwrap();
    let pid = front.process().pid().to_string();
    let limit = format!("--nofile={}:", highest + 1);
    assert!(Command::new("prlimit").args(["--pid", &pid, &limit]).status().unwrap().success());
}

#[tokio::test]
async fn without_descriptors_what_runs_goes_on_and_the_rest_waits() {
    let (origin, entry) = (Origin::start("app01").await, free_address());
    let mut front = Sluicegate::run_with_files(&site(entry, "", &origin), FILES).await;
    let mut tunnel = Connection::open(entry).await.unwrap();
    tunnel.upgrade("app").await.unwrap();
    leave(&mut front, 4);
    let before = front.process().descriptors().len();

    let mut waiting = Vec::new();
    for _ in 0..BURST {
        waiting.push(Connection::open(entry).await.unwrap());
    }
    front.process().wait_for(COMPLAINT).await;
    let (begin, used) = (Instant::now(), front.process().processor_time());
    tunnel.echo(b"still here").await.unwrap();
    for _ in 0..WORKERS {
        front.process().wait_for(COMPLAINT).await;
    }
    tunnel.echo(b"and still").await.unwrap();
    let (elapsed, now) = (begin.elapsed(), front.process().processor_time());
    // A loop that turns for nothing takes a whole processor.
    let worked = (now.0 + now.1).checked_sub(used.0 + used.1).unwrap();
    assert!(worked < elapsed / 4, "{worked:?} of {elapsed:?}");
    let complaints = front.process().output().matches(COMPLAINT).count();
    let seconds = usize::try_from(elapsed.as_secs()).unwrap() + 2;
    assert!(complaints <= WORKERS * seconds, "{complaints} in {elapsed:?}");

    drop(waiting);
    let begin = Instant::now();
    // Those who went away must have been noticed; each worker may keep a connection to the server.
    while fetch(entry, "/").await.map(|answer| answer.status()) != Ok(200)
        || front.process().descriptors().len() > before + WORKERS
    {
        assert!(begin.elapsed() < PATIENCE, "{}", front.process().output());
    }
    for _ in 0..20 {
        assert_eq!(fetch(entry, "/").await.unwrap().status(), 200);
    }
    tunnel.echo(b"to the end").await.unwrap();
}
