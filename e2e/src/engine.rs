//! A Docker engine that is played: it has the containers that a scenario says, and the faults too.
//!
//! It speaks what a watcher asks for, over a unix socket: version, lists, inspection, and the stream of events with the
//! series that the real engine sends for each thing that happens to a container. What takes a real engine seconds, a
//! thousand containers or a storm of events, is there at once.

mod container;
mod serve;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::UnixListener;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::timeout;

pub use container::Container;
use container::Runs;

use crate::PATIENCE;

/// The network that all containers are in.
const NETWORK: &str = "bridge";
/// So many events of before are told again to who asks for them, as the real engine does.
const PAST: usize = 256;
/// Lines that may wait for who follows the events; who is slower than that is left, as the real engine leaves him.
const WAITING: usize = 1 << 16;

/// What is asked of an engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Call {
    /// Which version it speaks.
    Version,
    /// All containers.
    List,
    /// Some containers, as a list.
    ListSome,
    /// One container, in full.
    Inspect,
    /// What happens from now on.
    Events,
}

impl Call {
    /// Each of them.
    pub const ALL: [Self; 5] = [Self::Version, Self::List, Self::ListSome, Self::Inspect, Self::Events];
}

/// How calls are answered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Answers {
    /// As they should be.
    #[default]
    Well,
    /// 500, with the engine's apologies.
    Fails,
    /// Not until something else is said.
    Holds,
    /// 200, with something that is no JSON.
    Garbage,
}

/// The engine. Its socket goes when it is dropped.
#[derive(Debug)]
pub struct Engine {
    folder: TempDir,
    shared: Arc<Shared>,
    /// `None` while it is away.
    task: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    /// Grows with each call and each change of how they are answered.
    changed: watch::Sender<u64>,
}

#[derive(Debug, Default)]
struct State {
    /// By id.
    containers: BTreeMap<String, Container>,
    made: u64,
    calls: BTreeMap<Call, usize>,
    answers: BTreeMap<Call, Answers>,
    followers: Vec<mpsc::Sender<Vec<u8>>>,
    /// When in nanoseconds, and the line.
    past: Vec<(u128, Vec<u8>)>,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let done = change(&mut self.state());
        self.changed.send_modify(|version| *version += 1);
        done
    }

    async fn until(&self, reached: impl Fn(&State) -> bool) {
        let mut changes = self.changed.subscribe();
        // The sender is in here: it does not go first.
        while !reached(&self.state()) && changes.changed().await.is_ok() {}
    }
}

impl Engine {
    /// One without containers, in a folder of its own.
    ///
    /// # Panics
    /// When the folder takes no socket.
    pub fn start() -> Self {
        let folder = tempfile::tempdir().expect("the temporary folder can be written");
        let shared = Arc::new(Shared { state: Mutex::default(), changed: watch::Sender::new(0) });
        let mut engine = Self { folder, shared, task: None };
        engine.come_back();
        engine
    }

    /// Its API socket.
    pub fn socket(&self) -> PathBuf {
        self.folder.path().join("docker.sock")
    }

    /// `--docker=…`, for `sluicegate run`.
    pub fn option(&self) -> String {
        format!("--docker=unix://{}", self.socket().display())
    }

    /// It is gone from now on, with all its connections, as if killed: its socket refuses.
    pub fn go(&mut self) {
        if let Some(task) = self.task.take() {
            task.abort();
        }
        self.shared.change(|state| state.followers.clear());
    }

    /// It is there again, with the containers that it is to have now.
    ///
    /// # Panics
    /// When the socket cannot be made.
    pub fn come_back(&mut self) {
        // What a killed engine leaves behind refuses connections.
        let _ = std::fs::remove_file(self.socket());
        let listener = UnixListener::bind(self.socket()).expect("a fresh folder takes a socket");
        // What a killed engine knew of the past is gone with it.
        self.shared.change(|state| state.past.clear());
        self.task = Some(tokio::spawn(serve::serve(listener, Arc::clone(&self.shared))));
    }

    /// How these calls are answered from now on, those included that are held at the moment.
    pub fn answer(&self, calls: &[Call], answers: Answers) {
        self.shared.change(|state| state.answers.extend(calls.iter().map(|call| (*call, answers))));
    }

    /// How often this was asked for.
    pub fn calls(&self, call: Call) -> usize {
        self.shared.state().calls.get(&call).copied().unwrap_or_default()
    }

    /// How often anything was asked for.
    pub fn all_calls(&self) -> usize {
        self.shared.state().calls.values().sum()
    }

    /// Waits until this was asked for more often than `before`.
    ///
    /// # Panics
    /// When [`PATIENCE`] ends first.
    pub async fn called(&self, call: Call, before: usize) {
        let called = self.shared.until(|state| state.calls.get(&call).is_some_and(|calls| *calls > before));
        timeout(PATIENCE, called).await.unwrap_or_else(|_| panic!("nobody asks for {call:?}"));
    }

    /// Waits until someone follows the events.
    ///
    /// # Panics
    /// When [`PATIENCE`] ends first.
    pub async fn followed(&self) {
        let followed = self.shared.until(|state| !state.followers.is_empty());
        timeout(PATIENCE, followed).await.expect("somebody follows the events");
    }

    /// Ends all streams of events in the middle; who asks gets a new one.
    pub fn cut(&self) {
        self.shared.change(|state| state.followers.clear());
    }

    /// Puts bytes into the streams of events.
    pub fn says(&self, bytes: &[u8]) {
        self.shared.change(|state| state.tell(bytes.to_vec()));
    }

    /// A container that runs, and that no event told of: it was there before.
    pub fn has(&self, container: Container) {
        self.shared.change(|state| drop(state.put(container)));
    }

    /// Makes a container and starts it.
    pub fn run(&self, container: Container) {
        self.shared.change(|state| {
            let id = state.put(container);
            state.container(&id, "create", &[]);
            state.network(&id, "connect");
            state.container(&id, "start", &[]);
        });
    }

    /// Starts the container of this name again.
    pub fn start_again(&self, name: &str) {
        self.shared.change(|state| {
            let id = state.id(name);
            state.runs(&id, Runs::Yes);
            state.network(&id, "connect");
            state.container(&id, "start", &[]);
        });
    }

    /// Stops the container of this name, which ends at once.
    pub fn stop(&self, name: &str) {
        self.shared.change(|state| {
            let id = state.id(name);
            state.container(&id, "kill", &[("signal", "15")]);
            state.ends(&id, 0);
            state.container(&id, "stop", &[]);
        });
    }

    /// Tells the container of this name to stop; it does not yet.
    pub fn tell_to_stop(&self, name: &str) {
        self.shared.change(|state| {
            let id = state.id(name);
            state.container(&id, "kill", &[("signal", "15")]);
        });
    }

    /// Kills the container of this name.
    pub fn kill(&self, name: &str) {
        self.shared.change(|state| {
            let id = state.id(name);
            state.container(&id, "kill", &[("signal", "9")]);
            state.ends(&id, 137);
        });
    }

    /// The container of this name ends by itself, with an error.
    pub fn crash(&self, name: &str) {
        self.shared.change(|state| {
            let id = state.id(name);
            state.ends(&id, 1);
        });
    }

    /// Removes the container of this name, which has ended.
    pub fn remove(&self, name: &str) {
        self.shared.change(|state| {
            let id = state.id(name);
            state.container(&id, "destroy", &[]);
            state.containers.remove(&id);
        });
    }

    /// Its containers, running or not.
    pub fn containers(&self) -> usize {
        self.shared.state().containers.len()
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.go();
    }
}

impl State {
    /// The id that a container gets.
    fn put(&mut self, container: Container) -> String {
        self.made += 1;
        let id = format!("{:064x}", self.made);
        self.containers.insert(id.clone(), container);
        id
    }

    fn id(&self, name: &str) -> String {
        let mut newest = self.containers.iter().rev();
        let found = newest.find(|(_, container)| container.name() == name);
        found.map(|(id, _)| id.clone()).unwrap_or_else(|| panic!("the engine has no container {name}"))
    }

    fn runs(&mut self, id: &str, runs: Runs) {
        if let Some(container) = self.containers.get_mut(id) {
            container.runs = runs;
        }
    }

    fn ends(&mut self, id: &str, code: u8) {
        self.runs(id, Runs::Ended(code));
        self.container(id, "die", &[("exitCode", &code.to_string())]);
        self.network(id, "disconnect");
    }

    /// An event of a container, which tells its labels too.
    fn container(&mut self, id: &str, action: &str, more: &[(&str, &str)]) {
        let Some(container) = self.containers.get(id) else { return };
        // Labels win over what the event itself has to say, as with the real one.
        let attributes: BTreeMap<&str, &str> = more
            .iter()
            .copied()
            .chain(container.labels())
            .chain([("image", "app"), ("name", container.name())])
            .collect();
        let actor = json!({ "ID": id, "Attributes": attributes });
        self.event(json!({
            "status": action, "id": id, "from": "app",
            "Type": "container", "Action": action, "Actor": actor, "scope": "local",
        }));
    }

    fn network(&mut self, id: &str, action: &str) {
        let attributes = json!({ "container": id, "name": NETWORK, "type": NETWORK });
        let actor = json!({ "ID": "b".repeat(64), "Attributes": attributes });
        self.event(json!({ "Type": "network", "Action": action, "Actor": actor, "scope": "local" }));
    }

    fn event(&mut self, mut event: Value) {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
        let now = self.past.last().map_or(now, |(last, _)| now.max(last + 1));
        event["time"] = json!(u64::try_from(now / 1_000_000_000).unwrap_or_default());
        event["timeNano"] = json!(u64::try_from(now).unwrap_or_default());
        let line = format!("{event}\n").into_bytes();
        self.past.push((now, line.clone()));
        if self.past.len() > PAST {
            self.past.remove(0);
        }
        self.tell(line);
    }

    fn tell(&mut self, bytes: Vec<u8>) {
        self.followers.retain(|follower| follower.try_send(bytes.clone()).is_ok());
    }
}
