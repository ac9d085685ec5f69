//! A server that comes back gets its share of requests little by little.

#![allow(clippy::unwrap_used)] // also outside of test functions: a step that fails ends the scenario

use sluicegate_e2e::{HTTP_DEFAULTS, Origin, Sluicegate, fetch, free_address};

/// Requests of one look.
const REQUESTS: u64 = 34;

#[tokio::test]
async fn a_server_that_comes_back_warms_up() {
    let (entry, stays, mut comes) =
        (free_address(), Origin::start("stays").await, Origin::start("comes").await);
    let mut sluicegate = Sluicegate::run(&format!(
        "{HTTP_DEFAULTS}listen main\n    bind {entry}\n    default-server check inter 50ms fall 1 rise 1 slowstart 4s\n    \
         server stays {}\n    server comes {}\n",
        stays.address(),
        comes.address()
    ))
    .await;
    let mut seen = 0;
    let mut look = async |comes: &Origin| {
        for _ in 0..REQUESTS {
            assert_eq!(fetch(entry, "/").await.unwrap().status(), 200);
        }
        // The checks of its port are no requests.
        let got = comes.requests() - seen;
        seen = comes.requests();
        got
    };
    assert_eq!(look(&comes).await, REQUESTS / 2, "all have their whole weight at a start");
    comes.kill().await;
    sluicegate.process().wait_for("Server main/comes is DOWN").await;
    assert_eq!(look(&comes).await, 0);
    comes.revive().await;
    sluicegate.process().wait_for("Server main/comes is UP").await;
    let first = look(&comes).await;
    assert!(first < REQUESTS / 4, "{first} of {REQUESTS} at once");
    // It ends at its whole share, whenever that is.
    while look(&comes).await < REQUESTS / 2 - 1 {
        tokio::task::yield_now().await;
    }
}
