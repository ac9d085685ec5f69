//! Eight servers are killed, paused and resumed in an order that a seed decides, under load: no request is lost that a
//! retry could have saved.
//!
//! `SLUICEGATE_CHAOS_SEED` repeats the order of a run, which prints its seed.

#![allow(clippy::unwrap_used)] // also outside of test functions: a step that fails ends the scenario

use std::env;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use sluicegate_e2e::{Behaviour, Dice, HTTP_DEFAULTS, Origin, Plan, Sluicegate, free_address};

/// Of eight, so many are bad at one time: with as many retries as there are servers, one that is well is found.
const MOST_BAD: usize = 4;
/// Answers between two faults.
const ADVANCE: u64 = 40;
/// Time between two faults, at least. A server that is well again is seen to be within 300 ms: a check of it that hangs (200 ms),
/// then the next one (100 ms). In that time two become well, so that of the four which are, two are known to be: with faster
/// ones all eight may be down for the checks at one time, and nobody is left to try.
const PACE: Duration = Duration::from_millis(150);

/// Of each algorithm; of all together two minutes.
const LONG: Duration = Duration::from_secs(30);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Well,
    Killed,
    Paused,
}

async fn scenario(balance: &str, time: Duration) {
    let seed = env::var("SLUICEGATE_CHAOS_SEED").ok().and_then(|seed| seed.parse().ok());
    let seed = seed.unwrap_or_else(|| {
        u64::from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().subsec_nanos())
    });
    println!("{balance}: SLUICEGATE_CHAOS_SEED={seed}");
    let mut dice = Dice::new(seed);
    let mut origins = Vec::new();
    for number in 0..8 {
        origins.push(Origin::start(&number.to_string()).await);
    }
    let servers: String = origins
        .iter()
        .map(|origin| {
            format!("    server s{} {} check inter 100ms fall 2 rise 1\n", origin.name(), origin.address())
        })
        .collect();
    let entry = free_address();
    let _sluicegate = Sluicegate::run(&format!(
        "{HTTP_DEFAULTS}    timeout connect 200ms\n    timeout server 300ms\n    timeout check 200ms\n    \
         retry-on all-retryable-errors\n    retries 8\n    option redispatch 1\n    option httpchk GET /health\n\
         listen main\n    bind {entry}\n    balance {balance}\n{servers}"
    ))
    .await;
    let load = Plan::new(entry).connections(16).start();
    let mut states = [State::Well; 8];
    let end = Instant::now() + time;
    let mut faults = 0;
    while Instant::now() < end {
        let at = dice.index(states.len());
        let bad = states.iter().filter(|state| **state != State::Well).count();
        let next = match states[at] {
            State::Well if bad == MOST_BAD => continue,
            State::Well => dice.pick(&[State::Killed, State::Paused]),
            State::Killed | State::Paused => State::Well,
        };
        faults += 1;
        match (states[at], next) {
            (_, State::Killed) => origins[at].kill().await,
            (_, State::Paused) => origins[at].behave(Behaviour::Hang),
            (State::Killed, State::Well) => origins[at].revive().await,
            _ => origins[at].behave(Behaviour::Answer),
        }
        states[at] = next;
        tokio::join!(load.advance(ADVANCE), tokio::time::sleep(PACE));
    }
    let tally = load.stop().await;
    println!("{balance}: {faults} faults, {tally}");
    assert_eq!(tally.failed(), 0, "seed {seed}, {balance}: {tally}");
    assert!(tally.ok() > ADVANCE && faults > 3, "seed {seed}: {tally}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_request_is_lost_that_a_retry_could_have_saved() {
    scenario("roundrobin", Duration::from_secs(6)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes half a minute"]
async fn for_long_by_turns() {
    scenario("roundrobin", LONG).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes half a minute"]
async fn for_long_by_load() {
    scenario("leastconn", LONG).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes half a minute"]
async fn for_long_by_chance() {
    scenario("random", LONG).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes half a minute"]
async fn for_long_by_hash() {
    scenario("uri", LONG).await;
}
