//! The proxy engine of the data plane: listening sockets, connections, exchanges.
//!
//! An [`Engine`](engine::Engine) owns the listening sockets and N worker threads. It takes compiled generations
//! (`sluicegate_model::Runtime`) and serves them: prepare binds what is new, commit swaps one pointer. A connection
//! lives on one worker in one poll-driven task; workers share the generation pointer, one cursor per backend, counts
//! per endpoint and the queues, all without contended locks.
//!
//! It must not know where generations come from, how health is found out, or who reads its counters.

mod balance;
pub mod cache;
mod chance;
pub mod clock;
pub mod compression;
pub mod cookie;
pub mod counters;
pub mod engine;
pub mod errors;
pub mod exchange;
pub mod failure;
#[cfg(test)]
mod fixture;
pub mod h1;
pub(crate) mod http;
mod keep_alive;
pub mod listen;
pub mod live;
pub mod log;
mod multiplex;
pub mod persistence;
pub mod pool;
pub mod proxy_protocol;
pub mod sessions;
pub mod stream;
mod tcp;
pub mod termination;
pub mod timer;
mod transfer;
pub mod udp;
pub mod upstream;
pub mod worker;

pub use http::{Answer, Ask, Posted};
#[cfg(any(test, feature = "test-data"))]
pub use multiplex::conversion;
