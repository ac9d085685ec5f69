//! HTTP/1 connections: one task drives the client's side and the exchange with the server.
//!
//! [`Connection`] is the task: a state machine without a stack of its own, small while it is idle. A request's first
//! byte gives it a pooled `Turn`, which goes through the stages of `Run`: receive, rules and routes, queue,
//! connect, relay (both directions at once), or an answer made here; each stage is a file. A `Transfer` carries one
//! direction of a body. All reads go into one area per worker (`Scratch`), so memory per connection is what was read
//! and not yet sent; large bodies pass through a pipe of the worker's instead, without being copied.
//!
//! The bytes of heads are `crate::h1`'s business; places, pools and records come from the worker.
//!
//! What is repeated towards a server, and when, says `Run::server_gone`; a client that ends its side behind a whole
//! request is still answered but where its backend says otherwise (HAProxy: option abortonclose); it has aborted when
//! its connection is reset.

mod answer;
mod cache;
mod carriers;
mod compression;
mod connection;
mod dispatch;
mod extras;
mod grpc;
mod lanes;
mod leaving;
mod persistence;
mod policy;
mod private;
mod relay;
mod reply;
mod request;
mod response;
mod retry;
mod reuse;
mod rules;
mod run;
mod scene;
mod secure;
mod service;
mod status;
#[cfg(test)]
mod tests;
mod trace;
mod tunnel;
mod turn;
mod web_sockets;

use std::cell::{Cell, OnceCell, RefCell};
use std::fmt;

pub(crate) use carriers::carry;
pub(crate) use connection::Connection;
pub(crate) use service::MAX_WAITING;
pub use service::{Answer, Ask, Posted};
pub(crate) use trace::Trace;
pub(crate) use web_sockets::protocols;

/// What a worker keeps for its HTTP connections.
#[derive(Default)]
pub(crate) struct Local {
    turns: turn::Turns,
    /// Tasks of streams.
    carriers: carriers::Carriers,
    desk: RefCell<reply::Desk>,
    /// Memory of the evaluator.
    rules: Cell<sluicegate_rules::Scratch>,
    /// An answer of ours is written here.
    letter: Cell<Vec<u8>>,
    pub(crate) trace: OnceCell<Box<dyn Trace>>,
}

#[cfg(test)]
impl Local {
    fn spare_turns(&self) -> usize {
        self.turns.len()
    }

    fn spare_carriers(&self) -> usize {
        self.carriers.len()
    }
}

impl fmt::Debug for Local {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Local")
            .field("turns", &self.turns)
            .field("carriers", &self.carriers)
            .field("trace", &self.trace)
            .finish_non_exhaustive()
    }
}
