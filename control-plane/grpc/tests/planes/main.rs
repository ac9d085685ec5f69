//! Both planes against each other, in one process, over real sockets.
#![allow(clippy::unwrap_used)] // all of this crate is a test

mod asks;
mod fake;
mod fleet;
mod operations;
mod protocol;
mod tls;
