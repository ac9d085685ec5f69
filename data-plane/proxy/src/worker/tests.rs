use std::task::Poll;

use tokio::runtime::{Builder, LocalOptions};

use super::tasks::Asked;
use super::*;
use crate::counters::CloseCause;
use crate::live::LiveEndpoint;
use crate::sessions::{Called, Facts, Which};

fn shared() -> Arc<Shared> {
    Arc::new(crate::fixture::shared())
}

#[test]
fn a_panic_ends_one_task_and_is_counted() {
    let runtime = Builder::new_current_thread().build_local(LocalOptions::default()).unwrap();
    let shared = shared();
    runtime.block_on(async {
        let worker = Worker::new(0, Arc::clone(&shared));
        worker.spawn(Box::pin(async { panic!("a test panics on purpose") }));
        worker.spawn(std::future::ready(CloseCause::Finished));
        while shared.counters.sum(|shard| &shard.closes[CloseCause::Finished as usize]) == 0 {
            tokio::task::yield_now().await;
        }
    });
    assert_eq!(shared.counters.sum(|shard| &shard.panics), 1);
    assert_eq!(shared.counters.sum(|shard| &shard.closes[CloseCause::Panic as usize]), 1);
    // What had no end when the event loop was dropped was stopped hard.
    runtime.block_on(async {
        Worker::new(0, Arc::clone(&shared)).spawn(std::future::pending());
    });
    drop(runtime);
    assert_eq!(shared.counters.sum(|shard| &shard.closes[CloseCause::HardStop as usize]), 1);
}

#[test]
fn a_soft_stop_wakes_who_registered() {
    let runtime = Builder::new_current_thread().build_local(LocalOptions::default()).unwrap();
    let shared = shared();
    runtime.block_on(async {
        let worker = Worker::new(0, Arc::clone(&shared));
        let its = Rc::clone(&worker);
        let registration = worker.registration();
        worker.spawn(std::future::poll_fn(move |cx| {
            if registration.is_called() {
                registration.hear(cx.waker(), &Nobody);
            }
            if its.is_stopping() { Poll::Ready(CloseCause::SoftStop) } else { Poll::Pending }
        }));
        tokio::task::yield_now().await;
        worker.soft_stop();
        while shared.counters.sum(|shard| &shard.closes[CloseCause::SoftStop as usize]) == 0 {
            tokio::task::yield_now().await;
        }
    });
}

/// A task with nothing to tell.
struct Nobody;

impl Called for Nobody {
    fn tell(&self, _: bool) -> Option<Facts> {
        None
    }

    fn endpoint(&self) -> Option<&Arc<LiveEndpoint>> {
        None
    }
}

/// A task that ends when it is told to.
fn told_to_end(worker: &Rc<Worker>) {
    let registration = worker.registration();
    worker.spawn(std::future::poll_fn(move |cx| {
        if registration.is_called() && registration.hear(cx.waker(), &Nobody).is_some() {
            return Poll::Ready(CloseCause::Operator);
        }
        Poll::Pending
    }));
}

#[test]
fn a_call_reaches_the_one_that_is_meant_and_no_other() {
    let runtime = Builder::new_current_thread().build_local(LocalOptions::default()).unwrap();
    let shared = shared();
    let ended =
        |shared: &Arc<Shared>| shared.counters.sum(|shard| &shard.closes[CloseCause::Operator as usize]);
    runtime.block_on(async {
        let worker = Worker::new(0, Arc::clone(&shared));
        // More than are woken at one time, and places that are free again.
        (0..600).for_each(|_| told_to_end(&worker));
        tokio::task::yield_now().await;
        for (id, count) in [(1, 1), (550, 1), (550, 0), (601, 0), (600, 1)] {
            let asked = worker.tasks.ask(Asked::End(Which::Session(id), 0), || false).await;
            assert!(matches!(asked, Some(Asked::End(_, ended)) if ended == count), "{id}: {asked:?}");
        }
        told_to_end(&worker);
        tokio::task::yield_now().await;
        let asked = worker.tasks.ask(Asked::End(Which::Session(601), 0), || false).await;
        assert!(matches!(asked, Some(Asked::End(_, 1))), "a new task has an id of its own: {asked:?}");
        while ended(&shared) < 4 {
            tokio::task::yield_now().await;
        }
    });
    assert_eq!(ended(&shared), 4);
}

#[test]
fn a_task_that_does_not_turn_holds_up_a_call_until_it_is_given_up() {
    let runtime = Builder::new_current_thread().build_local(LocalOptions::default()).unwrap();
    runtime.block_on(async {
        let worker = Worker::new(0, shared());
        let registration = worker.registration();
        registration.hear(std::task::Waker::noop(), &Nobody);
        let turns = Cell::new(0);
        let given_up = || turns.replace(turns.get() + 1) == 5;
        let asked = worker.tasks.ask(Asked::End(Which::Session(1), 0), given_up).await;
        assert!(matches!(asked, Some(Asked::End(_, 0))), "{asked:?}");
    });
}

#[test]
fn a_worker_zeroes_what_it_counted() {
    let shared = shared();
    let site = crate::fixture::Site::default().frontend("main", "app", |_| {}).backend("app", |_| {});
    let live = &shared.live;
    let draft = live.draft(site.runtime());
    live.commit(
        Active {
            serial: 1,
            runtime: draft.runtime,
            frontends: draft.frontends,
            backends: draft.backends,
            ..Active::default()
        },
        1_000,
    );
    let worker = Worker::new(0, Arc::clone(&shared));
    let counters =
        &live.frontend(&crate::fixture::key(sluicegate_proto::v1::Kind::Frontend, "main")).unwrap().counters;
    counters.shard(0).requests.add(5);
    live.take_changed();
    worker.clear_counters(false);
    assert_eq!(counters.sum(|shard| &shard.requests), 5);
    assert_eq!(live.take_changed().len(), 1, "of what has counted, reports are to tell");
    worker.clear_counters(true);
    assert_eq!(counters.sum(|shard| &shard.requests), 0);
}

/// What tokio keeps of a task.
#[allow(dead_code)]
enum Stage<T> {
    Running(T),
    Finished(Result<(), tokio::task::JoinError>),
    Consumed,
}

/// tokio adds 96 bytes to that and rounds up to a multiple of 128: one byte more here is 128 for each connection.
#[test]
fn the_task_of_an_idle_connection_fits_into_256_bytes() {
    let size = size_of::<Stage<Counted<crate::http::Connection>>>();
    assert!(size <= 160, "{size} bytes");
}
