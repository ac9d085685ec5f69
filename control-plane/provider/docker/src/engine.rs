//! Watching a Docker engine.

use std::collections::HashMap;
use std::io;
use std::path::PathBuf;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bollard::Docker;
use bollard::errors::Error;
use bollard::query_parameters::{InspectContainerOptions, ListContainersOptions};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep, sleep_until, timeout};

use crate::connection::{ANSWER, Engine, Way};
use crate::container::Container;
use crate::entry::EntryPoints;
use crate::events::Events;
use crate::explain::Containers;
use crate::groups::{Groups, Routes, View};
use crate::happening::{Course, Happenings, stops};
use crate::inspected::Inspected;
use crate::kept::{self, Keeper};
use crate::known::{Known, Sign};
use crate::pace::Pace;
use crate::reach::Reach;
use crate::swarm::{self, Swarm};
use crate::vocabulary::Vocabularies;

/// When all are asked for though nothing says so: an engine's host may go without a word.
const SAFETY_NET: Duration = Duration::from_secs(300);
/// Wait after the first failure to reach the engine; doubled up to [`LONGEST_WAIT`].
const FIRST_WAIT: Duration = Duration::from_millis(100);
const LONGEST_WAIT: Duration = Duration::from_secs(5);
/// From so many containers at once all are asked for: a question is to have an end.
const MANY: usize = 20;
/// When a container is looked at once more after an event: what is not known to be told before lists show it may be.
const AGAIN: Duration = Duration::from_millis(500);
/// Most containers that are looked at; [`Routes::left_out`] tells of more.
pub const MAX_CONTAINERS: usize = 100_000;
/// How long the engine lets a container stop where that says nothing else, in seconds.
const STOP_SECONDS: u64 = 10;
/// What a container may take longer than that, until it counts as one that goes on.
const STOP_SLACK: Duration = Duration::from_secs(5);

/// Which engine, and what its containers may attach to.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The way there.
    pub way: Way,
    /// Where routes may attach.
    pub entrypoints: watch::Receiver<EntryPoints>,
    /// By which addresses containers are reached.
    pub reach: Reach,
    /// In which vocabularies containers say what they want.
    pub vocabularies: Vocabularies,
    /// How long the routes of containers that have gone stay.
    pub grace: Duration,
    /// Where it is kept who has gone; `None`: nowhere.
    pub kept: Option<PathBuf>,
    /// What is known, for whoever asks about a container.
    pub seen: watch::Sender<Containers>,
}

/// What the watcher has to tell.
#[derive(Debug)]
pub enum News {
    /// The containers' routes, whole; sent when they differ from the last.
    Routes(Routes),
    /// The engine cannot be reached, in its words; what was told last stays true.
    Away(String),
}

/// Watches until the receiver is gone.
pub async fn watch(settings: Settings, news: mpsc::Sender<News>) {
    let vocabularies = settings.vocabularies.clone();
    let mut groups = Groups::new(settings.grace).speaking(vocabularies.clone());
    let kept = kept::read(settings.kept.as_deref());
    groups.restore(kept.clone(), now_unix_ms());
    let mut way = settings.way.clone();
    let mut watcher = Watcher {
        inspected: Inspected::new(&vocabularies),
        known: Known::new(MAX_CONTAINERS, vocabularies),
        swarm: Swarm::default(),
        groups,
        keeper: Keeper::start(settings.kept.clone(), kept),
        again: HashMap::new(),
        pace: Pace::default(),
        told: None,
        away: None,
        news,
        settings,
    };
    let mut wait = FIRST_WAIT;
    while !watcher.news.is_closed() {
        let started = Instant::now();
        let Err(error) = watcher.follow(way.client()).await else { return };
        if watcher.tell_away(&way.address().engine, error.to_string()).await.is_err() {
            break;
        }
        if started.elapsed() > LONGEST_WAIT {
            wait = FIRST_WAIT;
        }
        sleep(wait).await;
        wait = (wait * 2).min(LONGEST_WAIT);
    }
}

struct Watcher {
    settings: Settings,
    known: Known,
    swarm: Swarm,
    inspected: Inspected,
    groups: Groups,
    keeper: Keeper,
    /// Who is looked at once more, when, and what its last event said.
    again: HashMap<String, (Instant, Sign)>,
    pace: Pace,
    told: Option<Routes>,
    /// Why the engine cannot be reached, where that was told last.
    away: Option<String>,
    news: mpsc::Sender<News>,
}

/// The receiver of news is gone.
struct Unheard;

impl Watcher {
    /// One connection's life: lists what there is, then follows events. Ends well only when no one listens any more.
    async fn follow(&mut self, engine: Engine) -> Result<(), Error> {
        let engine = answered(engine.negotiated()).await?;
        let docker = &engine.docker;
        // Taken while the list is made too, so that nothing falls between the two.
        let mut events = Events::of(docker);
        self.known.replace(events.beside(list(docker, None)).await?);
        self.swarm = events.beside(Swarm::ask(&engine, &self.settings.vocabularies)).await?;
        let (mut listed, mut swarm_asked, mut rested) = (Instant::now(), Instant::now(), Instant::now());
        let mut other = true;
        loop {
            if other {
                let begun = Instant::now();
                events.beside(self.inspected.complete(docker, &mut self.known)).await?;
                if self.tell().await.is_err() {
                    return Ok(());
                }
                rested = self.pace.done(begun, Instant::now());
            }
            let (due, silent) = (self.due(), self.swarm.is_silent().then(|| swarm_asked + swarm::PACE));
            let mut of_swarm = false;
            other = tokio::select! {
                happened = events.gather(rested) => {
                    let happened = happened?;
                    of_swarm = happened.is_of_swarm();
                    events.beside(self.take(docker, happened)).await?;
                    self.known.has_changed()
                }
                () = until(due) => {
                    let over = self.groups.next_end().is_some_and(|end| end <= now_unix_ms());
                    events.beside(self.look_again(docker)).await?;
                    self.known.has_changed() || over
                }
                () = until(silent) => {
                    of_swarm = true;
                    false
                }
                () = sleep_until(listed + SAFETY_NET) => {
                    self.known.replace(events.beside(list(docker, None)).await?);
                    listed = Instant::now();
                    self.known.has_changed()
                }
                // The sender is this process's: it is gone only when all is.
                Ok(()) = self.settings.entrypoints.changed() => true,
                () = self.news.closed() => return Ok(()),
            };
            if of_swarm || self.swarm.is_behind(self.known.iter()) {
                let swarm = events.beside(Swarm::ask(&engine, &self.settings.vocabularies)).await?;
                other |= swarm != self.swarm;
                self.swarm = swarm;
                swarm_asked = Instant::now();
            }
        }
    }

    /// When something is over by itself; `None`: nothing is.
    fn due(&self) -> Option<Instant> {
        let end = self.groups.next_end().map(|end| {
            Instant::now() + Duration::from_millis(end.saturating_sub(now_unix_ms()).saturating_add(1))
        });
        let again = self.again.values().map(|(at, _)| *at).min();
        [end, self.known.next_due(), again].into_iter().flatten().min()
    }

    /// Whoever was to stop by now goes on, if it runs.
    async fn look_again(&mut self, docker: &Docker) -> Result<(), Error> {
        let now = Instant::now();
        let mut looked: HashMap<String, Sign> =
            self.again.extract_if(|_, (at, _)| *at <= now).map(|(id, (_, sign))| (id, sign)).collect();
        looked.extend(self.known.overdue(now).into_iter().map(|id| (id, Sign::None)));
        if looked.is_empty() {
            return Ok(());
        }
        let ids: Vec<String> = looked.keys().cloned().collect();
        let mut found = by_id(list(docker, (ids.len() < MANY).then_some(&ids[..])).await?);
        for (id, sign) in looked {
            self.known.change(&id, found.remove(&id), sign);
        }
        Ok(())
    }

    async fn take(&mut self, docker: &Docker, happened: Happenings) -> Result<(), Error> {
        for id in happened.early() {
            // Answered once the engine is done with it, and its lists say where it is now.
            match answered(docker.inspect_container(id, None::<InspectContainerOptions>)).await {
                Ok(_) | Err(Error::DockerResponseServerError { status_code: 404, .. }) => {}
                Err(error) => return Err(error),
            }
        }
        let ids: Vec<String> = happened.ids().cloned().collect();
        let few = (ids.len() < MANY).then_some(&ids[..]);
        let mut found = by_id(list(docker, few).await?);
        for (id, course) in happened.into_courses() {
            let found = found.remove(&id);
            let sign = self.sign(docker, &id, course).await?;
            self.known.change(&id, found, sign);
            self.again.insert(id, (Instant::now() + AGAIN, sign));
        }
        if self.known.is_stale() {
            self.known.replace(list(docker, None).await?);
        }
        Ok(())
    }

    async fn sign(&self, docker: &Docker, id: &str, course: Course) -> Result<Sign, Error> {
        let before = self.known.is_stopping(id);
        Ok(match course {
            // What is told of one that crashed besides, such as its network, does not make it another.
            Course::Plain if self.known.has_crashed(id) => Sign::Crashed,
            Course::Plain | Course::Stopped => Sign::None,
            Course::Ended(0) => Sign::None,
            Course::Ended(_) if before.is_some() => Sign::None,
            Course::Ended(_) => Sign::Crashed,
            Course::Signalled(signal) => match self.stopped_by(docker, id, signal).await? {
                Some(within) => Sign::Stopping(Instant::now() + within),
                None => before.map_or(Sign::None, Sign::Stopping),
            },
        })
    }

    /// How long a container may take to stop, where a signal tells it to.
    async fn stopped_by(&self, docker: &Docker, id: &str, signal: i32) -> Result<Option<Duration>, Error> {
        let inspected = match answered(docker.inspect_container(id, None::<InspectContainerOptions>)).await {
            Ok(inspected) => inspected,
            // It is there no more.
            Err(Error::DockerResponseServerError { status_code: 404, .. }) => return Ok(None),
            Err(error) => return Err(error),
        };
        let config = inspected.config.unwrap_or_default();
        let seconds = config.stop_timeout.and_then(|seconds| u64::try_from(seconds).ok());
        let within = Duration::from_secs(seconds.unwrap_or(STOP_SECONDS)).saturating_add(STOP_SLACK);
        Ok(stops(signal, config.stop_signal.as_deref()).then_some(within))
    }

    async fn tell(&mut self) -> Result<(), Unheard> {
        let entrypoints = self.settings.entrypoints.borrow_and_update().clone();
        let view =
            View { entrypoints: &entrypoints, reach: &self.settings.reach, now_unix_ms: now_unix_ms() };
        let containers = self.swarm.join(self.known.containers());
        let mut routes = self.groups.plan(&containers, view);
        routes.left_out = self.known.left_out();
        self.keeper.keep(|| self.groups.kept());
        self.settings.seen.send_replace(Containers {
            said: self.groups.said(),
            gone: self.groups.gone(),
            routes: routes.clone(),
            away: None,
            containers,
        });
        if self.told.as_ref() == Some(&routes) {
            return Ok(());
        }
        self.told = Some(routes.clone());
        self.away = None;
        self.news.send(News::Routes(routes)).await.map_err(|_| Unheard)
    }

    /// Tells once for each reason, however often the engine is tried. Routes are told again when it is back.
    async fn tell_away(&mut self, engine: &str, reason: String) -> Result<(), Unheard> {
        if self.away.as_ref() == Some(&reason) {
            return Ok(());
        }
        tracing::warn!(%engine, error = %reason, "the Docker engine is away; its last routes stay");
        self.settings.seen.send_modify(|seen| seen.away = Some(reason.clone()));
        self.told = None;
        self.away = Some(reason.clone());
        self.news.send(News::Away(reason)).await.map_err(|_| Unheard)
    }
}

async fn until(at: Option<Instant>) {
    match at {
        Some(at) => sleep_until(at).await,
        None => std::future::pending().await,
    }
}

/// All containers, or those with these ids.
async fn list(docker: &Docker, ids: Option<&[String]>) -> Result<Vec<Container>, Error> {
    let filters = ids.map(|ids| HashMap::from([("id".to_owned(), ids.to_vec())]));
    let options = ListContainersOptions { all: true, filters, ..Default::default() };
    let found = answered(docker.list_containers(Some(options))).await?;
    Ok(found.into_iter().filter_map(Container::from_summary).collect())
}

fn by_id(containers: Vec<Container>) -> HashMap<String, Container> {
    containers.into_iter().map(|container| (container.id.clone(), container)).collect()
}

/// An answer in time, to its last byte.
async fn answered<T>(call: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
    let silent = || Err(io::Error::new(io::ErrorKind::TimedOut, "it does not answer").into());
    timeout(ANSWER, call).await.unwrap_or_else(|_| silent())
}

fn now_unix_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}
