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
    next: Cell<Option<Passenger>>,
    waker: Cell<Option<Waker>>,
}

/// A stream, and how many its connection has had before.
struct Passenger {
    incoming: Incoming,
    before: u32,
}

/// Runs a stream of a connection that has had so many before.
pub(crate) fn carry(worker: &Rc<Worker>, incoming: Incoming, before: u32) {
    let passenger = Passenger { incoming, before };
    let free = worker.http.carriers.0.borrow_mut().pop();
    let Some(berth) = free else {
        let mut carrier = Carrier {
            worker: Rc::clone(worker),
            berth: Rc::default(),
            aboard: None,
            deadline: Deadline::new(),
        };
        carrier.board(passenger);
        tokio::task::spawn_local(carrier);
        return;
    };
    berth.next.set(Some(passenger));
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

impl Carrier {
    fn board(&mut self, Passenger { incoming, before }: Passenger) {
        let deadline = std::mem::take(&mut self.deadline);
        let stream = Connection::of_stream(Rc::clone(&self.worker), incoming, (before, deadline));
        self.aboard = Some(self.worker.part(stream));
    }
}

impl Future for Carrier {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = self.get_mut();
        loop {
            match (&mut this.aboard, this.berth.next.take()) {
                (Some(stream), _) => {
                    ready!(Pin::new(&mut *stream).poll(cx));
                    this.deadline = stream.task().take_deadline();
                    this.aboard = None;
                    if this.worker.is_stopping() || !this.worker.http.carriers.keep(&this.berth) {
                        return Poll::Ready(());
                    }
                }
                (None, Some(passenger)) => this.board(passenger),
                (None, None) => {
                    // Also where the timer of a stream before has woken it.
                    this.berth.waker.set(Some(cx.waker().clone()));
                    return Poll::Pending;
                }
            }
        }
    }
}
