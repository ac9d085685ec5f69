//! Tasks that carry the streams of connections of HTTP/2, one after the other.
//!
//! A stream is as short as an exchange: to make a task, a timer and their entries for each takes longer than to wake those
//! of one that is over.

use std::cell::{Cell, RefCell};
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker, ready};

use super::Connection;
use crate::listen::Incoming;
use crate::timer::Deadline;
use crate::worker::{Counted, Worker};

/// Tasks without a stream that a worker keeps.
const KEPT: usize = 256;

/// A worker's tasks without a stream.
#[derive(Default)]
pub(crate) struct Carriers(RefCell<Vec<Rc<Berth>>>);

impl std::fmt::Debug for Carriers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Carriers").field("free", &self.0.borrow().len()).finish()
    }
}

impl Carriers {
    fn keep(&self, berth: &Rc<Berth>) -> bool {
        let mut free = self.0.borrow_mut();
        let room = free.len() < KEPT;
        if room {
            free.push(Rc::clone(berth));
        }
        room
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.0.borrow().len()
    }
}

/// Where a task finds its next stream.
#[derive(Default)]
struct Berth {
    next: Cell<Option<Counted<Connection>>>,
    waker: Cell<Option<Waker>>,
}

/// Runs a stream of a connection that has had so many before.
pub(crate) fn carry(worker: &Rc<Worker>, incoming: Incoming, before: u32) {
    // It counts from here on, also while it waits for its task.
    let stream = worker.part(Connection::of_stream(Rc::clone(worker), incoming, before));
    let free = worker.http.carriers.0.borrow_mut().pop();
    let Some(berth) = free else {
        let worker = Rc::clone(worker);
        let (berth, deadline) = (Rc::default(), Deadline::new());
        tokio::task::spawn_local(Carrier { worker, berth, aboard: Some(stream), deadline });
        return;
    };
    berth.next.set(Some(stream));
    if let Some(waker) = berth.waker.take() {
        waker.wake();
    }
}

/// Such a task.
struct Carrier {
    worker: Rc<Worker>,
    berth: Rc<Berth>,
    aboard: Option<Counted<Connection>>,
    /// Of the stream before: its timer runs on.
    deadline: Deadline,
}

impl Future for Carrier {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = self.get_mut();
        loop {
            if let Some(stream) = &mut this.aboard {
                ready!(Pin::new(&mut *stream).poll(cx));
                stream.task().swap_deadline(&mut this.deadline);
                this.aboard = None;
                if this.worker.is_stopping() || !this.worker.http.carriers.keep(&this.berth) {
                    return Poll::Ready(());
                }
            }
            let Some(mut stream) = this.berth.next.take() else {
                // Also where the timer of a stream before has woken it.
                this.berth.waker.set(Some(cx.waker().clone()));
                return Poll::Pending;
            };
            stream.task().swap_deadline(&mut this.deadline);
            this.aboard = Some(stream);
        }
    }
}
