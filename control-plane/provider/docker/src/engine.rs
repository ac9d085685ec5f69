//! Watching a Docker engine.

use std::collections::HashMap;
use std::path::PathBuf;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bollard::errors::Error;
use bollard::models::EventMessage;
use bollard::query_parameters::{EventsOptions, InspectContainerOptions, ListContainersOptions};
use bollard::{API_DEFAULT_VERSION, Docker};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep, sleep_until, timeout_at};
use tokio_stream::{Stream, StreamExt as _};

use crate::container::Container;
use crate::entry::EntryPoints;
use crate::groups::{Groups, Routes, View};
use crate::happening::{Course, Happenings, stops};
use crate::inspected::Inspected;
use crate::kept;
use crate::known::{Known, Sign};
use crate::reach::Reach;
use crate::vocabulary::Vocabularies;

/// How long the engine may take to answer.
const ANSWER_SECONDS: u64 = 30;
/// Wait after the first failure to reach the engine; doubled up to [`LONGEST_WAIT`].
const FIRST_WAIT: Duration = Duration::from_millis(100);
const LONGEST_WAIT: Duration = Duration::from_secs(5);
/// How long events are gathered before routes are made of them: starting one container brings several.
const GATHER: Duration = Duration::from_millis(10);
/// Of the time that it takes to make routes so many times as much is left for other things, and events are gathered meanwhile.
const REST: u32 = 9;
/// From so many containers at once all are asked for, and not each by itself.
const MANY: usize = 20;
/// Most containers that are looked at; [`Routes::left_out`] tells of more.
pub const MAX_CONTAINERS: usize = 100_000;
/// How long the engine lets a container stop where that says nothing else, in seconds.
const STOP_SECONDS: u64 = 10;
/// What a container may take longer than that, until it counts as one that goes on.
const STOP_SLACK: Duration = Duration::from_secs(5);

/// Which engine, and what its containers may attach to.
#[derive(Debug, Clone)]
pub struct Settings {
    /// `unix:///var/run/docker.sock`, a path, or `tcp://host:port`.
    pub engine: String,
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
}

/// What the watcher has to tell.
#[derive(Debug)]
pub enum News {
    /// The containers' routes, whole; sent when they differ from the last.
    Routes(Routes),
    /// The engine cannot be reached, in its words; what was told last stays true.
    Away(String),
}

/// Why a watch cannot begin.
#[derive(Debug, thiserror::Error)]
#[error("the Docker engine '{engine}': {source}")]
pub struct InvalidEngine {
    engine: String,
    source: Error,
}

/// Watches until the receiver is gone.
///
/// # Errors
/// The address of the engine is of no known form.
pub async fn watch(settings: Settings, news: mpsc::Sender<News>) -> Result<(), InvalidEngine> {
    let docker = connect(&settings.engine)
        .map_err(|source| InvalidEngine { engine: settings.engine.clone(), source })?;
    let mut groups = Groups::new(settings.grace).speaking(settings.vocabularies.clone());
    groups.restore(kept::read(settings.kept.as_deref()));
    let engine = settings.engine.clone();
    let known = Known::new(MAX_CONTAINERS, settings.vocabularies.clone());
    let inspected = Inspected::new(&settings.vocabularies);
    let mut watcher = Watcher { settings, known, inspected, groups, told: None, news };
    let mut wait = FIRST_WAIT;
    while !watcher.news.is_closed() {
        let started = Instant::now();
        let Err(error) = watcher.follow(&docker).await else { return Ok(()) };
        tracing::warn!(%engine, %error, "the Docker engine is away; its last routes stay");
        if watcher.news.send(News::Away(error.to_string())).await.is_err() {
            break;
        }
        if started.elapsed() > LONGEST_WAIT {
            wait = FIRST_WAIT;
        }
        sleep(wait).await;
        wait = (wait * 2).min(LONGEST_WAIT);
    }
    Ok(())
}

fn connect(engine: &str) -> Result<Docker, Error> {
    if engine.starts_with("tcp://") || engine.starts_with("http://") {
        Docker::connect_with_http(engine, ANSWER_SECONDS, API_DEFAULT_VERSION)
    } else {
        Docker::connect_with_socket(engine, ANSWER_SECONDS, API_DEFAULT_VERSION)
    }
}

struct Watcher {
    settings: Settings,
    known: Known,
    inspected: Inspected,
    groups: Groups,
    told: Option<Routes>,
    news: mpsc::Sender<News>,
}

/// The receiver of news is gone.
struct Unheard;

impl Watcher {
    /// One connection's life: lists what there is, then follows events. Ends well only when no one listens any more.
    async fn follow(&mut self, docker: &Docker) -> Result<(), Error> {
        let docker = docker.clone().negotiate_version().await?;
        let filters =
            HashMap::from([("type".to_owned(), vec!["container".to_owned(), "network".to_owned()])]);
        // Subscribed before the list is asked for, so that nothing falls between the two.
        let mut events =
            Box::pin(docker.events(Some(EventsOptions { filters: Some(filters), ..Default::default() })));
        self.known.replace(list(&docker, None).await?);
        let mut gathering = Gathering::default();
        loop {
            let begun = Instant::now();
            self.inspected.complete(&docker, &mut self.known).await?;
            if self.tell().await.is_err() {
                return Ok(());
            }
            let rested = Instant::now() + begun.elapsed() * REST;
            let due = self.due();
            tokio::select! {
                happened = gathering.gather(&mut events, rested) => self.take(&docker, happened?).await?,
                () = until(due) => self.look_again(&docker).await?,
                // The sender is this process's: it is gone only when all is.
                Ok(()) = self.settings.entrypoints.changed() => {}
                () = self.news.closed() => return Ok(()),
            }
        }
    }

    /// When something is over by itself; `None`: nothing is.
    fn due(&self) -> Option<Instant> {
        let end = self.groups.next_end().map(|end| {
            Instant::now() + Duration::from_millis(end.saturating_sub(now_unix_ms()).saturating_add(1))
        });
        [end, self.known.next_due()].into_iter().flatten().min()
    }

    /// Whoever was to stop by now goes on, if it runs.
    async fn look_again(&mut self, docker: &Docker) -> Result<(), Error> {
        for id in self.known.overdue(Instant::now()) {
            let found = list(docker, Some(&id)).await?.pop();
            self.known.change(&id, found, Sign::None);
        }
        Ok(())
    }

    async fn take(&mut self, docker: &Docker, happened: Happenings) -> Result<(), Error> {
        let all = if happened.len() >= MANY { Some(list(docker, None).await?) } else { None };
        let mut all: Option<HashMap<String, Container>> =
            all.map(|all| all.into_iter().map(|container| (container.id.clone(), container)).collect());
        for (id, course) in happened.into_courses() {
            let found = match &mut all {
                Some(all) => all.remove(&id),
                None => list(docker, Some(&id)).await?.into_iter().find(|found| found.id == id),
            };
            let sign = self.sign(docker, &id, course).await?;
            self.known.change(&id, found, sign);
        }
        if self.known.is_stale() {
            self.known.replace(list(docker, None).await?);
        }
        Ok(())
    }

    async fn sign(&self, docker: &Docker, id: &str, course: Course) -> Result<Sign, Error> {
        let before = self.known.is_stopping(id);
        Ok(match course {
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
        let inspected = match docker.inspect_container(id, None::<InspectContainerOptions>).await {
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
        let mut routes = self.groups.plan(&self.known.containers(), view);
        routes.left_out = self.known.left_out();
        if self.told.as_ref() == Some(&routes) {
            return Ok(());
        }
        kept::write(self.settings.kept.as_deref(), &self.groups.kept());
        self.told = Some(routes.clone());
        self.news.send(News::Routes(routes)).await.map_err(|_| Unheard)
    }
}

async fn until(at: Option<Instant>) {
    match at {
        Some(at) => sleep_until(at).await,
        None => std::future::pending().await,
    }
}

/// All containers, or the one with this id.
async fn list(docker: &Docker, id: Option<&str>) -> Result<Vec<Container>, Error> {
    let filters = id.map(|id| HashMap::from([("id".to_owned(), vec![id.to_owned()])]));
    let options = ListContainersOptions { all: true, filters, ..Default::default() };
    let found = docker.list_containers(Some(options)).await?;
    Ok(found.into_iter().filter_map(Container::from_summary).collect())
}

/// Events that were taken, and that nothing was made of yet.
#[derive(Default)]
struct Gathering {
    happened: Happenings,
    until: Option<Instant>,
}

impl Gathering {
    /// Waits for an event that matters, then takes what follows at once, and until `rested`. What was taken stays where
    /// this is given up.
    async fn gather(
        &mut self,
        events: &mut (impl Stream<Item = Result<EventMessage, Error>> + Unpin),
        rested: Instant,
    ) -> Result<Happenings, Error> {
        loop {
            let next = match self.until {
                None => events.next().await,
                Some(until) => match timeout_at(until, events.next()).await {
                    Ok(next) => next,
                    Err(_) => return Ok(std::mem::take(self).happened),
                },
            };
            let event =
                next.unwrap_or(Err(Error::from(std::io::Error::from(std::io::ErrorKind::UnexpectedEof))))?;
            if self.happened.take(event) {
                self.until.get_or_insert_with(|| rested.max(Instant::now() + GATHER));
            }
        }
    }
}

fn now_unix_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}
