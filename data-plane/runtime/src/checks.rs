//! Which endpoint is probed when: the checks of all endpoints, driven by one task of the control thread.
//!
//! An idle check costs its entry and a place in an ordered set. What each probe means is `sluicegate-health`'s to say.

mod circumstances;
pub(crate) mod formulas;
mod subject;
mod suspect;
mod twins;

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::future::pending;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

use sluicegate_engine::live::ErrorRun;
use sluicegate_engine::stream::Target;
use sluicegate_health::formula::Formulas;
use sluicegate_health::script::Particulars;
use sluicegate_health::{self as health, Check, Command, Finding, Outcome, Phase, Talk, first_delay};
use sluicegate_model::endpoint::{CheckKey, ForcedHealth, ForcedValue};
use sluicegate_model::process::Spread;
use sluicegate_proto::id::ObjectKey;
use tokio::sync::mpsc;
use tokio::task::AbortHandle;
use tokio::time::{Instant, sleep_until};

use crate::probe::{Prober, Turn, Way, awaited, hold};
use circumstances::talk;
pub(crate) use subject::{Kind, Subject};

/// Probes at one time; what is due beyond them waits for its turn.
pub(crate) const MAX_PROBES: usize = 1_000;

/// Hears what the checks find.
pub(crate) trait Verdicts {
    /// Nothing is known of it (any more): it counts as what its check begins with, until a probe says otherwise.
    fn renewed(&mut self, endpoint: &Subject, check: &Check);
    /// A person has set its health.
    fn forced(&mut self, _endpoint: &Subject, _check: &Check) {}
    /// What it is told of itself in its checks.
    fn state_words(&self, endpoint: &Subject, check: &Check) -> String;
    /// What its checks work out on the way; `None`: nothing.
    fn formulas(&self, _endpoint: &Subject) -> Option<Arc<dyn Formulas>> {
        None
    }
    /// What programs and formulas are told of it.
    fn particulars(&self, _endpoint: &Subject) -> Particulars {
        Particulars::default()
    }
    /// A probe is over.
    fn probed(&mut self, endpoint: &Subject, finding: &Finding, check: &Check);
    /// Waits for exchanges of an endpoint that went wrong too often in a row.
    fn error_run(&self) -> impl Future<Output = (ObjectKey, ErrorRun)> + Send {
        pending()
    }
}

/// The checks of all endpoints.
#[derive(Debug)]
pub(crate) struct Checks<P, V> {
    prober: Arc<P>,
    verdicts: V,
    started: Instant,
    /// Shifts the first probes of this process against those of others, and is the chance in later ones.
    seed: u64,
    spread: Spread,
    entries: HashMap<ObjectKey, Entry>,
    /// Who is probed where.
    places: HashMap<CheckKey, BTreeSet<ObjectKey>>,
    due: BTreeSet<(Duration, ObjectKey)>,
    /// Due, but over [`MAX_PROBES`]. May hold keys that do not wait any more.
    waiting: VecDeque<ObjectKey>,
    probing: usize,
    attempts: u64,
    sender: mpsc::Sender<Event>,
    events: mpsc::Receiver<Event>,
}

#[derive(Debug)]
struct Entry {
    subject: Subject,
    state: Check,
    /// The probe under way.
    running: Option<Running>,
    /// Who made the probe that it takes part in.
    joined: Option<ObjectKey>,
    waits: bool,
}

#[derive(Debug)]
struct Running {
    attempt: u64,
    /// What it counts for among [`MAX_PROBES`].
    cost: usize,
    /// The step that it is at.
    at: Arc<AtomicUsize>,
    task: AbortHandle,
    /// Who takes part in it.
    twins: Vec<ObjectKey>,
}

#[derive(Debug)]
struct Event {
    endpoint: ObjectKey,
    attempt: u64,
    /// When it happened, however late it is read.
    at: Instant,
    news: News,
}

#[derive(Debug)]
enum News {
    Turn(Turn),
    Over(Outcome),
}

impl<P: Prober, V: Verdicts> Checks<P, V> {
    /// Checks nothing yet.
    pub(crate) fn new(prober: impl Into<Arc<P>>, verdicts: V, seed: u64) -> Self {
        let (sender, events) = mpsc::channel(MAX_PROBES);
        Self {
            prober: prober.into(),
            verdicts,
            started: Instant::now(),
            seed,
            spread: Spread::default(),
            entries: HashMap::new(),
            places: HashMap::new(),
            due: BTreeSet::new(),
            waiting: VecDeque::new(),
            probing: 0,
            attempts: 0,
            sender,
            events,
        }
    }

    /// Says how much chance there is in the times of probes from now on.
    pub(crate) fn spread(&mut self, spread: Spread) {
        self.spread = spread;
    }

    /// Takes up new endpoints, their first probes spread over their intervals, and changes of known ones. What is known
    /// of an endpoint stays while the same is probed in the same way.
    pub(crate) fn follow(&mut self, subjects: Vec<Subject>) {
        let known = |subject: &Subject| self.entries.get(&subject.key).is_some_and(|it| it.knows(subject));
        let (kept, fresh): (Vec<_>, Vec<_>) = subjects.into_iter().partition(known);
        kept.into_iter().for_each(|subject| self.change(subject));
        let total = fresh.len();
        for (position, subject) in fresh.into_iter().enumerate() {
            let interval = subject.schedule.interval;
            let over = self.spread.first.map_or(interval, |most| most.min(interval));
            let delay = first_delay(over, position, total, self.seed);
            self.renew(subject, delay);
        }
    }

    /// Stops checking an endpoint and forgets what is known of it.
    pub(crate) fn forget(&mut self, endpoint: &ObjectKey) {
        if let Some(mut entry) = self.entries.remove(endpoint) {
            self.due.remove(&(entry.state.due(), endpoint.clone()));
            self.forget_place(&entry.subject.check, endpoint);
            self.give_up(&mut entry);
        }
    }

    /// Says where an endpoint's probes go from now on. A first address is probed at once, a later one in its turn: what
    /// is known stays, as the endpoint is the same.
    pub(crate) fn aim(&mut self, endpoint: &ObjectKey, target: Target) {
        let Some(entry) = self.entries.get(endpoint) else { return };
        if entry.subject.target.as_ref() == Some(&target) {
            return;
        }
        let subject = Subject { target: Some(target), ..entry.subject.clone() };
        if entry.subject.target.is_none() {
            self.renew(subject, Duration::ZERO);
        } else {
            self.change(subject);
        }
    }

    /// Says that an endpoint's name leads nowhere: nothing is probed until [`Checks::aim`] says where it is.
    pub(crate) fn lose(&mut self, endpoint: &ObjectKey) {
        if let Some(entry) = self.entries.get(endpoint) {
            let subject = Subject { target: None, ..entry.subject.clone() };
            self.renew(subject, Duration::ZERO);
        }
    }

    /// Waits for the next thing to happen and deals with it. Dropping the future loses nothing.
    pub(crate) async fn turn(&mut self) {
        let next = self.due.first().map(|(due, _)| self.started + *due);
        tokio::select! {
            biased;
            Some(event) = self.events.recv() => self.hear(event),
            (endpoint, run) = self.verdicts.error_run() => self.suspect(&endpoint, run),
            () = at(next) => {
                // What the probes have seen by now counts, though the deadline has come up first.
                tokio::task::yield_now().await;
                while let Ok(event) = self.events.try_recv() {
                    self.hear(event);
                }
                self.tick();
            }
        }
    }

    fn now(&self) -> Duration {
        self.started.elapsed()
    }

    fn renew(&mut self, subject: Subject, delay: Duration) {
        let key = subject.key.clone();
        self.forget(&key);
        let resolved = subject.target.is_some();
        let mut state = subject.begin(self.now() + delay);
        if let Some(forced) = subject.forced {
            state.force(forced_to(forced), self.now());
        }
        if resolved {
            if !subject.paused {
                self.due.insert((state.due(), key.clone()));
            }
            self.verdicts.renewed(&subject, &state);
        }
        self.note_place(&subject.check, &key);
        self.entries.insert(key, Entry { subject, state, running: None, joined: None, waits: false });
    }

    fn change(&mut self, subject: Subject) {
        let now = self.now();
        let Some(entry) = self.entries.get_mut(&subject.key) else { return };
        let before = entry.state.due();
        let old = &entry.subject;
        if (old.schedule, old.limits) != (subject.schedule, subject.limits) {
            entry.state.reschedule(subject.schedule, subject.limits, now);
        }
        if let Some(forced) = subject.forced.filter(|_| subject.forced != old.forced) {
            entry.state.force(forced_to(forced), now);
            self.verdicts.forced(&subject, &entry.state);
        }
        let resumes = old.paused && !subject.paused && subject.target.is_some();
        let pauses = subject.paused && !old.paused;
        if self.due.remove(&(before, subject.key.clone())) || resumes {
            self.due.insert((entry.state.due(), subject.key.clone()));
        }
        let (key, check) = (subject.key.clone(), subject.check.clone());
        let before = std::mem::replace(&mut entry.subject, subject);
        self.forget_place(&before.check, &key);
        self.note_place(&check, &key);
        if pauses {
            self.pause(&key);
        }
    }

    /// Makes no more probes of an endpoint; the one under way is dropped.
    fn pause(&mut self, key: &ObjectKey) {
        let Some(mut entry) = self.entries.remove(key) else { return };
        self.due.remove(&(entry.state.due(), key.clone()));
        self.give_up(&mut entry);
        entry.state.rest(self.now());
        (entry.waits, entry.joined) = (false, None);
        self.entries.insert(key.clone(), entry);
    }

    fn tick(&mut self) {
        let now = self.now();
        while let Some((due, _)) = self.due.first()
            && *due <= now
        {
            let Some((_, key)) = self.due.pop_first() else { return };
            let Some(entry) = self.entries.get_mut(&key) else { continue };
            let phase = entry.state.phase();
            if phase != Phase::Idle {
                if entry.state.tick(now) == Command::Abandon {
                    let at = entry.running.as_ref().map_or(0, |running| running.at.load(Relaxed));
                    let (at, awaited) = awaited(at, phase == Phase::Connecting);
                    let outcome = entry.subject.script.late(at, awaited);
                    self.over(&key, now, &outcome);
                }
            } else if self.probing + entry.subject.cost() <= MAX_PROBES {
                self.launch(&key, now);
            } else {
                entry.waits = true;
                self.waiting.push_back(key);
            }
        }
    }

    fn launch(&mut self, key: &ObjectKey, now: Duration) {
        let Some(entry) = self.entries.get_mut(key) else { return };
        let Some(way) = entry.subject.way() else { return };
        let talk = talk(&self.verdicts, entry);
        let command = entry.state.tick(now);
        self.due.insert((entry.state.due(), key.clone()));
        if command != Command::Probe {
            return;
        }
        let cost = entry.subject.cost();
        let twins = self.join_twins(key, now);
        self.probing += cost;
        self.attempts += 1;
        let report = Line { sender: self.sender.clone(), endpoint: key.clone(), attempt: self.attempts };
        let at = Arc::new(AtomicUsize::new(0));
        let probe = run(Arc::clone(&self.prober), way, talk, Arc::clone(&at), report);
        let task = tokio::spawn(probe).abort_handle();
        if let Some(entry) = self.entries.get_mut(key) {
            entry.running = Some(Running { attempt: self.attempts, cost, at, task, twins });
        }
    }

    fn hear(&mut self, event: Event) {
        let Event { endpoint, attempt, at, news } = event;
        let at = at.saturating_duration_since(self.started);
        let Some(entry) = self.entries.get_mut(&endpoint) else { return };
        let Some(running) = entry.running.as_ref().filter(|running| running.attempt == attempt) else {
            return;
        };
        let twins = running.twins.clone();
        self.due.remove(&(entry.state.due(), endpoint.clone()));
        match news {
            News::Turn(turn) => {
                entry.go_on(turn, at);
                self.due.insert((entry.state.due(), endpoint.clone()));
                for key in twins {
                    let twin = self.entries.get_mut(&key).filter(|it| it.joined.as_ref() == Some(&endpoint));
                    twin.into_iter().for_each(|twin| twin.go_on(turn, at));
                }
            }
            News::Over(outcome) => self.over(&endpoint, at, &outcome),
        }
    }

    /// A probe is over, for all who took part in it.
    fn over(&mut self, leader: &ObjectKey, at: Duration, outcome: &Outcome) {
        let running = self.entries.get_mut(leader).and_then(|entry| entry.running.as_mut());
        let twins = running.map(|running| std::mem::take(&mut running.twins)).unwrap_or_default();
        for key in std::iter::once(leader).chain(&twins) {
            let Some(entry) = self.entries.get_mut(key) else { continue };
            if entry.joined.take().as_ref() == Some(leader) || key == leader {
                let finding = entry.state.finish(at, outcome);
                self.conclude(key, &finding);
            }
        }
    }

    /// A probe is over: frees its place, sets the next one down and tells what it found.
    fn conclude(&mut self, key: &ObjectKey, finding: &Finding) {
        let Some(mut entry) = self.entries.remove(key) else { return };
        self.give_up(&mut entry);
        entry.state.shift(self.spread.percent, self.seed.wrapping_add(self.attempts));
        self.due.insert((entry.state.due(), key.clone()));
        self.verdicts.probed(&entry.subject, finding, &entry.state);
        self.entries.insert(key.clone(), entry);
    }

    /// Ends the probe under way, if any; its place goes to who waits first.
    fn give_up(&mut self, entry: &mut Entry) {
        let Some(running) = entry.running.take() else { return };
        running.task.abort();
        self.probing -= running.cost;
        self.leave_alone(running.twins, &entry.subject.key);
        while let Some(entry) = self.waiting.front().map(|key| self.entries.get(key)) {
            let cost = entry.filter(|entry| entry.waits).map_or(0, |entry| entry.subject.cost());
            if self.probing + cost > MAX_PROBES {
                return;
            }
            let Some(key) = self.waiting.pop_front() else { return };
            if self.entries.get_mut(&key).is_some_and(|entry| std::mem::take(&mut entry.waits)) {
                self.launch(&key, self.started.elapsed());
            }
        }
    }
}

impl Entry {
    fn go_on(&mut self, turn: Turn, at: Duration) {
        match turn {
            Turn::Connects => self.state.reconnecting(at),
            Turn::Connected => self.state.connected(at),
        }
    }

    /// Whether what is known of this check holds for the subject.
    fn knows(&self, subject: &Subject) -> bool {
        let old = &self.subject;
        // What an agent said of its endpoint holds until it says something else, wherever it is asked.
        let same = old.check == subject.check && old.script == subject.script || old.kind == Kind::Agent;
        same && old.target.is_some() == subject.target.is_some()
    }
}

impl<P, V> Drop for Checks<P, V> {
    fn drop(&mut self) {
        self.entries.values().filter_map(|entry| entry.running.as_ref()).for_each(|it| it.task.abort());
    }
}

/// A probe's way back.
struct Line {
    sender: mpsc::Sender<Event>,
    endpoint: ObjectKey,
    attempt: u64,
}

impl Line {
    async fn tell(&self, news: News) {
        let event =
            Event { endpoint: self.endpoint.clone(), attempt: self.attempt, at: Instant::now(), news };
        // Nobody hears it: the checks are over.
        let _ = self.sender.send(event).await;
    }
}

async fn run<P: Prober>(prober: Arc<P>, way: Way, talk: Talk, at: Arc<AtomicUsize>, line: Line) {
    let tell = |turn| line.tell(News::Turn(turn));
    let outcome = hold(&*prober, &way, talk, &at, tell).await;
    line.tell(News::Over(outcome)).await;
}

fn forced_to(forced: ForcedHealth) -> health::Health {
    match forced.value {
        ForcedValue::Up => health::Health::Up,
        ForcedValue::Stopping => health::Health::Stopping,
        ForcedValue::Down => health::Health::Down,
    }
}

/// Waits for a time, where there is none for good.
pub(crate) async fn at(time: Option<Instant>) {
    match time {
        Some(time) => sleep_until(time).await,
        None => pending().await,
    }
}

#[cfg(test)]
mod tests;
