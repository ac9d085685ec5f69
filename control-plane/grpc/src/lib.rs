//! The control plane's side of the wire: sessions of proxies, and the status that operators read.
//!
//! A [`Publisher`] takes snapshots and holds what all sessions share; [`serve`] answers on a [`Listening`] socket, which is TCP with
//! mutual TLS, a unix socket, or plain TCP where the operator asked for that. The client certificate authorises the
//! Scope. What to send to whom is decided in `sluicegate-core`; this crate must know no provider and no compiler.

pub mod address;
mod asked;
mod hello;
pub mod listen;
mod peer;
pub mod pki;
pub mod publisher;
mod questions;
mod server;
mod services;
mod session;
pub mod tls;

pub use address::ListenAddress;
pub use asked::Asked;
pub use listen::{BindError, Listening, Security};
pub use publisher::{Publisher, Settings};
pub use server::{ServeError, serve};
