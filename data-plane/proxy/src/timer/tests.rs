use std::future::poll_fn;
use std::time::Duration;

use super::*;

const STEP: Duration = Duration::from_millis(100);

#[tokio::test(start_paused = true)]
async fn fires_when_set() {
    let start = Instant::now();
    let mut deadline = Deadline::new();
    deadline.set(Some(start + STEP));
    poll_fn(|cx| deadline.poll_expired(cx)).await;
    assert!(start.elapsed() >= STEP && start.elapsed() < STEP * 2);
}

#[tokio::test(start_paused = true)]
async fn a_later_deadline_outlives_the_armed_timer() {
    let start = Instant::now();
    let mut deadline = Deadline::new();
    deadline.set(Some(start + STEP));
    poll_fn(|cx| {
        assert!(deadline.poll_expired(cx).is_pending());
        Poll::Ready(())
    })
    .await;
    deadline.set(Some(start + STEP * 5));
    poll_fn(|cx| deadline.poll_expired(cx)).await;
    assert!(start.elapsed() >= STEP * 5);
}

#[tokio::test(start_paused = true)]
async fn an_earlier_deadline_is_not_missed() {
    let start = Instant::now();
    let mut deadline = Deadline::new();
    deadline.set(Some(start + STEP * 50));
    poll_fn(|cx| {
        assert!(deadline.poll_expired(cx).is_pending());
        Poll::Ready(())
    })
    .await;
    deadline.set(Some(start + STEP));
    poll_fn(|cx| deadline.poll_expired(cx)).await;
    assert!(start.elapsed() < STEP * 2);
}

#[tokio::test(start_paused = true)]
async fn a_task_without_budget_left_is_woken_all_the_same() {
    let start = Instant::now();
    let mut deadline = Deadline::new();
    deadline.set(Some(start + STEP));
    poll_fn(|cx| {
        // Spends what the task may do in one turn.
        while tokio::task::coop::has_budget_remaining() {
            let _spent = Pin::new(&mut Box::pin(tokio::task::coop::consume_budget())).poll(cx);
        }
        deadline.poll_expired(cx)
    })
    .await;
    assert!(start.elapsed() >= STEP && start.elapsed() < STEP * 2);
}
