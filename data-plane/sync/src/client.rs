//! One session after the other, for as long as the proxy lives.

use std::future::Future;

use sluicegate_proto::capability::of_this_build;
use sluicegate_proto::chunk::InvalidChunk;
use sluicegate_proto::generation::Generation;
use tokio::sync::watch;
use tokio::time::{Duration, Instant, sleep};
use tracing::{info, warn};

use crate::apply::{Apply, Refused, Reporter};
use crate::backoff::Backoff;
use crate::connect::{ConnectError, Target};
use crate::errand::{Waiting, errands};
use crate::session::Session;

/// A session that lived for so long was a good one: the next attempt comes soon.
const GOOD_SESSION: Duration = Duration::from_secs(5);

/// Who this proxy is.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Stable over restarts where there is a state directory ([`crate::StateDir::proxy_id`]).
    pub proxy_id: String,
    /// Start of this process in microseconds since 1970.
    pub boot_epoch: u64,
    /// The Scope that it serves.
    pub scope: String,
    /// Version of this build.
    pub version: String,
    /// Differs from proxy to proxy: delays before attempts are drawn from it.
    pub seed: u64,
    /// Capabilities of this build that this proxy was not given.
    pub withheld: &'static [&'static str],
}

impl Settings {
    /// What this proxy is able to.
    pub(crate) fn capabilities(&self) -> impl Iterator<Item = &'static String> {
        of_this_build().iter().filter(|name| !self.withheld.contains(&name.as_str()))
    }
}

/// Why a session ended, or did not begin.
#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    /// No connection.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// The control plane refused or broke off.
    #[error("the control plane says: {}", .0.message())]
    Status(Box<tonic::Status>),
    /// It closed the stream.
    #[error("the control plane ended the session")]
    Ended,
    /// It answers, but not as a control plane does.
    #[error("no Welcome came in time")]
    NoWelcome,
    /// It says what this build does not know.
    #[error("the control plane sent a message that says nothing, or nothing known here")]
    Unknown,
    /// Pieces that make no update.
    #[error(transparent)]
    Chunk(#[from] InvalidChunk),
    /// An update without a generation.
    #[error("an update that names no generation")]
    NoGeneration,
    /// What is served differs from what the control plane takes it for; the next session asks for everything.
    #[error("{0}; asking for the whole snapshot")]
    Astray(Refused),
}

impl From<tonic::Status> for SessionError {
    fn from(status: tonic::Status) -> Self {
        Self::Status(Box::new(status))
    }
}

/// How the proxy stands with its control plane.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Link {
    /// Never reached yet.
    Connecting,
    /// A session is open.
    Connected,
    /// Away, for this reason.
    Away(String),
}

/// Keeps a proxy in step with its control plane.
pub struct Client<A, R> {
    target: Target,
    settings: Settings,
    apply: A,
    reporter: R,
    errands: Waiting,
    link: watch::Sender<Link>,
}

impl<A: Apply, R: Reporter> Client<A, R> {
    /// A client that has not connected.
    pub fn new(target: Target, settings: Settings, apply: A, reporter: R) -> Self {
        let link = watch::Sender::new(Link::Connecting);
        Self { target, settings, apply, reporter, errands: errands().1, link }
    }

    /// Carries these errands.
    #[must_use]
    pub fn with_errands(self, errands: Waiting) -> Self {
        Self { errands, ..self }
    }

    /// How it stands, now and whenever it changes.
    pub fn link(&self) -> watch::Receiver<Link> {
        self.link.subscribe()
    }

    /// Until `shutdown`. An update that is being applied is finished first. Returns what was serving.
    pub async fn run(mut self, shutdown: impl Future<Output = ()>) -> A {
        let mut shutdown = std::pin::pin!(shutdown);
        let mut backoff = Backoff::new(self.settings.seed);
        // What is served cannot be a base: the whole snapshot is wanted.
        let mut astray = false;
        loop {
            let held = if astray { None } else { self.apply.held() };
            let began = Instant::now();
            let error = match self.session(held, &mut shutdown).await {
                Ok(()) => break,
                Err(error) => error,
            };
            if began.elapsed() >= GOOD_SESSION && *self.link.borrow() == Link::Connected {
                backoff.reset();
            }
            astray = matches!(error, SessionError::Astray(_));
            self.link.send_replace(Link::Away(error.to_string()));
            let wait = backoff.next();
            warn!(control = %self.target.address(), %error, ?wait, "no session; serving on");
            tokio::select! {
                () = sleep(wait) => {}
                () = &mut shutdown => break,
            }
        }
        self.apply
    }

    /// `Ok` on shutdown.
    async fn session(
        &mut self,
        held: Option<Generation>,
        shutdown: &mut (impl Future<Output = ()> + Unpin),
    ) -> Result<(), SessionError> {
        let mut session = tokio::select! {
            opened = Session::open(&self.target, &self.settings, held) => opened?,
            () = &mut *shutdown => return Ok(()),
        };
        info!(control = %session.control_id(), address = %self.target.address(), "session open");
        self.link.send_replace(Link::Connected);
        session.converse(&mut self.apply, &mut self.reporter, &mut self.errands, shutdown).await
    }
}
