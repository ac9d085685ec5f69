//! What all sessions share: the newest snapshots, and what each proxy said.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use sluicegate_core::fleet::{FleetFull, Introduction, SessionId};
use sluicegate_core::history::{EncodedUpdate, Published};
use sluicegate_core::session::Unexpected;
use sluicegate_core::snapshot::TooLarge;
use sluicegate_core::{Fleet, History, Snapshot, Told, Untold};
use sluicegate_proto::ask::capability;
use sluicegate_proto::generation::Generation;
use sluicegate_proto::v1::question::Ask;
use sluicegate_proto::v1::{
    Answered, ContainerExplanation, FleetStatus, Nack, Override, ProviderStatus, Quarantined, Question,
    Report, ScopeStatus,
};
use tokio::sync::{Semaphore, mpsc, watch};
use tokio::time::{Instant, timeout_at};

use crate::asked::{self, Asked};
use crate::peer::Peer;
use crate::questions::{Questions, Unfit};

/// Rows of endpoints in one status, over all proxies.
const STATUS_ROWS: usize = 20_000;

/// Questions that are put to proxies at one time; one more waits.
const ASKED_AT_ONCE: usize = 2;

/// Who this control plane is.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Name of this process for people: the host's, as a rule.
    pub control_id: String,
    /// Version of its build.
    pub version: String,
    /// Its start, in microseconds since 1970.
    pub epoch: u64,
    /// How often proxies report.
    pub report_interval: Duration,
}

/// Publishes snapshots to the proxies of its Scopes. A clone is the same publisher.
#[derive(Clone)]
pub struct Publisher(Arc<Shared>);

/// Who it is: what it holds is long.
impl fmt::Debug for Publisher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Publisher({})", self.0.settings.control_id)
    }
}

struct Shared {
    settings: Settings,
    state: Mutex<State>,
    /// Grows when sessions of the Scope have something to look at.
    wakes: BTreeMap<String, watch::Sender<u64>>,
    /// Grows with each answer of a proxy.
    answers: watch::Sender<u64>,
    questions: Questions,
    /// Questions that may be asked at one time: the answers take memory.
    asking: Semaphore,
}

struct State {
    scopes: BTreeMap<String, History>,
    fleet: Fleet,
    providers: Vec<ProviderStatus>,
    quarantined: Vec<Quarantined>,
    overrides: Vec<Override>,
    /// Where operations go that proxies ask for; `None`: nobody does them.
    operators: Option<mpsc::Sender<Asked>>,
    /// Who knows of containers; `None`: none are watched.
    containers: Option<Explainer>,
    stopping: bool,
}

/// Says what became of a container, by its name or id.
type Explainer = Arc<dyn Fn(&str) -> ContainerExplanation + Send + Sync>;

/// No such Scope.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no scope '{name}' here; there are: {}", known.join(", "))]
pub struct UnknownScope {
    name: String,
    known: Vec<String>,
}

/// Why a snapshot was not published.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PublishError {
    /// No such Scope.
    #[error(transparent)]
    Scope(#[from] UnknownScope),
    /// Over what proxies take.
    #[error(transparent)]
    TooLarge(#[from] TooLarge),
}

/// What a session is to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    GoOn,
    /// Another session of its proxy began.
    Replaced,
    /// The control plane ends.
    Stop,
}

/// Milliseconds since 1970.
fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

impl Publisher {
    /// Serves these Scopes and no others.
    pub fn new(settings: Settings, scopes: impl IntoIterator<Item = String>) -> Self {
        let scopes: BTreeMap<_, _> =
            scopes.into_iter().map(|name| (name, History::new(settings.epoch))).collect();
        let wakes = scopes.keys().map(|name| (name.clone(), watch::Sender::new(0))).collect();
        let state = State {
            scopes,
            fleet: Fleet::default(),
            providers: Vec::new(),
            quarantined: Vec::new(),
            overrides: Vec::new(),
            operators: None,
            containers: None,
            stopping: false,
        };
        Self(Arc::new(Shared {
            settings,
            state: Mutex::new(state),
            wakes,
            answers: watch::Sender::new(0),
            questions: Questions::default(),
            asking: Semaphore::new(ASKED_AT_ONCE),
        }))
    }

    /// Publishes a snapshot to a Scope; `None` where its content is what is published already.
    ///
    /// # Errors
    /// Where there is no such Scope, or no proxy would take the snapshot.
    pub fn publish(&self, scope: &str, snapshot: Arc<Snapshot>) -> Result<Option<Generation>, PublishError> {
        let mut state = self.state();
        let State { scopes, fleet, .. } = &mut *state;
        let Some(history) = scopes.get_mut(scope) else { return Err(self.unknown(scope).into()) };
        let published = history.publish(snapshot, now())?;
        if published.is_some() {
            fleet.forget(scope, history.removed_last());
            drop(state);
            self.wake(scope);
        }
        Ok(published)
    }

    /// The newest generation of a Scope.
    pub fn newest(&self, scope: &str) -> Option<Published> {
        self.state().scopes.get(scope)?.newest().cloned()
    }

    /// The shortest Update from what a receiver in this process has to the newest generation of a Scope; `None` where
    /// there is nothing to send.
    pub fn update_from(&self, scope: &str, held: Option<Generation>) -> Option<EncodedUpdate> {
        self.state().scopes.get_mut(scope)?.update_from(held.map(|held| held.hash))
    }

    /// Takes over what the last load of each provider found; the status shows it.
    pub fn providers(&self, providers: Vec<ProviderStatus>) {
        self.state().providers = providers;
    }

    /// Takes over what is held back; the status shows it.
    pub fn quarantined(&self, quarantined: Vec<Quarantined>) {
        self.state().quarantined = quarantined;
    }

    /// Takes over what operators set at run time; the status shows it.
    pub fn overrides(&self, overrides: Vec<Override>) {
        self.state().overrides = overrides;
    }

    /// What proxies ask for from now on, for the caller to do.
    pub fn operations(&self) -> mpsc::Receiver<Asked> {
        let (sender, receiver) = asked::channel();
        self.state().operators = Some(sender);
        receiver
    }

    /// Whom to ask what became of a container, by its name or id.
    pub fn containers(&self, explain: impl Fn(&str) -> ContainerExplanation + Send + Sync + 'static) {
        self.state().containers = Some(Arc::new(explain));
    }

    /// What became of a container; `None` where none are watched.
    pub(crate) fn explain_container(&self, container: &str) -> Option<ContainerExplanation> {
        let explain = self.state().containers.clone();
        explain.map(|explain| explain(container))
    }

    /// Changes with each ACK and NACK; the status tells what they were.
    pub fn answers(&self) -> watch::Receiver<u64> {
        self.0.answers.subscribe()
    }

    /// Whether every connected proxy of a Scope has, has refused, or cannot take the newest generation.
    pub fn is_settled(&self, scope: &str) -> bool {
        let state = self.state();
        state.scopes.get(scope).is_none_or(|history| state.fleet.is_settled(scope, history))
    }

    /// What each proxy of a Scope reported, whole.
    pub fn reports(&self, scope: &str) -> Vec<Report> {
        self.state().fleet.reports(scope)
    }

    /// The connected proxies of a Scope, by their names.
    pub fn connected(&self, scope: &str) -> Vec<String> {
        self.state().fleet.sessions(scope).map(|(_, proxy)| proxy.proxy_id.clone()).collect()
    }

    /// Asks the connected proxies of a Scope, or the one of this name, and waits so long for their answers; those of all
    /// who were to be asked, in the order of their names.
    pub async fn ask(&self, scope: &str, to: Option<&str>, ask: Ask, patience: Duration) -> Vec<Told> {
        let until = Instant::now() + patience;
        let place = timeout_at(until, self.0.asking.acquire()).await;
        let need = capability(&Question { number: 0, ask: Some(ask.clone()) });
        let bytes = Arc::default();
        let asked: Vec<_> = {
            let state = self.state();
            let meant = state.fleet.sessions(scope).filter(|(_, it)| to.is_none_or(|to| to == it.proxy_id));
            meant
                .map(|(session, proxy)| {
                    let able = need.is_some_and(|need| proxy.capabilities.contains(need));
                    // Too many ask already: nobody waits for an answer.
                    let put =
                        (able && place.is_ok()).then(|| self.0.questions.put(session, ask.clone(), &bytes));
                    (session, proxy.proxy_id.clone(), able, put)
                })
                .collect()
        };
        self.wake(scope);
        let mut told = Vec::new();
        for (session, proxy_id, able, put) in asked {
            let answer = match put {
                None if able => Err(Untold::Silent),
                None => Err(Untold::Unable),
                Some((number, reply)) => {
                    let answer = timeout_at(until, reply).await;
                    self.0.questions.forget(session, number);
                    match answer {
                        Ok(Ok(Some(answer))) => Ok(answer),
                        Ok(Ok(None)) => Err(Untold::NoRoom),
                        Ok(Err(_)) => Err(Untold::Gone),
                        Err(_) => Err(Untold::Silent),
                    }
                }
            };
            told.push(Told { proxy_id, answer });
        }
        told
    }

    /// All that is known, of all Scopes.
    pub fn status(&self) -> FleetStatus {
        self.status_for(&Peer::Local)
    }

    /// Ends all sessions; new ones are refused.
    pub fn stop(&self) {
        self.state().stopping = true;
        self.0.wakes.keys().for_each(|scope| self.wake(scope));
    }

    pub(crate) fn status_for(&self, peer: &Peer) -> FleetStatus {
        let state = self.state();
        let scopes: Vec<_> = state.scopes.iter().filter(|(name, _)| peer.may_read(name)).collect();
        let rows = STATUS_ROWS / scopes.len().max(1);
        let all = peer.may_read_all();
        FleetStatus {
            version: self.0.settings.version.clone(),
            epoch: self.0.settings.epoch,
            scopes: scopes
                .into_iter()
                .map(|(name, history)| {
                    let newest = history.newest();
                    ScopeStatus {
                        name: name.clone(),
                        generation: newest.map(|newest| newest.generation.into()),
                        published_unix_ms: newest.map_or(0, |newest| newest.at_unix_ms),
                        resources: newest.map_or(0, |newest| newest.snapshot.resources().len() as u64),
                        proxies: state.fleet.status(name, history, rows),
                    }
                })
                .collect(),
            providers: if all { state.providers.clone() } else { Vec::new() },
            quarantined: if all { state.quarantined.clone() } else { Vec::new() },
            overrides: if all { state.overrides.clone() } else { Vec::new() },
        }
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.0.settings
    }

    /// What wakes the sessions of a Scope.
    pub(crate) fn watch(&self, scope: &str) -> Result<watch::Receiver<u64>, UnknownScope> {
        self.0.wakes.get(scope).map(watch::Sender::subscribe).ok_or_else(|| self.unknown(scope))
    }

    pub(crate) fn hello(&self, introduction: Introduction) -> Result<SessionId, FleetFull> {
        let scope = introduction.scope.clone();
        let mut state = self.state();
        let replaces = state.fleet.has(&scope, &introduction.proxy_id);
        let session = state.fleet.hello(introduction, now())?;
        drop(state);
        if replaces {
            self.wake(&scope);
        }
        Ok(session)
    }

    pub(crate) fn verdict(&self, session: SessionId) -> Verdict {
        let state = self.state();
        match () {
            () if state.stopping => Verdict::Stop,
            () if state.fleet.is_current(session) => Verdict::GoOn,
            () => Verdict::Replaced,
        }
    }

    /// The update to send now, noted as sent.
    pub(crate) fn next(&self, scope: &str, session: SessionId) -> Option<EncodedUpdate> {
        let mut state = self.state();
        let State { scopes, fleet, .. } = &mut *state;
        let history = scopes.get_mut(scope)?;
        let base = fleet.next(session, history)?;
        let update = history.update_from(base)?;
        fleet.sent(session, update.generation);
        Some(update)
    }

    pub(crate) fn ack(&self, session: SessionId, generation: Generation) -> Result<(), Unexpected> {
        let noted = self.state().fleet.ack(session, generation, now());
        self.note_answer();
        noted
    }

    pub(crate) fn nack(
        &self,
        session: SessionId,
        generation: Generation,
        nack: Nack,
    ) -> Result<(), Unexpected> {
        let noted = self.state().fleet.nack(session, generation, nack, now());
        self.note_answer();
        noted
    }

    pub(crate) fn report(&self, session: SessionId, report: Report) {
        self.state().fleet.report(session, report, now());
    }

    /// The next question for a session.
    pub(crate) fn question(&self, session: SessionId) -> Option<Question> {
        self.0.questions.next(session)
    }

    pub(crate) fn answered(&self, session: SessionId, piece: Answered) -> Result<(), Unfit> {
        self.0.questions.take(session, piece)
    }

    /// Hands on what a proxy asks for; `false`: nobody is there to do it, or there is too much of it.
    pub(crate) fn operate(&self, asked: Asked) -> bool {
        let operators = self.state().operators.clone();
        operators.is_some_and(|operators| operators.try_send(asked).is_ok())
    }

    pub(crate) fn leave(&self, session: SessionId) {
        self.0.questions.leave(session);
        self.state().fleet.leave(session, now());
    }

    fn note_answer(&self) {
        self.0.answers.send_modify(|count| *count = count.wrapping_add(1));
    }

    fn wake(&self, scope: &str) {
        if let Some(wake) = self.0.wakes.get(scope) {
            wake.send_modify(|count| *count = count.wrapping_add(1));
        }
    }

    fn unknown(&self, name: &str) -> UnknownScope {
        UnknownScope { name: name.to_owned(), known: self.0.wakes.keys().cloned().collect() }
    }

    /// State is whole after every statement that changes it: a panic elsewhere does not spoil it.
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
