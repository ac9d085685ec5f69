//! A program that runs beside the test: its lines can be awaited, and it ends with the test.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use nix::sys::signal::{self, Signal};
use nix::sys::wait::{Id, WaitPidFlag, waitid};
use nix::unistd::Pid;
use tokio::sync::watch;
use tokio::time::timeout;

use crate::PATIENCE;

/// A child process. Dropping it kills it.
///
/// Its output goes line by line to the memory of the test; [`Process::wait_for`] reads on from where the last wait
/// ended, so that a story can wait for the same words twice.
#[derive(Debug)]
pub struct Process {
    name: String,
    pid: Pid,
    shared: Arc<Shared>,
    changes: watch::Receiver<u64>,
    seen: usize,
    /// What dropping the process sends.
    last_signal: Signal,
    patience: Duration,
}

#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    changed: watch::Sender<u64>,
    ended: Condvar,
}

#[derive(Debug, Default)]
struct State {
    lines: Vec<String>,
    open_pipes: u8,
    exit: Option<ExitStatus>,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn update(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.state());
        self.ended.notify_all();
        self.changed.send_modify(|version| *version += 1);
    }
}

impl Process {
    /// Starts a program with arguments.
    ///
    /// # Panics
    /// When it cannot be started.
    pub fn start<A: AsRef<OsStr>>(program: impl AsRef<Path>, arguments: impl IntoIterator<Item = A>) -> Self {
        let mut command = Command::new(program.as_ref());
        command.args(arguments);
        Self::spawn(command)
    }

    /// Starts a prepared command; its standard streams are replaced.
    ///
    /// # Panics
    /// When it cannot be started.
    pub fn spawn(mut command: Command) -> Self {
        let name =
            Path::new(command.get_program()).file_name().unwrap_or_default().to_string_lossy().into_owned();
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap_or_else(|error| panic!("cannot start {command:?}: {error}"));
        let (changed, changes) = watch::channel(0);
        let state = Mutex::new(State { open_pipes: 2, ..State::default() });
        let shared = Arc::new(Shared { state, changed, ended: Condvar::new() });
        if let Some(stdout) = child.stdout.take() {
            collect(stdout, Arc::clone(&shared));
        }
        if let Some(stderr) = child.stderr.take() {
            collect(stderr, Arc::clone(&shared));
        }
        let pid = Pid::from_raw(child.id() as i32);
        let waiter = Arc::clone(&shared);
        thread::spawn(move || reap(child, pid, &waiter));
        Self { name, pid, shared, changes, seen: 0, last_signal: Signal::SIGKILL, patience: PATIENCE }
    }

    /// Dropping sends `signal` and waits, for programs that must clean up behind themselves.
    pub fn end_by(mut self, signal: Signal) -> Self {
        self.last_signal = signal;
        self
    }

    /// Waits so long where others get [`PATIENCE`], for programs that something slows down.
    pub fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// The process id.
    pub fn pid(&self) -> u32 {
        self.pid.as_raw().unsigned_abs()
    }

    /// Processor time that it has used, in user mode and in the kernel.
    ///
    /// # Panics
    /// When it has ended.
    pub fn processor_time(&self) -> (Duration, Duration) {
        let stat = self.proc("stat");
        // Fields 14 and 15 of proc_pid_stat(5), counted from behind the parenthesis that ends field 2.
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
        let ticks = |index: usize| fields.get(index).and_then(|field| field.parse().ok()).unwrap_or(0);
        // Linux tells everyone 100 ticks a second, whatever it counts in.
        (Duration::from_millis(ticks(11) * 10), Duration::from_millis(ticks(12) * 10))
    }

    /// Memory that it holds, in bytes (`VmRSS`).
    ///
    /// # Panics
    /// When it has ended.
    pub fn resident_bytes(&self) -> u64 {
        self.status_bytes("VmRSS:")
    }

    /// The most memory that it ever held, in bytes (`VmHWM`).
    ///
    /// # Panics
    /// When it has ended.
    pub fn peak_resident_bytes(&self) -> u64 {
        self.status_bytes("VmHWM:")
    }

    fn status_bytes(&self, name: &str) -> u64 {
        let status = self.proc("status");
        let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
        line.trim().trim_end_matches(" kB").parse::<u64>().unwrap_or(0) * 1024
    }

    /// Numbers of the descriptors that it has open.
    ///
    /// # Panics
    /// When it has ended.
    pub fn descriptors(&self) -> BTreeSet<u64> {
        let path = format!("/proc/{}/fd", self.pid);
        let entries =
            std::fs::read_dir(&path).unwrap_or_else(|error| panic!("{}: {path}: {error}", self.name));
        entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok()).collect()
    }

    fn proc(&self, file: &str) -> String {
        let path = format!("/proc/{}/{file}", self.pid);
        std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {path}: {error}", self.name))
    }

    /// All that it has printed so far, on both streams.
    pub fn output(&self) -> String {
        self.shared.state().lines.join("\n")
    }

    /// True until it has ended.
    pub fn is_running(&self) -> bool {
        self.shared.state().exit.is_none()
    }

    /// The next line, since the last wait, that contains `words`.
    ///
    /// # Panics
    /// When the process ends first, or its patience does ([`Process::patience`]).
    pub async fn wait_for(&mut self, words: &str) -> String {
        self.wait_where(&format!("a line with {words:?}"), |line| line.contains(words)).await
    }

    /// A line that contains `words`, of all that it has printed and will: for lines whose order is not certain, as those
    /// of HAProxy's master and worker.
    ///
    /// # Panics
    /// As [`Process::wait_for`].
    pub async fn said(&mut self, words: &str) -> String {
        let seen = std::mem::take(&mut self.seen);
        let line = self.wait_for(words).await;
        self.seen = self.seen.max(seen);
        line
    }

    /// The next line, since the last wait, that `accept` takes. `what` names it in the panic.
    ///
    /// # Panics
    /// As [`Process::wait_for`].
    pub async fn wait_where(&mut self, what: &str, accept: impl Fn(&str) -> bool) -> String {
        let wait = async {
            loop {
                self.changes.mark_unchanged();
                {
                    let state = self.shared.state();
                    while let Some(line) = state.lines.get(self.seen) {
                        self.seen += 1;
                        if accept(line) {
                            return Ok(line.clone());
                        }
                    }
                    if state.exit.is_some() && state.open_pipes == 0 {
                        return Err("it ended");
                    }
                }
                if self.changes.changed().await.is_err() {
                    return Err("it ended");
                }
            }
        };
        let reason = match timeout(self.patience, wait).await {
            Ok(Ok(line)) => return line,
            Ok(Err(reason)) => reason,
            Err(_) => "patience ended",
        };
        panic!("{}: waited for {what}, but {reason}. It said:\n{}", self.name, self.output());
    }

    /// Its exit status, once it has ended and its output is there.
    ///
    /// # Panics
    /// When [`PATIENCE`] ends first.
    pub async fn exit(&mut self) -> ExitStatus {
        let Ok(status) = timeout(PATIENCE, self.await_state(|state| state.exit)).await else {
            panic!("{} did not end. It said:\n{}", self.name, self.output());
        };
        // A daemon that it left behind keeps the pipes open: then what came in this time is all there is.
        let drained = self.await_state(|state| (state.open_pipes == 0).then_some(()));
        let _ = timeout(Duration::from_millis(500), drained).await;
        status
    }

    async fn await_state<T>(&mut self, pick: impl Fn(&State) -> Option<T>) -> T {
        loop {
            self.changes.mark_unchanged();
            if let Some(found) = pick(&self.shared.state()) {
                return found;
            }
            if self.changes.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    }

    /// Sends a signal, if it still runs.
    pub fn signal(&self, signal: Signal) {
        let state = self.shared.state();
        // Not yet reaped under this lock, so the id is still its own.
        if state.exit.is_none() {
            let _ = signal::kill(self.pid, signal);
        }
    }

    /// SIGTERM, and waits for the end.
    pub async fn terminate(&mut self) -> ExitStatus {
        self.signal(Signal::SIGTERM);
        self.exit().await
    }

    /// SIGKILL, and waits for the end: what a crash looks like to the others.
    pub async fn kill(&mut self) -> ExitStatus {
        self.signal(Signal::SIGKILL);
        self.exit().await
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.signal(self.last_signal);
        let state = self.shared.state();
        let ended = self.shared.ended.wait_timeout_while(state, PATIENCE, |state| state.exit.is_none());
        if matches!(ended, Ok((_, waited)) if waited.timed_out()) {
            self.signal(Signal::SIGKILL);
        }
    }
}

fn collect(pipe: impl Read + Send + 'static, shared: Arc<Shared>) {
    thread::spawn(move || {
        let mut pipe = BufReader::new(pipe);
        let mut bytes = Vec::new();
        while matches!(pipe.read_until(b'\n', &mut bytes), Ok(1..)) {
            let line = String::from_utf8_lossy(&bytes).trim_end().to_owned();
            shared.update(|state| state.lines.push(line));
            bytes.clear();
        }
        shared.update(|state| state.open_pipes -= 1);
    });
}

/// Waits without reaping first: while the process is a zombie its id cannot be another's, and [`Process::signal`] may
/// still use it.
fn reap(mut child: Child, pid: Pid, shared: &Shared) {
    let _ = waitid(Id::Pid(pid), WaitPidFlag::WEXITED | WaitPidFlag::WNOWAIT);
    shared.update(|state| state.exit = child.wait().ok());
}
