//! What is measured: one entry each.

use crate::conf::{Features, Mode};
use crate::load::{Hold, Plan, Protocol};
use crate::peer::PORT;

/// The port of [`PORT`] is that of every plan.
#[derive(Debug, Clone)]
pub(crate) struct Workload {
    pub(crate) id: &'static str,
    pub(crate) title: &'static str,
    pub(crate) unit: Unit,
    pub(crate) plan: Plan,
    pub(crate) features: Features,
    /// Which entries of the table of peers can do it.
    pub(crate) peers: &'static [&'static str],
    /// The peer that the others are compared with.
    pub(crate) subject: &'static str,
    /// Another workload whose cost, of the same peer in the same round, this one is compared with.
    pub(crate) beside: Option<&'static str>,
    pub(crate) proof: Option<Proof>,
}

/// The unit of work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unit {
    /// Processor time a request; of datagrams, one and its answer.
    Request,
    /// Processor time a MiB of bodies.
    Mebibyte,
    /// Resident bytes a connection.
    Connection,
}

/// What shows that the proxy did what was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Proof {
    /// It opened a connection for each request.
    ServerConnections,
    /// It wrote a line for each request.
    LogLines,
    /// There was a whole TLS handshake for each request.
    FullHandshakes,
    /// There was a TLS handshake for each request, and it went on with an earlier session.
    ResumedHandshakes,
}

impl Workload {
    /// Requests come at a fixed rate.
    pub(crate) fn is_paced(&self) -> bool {
        self.plan.rate.is_some()
    }
}

/// The rate of the paced workload unless a peer cannot keep it, in requests a second.
pub(crate) const RATE: f64 = 30_000.0;

const ALL: &[&str] = &["sluicegate", "haproxy", "nginx", "floor"];
const PROXIES: &[&str] = &["sluicegate", "haproxy", "nginx"];
const SPLICE: &[&str] = &["sluicegate", "haproxy", "haproxy-splice", "nginx", "floor"];
const HANDSHAKES: &[&str] = &["sluicegate", "haproxy", "nginx", "acceptor"];

/// Connections whose memory is measured where each takes a TLS handshake to open.
const SEALED: usize = 2000;

/// All workloads. `most` is the number of connections of those that open very many.
pub(crate) fn all(seconds: f64, most: usize) -> Vec<Workload> {
    let plan = Plan::new(PORT, 64, seconds);
    let small = Workload {
        id: "small",
        title: "keep-alive, 64 connections, bodies of 128 B",
        unit: Unit::Request,
        plan: plan.clone(),
        features: Features::default(),
        peers: ALL,
        subject: "sluicegate",
        beside: None,
        proof: None,
    };
    let many = Plan { connections: most, ..plan };
    let mut all = vec![small.clone()];
    all.extend(requests(&small));
    all.extend(circumstances(&small, &many));
    all.extend(sealed(&small));
    all.extend(unparsed(&small));
    all.extend(memory(&small, &many));
    all
}

/// What is asked and answered.
fn requests(small: &Workload) -> Vec<Workload> {
    let plan = &small.plan;
    vec![
        Workload {
            id: "16k",
            title: "keep-alive, 64 connections, bodies of 16 KiB",
            plan: Plan { path: "/16k".to_owned(), ..plan.clone() },
            ..small.clone()
        },
        Workload {
            id: "256k",
            title: "keep-alive, 16 connections, bodies of 256 KiB",
            unit: Unit::Mebibyte,
            plan: Plan { path: "/256k".to_owned(), connections: 16, ..plan.clone() },
            peers: SPLICE,
            ..small.clone()
        },
        Workload {
            id: "1m",
            title: "keep-alive, 16 connections, bodies of 1 MiB",
            unit: Unit::Mebibyte,
            plan: Plan { path: "/1m".to_owned(), connections: 16, ..plan.clone() },
            peers: SPLICE,
            ..small.clone()
        },
        Workload {
            id: "close",
            title: "a new client connection for each request, 64 at a time, bodies of 128 B",
            plan: Plan { close: true, ..plan.clone() },
            peers: PROXIES,
            ..small.clone()
        },
        Workload {
            id: "post",
            title: "keep-alive, 64 connections, requests with bodies of 16 KiB, answers of 128 B",
            plan: Plan { post: Some(16 << 10), ..plan.clone() },
            ..small.clone()
        },
        Workload {
            id: "headers",
            title: "keep-alive, 64 connections, 20 header lines each way, bodies of 128 B",
            plan: Plan { path: "/headers".to_owned(), headers: 19, ..plan.clone() },
            ..small.clone()
        },
    ]
}

/// Under which settings, and how many.
fn circumstances(small: &Workload, many: &Plan) -> Vec<Workload> {
    vec![
        Workload {
            id: "log",
            title: "the same, with an access log to standard output (a file)",
            features: Features { log: true, ..Features::default() },
            peers: PROXIES,
            beside: Some("small"),
            proof: Some(Proof::LogLines),
            ..small.clone()
        },
        Workload {
            id: "rules",
            title: "keep-alive, 64 connections, bodies of 128 B, 30 rules of which none applies",
            features: Features { rules: true, ..Features::default() },
            peers: PROXIES,
            beside: Some("small"),
            ..small.clone()
        },
        Workload {
            id: "large",
            title: "keep-alive, 64 connections, bodies of 128 B, 1 000 more frontends and 10 000 more backends",
            features: Features { large: true, ..Features::default() },
            peers: &["sluicegate", "haproxy"],
            beside: Some("small"),
            ..small.clone()
        },
        Workload {
            id: "server-close",
            title: "a new server connection for each request (http-server-close), 64 connections, bodies of 128 B",
            features: Features { server_close: true, ..Features::default() },
            peers: PROXIES,
            proof: Some(Proof::ServerConnections),
            ..small.clone()
        },
        Workload {
            id: "many",
            title: "very many keep-alive connections, 64 requests under way, bodies of 128 B",
            plan: Plan { window: Some(64), ..many.clone() },
            beside: Some("small"),
            ..small.clone()
        },
        Workload {
            id: "workers",
            title: "keep-alive, 64 connections, bodies of 128 B, two workers on both cores beside one on its own",
            peers: &["sluicegate", "sluicegate-2", "haproxy", "haproxy-2", "nginx", "nginx-2"],
            subject: "sluicegate-2",
            ..small.clone()
        },
        Workload {
            id: "paced",
            title: "keep-alive, 64 connections, bodies of 128 B, at a fixed rate (open loop)",
            plan: Plan { rate: Some(RATE), ..small.plan.clone() },
            ..small.clone()
        },
    ]
}

/// What clients say over TLS 1.3. The proxies have a certificate for a key of P-256.
fn sealed(small: &Workload) -> Vec<Workload> {
    let tls = Plan { tls: true, ..small.plan.clone() };
    let https = Workload {
        id: "https",
        title: "TLS 1.3, keep-alive, 64 connections, bodies of 128 B",
        plan: tls.clone(),
        features: Features { tls: true, ..Features::default() },
        peers: PROXIES,
        ..small.clone()
    };
    vec![
        https.clone(),
        Workload {
            id: "handshake",
            title: "a new TLS 1.3 connection for each request, 64 at a time, whole handshakes, bodies of 128 B",
            plan: Plan { close: true, ..tls.clone() },
            peers: HANDSHAKES,
            proof: Some(Proof::FullHandshakes),
            ..https.clone()
        },
        Workload {
            id: "resumed",
            title: "a new TLS 1.3 connection for each request, 64 at a time, resumed sessions, bodies of 128 B",
            plan: Plan { close: true, resume: true, ..tls.clone() },
            peers: HANDSHAKES,
            proof: Some(Proof::ResumedHandshakes),
            ..https.clone()
        },
        Workload {
            id: "h2",
            title: "HTTP/2 over TLS 1.3, 16 connections with 32 streams each, servers of HTTP/1.1, bodies of 128 B",
            plan: Plan { protocol: Protocol::Http2, connections: 16, streams: 32, ..tls },
            ..https
        },
    ]
}

/// What is passed on as it is.
fn unparsed(small: &Workload) -> Vec<Workload> {
    let of = |mode| Features { mode, ..Features::default() };
    vec![
        Workload {
            id: "tcp",
            title: "TCP mode, 64 connections, round trips of small messages (a request and a body of 128 B)",
            features: of(Mode::Tcp),
            ..small.clone()
        },
        Workload {
            id: "tcp-1m",
            title: "TCP mode, 16 connections, answers of 1 MiB",
            unit: Unit::Mebibyte,
            plan: Plan { path: "/1m".to_owned(), connections: 16, ..small.plan.clone() },
            features: of(Mode::Tcp),
            peers: SPLICE,
            ..small.clone()
        },
        Workload {
            id: "udp",
            title: "UDP mode, 64 sessions, round trips of datagrams of 64 B",
            plan: Plan { protocol: Protocol::Udp, ..small.plan.clone() },
            features: of(Mode::Udp),
            peers: &["sluicegate", "nginx", "floor"],
            ..small.clone()
        },
    ]
}

/// What connections hold.
fn memory(small: &Workload, many: &Plan) -> Vec<Workload> {
    let sealed = Plan { tls: true, connections: many.connections.min(SEALED), ..many.clone() };
    vec![
        Workload {
            id: "idle-tls",
            title: "memory of idle TLS 1.3 connections after one exchange",
            unit: Unit::Connection,
            plan: Plan { hold: Some(Hold::Idle), ..sealed },
            features: Features { tls: true, ..Features::default() },
            peers: PROXIES,
            ..small.clone()
        },
        Workload {
            id: "idle",
            title: "memory of idle keep-alive connections after one exchange",
            unit: Unit::Connection,
            plan: Plan { hold: Some(Hold::Idle), ..many.clone() },
            ..small.clone()
        },
        Workload {
            id: "slow-head",
            title: "memory of connections in the middle of a request's head",
            unit: Unit::Connection,
            plan: Plan { hold: Some(Hold::Head), ..many.clone() },
            peers: PROXIES,
            ..small.clone()
        },
        Workload {
            id: "slow-body",
            title: "memory of connections in the middle of a request's body",
            unit: Unit::Connection,
            plan: Plan { hold: Some(Hold::Body), ..many.clone() },
            peers: PROXIES,
            ..small.clone()
        },
    ]
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn names_lead_to_one_entry() {
        let workloads = all(1.0, 100);
        let ids: BTreeSet<&str> = workloads.iter().map(|workload| workload.id).collect();
        assert_eq!(ids.len(), workloads.len());
        let peers: BTreeSet<&str> = crate::peer::TABLE.iter().map(|entry| entry.id).collect();
        assert!(ids.is_disjoint(&peers), "a word chooses a workload or a peer");
        for workload in &workloads {
            assert!(workload.peers.contains(&workload.subject), "{}", workload.id);
            assert!(workload.peers.iter().all(|peer| peers.contains(peer)), "{}", workload.id);
            assert!(workload.beside.is_none_or(|other| ids.contains(other)), "{}", workload.id);
        }
    }
}
