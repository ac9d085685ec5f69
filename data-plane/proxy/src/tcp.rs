//! TCP mode: one task carries a client's connection to an endpoint and back.

pub(crate) mod first;
pub(crate) mod message;
mod relay;
mod session;

use std::future::Future;
use std::rc::Rc;

use crate::counters::CloseCause;
use crate::listen::Incoming;
use crate::worker::Worker;

/// Serves one connection to its end.
pub(crate) fn serve(
    worker: Rc<Worker>,
    incoming: Incoming,
) -> impl Future<Output = CloseCause> + Unpin + 'static {
    session::Session::new(worker, incoming)
}
