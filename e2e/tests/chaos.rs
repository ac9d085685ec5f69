//! Everything that can go wrong goes wrong, in an order that a seed decides: proxies and their control plane are killed,
//! servers lie, edits are broken. No answer is another request's, what is healthy is served without a failure by each
//! proxy that lives, and when it is over all proxies serve what the control plane has.
//!
//! `SLUICEGATE_CHAOS_SEED` repeats the order of a run, which prints its seed.

#![allow(clippy::unwrap_used)] // also outside of test functions: a step that fails ends the scenario

use std::env;
use std::fs;
use std::net::{SocketAddr, TcpListener};
use std::os::fd::AsRawFd;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use nix::fcntl::{FcntlArg, FdFlag, fcntl};
use nix::sys::signal::Signal;
use serde_json::Value;
use sluicegate_e2e::{
    Connection, Dice, Failure, HTTP_DEFAULTS, PATIENCE, Process, Response, Sluicegate, sluicegate_binary,
};
use tokio::task::JoinSet;

use crate::wild::{Mode, Peer, body};

#[path = "chaos/wild.rs"]
mod wild;

/// The faults end after so many steps, or after this time.
const STEPS: u32 = 60;
const TIME: Duration = Duration::from_secs(60);
/// Answers from the healthy part, of each proxy, between two faults.
const ADVANCE: u64 = 60;
/// The last one is never killed.
const PROXIES: usize = 3;
/// What a proxy may grow by once it is warm: nothing is kept for faults that are over.
const GROWTH_BYTES: u64 = 32 << 20;

/// Three backends behind one entry, which each proxy brings as its descriptor 9: two of them are healthy.
struct Site {
    healthy: [Vec<Peer>; 2],
    wild: Vec<Peer>,
    round: u64,
}

impl Site {
    async fn start() -> Self {
        let mut groups = Vec::new();
        for group in ["a", "b", "wild"] {
            groups.push([Peer::start(&format!("{group}1")).await, Peer::start(&format!("{group}2")).await]);
        }
        let [a, b, wild] = <[_; 3]>::try_from(groups).ok().unwrap().map(Vec::from);
        Self { healthy: [a, b], wild, round: 0 }
    }

    /// A configuration that differs from all before; servers come, go and change places.
    fn next(&mut self, dice: &mut Dice) -> String {
        self.round += 1;
        let mut text = format!(
            "{HTTP_DEFAULTS}    retries 3\nfrontend main\n    bind fd@9\n    http-response set-header X-Round {}\n    \
             use_backend a if {{ req.hdr(x-route) a }}\n    use_backend b if {{ req.hdr(x-route) b }}\n    \
             use_backend wild if {{ req.hdr(x-route) wild }}\n",
            self.round
        );
        for (name, peers) in ["a", "b"].iter().zip(&self.healthy) {
            text += &format!("backend {name}\n");
            let first = dice.below(2) as usize;
            for index in 0..=dice.below(2) as usize {
                text += &server(&peers[(first + index) % 2], "check inter 100ms");
            }
        }
        text += "backend wild\n    timeout server 300ms\n";
        text += &self.wild.iter().map(|peer| server(peer, "")).collect::<String>();
        text
    }
}

fn server(peer: &Peer, words: &str) -> String {
    format!("    server {} {} {words}\n", peer.name, peer.address)
}

/// A proxy, its socket, which outlives it, and what its clients saw.
struct Seat {
    process: Process,
    socket: TcpListener,
    state: PathBuf,
    view: Arc<View>,
}

/// What clients know of a proxy, and what it did for them.
#[derive(Default)]
struct View {
    /// Grows when it is killed, and when it serves again.
    deaths: AtomicU64,
    healthy: AtomicU64,
    wild: AtomicU64,
    broken: AtomicU64,
    over: AtomicBool,
}

impl Seat {
    async fn take(folder: &Path, number: usize) -> Self {
        let socket = TcpListener::bind("127.0.0.1:0").unwrap();
        // Handed on by a shell, as systemd does.
        fcntl(&socket, FcntlArg::F_SETFD(FdFlag::empty())).unwrap();
        let state = folder.join(format!("state{number}"));
        let process = proxy(folder, &state, &socket);
        let mut seat = Self { process, socket, state, view: Arc::default() };
        seat.process.wait_for("serving generation").await;
        seat
    }

    fn address(&self) -> SocketAddr {
        self.socket.local_addr().unwrap()
    }

    /// From its state directory: the control plane may be away.
    async fn die_and_return(&mut self, folder: &Path) -> String {
        self.view.deaths.fetch_add(1, SeqCst);
        self.process.kill().await;
        let said = self.process.output();
        self.process = proxy(folder, &self.state, &self.socket);
        self.process.wait_for("serving generation").await;
        self.view.deaths.fetch_add(1, SeqCst);
        said
    }

    async fn advance(&self) {
        let (begin, until) = (Instant::now(), self.view.healthy.load(SeqCst) + ADVANCE);
        while self.view.healthy.load(SeqCst) < until {
            assert!(begin.elapsed() < PATIENCE, "nobody is served:\n{}", self.process.output());
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    /// Until it serves this edit.
    async fn reaches(&self, round: &str, route: &str) {
        let begin = Instant::now();
        loop {
            let mut client = Connection::open(self.address()).await.unwrap();
            let request = format!("GET /1 HTTP/1.1\r\nHost: app\r\nX-Route: {route}\r\nX-Id: last\r\n\r\n");
            let answer = client.request(request).await.unwrap();
            assert_eq!(answer.status(), 200, "{route}");
            if answer.header("x-round") == Some(round) {
                return;
            }
            assert!(begin.elapsed() < PATIENCE, "{route} is not at {round}:\n{}", self.process.output());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

fn proxy(folder: &Path, state: &Path, socket: &TcpListener) -> Process {
    let mut command = Command::new("/bin/bash");
    command.args(["-c", &format!("exec 9<&{}; exec \"$@\"", socket.as_raw_fd()), "bash"]);
    command.arg(sluicegate_binary("sluicegate-proxy")).args(["--workers", "2", "--id"]).arg(state);
    command.arg("--control").arg(format!("unix:{}", folder.join("control.sock").display()));
    command.arg("--state-dir").arg(state);
    Process::spawn(command)
}

/// The control plane and the file that it reads.
struct Plane {
    process: Sluicegate,
    file: PathBuf,
}

impl Plane {
    async fn start(folder: &Path) -> Self {
        let file = folder.join("haproxy.cfg");
        Self { process: Self::process(&file).await, file }
    }

    async fn process(file: &Path) -> Sluicegate {
        let listen = format!("unix:{}", file.with_file_name("control.sock").display());
        let file = file.display().to_string();
        let mut control = Sluicegate::program("sluicegate", "", &["control", &file, "--listen", &listen]);
        control.process().wait_for("published generation").await;
        control
    }

    /// In one step, as an editor does.
    fn edit(&self, text: &str) {
        let fresh = self.file.with_extension("new");
        fs::write(&fresh, text).unwrap();
        fs::rename(fresh, &self.file).unwrap();
    }

    async fn die_and_return(&mut self) -> String {
        self.process.process().kill().await;
        let said = self.process.process().output();
        self.process = Self::process(&self.file).await;
        said
    }
}

/// A client that asks until it is told to stop. `proxy` and `client` make its requests' names unique.
async fn ask(address: SocketAddr, route: &str, client: usize, keeps: bool, view: Arc<View>) {
    let mut kept: Option<(Connection, u64)> = None;
    for number in 0u64.. {
        if view.over.load(SeqCst) {
            return;
        }
        let (size, id) = (1 + number * 37 % 400, format!("{route}-{client}-{number}"));
        let born = kept.as_ref().map_or_else(|| view.deaths.load(SeqCst), |(_, born)| *born);
        let opened = match kept.take() {
            Some((connection, _)) => Ok(connection),
            None => Connection::open(address).await,
        };
        let request =
            format!("GET /{size} HTTP/1.1\r\nHost: {address}\r\nX-Route: {route}\r\nX-Id: {id}\r\n\r\n");
        let (answer, connection) = match opened {
            Ok(mut connection) => (connection.request(request).await, Some(connection)),
            Err(failure) => (Err(failure), None),
        };
        // A proxy that was killed owes no answer to those who were with it.
        let bereaved = view.deaths.load(SeqCst) != born || born % 2 == 1;
        let usable = Question { route, id: &id, size, bereaved }.judge(&answer, &view);
        kept = connection.filter(|_| usable && keeps).map(|connection| (connection, born));
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

/// A request, and what its answer has to fit.
struct Question<'a> {
    route: &'a str,
    id: &'a str,
    size: u64,
    /// The proxy was killed meanwhile.
    bereaved: bool,
}

impl Question<'_> {
    /// Whether an answer is what it may be; true: the connection can be used again.
    fn judge(&self, answer: &Result<Response, Failure>, view: &View) -> bool {
        let Self { route, id, size, bereaved } = *self;
        let is_wild = route == "wild";
        match answer {
            Ok(answer) if answer.status() == 200 => {
                let name = answer.header("x-name").unwrap_or_default();
                assert!(name.starts_with(route), "{id} was answered by {name}");
                assert_eq!(answer.header("x-id"), Some(id));
                assert!(answer.body == body(name, id, size), "the body of {id} is another one");
                if is_wild { &view.wild } else { &view.healthy }.fetch_add(1, SeqCst);
                !answer.head.closes()
            }
            Ok(answer) if is_wild && matches!(answer.status(), 502..=504) => {
                view.broken.fetch_add(1, SeqCst);
                !answer.head.closes()
            }
            Err(Failure::Truncated | Failure::Reset) if is_wild => {
                view.broken.fetch_add(1, SeqCst);
                false
            }
            Err(_) if bereaved => false,
            other => panic!("{id}: {:?}", other.as_ref().map(|answer| &answer.head)),
        }
    }
}

/// Everything that faults happen to.
struct Stage {
    dice: Dice,
    site: Site,
    plane: Plane,
    seats: Vec<Seat>,
    folder: PathBuf,
    paused: bool,
    /// The last words of processes that were killed.
    said: Vec<String>,
}

impl Stage {
    async fn fault(&mut self) -> &'static str {
        let text = self.site.next(&mut self.dice);
        let peer = &self.site.wild[self.dice.below(2) as usize];
        peer.behave(Mode::ALL[self.dice.below(Mode::ALL.len() as u64) as usize]);
        match self.dice.below(9) {
            0 => {
                self.plane.edit(&text.replace("retries", "retreis"));
                "a misspelt edit"
            }
            1 => {
                // Anywhere before the last backend begins, which the frontend names.
                let end = text.find("\nbackend wild").unwrap() as u64;
                let begin = text.find("use_backend wild").unwrap() as u64 + 40;
                fs::write(&self.plane.file, &text[..(begin + self.dice.below(end - begin)) as usize])
                    .unwrap();
                "an edit that ends half-way"
            }
            2 => {
                fs::remove_file(&self.plane.file).unwrap();
                fs::create_dir(&self.plane.file).unwrap();
                self.seats[PROXIES - 1].advance().await;
                fs::remove_dir(&self.plane.file).unwrap();
                self.plane.edit(&text);
                "a folder in the file's place, and the file again"
            }
            3 | 4 => {
                self.plane.edit(&text);
                self.site.round += 1;
                self.said.push(self.plane.die_and_return().await);
                self.paused = false;
                "a control plane that is killed while it publishes"
            }
            5 if !self.paused => {
                self.plane.process.process().signal(Signal::SIGSTOP);
                self.paused = true;
                self.plane.edit(&text);
                "a control plane that stands still"
            }
            6 | 7 => {
                let unlucky = self.dice.below(PROXIES as u64 - 1) as usize;
                self.plane.edit(&text);
                self.said.push(self.seats[unlucky].die_and_return(&self.folder).await);
                "a proxy that is killed while it is told"
            }
            _ => {
                self.plane.edit(&text);
                "an edit"
            }
        }
    }

    fn resume(&mut self) {
        self.plane.process.process().signal(Signal::SIGCONT);
        self.paused = false;
    }

    /// Nothing is wrong any more: then all serve the same, and what the control plane has.
    async fn converge(&mut self) {
        self.resume();
        for peer in &self.site.wild {
            peer.behave(Mode::Answer);
        }
        let text = self.site.next(&mut self.dice);
        self.plane.edit(&text);
        let round = self.site.round.to_string();
        for seat in &self.seats {
            for route in ["a", "b", "wild"] {
                seat.reaches(&round, route).await;
            }
        }
        let same = |status: &Value| {
            let scope = &status["scopes"][0];
            let proxies = scope["proxies"].as_array().map(Vec::as_slice).unwrap_or_default();
            let at = |proxy: &&Value| {
                proxy["connected"] == true && proxy["generation"] == scope["generation"] && proxy["lag"] == 0
            };
            proxies.iter().filter(at).count() == PROXIES
        };
        self.plane.process.status_where("all of them at the same generation", same).await;
    }

    /// The words of all processes, dead or alive.
    fn words(&mut self) -> String {
        let mut words = std::mem::take(&mut self.said);
        words.push(self.plane.process.process().output());
        words.extend(self.seats.iter().map(|seat| seat.process.output()));
        words.join("\n")
    }
}

fn seed() -> u64 {
    let clock = || SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis() as u64;
    env::var("SLUICEGATE_CHAOS_SEED").map_or_else(|_| clock(), |seed| seed.parse().unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes a minute"]
async fn what_is_healthy_is_served_and_all_agree_in_the_end() {
    let seed = seed();
    println!("SLUICEGATE_CHAOS_SEED={seed}");
    let folder = tempfile::tempdir().unwrap();
    let (mut dice, mut site) = (Dice::new(seed), Site::start().await);
    fs::write(folder.path().join("haproxy.cfg"), site.next(&mut dice)).unwrap();
    let plane = Plane::start(folder.path()).await;
    let mut seats = Vec::new();
    for number in 0..PROXIES {
        seats.push(Seat::take(folder.path(), number).await);
    }
    let mut clients = JoinSet::new();
    for seat in &seats {
        for (number, route) in ["a", "b", "a", "b", "wild", "wild", "wild"].into_iter().enumerate() {
            clients.spawn(ask(seat.address(), route, number, number != 3, Arc::clone(&seat.view)));
        }
    }
    for seat in &seats {
        seat.advance().await;
        // From now on it can return by itself.
        while fs::read_dir(&seat.state).unwrap().count() < 2 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
    let folder = folder.path().to_owned();
    let mut stage = Stage { dice, site, plane, seats, folder, paused: false, said: Vec::new() };
    let (begin, mut warm, mut steps) = (Instant::now(), 0, 0);
    while steps < STEPS && begin.elapsed() < TIME {
        let paused = stage.paused;
        println!("{steps}: {}", stage.fault().await);
        for seat in &stage.seats {
            seat.advance().await;
        }
        if paused {
            stage.resume();
        }
        steps += 1;
        if steps == STEPS / 4 {
            warm = stage.seats[PROXIES - 1].process.resident_bytes();
        }
    }
    stage.converge().await;
    let last = &stage.seats[PROXIES - 1];
    let grown = last.process.resident_bytes().saturating_sub(warm);
    for seat in &stage.seats {
        let View { healthy, wild, broken, over, deaths } = &*seat.view;
        over.store(true, SeqCst);
        println!(
            "{healthy:?} healthy answers, {wild:?} and {broken:?} of wild servers, {deaths:?} / 2 deaths"
        );
    }
    while let Some(client) = clients.join_next().await {
        client.unwrap();
    }
    println!("{steps} steps in {:?}; the one that lived grew by {} KiB", begin.elapsed(), grown >> 10);
    assert!(!stage.words().contains("panicked"), "{}", stage.words());
    assert!(warm > 0 && grown < GROWTH_BYTES, "{grown} bytes more than {warm} after {steps} steps");
}
