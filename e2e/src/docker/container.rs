//! A container of the scenario's own engine.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use serde_json::{Value, json};

use super::{APP, Docker, api};
use crate::PATIENCE;

/// What [`APP`] says when it takes connections.
const LISTENS: &str = "listening on";
/// Between two looks at a log.
const LOG_PACE: Duration = Duration::from_millis(20);

/// A container to be run.
#[derive(Clone, Debug)]
pub struct Wanted {
    name: String,
    image: String,
    labels: BTreeMap<String, String>,
    environment: Vec<String>,
    binds: Vec<String>,
    command: Option<Vec<String>>,
    stop_signal: Option<String>,
    network: Option<String>,
    exposed: Vec<String>,
    health: Option<Value>,
}

impl Wanted {
    /// A container of the image [`APP`], with this name as name and host name: what it answers.
    pub fn app(name: &str) -> Self {
        Self::image(name, APP)
    }

    /// A container of this image.
    pub fn image(name: &str, image: &str) -> Self {
        Self {
            name: name.to_owned(),
            image: image.to_owned(),
            labels: BTreeMap::new(),
            environment: Vec::new(),
            binds: Vec::new(),
            command: None,
            stop_signal: None,
            network: None,
            exposed: Vec::new(),
            health: None,
        }
    }

    /// With this label.
    pub fn label(mut self, key: &str, value: &str) -> Self {
        self.labels.insert(key.to_owned(), value.to_owned());
        self
    }

    /// With this environment variable.
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.environment.push(format!("{name}={value}"));
        self
    }

    /// With a bind mount, as `docker run -v` has it: `HOST:CONTAINER[:ro]`.
    pub fn bind(mut self, mount: &str) -> Self {
        self.binds.push(mount.to_owned());
        self
    }

    /// With this command instead of the image's.
    pub fn command(mut self, words: &[&str]) -> Self {
        self.command = Some(words.iter().map(|&word| word.to_owned()).collect());
        self
    }

    /// With this signal to stop it.
    pub fn stop_signal(mut self, name: &str) -> Self {
        self.stop_signal = Some(name.to_owned());
        self
    }

    /// In this network instead of the engine's bridge: `host`, or one that [`Docker::network`] made.
    pub fn network(mut self, name: &str) -> Self {
        self.network = Some(name.to_owned());
        self
    }

    /// Exposing a port: `8080/tcp`.
    pub fn expose(mut self, port: &str) -> Self {
        self.exposed.push(port.to_owned());
        self
    }

    /// With a HEALTHCHECK: this command, ten times a second, that has to fail once to be ill.
    pub fn health(mut self, command: &[&str]) -> Self {
        let test: Vec<&str> = ["CMD"].iter().chain(command).copied().collect();
        let interval = Duration::from_millis(100).as_nanos();
        self.health = Some(json!({ "Test": test, "Interval": interval, "Retries": 1 }));
        self
    }

    fn to_json(&self) -> Value {
        // The application, as process 1, has no handler for SIGTERM.
        let usual = if self.image == APP { "SIGKILL" } else { "SIGTERM" };
        json!({
            "Hostname": self.name,
            "Image": self.image,
            "Labels": self.labels,
            "Env": self.environment,
            "Cmd": self.command,
            "StopSignal": self.stop_signal.as_deref().unwrap_or(usual),
            "ExposedPorts": self.exposed.iter().map(|port| (port.clone(), json!({}))).collect::<BTreeMap<_, _>>(),
            "Healthcheck": self.health,
            "HostConfig": { "Binds": self.binds, "NetworkMode": self.network },
        })
    }
}

/// A container that was started. It stays until it is removed or its engine ends.
#[derive(Clone, Debug)]
pub struct Container {
    id: String,
    name: String,
    /// None if it ended at once.
    address: Option<IpAddr>,
}

impl Container {
    /// Creates and starts it; [`APP`] is waited for until it listens.
    pub(super) async fn run(docker: &Docker, wanted: Wanted) -> Self {
        let create = format!("/containers/create?name={}", wanted.name);
        let created = docker.call_json("POST", &create, &wanted.to_json()).await;
        let id = created["Id"].as_str().expect("the engine answers an id").to_owned();
        docker.call_json("POST", &format!("/containers/{id}/start"), &Value::Null).await;
        let address = address(docker, &id).await;
        let container = Self { id, name: wanted.name, address };
        if wanted.image == APP {
            container.wait_for(docker, LISTENS).await;
        }
        container
    }

    /// The container of this name that somebody else has started.
    ///
    /// # Panics
    /// When there is none.
    pub async fn of_name(docker: &Docker, name: &str) -> Self {
        let known = docker.call_json("GET", &format!("/containers/{name}/json"), &Value::Null).await;
        let id = known["Id"].as_str().expect("the engine answers an id").to_owned();
        Self { address: address(docker, &id).await, id, name: name.to_owned() }
    }

    /// The engine's id of it.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// A port of its address on the bridge.
    ///
    /// # Panics
    /// When it had ended before it could be asked.
    pub fn address(&self, port: u16) -> SocketAddr {
        let ip =
            self.address.unwrap_or_else(|| panic!("container {} has no address, it has ended", self.name));
        (ip, port).into()
    }

    /// Ends it by SIGKILL; it stays as a stopped container.
    pub async fn kill(&self, docker: &Docker) {
        docker.call_json("POST", &format!("/containers/{}/kill", self.id), &Value::Null).await;
    }

    /// Stops it as `docker stop` does.
    pub async fn stop(&self, docker: &Docker) {
        docker.call_json("POST", &format!("/containers/{}/stop", self.id), &Value::Null).await;
    }

    /// Stops it, and gives it so many seconds to do so.
    pub async fn stop_within(&self, docker: &Docker, seconds: u32) {
        let path = format!("/containers/{}/stop?t={seconds}", self.id);
        docker.call_json("POST", &path, &Value::Null).await;
    }

    /// Freezes it.
    pub async fn pause(&self, docker: &Docker) {
        docker.call_json("POST", &format!("/containers/{}/pause", self.id), &Value::Null).await;
    }

    /// Lets it go on.
    pub async fn unpause(&self, docker: &Docker) {
        docker.call_json("POST", &format!("/containers/{}/unpause", self.id), &Value::Null).await;
    }

    /// Ends its process from outside, as an error of its own does.
    ///
    /// # Panics
    /// When it does not run.
    pub async fn crash(&self, docker: &Docker) {
        let path = format!("/containers/{}/json", self.id);
        let state = docker.call_json("GET", &path, &Value::Null).await;
        let pid =
            state["State"]["Pid"].as_i64().and_then(|pid| i32::try_from(pid).ok()).filter(|pid| *pid > 0);
        let pid = nix::unistd::Pid::from_raw(pid.expect("the container runs"));
        nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGKILL).expect("its process can be ended");
    }

    /// Starts it again, and waits until it says once more that it listens; its address may be another.
    ///
    /// # Panics
    /// When it does not in time.
    pub async fn start(&mut self, docker: &Docker) {
        let told = |logs: &str| logs.matches(LISTENS).count();
        let before = told(&self.logs(docker).await);
        docker.call_json("POST", &format!("/containers/{}/start", self.id), &Value::Null).await;
        self.address = address(docker, &self.id).await;
        let again = async {
            while told(&self.logs(docker).await) == before {
                tokio::time::sleep(LOG_PACE).await;
            }
        };
        tokio::time::timeout(PATIENCE, again).await.expect("the container listens again in time");
    }

    /// Gives it another name.
    pub async fn rename(&self, docker: &Docker, name: &str) {
        let path = format!("/containers/{}/rename?name={name}", self.id);
        docker.call_json("POST", &path, &Value::Null).await;
    }

    /// Joins it to a network besides.
    pub async fn connect(&self, docker: &Docker, network: &str) {
        let path = format!("/networks/{network}/connect");
        docker.call_json("POST", &path, &json!({ "Container": self.id })).await;
    }

    /// Takes it out of a network.
    pub async fn disconnect(&self, docker: &Docker, network: &str) {
        let path = format!("/networks/{network}/disconnect");
        docker.call_json("POST", &path, &json!({ "Container": self.id, "Force": true })).await;
    }

    /// Waits until its HEALTHCHECK says so: `healthy`, `unhealthy`.
    ///
    /// # Panics
    /// When it does not in time.
    pub async fn wait_for_health(&self, docker: &Docker, health: &str) {
        let filters = json!({ "container": [self.id], "event": ["health_status"] });
        // From the beginning: what was told before is told again.
        let path = format!("/events?since=1&filters={}", api::escape(&filters.to_string()));
        let told = api::follow(&docker.socket(), &path, &format!("health_status: {health}")).await;
        assert!(
            matches!(told, Ok(true)),
            "container {} is not {health}:\n{}",
            self.name,
            self.logs(docker).await
        );
    }

    /// Removes it, running or not.
    pub async fn remove(self, docker: &Docker) {
        docker.call_json("DELETE", &format!("/containers/{}?force=true", self.id), &Value::Null).await;
    }

    /// Waits for its end, and tells its exit code.
    pub async fn wait(&self, docker: &Docker) -> i64 {
        let waited = docker.call_json("POST", &format!("/containers/{}/wait", self.id), &Value::Null).await;
        waited["StatusCode"].as_i64().expect("the engine answers an exit code")
    }

    /// Waits until it has printed these words.
    ///
    /// # Panics
    /// When it ends first, or [`PATIENCE`](crate::PATIENCE) does.
    pub async fn wait_for(&self, docker: &Docker, words: &str) {
        let path = format!("/containers/{}/logs?stdout=true&stderr=true&follow=true", self.id);
        let said = api::follow(&docker.socket(), &path, words).await;
        if !matches!(said, Ok(true)) {
            panic!("container {}: waited for {words:?}. It said:\n{}", self.name, self.logs(docker).await);
        }
    }

    /// All that it has printed, on both streams.
    pub async fn logs(&self, docker: &Docker) -> String {
        let path = format!("/containers/{}/logs?stdout=true&stderr=true", self.id);
        let stream = docker.call("GET", &path, "application/json", b"").await.body;
        frames(&stream)
    }
}

async fn address(docker: &Docker, id: &str) -> Option<IpAddr> {
    let state = docker.call_json("GET", &format!("/containers/{id}/json"), &Value::Null).await;
    let networks = state["NetworkSettings"]["Networks"].as_object()?;
    let of_network = |at: &Value| {
        let v4 = at["IPAddress"].as_str().and_then(|text| text.parse().ok());
        v4.or_else(|| at["GlobalIPv6Address"].as_str()?.parse().ok())
    };
    networks.values().find_map(of_network)
}

/// The engine's stream of frames: stream number, three zeros, length in four bytes, text.
fn frames(mut stream: &[u8]) -> String {
    let mut text = String::new();
    while let [_, 0, 0, 0, a, b, c, d, rest @ ..] = stream {
        let length = (u32::from_be_bytes([*a, *b, *c, *d]) as usize).min(rest.len());
        text += &String::from_utf8_lossy(&rest[..length]);
        stream = &rest[length..];
    }
    text
}
