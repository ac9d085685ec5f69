//! Who is measured: one entry each.

use std::ffi::OsString;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{env, io};

use anyhow::Context as _;
use tempfile::TempDir;

use crate::certificate;
use crate::conf::{self, Features, Mode, Setup};
use crate::process::{self, Cores, Process};

/// Where the proxy under test listens.
pub(crate) const PORT: u16 = 8080;

/// Where the servers behind it listen.
pub(crate) const ORIGINS: [u16; 2] = [8101, 8102];

/// A way to start a proxy.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) id: &'static str,
    pub(crate) kind: Kind,
    pub(crate) workers: u16,
    /// HAProxy's `option splice-auto`.
    pub(crate) splice: bool,
}

/// Which program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Sluicegate,
    Haproxy,
    Nginx,
    Floor,
    /// TLS without a proxy.
    Acceptor,
}

/// All of them.
pub(crate) const TABLE: &[Entry] = &[
    Entry { id: "sluicegate", kind: Kind::Sluicegate, workers: 1, splice: false },
    Entry { id: "haproxy", kind: Kind::Haproxy, workers: 1, splice: false },
    Entry { id: "haproxy-splice", kind: Kind::Haproxy, workers: 1, splice: true },
    Entry { id: "nginx", kind: Kind::Nginx, workers: 1, splice: false },
    Entry { id: "floor", kind: Kind::Floor, workers: 1, splice: false },
    Entry { id: "sluicegate-2", kind: Kind::Sluicegate, workers: 2, splice: false },
    Entry { id: "haproxy-2", kind: Kind::Haproxy, workers: 2, splice: false },
    Entry { id: "nginx-2", kind: Kind::Nginx, workers: 2, splice: false },
    Entry { id: "acceptor", kind: Kind::Acceptor, workers: 1, splice: false },
];

/// A proxy that can be started.
#[derive(Debug, Clone)]
pub(crate) struct Peer {
    pub(crate) name: String,
    /// The entry that it is started as.
    pub(crate) entry: &'static Entry,
    pub(crate) program: PathBuf,
}

/// Under which conditions a proxy is started.
#[derive(Debug, Clone)]
pub(crate) struct Conditions {
    pub(crate) features: Features,
    /// For a peer with one worker; one with more has `all_cores`.
    pub(crate) core: usize,
    pub(crate) all_cores: Cores,
    /// Connections at one time.
    pub(crate) connections: u64,
    /// Put before the program: a tool that runs it.
    pub(crate) under: Vec<OsString>,
}

/// A proxy that runs, and its files.
#[derive(Debug)]
pub(crate) struct Running {
    pub(crate) process: Process,
    folder: TempDir,
}

impl Peer {
    /// Starts it, and waits until it listens.
    pub(crate) fn start(&self, conditions: &Conditions) -> anyhow::Result<Running> {
        let folder = tempfile::Builder::new().prefix("sluicegate-bench-").tempdir()?;
        let command = self.command(conditions, folder.path())?;
        let mut running = Running { process: Process::start(command)?, folder };
        let listens = match conditions.features.mode {
            Mode::Http | Mode::Tcp => running.process.listens(PORT),
            Mode::Udp => running.process.takes_datagrams(PORT),
        };
        listens.with_context(|| format!("{} does not start; it says: {}", self.name, running.complaint()))?;
        Ok(running)
    }

    fn command(&self, conditions: &Conditions, folder: &Path) -> anyhow::Result<Command> {
        let setup = Setup {
            features: conditions.features,
            port: PORT,
            origins: ORIGINS,
            workers: self.entry.workers,
            connections: conditions.connections,
            splice: self.entry.splice,
            single: !conditions.under.is_empty(),
            folder,
        };
        if setup.features.tls {
            certificate::write(folder)?;
        }
        let arguments = self.arguments(&setup)?;
        let cores = match self.entry.workers {
            1 => Cores(vec![conditions.core]),
            _ => conditions.all_cores.clone(),
        };
        let program = self.program.clone().into_os_string();
        let mut words: Vec<OsString> = conditions.under.clone();
        words.push(program);
        words.extend(arguments);
        let mut command = Process::command(&cores, &words[0])?;
        command.args(&words[1..]).current_dir(folder).stdin(Stdio::null());
        command.stdout(File::create(folder.join("stdout"))?).stderr(File::create(folder.join("stderr"))?);
        Ok(command)
    }

    /// Writes the configuration, and tells how to start with it.
    fn arguments(&self, setup: &Setup<'_>) -> anyhow::Result<Vec<OsString>> {
        let folder = setup.folder;
        let file = folder.join(if self.entry.kind == Kind::Nginx { "nginx.conf" } else { "haproxy.cfg" });
        Ok(match self.entry.kind {
            Kind::Sluicegate => {
                fs::write(&file, conf::haproxy(setup))?;
                let socket = folder.join("admin.sock");
                let workers = self.entry.workers.to_string();
                vec![
                    "run".into(),
                    file.into(),
                    "--workers".into(),
                    workers.into(),
                    "--admin".into(),
                    socket.into(),
                ]
            }
            Kind::Haproxy => {
                fs::write(&file, conf::haproxy(setup))?;
                vec!["-db".into(), "-f".into(), file.into()]
            }
            Kind::Nginx => {
                fs::write(&file, conf::nginx(setup, &process::nginx_stream(&self.program)))?;
                let log = folder.join("start.log");
                vec!["-c".into(), file.into(), "-e".into(), log.into()]
            }
            Kind::Floor => {
                let ports = std::iter::once(PORT).chain(ORIGINS).map(|port| OsString::from(port.to_string()));
                let udp = (setup.features.mode == Mode::Udp).then(|| "--udp".into());
                std::iter::once("floor".into()).chain(ports).chain(udp).collect()
            }
            Kind::Acceptor => {
                vec!["acceptor".into(), PORT.to_string().into(), certificate::file(folder).into()]
            }
        })
    }

    /// What it says of its version.
    pub(crate) fn version(&self) -> String {
        let argument = match self.entry.kind {
            Kind::Sluicegate => "--version",
            Kind::Haproxy | Kind::Nginx => "-v",
            Kind::Floor => return "a relay without parsing, of this bench".to_owned(),
            Kind::Acceptor => return "TLS without a server behind it, of this bench".to_owned(),
        };
        let output = Command::new(&self.program).arg(argument).output();
        let text = output.map(|output| [output.stdout, output.stderr].concat()).unwrap_or_default();
        String::from_utf8_lossy(&text).lines().next().unwrap_or("?").to_owned()
    }
}

impl Running {
    /// Lines that it has written to standard output.
    pub(crate) fn lines(&self) -> io::Result<u64> {
        let text = fs::read(self.folder.path().join("stdout"))?;
        Ok(memchr::memchr_iter(b'\n', &text).count() as u64)
    }

    /// A file in the folder that it runs in.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The end of what it wrote to standard error.
    pub(crate) fn complaint(&self) -> String {
        let text = fs::read(self.folder.path().join("stderr")).unwrap_or_default();
        String::from_utf8_lossy(&text[text.len().saturating_sub(1000)..]).trim().to_owned()
    }
}

/// Where the programs are, and other builds of Sluicegate to compare with: `(name, program)`.
#[derive(Debug)]
pub(crate) struct Programs {
    pub(crate) sluicegate: PathBuf,
    pub(crate) others: Vec<(String, PathBuf)>,
}

impl Programs {
    /// All that can be started.
    pub(crate) fn peers(&self) -> anyhow::Result<Vec<Peer>> {
        let mut peers = Vec::new();
        for entry in TABLE {
            let program = match entry.kind {
                Kind::Sluicegate => self.sluicegate.clone(),
                Kind::Haproxy => process::debian("haproxy")?,
                Kind::Nginx => process::debian("nginx")?,
                Kind::Floor | Kind::Acceptor => env::current_exe()?,
            };
            peers.push(Peer { name: entry.id.to_owned(), entry, program });
        }
        let others = self.others.iter().map(|(name, program)| Peer {
            name: name.clone(),
            entry: &TABLE[0],
            program: program.clone(),
        });
        peers.extend(others);
        Ok(peers)
    }
}

/// Sluicegate as it was built: `given`, else `dist` or `release` of the target folder that this program is in.
pub(crate) fn sluicegate(given: Option<PathBuf>) -> anyhow::Result<PathBuf> {
    if let Some(given) = given {
        return fs::canonicalize(&given).with_context(|| format!("{}", given.display()));
    }
    let here = env::current_exe()?;
    let target = here.ancestors().nth(2).unwrap_or(Path::new("."));
    let builds = ["dist", "release"].map(|profile| target.join(profile).join("sluicegate"));
    let found = builds.into_iter().find(|file| file.is_file());
    found.with_context(|| format!("no sluicegate in {}: `just dist`", target.display()))
}
