//! Watching a Docker engine.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use bollard::errors::Error;
use bollard::models::EventMessage;
use bollard::query_parameters::{EventsOptions, ListContainersOptions};
use bollard::{API_DEFAULT_VERSION, Docker};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep, timeout_at};
use tokio_stream::{Stream, StreamExt as _};

use crate::container::Container;
use crate::known::Known;
use crate::routes::{Routes, routes};

/// How long the engine may take to answer.
const ANSWER_SECONDS: u64 = 30;
/// Wait after the first failure to reach the engine; doubled up to [`LONGEST_WAIT`].
const FIRST_WAIT: Duration = Duration::from_millis(100);
const LONGEST_WAIT: Duration = Duration::from_secs(5);
/// How long events are gathered before routes are made of them: starting one container brings several.
const GATHER: Duration = Duration::from_millis(10);
/// Most containers that are looked at; [`Routes::left_out`] tells of more.
pub const MAX_CONTAINERS: usize = 100_000;
/// What a container does that changes whether and where it is reached.
const ACTIONS: &[&str] = &[
    "start",
    "die",
    "stop",
    "kill",
    "pause",
    "unpause",
    "destroy",
    "rename",
    "connect",
    "disconnect",
    "update",
];

/// Which engine, and what its containers may attach to.
#[derive(Debug, Clone)]
pub struct Settings {
    /// `unix:///var/run/docker.sock`, a path, or `tcp://host:port`.
    pub engine: String,
    /// Names of the entry points.
    pub entrypoints: BTreeSet<String>,
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
    let mut watcher =
        Watcher { entrypoints: settings.entrypoints, known: Known::new(MAX_CONTAINERS), told: None, news };
    let mut wait = FIRST_WAIT;
    while !watcher.news.is_closed() {
        let started = Instant::now();
        let Err(error) = watcher.follow(&docker).await else { return Ok(()) };
        tracing::warn!(engine = %settings.engine, %error, "the Docker engine is away; its last routes stay");
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
    entrypoints: BTreeSet<String>,
    known: Known,
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
        loop {
            if self.tell().await.is_err() {
                return Ok(());
            }
            let changed = tokio::select! {
                changed = gather(&mut events) => changed?,
                () = self.news.closed() => return Ok(()),
            };
            for id in changed {
                // The list by id leaves out what does not run, and answers in the same form as the first.
                let found = list(&docker, Some(&id)).await?.into_iter().find(|found| found.id == id);
                self.known.change(id, found);
            }
            if self.known.is_stale() {
                self.known.replace(list(&docker, None).await?);
            }
        }
    }

    async fn tell(&mut self) -> Result<(), Unheard> {
        let mut routes = routes(&self.known.containers(), &self.entrypoints);
        routes.left_out = self.known.left_out();
        if self.told.as_ref() == Some(&routes) {
            return Ok(());
        }
        self.told = Some(routes.clone());
        self.news.send(News::Routes(routes)).await.map_err(|_| Unheard)
    }
}

/// The running containers, or the one with this id.
async fn list(docker: &Docker, id: Option<&str>) -> Result<Vec<Container>, Error> {
    let mut filters = HashMap::from([("status".to_owned(), vec!["running".to_owned()])]);
    if let Some(id) = id {
        filters.insert("id".to_owned(), vec![id.to_owned()]);
    }
    let options = ListContainersOptions { filters: Some(filters), ..Default::default() };
    let found = docker.list_containers(Some(options)).await?;
    Ok(found.into_iter().filter_map(Container::from_summary).collect())
}

/// Waits for an event that matters, then takes what follows at once; ids of containers, each once.
async fn gather(
    events: &mut (impl Stream<Item = Result<EventMessage, Error>> + Unpin),
) -> Result<Vec<String>, Error> {
    let mut changed = BTreeSet::new();
    let mut until = None;
    loop {
        let next = match until {
            None => events.next().await,
            Some(until) => match timeout_at(until, events.next()).await {
                Ok(next) => next,
                Err(_) => return Ok(changed.into_iter().collect()),
            },
        };
        let event =
            next.unwrap_or(Err(Error::from(std::io::Error::from(std::io::ErrorKind::UnexpectedEof))))?;
        if let Some(id) = subject(event) {
            changed.insert(id);
            until.get_or_insert_with(|| Instant::now() + GATHER);
        }
    }
}

/// The container that an event is about, where the event may change how it is reached.
fn subject(event: EventMessage) -> Option<String> {
    let action = event.action?;
    let matters = ACTIONS.contains(&action.as_str()) || action.starts_with("health_status");
    let actor = event.actor.filter(|_| matters)?;
    // An event of a network names its container among the attributes.
    let attributes = actor.attributes.unwrap_or_default();
    attributes.get("container").cloned().or(actor.id)
}
