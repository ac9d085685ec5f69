//! The harness of the end-to-end scenarios in `tests/`: real processes, real sockets, real peers.
//!
//! A scenario is one file that reads like a story: configuration, servers, client. The harness brings the actors:
//! [`Sluicegate`] and [`Haproxy`] in front; [`Origin`], [`Nginx`], [`Tomcat`] [`Scripted`] servers and containers of a private [`Docker`]
//! or a played [`Engine`] behind;
//! [`Connection`] and [`Load`] as clients; [`Process`] for anything else that runs.
//!
//! What the scenario did not set out to see (a program that is missing, a peer that does not start) panics with the
//! program, what was waited for, and what it printed. What a client sees is a value: [`Response`] or [`Failure`].
//! Nothing here sleeps to wait for something: a line, a reply or an exit is awaited, up to [`PATIENCE`].
//! The harness knows nothing of the crates it tests: it sees them as their users do.

mod bodies;
mod client;
pub mod console;
mod dice;
pub mod docker;
pub mod engine;
mod example;
mod front;
mod haproxy;
mod load;
mod nameserver;
mod namespace;
mod nginx;
mod origin;
mod port;
mod process;
mod scripted;
mod sluicegate;
mod syslog;
mod tomcat;
mod tools;
mod wire;

pub use bodies::Bodies;
pub use client::{Connection, Failure, fetch};
pub use dice::Dice;
pub use docker::Docker;
pub use engine::Engine;
pub use example::example;
pub use front::Front;
pub use haproxy::Haproxy;
pub use load::{Load, Plan, Tally};
pub use nameserver::{NameServer, Says, Service};
pub use namespace::{enter_network, ip};
pub use nginx::Nginx;
pub use origin::{Behaviour, Origin};
pub use port::{free_address, free_port};
pub use process::Process;
pub use scripted::{Does, Scripted};
pub use sluicegate::Sluicegate;
pub use syslog::Syslog;
pub use tomcat::Tomcat;
pub use tools::{cache_folder, debian, sluicegate_binary};
pub use wire::{Head, Message as Response};

/// A `defaults` section in mode http, with the timeouts that every configuration needs.
pub const HTTP_DEFAULTS: &str = "
defaults
    mode http
    timeout connect 5s
    timeout client 30s
    timeout server 30s
";

/// How long the harness waits for anything before it says that it will not come.
pub const PATIENCE: std::time::Duration = std::time::Duration::from_secs(30);
