use tokio::runtime::{Builder, LocalOptions};

use super::*;

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
        let mut registration = None;
        worker.spawn(std::future::poll_fn(move |cx| {
            registration.get_or_insert_with(|| its.register(cx.waker()));
            if its.is_stopping() {
                std::task::Poll::Ready(CloseCause::SoftStop)
            } else {
                std::task::Poll::Pending
            }
        }));
        tokio::task::yield_now().await;
        worker.soft_stop();
        while shared.counters.sum(|shard| &shard.closes[CloseCause::SoftStop as usize]) == 0 {
            tokio::task::yield_now().await;
        }
    });
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
