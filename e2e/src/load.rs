//! Many clients at once, and a truthful count of what they saw.

use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::{Connection, Failure, PATIENCE, Response};

/// What each client of a [`Load`] does.
#[derive(Clone, Debug)]
pub struct Plan {
    address: SocketAddr,
    request: String,
    connections: usize,
    requests: Option<u64>,
    keep_alive: bool,
    pause: Duration,
}

impl Plan {
    /// Clients of this address: eight keep-alive connections that ask for `/` until they are stopped.
    pub fn new(address: SocketAddr) -> Self {
        Self {
            address,
            request: get(address, "/"),
            connections: 8,
            requests: None,
            keep_alive: true,
            pause: Duration::ZERO,
        }
    }

    /// Asks for this target.
    pub fn target(mut self, target: &str) -> Self {
        self.request = get(self.address, target);
        self
    }

    /// Sends this request, whole and as it is.
    pub fn request(mut self, bytes: &str) -> Self {
        self.request = bytes.to_owned();
        self
    }

    /// So many clients, each with one connection at a time.
    pub fn connections(mut self, connections: usize) -> Self {
        self.connections = connections;
        self
    }

    /// Ends by itself after so many requests, of all clients together.
    pub fn requests(mut self, requests: u64) -> Self {
        self.requests = Some(requests);
        self
    }

    /// A new connection for each request.
    pub fn fresh_connections(mut self) -> Self {
        self.keep_alive = false;
        self
    }

    /// Each client rests so long between two requests.
    pub fn pause(mut self, pause: Duration) -> Self {
        self.pause = pause;
        self
    }

    /// Starts the clients.
    pub fn start(self) -> Load {
        Load::start(self)
    }
}

fn get(address: SocketAddr, target: &str) -> String {
    format!("GET {target} HTTP/1.1\r\nHost: {address}\r\n\r\n")
}

/// What the clients of a [`Load`] saw.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Responses by status.
    pub statuses: BTreeMap<u16, u64>,
    /// Responses by their `X-Origin` header, else by the start of their text.
    pub answers: BTreeMap<String, u64>,
    /// Requests that got no response, by cause.
    pub failures: BTreeMap<Failure, u64>,
    /// Keep-alive connections that the server closed: announced by `Connection: close`, or seen when the next request
    /// went out.
    pub closed: u64,
    /// Connections opened.
    pub connects: u64,
}

impl Tally {
    /// Responses with a status below 400.
    pub fn ok(&self) -> u64 {
        self.statuses.range(..400).map(|(_, count)| count).sum()
    }

    /// Requests without a response, and responses from 400 up.
    pub fn failed(&self) -> u64 {
        self.failures.values().sum::<u64>() + self.statuses.range(400..).map(|(_, count)| count).sum::<u64>()
    }

    fn done(&self) -> u64 {
        self.ok() + self.failed()
    }

    fn response(&mut self, response: &Response) {
        *self.statuses.entry(response.status()).or_default() += 1;
        let answer = match response.header("x-origin") {
            Some(origin) => origin.to_owned(),
            None => response.text().chars().take(40).collect(),
        };
        *self.answers.entry(answer).or_default() += 1;
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (ok, failed, closed, connects) = (self.ok(), self.failed(), self.closed, self.connects);
        write!(f, "{ok} ok, {failed} failed, {closed} connections closed by the server, {connects} opened")?;
        for (cause, count) in &self.failures {
            write!(f, "; {cause}: {count}")?;
        }
        for (status, count) in self.statuses.range(400..) {
            write!(f, "; status {status}: {count}")?;
        }
        Ok(())
    }
}

/// Clients at work.
#[derive(Debug)]
pub struct Load {
    shared: Arc<Shared>,
    clients: JoinSet<()>,
}

#[derive(Debug)]
struct Shared {
    tally: Mutex<Tally>,
    done: watch::Sender<u64>,
    /// Requests that may still be started; `None` after [`Load::stop`].
    budget: Mutex<Option<u64>>,
    stop: watch::Sender<bool>,
}

impl Load {
    fn start(plan: Plan) -> Self {
        let budget = plan.requests.unwrap_or(u64::MAX);
        let shared = Arc::new(Shared {
            tally: Mutex::default(),
            done: watch::Sender::new(0),
            budget: Mutex::new(Some(budget)),
            stop: watch::Sender::new(false),
        });
        let mut clients = JoinSet::new();
        for _ in 0..plan.connections {
            clients.spawn(client(plan.clone(), Arc::clone(&shared)));
        }
        Self { shared, clients }
    }

    /// What was seen so far.
    pub fn tally(&self) -> Tally {
        self.shared.tally().clone()
    }

    /// Waits until so many requests have been answered or have failed.
    ///
    /// # Panics
    /// When [`PATIENCE`] passes without one more request.
    pub async fn reached(&self, requests: u64) {
        let mut done = self.shared.done.subscribe();
        while *done.borrow_and_update() < requests {
            let progress = timeout(PATIENCE, done.changed()).await;
            assert!(progress.is_ok(), "the load stands still at: {}", self.tally());
        }
    }

    /// Waits for `more` requests from now.
    ///
    /// # Panics
    /// As [`Load::reached`].
    pub async fn advance(&self, more: u64) {
        let now = *self.shared.done.borrow();
        self.reached(now + more).await;
    }

    /// Lets the requests under way finish, checks that idle connections are still open, and says what was seen.
    pub async fn stop(mut self) -> Tally {
        *self.shared.budget() = None;
        self.shared.stop.send_replace(true);
        while self.clients.join_next().await.is_some() {}
        self.tally()
    }

    /// Waits for the end of a load that has a number of requests.
    pub async fn finish(mut self) -> Tally {
        while self.clients.join_next().await.is_some() {}
        self.tally()
    }
}

impl Shared {
    fn tally(&self) -> MutexGuard<'_, Tally> {
        self.tally.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn budget(&self) -> MutexGuard<'_, Option<u64>> {
        self.budget.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take_turn(&self) -> bool {
        let mut budget = self.budget();
        match budget.as_mut() {
            Some(left) if *left > 0 => {
                *left -= 1;
                true
            }
            _ => false,
        }
    }

    fn count(&self, outcome: Result<&Response, Failure>) {
        let mut tally = self.tally();
        match outcome {
            Ok(response) => tally.response(response),
            Err(failure) => *tally.failures.entry(failure).or_default() += 1,
        }
        let done = tally.done();
        drop(tally);
        self.done.send_replace(done);
    }
}

async fn client(plan: Plan, shared: Arc<Shared>) {
    let mut stop = shared.stop.subscribe();
    let mut kept: Option<Connection> = None;
    while shared.take_turn() {
        if let Some(connection) = &mut kept
            && !connection.is_open()
        {
            shared.tally().closed += 1;
            kept = None;
        }
        kept = one_request(&plan, &shared, kept).await;
        if plan.pause > Duration::ZERO {
            let _ = timeout(plan.pause, stop.wait_for(|stop| *stop)).await;
        }
    }
    if let Some(connection) = &mut kept
        && !connection.is_open()
    {
        shared.tally().closed += 1;
    }
}

/// Sends one request and counts what comes; hands back the connection if it can be used again.
async fn one_request(plan: &Plan, shared: &Shared, kept: Option<Connection>) -> Option<Connection> {
    let reused = kept.is_some();
    let opened = match kept {
        Some(connection) => Ok(connection),
        None => Connection::open(plan.address).await.inspect(|_| shared.tally().connects += 1),
    };
    let mut connection = match opened {
        Ok(connection) => connection,
        Err(failure) => {
            shared.count(Err(failure));
            return None;
        }
    };
    let response = match connection.request(&plan.request).await {
        Ok(response) => response,
        Err(failure) => {
            // A close that crosses the request: the client sees a failed request and a closed connection.
            shared.tally().closed += u64::from(reused && failure != Failure::TimedOut);
            shared.count(Err(failure));
            return None;
        }
    };
    shared.count(Ok(&response));
    if response.head.closes() {
        shared.tally().closed += u64::from(plan.keep_alive);
        return None;
    }
    plan.keep_alive.then_some(connection)
}
