//! Names that sections of name servers are asked for (HAProxy: resolvers), again and again.
//!
//! One task for each name: it asks, tells what came of it, and waits. What that means for endpoints is
//! [`crowd`]'s to say.

mod ask;
pub(crate) mod crowd;
mod ledger;
mod nudges;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use sluicegate_model::resolvers::Resolvers;
use sluicegate_names::{Failure, Key, Question, Record, Want};
use sluicegate_proto::id::ObjectKey;
use tokio::sync::{Semaphore, mpsc};
use tokio::task::AbortHandle;
use tokio::time::{Instant, sleep};

use ask::Asker;
use ledger::Event;
pub(crate) use ledger::Ledger;
pub(crate) use nudges::Nudges;
use nudges::nudged;

/// Names that one section is asked for at one time; what is due beyond them waits for its turn.
const MAX_QUESTIONS: usize = 64;
/// Rounds that may wait to be taken.
const ROUNDS: usize = 256;

/// A name that a section is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Subject {
    pub(crate) section: ObjectKey,
    /// In lower case.
    pub(crate) name: Box<str>,
    /// It is one of services.
    pub(crate) service: bool,
    /// IPv4 is asked for first.
    pub(crate) prefers_v4: bool,
}

impl Subject {
    /// The family that is asked for first.
    fn family(&self) -> Want {
        if self.prefers_v4 { Want::V4 } else { Want::V6 }
    }
}

/// What a name server said.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) records: Vec<Record>,
    /// The name server that said it.
    pub(crate) server: Box<str>,
}

impl Found {
    /// What it says, in whatever order.
    fn keys(&self) -> BTreeSet<Key> {
        self.records.iter().map(|record| record.key.clone()).collect()
    }
}

/// What came of asking once.
#[derive(Debug)]
pub(crate) struct Round {
    pub(crate) subject: Arc<Subject>,
    pub(crate) found: Result<Found, Failure>,
}

/// Asks for a set of names, one task each.
#[derive(Debug)]
pub(crate) struct Inquiries {
    sections: HashMap<ObjectKey, Section>,
    rounds: mpsc::Sender<Round>,
    ledger: Arc<Ledger>,
    nudges: Arc<Nudges>,
}

#[derive(Debug)]
struct Section {
    config: Arc<Resolvers>,
    asker: Arc<Asker>,
    permits: Arc<Semaphore>,
    tasks: HashMap<Subject, AbortHandle>,
}

impl Inquiries {
    /// Asks for nothing yet.
    pub(crate) fn start() -> (Self, mpsc::Receiver<Round>) {
        let (rounds, receiver) = mpsc::channel(ROUNDS);
        (Self { sections: HashMap::new(), rounds, ledger: Arc::default(), nudges: Arc::default() }, receiver)
    }

    /// What came of asking so far.
    pub(crate) fn ledger(&self) -> Arc<Ledger> {
        Arc::clone(&self.ledger)
    }

    /// What has names asked for before their time.
    pub(crate) fn nudges(&self) -> Arc<Nudges> {
        Arc::clone(&self.nudges)
    }

    /// Asks for just these names from now on. What is asked for already goes on undisturbed, unless its section is another
    /// one now. Sections that are not there are asked nothing.
    pub(crate) fn follow<'a>(
        &mut self,
        subjects: impl Iterator<Item = &'a Subject>,
        sections: &BTreeMap<ObjectKey, Arc<Resolvers>>,
    ) {
        self.ledger.follow(sections);
        self.sections.retain(|key, section| {
            sections.get(key).is_some_and(|config| Arc::ptr_eq(config, &section.config))
        });
        let mut before: HashMap<ObjectKey, HashMap<Subject, AbortHandle>> = self
            .sections
            .iter_mut()
            .map(|(key, section)| (key.clone(), std::mem::take(&mut section.tasks)))
            .collect();
        for subject in subjects {
            let Some(config) = sections.get(&subject.section) else { continue };
            let section = self
                .sections
                .entry(subject.section.clone())
                .or_insert_with(|| Section::new(config, &self.ledger));
            let running = before.get_mut(&subject.section).and_then(|tasks| tasks.remove(subject));
            let task = running.or_else(|| section.ask(subject, &self.rounds, &self.nudges));
            section.tasks.extend(task.map(|task| (subject.clone(), task)));
        }
        before.into_values().flat_map(HashMap::into_values).for_each(|task| task.abort());
        self.sections.retain(|_, section| !section.tasks.is_empty());
        let is_asked = |subject: &Subject| {
            self.sections.get(&subject.section).is_some_and(|section| section.tasks.contains_key(subject))
        };
        self.nudges.retain(is_asked);
    }
}

impl Section {
    fn new(config: &Arc<Resolvers>, ledger: &Ledger) -> Self {
        Self {
            config: Arc::clone(config),
            asker: Arc::new(Asker::new(config, ledger)),
            permits: Arc::new(Semaphore::new(MAX_QUESTIONS)),
            tasks: HashMap::new(),
        }
    }

    /// `None`: nobody can be asked for the name.
    fn ask(&self, subject: &Subject, rounds: &mpsc::Sender<Round>, nudges: &Nudges) -> Option<AbortHandle> {
        let want = if subject.service { Want::Service } else { subject.family() };
        let question = match Question::new(&subject.name, want) {
            Ok(question) => question,
            Err(error) => {
                tracing::warn!("{error}; it is not asked for");
                return None;
            }
        };
        let (asker, permits) = (Arc::clone(&self.asker), Arc::clone(&self.permits));
        let (subject, rounds) = (Arc::new(subject.clone()), rounds.clone());
        let (interval, fresh) = (self.config.resolve_interval, self.config.fresh);
        let nudge = fresh.map(|_| nudges.of(&subject)).unwrap_or_default();
        let task = async move {
            let mut before = None;
            loop {
                let found = {
                    let _permit = permits.acquire().await;
                    asker.resolve(&question, subject.family()).await
                };
                if let Ok(found) = &found {
                    let keys = Some(found.keys());
                    if std::mem::replace(&mut before, keys.clone()) != keys {
                        asker.count(&found.server, Event::Update);
                    }
                }
                // What failed is old at once.
                let fresh = if found.is_ok() { fresh } else { fresh.and(Some(Duration::ZERO)) };
                let answered = Instant::now();
                if rounds.send(Round { subject: Arc::clone(&subject), found }).await.is_err() {
                    return;
                }
                tokio::select! {
                    () = sleep(interval) => {}
                    () = nudged(&nudge, answered, fresh) => {}
                }
            }
        };
        Some(tokio::spawn(task).abort_handle())
    }
}

impl Drop for Section {
    fn drop(&mut self) {
        self.tasks.values().for_each(AbortHandle::abort);
    }
}
