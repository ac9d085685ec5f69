//! What operators ask of a worker, one after the other. A task of its own takes it up: while nobody asks, nothing is
//! looked at for it.

use std::rc::Rc;

use tokio::sync::{mpsc, oneshot};

use super::Worker;
use super::tasks::Asked;
use crate::sessions::{Listing, Which, Wish};

/// Inquiries that may wait for a worker.
pub(crate) const INQUIRIES: usize = 8;

/// One of them, and where its answer goes.
#[derive(Debug)]
pub(crate) enum Inquiry {
    Sessions(Wish, oneshot::Sender<Listing>),
    /// How many were told to end.
    End(Which, oneshot::Sender<u64>),
    /// Zeroes the worker's counters: all of them, or the highest values.
    Clear {
        all: bool,
        done: oneshot::Sender<()>,
    },
}

/// Answers until the engine is gone. Who gave up waiting is not answered, and what they asked not done.
pub(super) async fn answer(worker: Rc<Worker>, mut inquiries: mpsc::Receiver<Inquiry>) {
    while let Some(inquiry) = inquiries.recv().await {
        match inquiry {
            Inquiry::Sessions(wish, reply) if !reply.is_closed() => {
                if let Some(Asked::List(listing)) =
                    worker.tasks.ask(Asked::List(Listing::new(wish)), || reply.is_closed()).await
                {
                    let _gone = reply.send(listing);
                }
            }
            Inquiry::End(which, reply) if !reply.is_closed() => {
                if let Some(Asked::End(_, ended)) =
                    worker.tasks.ask(Asked::End(which, 0), || reply.is_closed()).await
                {
                    let _gone = reply.send(ended);
                }
            }
            Inquiry::Clear { all, done } if !done.is_closed() => {
                worker.clear_counters(all);
                let _gone = done.send(());
            }
            Inquiry::Sessions(..) | Inquiry::End(..) | Inquiry::Clear { .. } => {}
        }
    }
}
