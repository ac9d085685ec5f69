//! One measurement: a proxy is started, loaded, read and ended.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{ChildStdin, ChildStdout, Stdio};
use std::time::Duration;
use std::{env, io, thread};

use anyhow::{Context as _, ensure};
use serde::Serialize;

use crate::load::{Plan, Seen};
use crate::peer::{Conditions, ORIGINS, Peer, Running};
use crate::proc::{self, Core, Time};
use crate::process::{Cores, Process};
use crate::workload::{Proof, Unit, Workload};

/// Which cores do what, and what a process may have.
#[derive(Debug, Clone)]
pub(crate) struct Bench {
    pub(crate) proxy_core: usize,
    pub(crate) load_core: usize,
    /// Connections that a proxy is configured for.
    pub(crate) connections: u64,
}

/// What one measurement gave.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Sample {
    pub(crate) workload: &'static str,
    pub(crate) peer: String,
    pub(crate) round: usize,
    /// Microseconds of processor time of the proxy's processes for a unit of work; of memory, bytes a connection.
    pub(crate) cost: f64,
    /// The part of the processor time that was not the kernel's.
    pub(crate) user_share: f64,
    /// Units of work a second; of memory, connections.
    pub(crate) rate: f64,
    /// The part of the time in which the proxy's core worked.
    pub(crate) proxy_core_busy: f64,
    pub(crate) load_core_busy: f64,
    /// The part of the proxy's core that others used: other programs, and interrupts that are nobody's. 0 where the
    /// proxy has the core of clients and servers too.
    pub(crate) foreign: f64,
    /// Resident bytes of the proxy before and after connections were opened, where memory is measured.
    pub(crate) resident: Option<(u64, u64)>,
    pub(crate) seen: Seen,
}

/// The servers behind the proxies.
#[derive(Debug)]
pub(crate) struct Origins {
    _processes: Vec<Process>,
}

impl Bench {
    /// Starts the servers.
    pub(crate) fn origins(&self) -> anyhow::Result<Origins> {
        let start = |kind: &str, port: u16| {
            let mut command = Process::command(&self.load_cores(), env::current_exe()?.as_os_str())?;
            command.arg(kind).arg(port.to_string()).stdin(Stdio::null()).stdout(Stdio::null());
            anyhow::Ok(Process::start(command)?)
        };
        let mut processes = Vec::new();
        for port in ORIGINS {
            let (mut answers, mut echoes) = (start("origin", port)?, start("echo", port)?);
            answers.listens(port).context("the servers do not start")?;
            echoes.takes_datagrams(port).context("the servers of datagrams do not start")?;
            processes.extend([answers, echoes]);
        }
        Ok(Origins { _processes: processes })
    }

    /// Where clients and servers run.
    pub(crate) fn load_cores(&self) -> Cores {
        Cores(vec![self.load_core])
    }

    /// How proxies are started for a workload.
    pub(crate) fn conditions(&self, workload: &Workload) -> Conditions {
        Conditions {
            features: workload.features,
            core: self.proxy_core,
            all_cores: Cores(vec![self.proxy_core, self.load_core]),
            connections: self.connections,
            under: Vec::new(),
        }
    }

    /// Measures a peer once.
    pub(crate) fn sample(&self, workload: &Workload, peer: &Peer, round: usize) -> anyhow::Result<Sample> {
        let mut running = peer.start(&self.conditions(workload))?;
        let measured = match workload.unit {
            Unit::Connection => self.memory(workload, &running),
            Unit::Request | Unit::Mebibyte => self.cost(workload, peer, &running),
        };
        let sample = measured.with_context(|| format!("{} says: {}", peer.name, running.complaint()))?;
        // As it ends by itself: an instrumented build writes its profile then.
        running.process.terminate().with_context(|| peer.name.clone())?;
        Ok(Sample { peer: peer.name.clone(), round, ..sample })
    }

    fn cost(&self, workload: &Workload, peer: &Peer, running: &Running) -> anyhow::Result<Sample> {
        let mut load = Load::start(&workload.plan, &self.load_cores())?;
        if workload.features.large {
            // What starting takes goes on for some seconds: nobody's request pays for it.
            settled(running, LONG_REST)?;
        }
        let tree = running.process.tree()?;
        let before = self.read(workload, running, &tree)?;
        let seen = load.run()?;
        let after = self.read(workload, running, &tree)?;
        ensure!(seen.requests > 0, "no request was answered, {} failed", seen.errors);
        prove(workload.proof, &seen, &before, &after)?;
        let work = match workload.unit {
            Unit::Mebibyte => seen.bytes as f64 / f64::from(1 << 20),
            Unit::Request | Unit::Connection => seen.requests as f64,
        };
        let time = after.time - before.time;
        let core_time = after.proxy_core.microseconds_since(before.proxy_core).max(1.0);
        let proxy_core_busy = after.proxy_core.busy_since(before.proxy_core);
        let alone = peer.entry.workers == 1;
        Ok(Sample {
            workload: workload.id,
            peer: String::new(),
            round: 0,
            cost: time.total() / work,
            user_share: if time.total() > 0.0 { time.user / time.total() } else { 0.0 },
            rate: work / seen.seconds,
            proxy_core_busy,
            load_core_busy: after.load_core.busy_since(before.load_core),
            foreign: if alone { (1.0 - time.total() / core_time).max(0.0) * proxy_core_busy } else { 0.0 },
            resident: None,
            seen,
        })
    }

    fn read(&self, workload: &Workload, running: &Running, tree: &[u32]) -> anyhow::Result<Reading> {
        Ok(Reading {
            // First: a log is long, and reading it takes time.
            lines: if workload.proof == Some(Proof::LogLines) { running.lines()? } else { 0 },
            opened: proc::connections_opened()?,
            proxy_core: proc::core(self.proxy_core)?,
            load_core: proc::core(self.load_core)?,
            time: proc::time(tree),
        })
    }

    fn memory(&self, workload: &Workload, running: &Running) -> anyhow::Result<Sample> {
        let before = proc::resident(&running.process.tree()?);
        let mut load = Load::start(&workload.plan, &self.load_cores())?;
        let after = settled(running, REST)?;
        let seen = load.run()?;
        ensure!(seen.errors == 0, "{} of {} connections were closed", seen.errors, workload.plan.connections);
        let connections = seen.requests as f64;
        Ok(Sample {
            workload: workload.id,
            peer: String::new(),
            round: 0,
            cost: after.saturating_sub(before) as f64 / connections,
            user_share: 0.0,
            rate: connections,
            proxy_core_busy: 0.0,
            load_core_busy: 0.0,
            foreign: 0.0,
            resident: Some((before, after)),
            seen,
        })
    }
}

/// What is read before a load and after it.
struct Reading {
    lines: u64,
    opened: u64,
    proxy_core: Core,
    load_core: Core,
    time: Time,
}

/// That the proxy did for each request what the workload is about. A few requests are under way at both ends.
fn prove(proof: Option<Proof>, seen: &Seen, before: &Reading, after: &Reading) -> anyhow::Result<()> {
    let (done, what) = match proof {
        Some(Proof::ServerConnections) => (after.opened - before.opened, "server connections"),
        Some(Proof::LogLines) => (after.lines - before.lines, "log lines"),
        Some(Proof::FullHandshakes) => (seen.handshakes - seen.resumed, "full handshakes"),
        Some(Proof::ResumedHandshakes) => (seen.resumed, "resumed handshakes"),
        None => return Ok(()),
    };
    ensure!(done as f64 >= 0.98 * seen.requests as f64, "{done} {what} for {} requests", seen.requests);
    Ok(())
}

/// A proxy that neither works nor grows for so long has taken in what was sent to it.
const REST: Duration = Duration::from_millis(250);
/// The same for one that may go on after a pause: longer than any peer's interval of reports or checks.
const LONG_REST: Duration = Duration::from_millis(2500);

/// Resident bytes once the proxy rests.
fn settled(running: &Running, rest: Duration) -> io::Result<u64> {
    let tree = running.process.tree()?;
    let look = || (proc::time(&tree), proc::resident(&tree));
    let mut last = look();
    // A proxy that never rests is read after some seconds all the same.
    for _ in 0..20 {
        thread::sleep(rest);
        let now = look();
        if now.1 == last.1 && (now.0 - last.0).total() <= 10_000.0 {
            break;
        }
        last = now;
    }
    Ok(last.1)
}

/// Clients in a process of their own.
#[derive(Debug)]
pub(crate) struct Load {
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    /// Ends last: its connections stay until then.
    _process: Process,
}

impl Load {
    /// Starts it; its connections are open and warm.
    pub(crate) fn start(plan: &Plan, cores: &Cores) -> anyhow::Result<Self> {
        let program = env::current_exe()?;
        let mut command = if plan.rate.is_some() {
            // In the idle class: it polls all the time, and what works beside it goes first.
            let mut command = Process::command(cores, "chrt".as_ref())?;
            command.args(["--idle", "0"]).arg(program);
            command
        } else {
            Process::command(cores, program.as_os_str())?
        };
        command.args(plan.arguments()).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = Process::start(command)?;
        let input = process.child.stdin.take().context("the load has no input")?;
        let output = process.child.stdout.take().context("the load has no output")?;
        let mut load = Self { input, output: BufReader::new(output), _process: process };
        let line = load.line()?;
        ensure!(line == "ready", "the load does not start: {line}");
        Ok(load)
    }

    /// Lets it run.
    pub(crate) fn run(&mut self) -> anyhow::Result<Seen> {
        self.input.write_all(b"go\n")?;
        let line = self.line()?;
        serde_json::from_str(&line).with_context(|| format!("the load ended: {line}"))
    }

    fn line(&mut self) -> io::Result<String> {
        let mut line = String::new();
        self.output.read_line(&mut line)?;
        Ok(line.trim_end().to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proof_needs_one_for_each_request() {
        let reading = |lines, opened| Reading {
            lines,
            opened,
            proxy_core: Core::default(),
            load_core: Core::default(),
            time: Time::default(),
        };
        let seen = Seen { requests: 1000, ..Seen::default() };
        let proves = |proof, lines: u64, opened: u64| {
            prove(proof, &seen, &reading(5, 7), &reading(5 + lines, 7 + opened)).is_ok()
        };
        assert!(proves(Some(Proof::LogLines), 990, 0));
        assert!(!proves(Some(Proof::LogLines), 970, 1000));
        assert!(proves(Some(Proof::ServerConnections), 0, 1000));
        assert!(!proves(Some(Proof::ServerConnections), 1000, 64));
        assert!(proves(None, 0, 0));
        let handshakes = |proof, handshakes, resumed| {
            let seen = Seen { requests: 1000, handshakes, resumed, ..Seen::default() };
            prove(Some(proof), &seen, &reading(0, 0), &reading(0, 0)).is_ok()
        };
        assert!(handshakes(Proof::FullHandshakes, 1000, 20));
        assert!(!handshakes(Proof::FullHandshakes, 1000, 21));
        assert!(handshakes(Proof::ResumedHandshakes, 1000, 980));
        assert!(!handshakes(Proof::ResumedHandshakes, 1000, 979));
    }
}
