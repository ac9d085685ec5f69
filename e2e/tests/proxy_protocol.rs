//! The PROXY protocol, both ways, beside HAProxy: whose connections are, as proxies in front tell it and servers behind are told.

#![allow(clippy::unwrap_used)] // also outside of test functions: a step that fails ends the scenario

#[path = "proxy_protocol/headers.rs"]
mod headers;
#[path = "proxy_protocol/incoming.rs"]
mod incoming;
#[path = "proxy_protocol/outgoing.rs"]
mod outgoing;

use sluicegate_e2e::{Haproxy, Sluicegate};

/// One of the two that are compared.
enum Either {
    Theirs(#[allow(dead_code, reason = "it runs until it is dropped")] Haproxy),
    Ours(#[allow(dead_code, reason = "it runs until it is dropped")] Sluicegate),
}

impl Either {
    async fn run(ours: bool, configuration: &str) -> Self {
        match ours {
            true => Self::Ours(Sluicegate::run(configuration).await),
            false => Self::Theirs(Haproxy::run(configuration).await),
        }
    }
}
