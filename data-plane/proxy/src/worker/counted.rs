//! Tasks whose end is counted, however it comes.

use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use super::Worker;
use crate::counters::CloseCause;

impl Worker {
    /// Runs a connection's task on this worker. A panic ends that task alone; it is counted and logged.
    pub fn spawn(self: &Rc<Self>, task: impl Future<Output = CloseCause> + Unpin + 'static) {
        tokio::task::spawn_local(self.counted(task, false));
    }

    /// What is run as a part of a connection whose own task counts its end.
    pub(crate) fn part<T>(self: &Rc<Self>, task: T) -> Counted<T> {
        self.counted(task, true)
    }

    fn counted<T>(self: &Rc<Self>, task: T, part: bool) -> Counted<T> {
        let end = End { worker: Rc::clone(self), cause: None, entered: self.shared.tasks.enter(), part };
        Counted { task, end }
    }
}

/// A task and its end. No `async` block: that would keep room for the task twice, in each idle connection.
pub(crate) struct Counted<T> {
    task: T,
    end: End,
}

impl<T> Counted<T> {
    pub(crate) fn task(&mut self) -> &mut T {
        &mut self.task
    }
}

impl<T: Future<Output = CloseCause> + Unpin> Future for Counted<T> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let cause = ready!(Pin::new(&mut self.task).poll(cx));
        self.end.cause = Some(cause);
        Poll::Ready(())
    }
}

/// Counts a task's end, however it comes.
struct End {
    worker: Rc<Worker>,
    cause: Option<CloseCause>,
    /// It has a place in the count of tasks.
    entered: bool,
    /// It was no connection of its own.
    part: bool,
}

impl Drop for End {
    fn drop(&mut self) {
        let counters = self.worker.counters();
        let cause = match self.cause {
            Some(cause) => cause,
            None if std::thread::panicking() => {
                counters.panics.add(1);
                tracing::error!(
                    worker = self.worker.index,
                    "a connection's task panicked; its connection is closed"
                );
                CloseCause::Panic
            }
            // The task was dropped before its end: only a hard stop does that.
            None => CloseCause::HardStop,
        };
        if !self.part {
            counters.closes[cause as usize].add(1);
        }
        if self.entered {
            self.worker.shared.tasks.leave();
        }
    }
}
