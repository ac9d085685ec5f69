//! Both planes in one process: the proxy is a client of the control plane as any other proxy is, over a pipe in memory.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::Context as _;
use sluicegate_control_runtime::console::{self, Console};
use sluicegate_control_runtime::control::{self, Sources};
use sluicegate_control_runtime::operators;
use sluicegate_grpc::{Listening, Publisher};
use sluicegate_haproxy::program::Program;
use sluicegate_proto::identity::DEFAULT_SCOPE;
use sluicegate_proto::v1::origin::Place;
use sluicegate_proto::v1::{Origin, Rejection};
use sluicegate_proxy_runtime::rights::{self, Identity, Kept};
use sluicegate_proxy_runtime::{Proxy, Settings};
use sluicegate_sync::Target;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc;
use tokio::time::Instant;

use crate::identity::{self, Unknown};
use crate::rights::{kept, limit_files};
use crate::{admin, say};

/// How often proxies report.
const REPORT_INTERVAL: Duration = Duration::from_secs(1);

/// What to serve, and how.
#[derive(Debug)]
pub(crate) struct Standalone {
    /// Where the configuration comes from.
    pub(crate) sources: Sources,
    /// The socket of `sluicegate status`.
    pub(crate) admin: Option<PathBuf>,
    /// Threads that move traffic.
    pub(crate) workers: Option<NonZeroUsize>,
    /// Whom root becomes where the files name nobody.
    pub(crate) user: Option<String>,
    /// Processes whose ports are taken over.
    pub(crate) predecessors: Vec<u32>,
    /// What the files ask of the process.
    pub(crate) program: Program,
    /// Told at SIGHUP and SIGUSR2; `None`: files are watched, and the signals only say so.
    pub(crate) reload: Option<mpsc::Sender<()>>,
}

/// The control plane of this process.
pub(crate) fn publisher() -> Publisher {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let settings = sluicegate_grpc::Settings {
        control_id: nix::unistd::gethostname().unwrap_or_default().to_string_lossy().into_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        epoch: u64::try_from(since.as_micros()).unwrap_or(u64::MAX),
        report_interval: REPORT_INTERVAL,
    };
    Publisher::new(settings, [DEFAULT_SCOPE.to_owned()])
}

impl Standalone {
    /// Serves until a signal says otherwise: SIGUSR1 finishes what runs, SIGTERM and SIGINT do not. `ready` is called
    /// once, when the first generation is in force. Exit code 1 where the first generation cannot be served.
    pub(crate) fn serve(self, ready: impl FnOnce() -> anyhow::Result<()>) -> anyhow::Result<ExitCode> {
        let identity = identity::of(&self.program, self.user.as_deref()).map_err(told)?;
        let engine = self
            .sources
            .docker
            .as_ref()
            .and_then(|docker| identity::group_of_engine(&docker.way.address().engine));
        let kept = kept(&self.program, engine);
        if let Some((_, loaded, _)) = &self.sources.files {
            let unknown = identity::unknown_owners(loaded);
            unknown.iter().for_each(say::err);
            anyhow::ensure!(
                unknown.is_empty(),
                "a socket is to belong to someone whom this host does not know"
            );
        }
        rights::prepare(identity);
        limit_files(&self.program);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let code = runtime.block_on(self.run(identity, kept, ready));
        // Sources may still be reading.
        runtime.shutdown_timeout(Duration::from_millis(100));
        code
    }

    async fn run(
        self,
        identity: Identity,
        kept: Kept,
        ready: impl FnOnce() -> anyhow::Result<()>,
    ) -> anyhow::Result<ExitCode> {
        let mut signals = Signals::listen(self.program.grace)?;
        let publisher = publisher();
        let reload = self.reload.clone();
        let socket = self.operators(&publisher);
        let (inside, door) = Listening::inside();
        tokio::spawn(sluicegate_grpc::serve(inside, publisher.clone(), std::future::pending()));
        let (desk, clerk) = console::desk();
        tokio::spawn(operators::run(desk.clone(), publisher.clone()));
        tokio::spawn(control::run(self.sources, publisher.clone(), clerk));
        let mut settings = Settings::new(Target::inside(door), DEFAULT_SCOPE.to_owned());
        let workers = self.workers.or(self.program.workers);
        settings.workers = workers;
        settings.predecessors = self.predecessors;
        // It is the file's to say, which is this process's own.
        settings.runs_programs = true;
        let proxy = Proxy::start(settings)?;
        tokio::select! {
            refused = first_generation(&proxy, &publisher) => {
                if let Err(rejections) = refused {
                    tell(&rejections);
                    return Ok(ExitCode::FAILURE);
                }
            }
            // Also now a signal may find requests under way: the proxy serves before this task hears of it.
            () = signals.obey(&proxy, reload.as_ref()) => return end(proxy),
        }
        let mut console = Console::new(desk, publisher.clone(), crate::console::process(workers));
        console.follow();
        tokio::spawn(console.run());
        ready().context("the proxy serves, but not as asked")?;
        rights::let_go(identity, &kept).context("the proxy serves, but as root")?;
        if let Some(socket) = socket {
            tracing::info!("`sluicegate status --admin {}` shows what is served", socket.display());
        }
        tokio::spawn(watch_refusals(publisher));
        signals.obey(&proxy, reload.as_ref()).await;
        end(proxy)
    }

    /// Answers `sluicegate status`. Where no socket can be had, traffic is served all the same.
    fn operators(&self, publisher: &Publisher) -> Option<PathBuf> {
        match admin::listen(self.admin.as_deref()) {
            Ok((listening, socket)) => {
                tokio::spawn(sluicegate_grpc::serve(listening, publisher.clone(), std::future::pending()));
                Some(socket)
            }
            Err(error) => {
                tracing::warn!("`sluicegate status` is not answered: {error:#}");
                None
            }
        }
    }
}

/// The last log lines are written.
fn end(proxy: Proxy) -> anyhow::Result<ExitCode> {
    if !proxy.join() {
        anyhow::bail!("the control thread of the proxy ended by a defect");
    }
    Ok(ExitCode::SUCCESS)
}

/// Waits until the proxy serves something, or has refused the first thing that it was given.
async fn first_generation(proxy: &Proxy, publisher: &Publisher) -> Result<(), Vec<Rejection>> {
    let mut served = proxy.served();
    let mut answers = publisher.answers();
    loop {
        if served.borrow_and_update().is_some() {
            return Ok(());
        }
        let refused = refusals(publisher);
        if !refused.is_empty() {
            return Err(refused);
        }
        // Neither sender goes away before this does.
        tokio::select! {
            _ = served.changed() => {}
            _ = answers.changed() => {}
        }
    }
}

/// Tells of later generations that the proxy refuses: a port that is taken, as a rule.
async fn watch_refusals(publisher: Publisher) {
    let mut answers = publisher.answers();
    while answers.changed().await.is_ok() {
        let refused = refusals(&publisher);
        if !refused.is_empty() {
            tell(&refused);
            tracing::error!("the newest generation is refused, the one before it serves on");
        }
    }
}

/// What the proxy of this process refuses of the newest generation.
fn refusals(publisher: &Publisher) -> Vec<Rejection> {
    let proxies = publisher.status().scopes.into_iter().flat_map(|scope| scope.proxies);
    proxies.flat_map(|proxy| proxy.rejections).collect()
}

fn tell(rejections: &[Rejection]) {
    let mut lines: Vec<(&Option<Origin>, &str)> =
        rejections.iter().map(|rejection| (&rejection.origin, rejection.reason.as_str())).collect();
    lines.sort_by_key(|(origin, _)| match origin.as_ref().and_then(|origin| origin.place.as_ref()) {
        Some(Place::File(file)) => (file.path.as_str(), file.line),
        _ => ("", 0),
    });
    for (origin, reason) in lines {
        let origin = origin.as_ref().map(|origin| format!("{origin}: ")).unwrap_or_default();
        tracing::error!("{origin}{reason}");
    }
}

/// What stands against starting, in one line for each.
fn told(unknown: Vec<Unknown>) -> anyhow::Error {
    let lines: Vec<_> = unknown.iter().map(Unknown::to_string).collect();
    anyhow::anyhow!(lines.join("\n"))
}

async fn at(end: Option<Instant>) {
    match end {
        Some(end) => tokio::time::sleep_until(end).await,
        None => std::future::pending().await,
    }
}

struct Signals {
    terminate: Signal,
    interrupt: Signal,
    finish: Signal,
    hang_up: Signal,
    reload: Signal,
    /// Between the signal to finish and the end of listening.
    grace: Option<Duration>,
    /// When it ends, once it has begun. Here, because it may begin before all is ready.
    grace_over: Option<Instant>,
}

impl Signals {
    fn listen(grace: Option<Duration>) -> std::io::Result<Self> {
        Ok(Self {
            grace,
            grace_over: None,
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            finish: signal(SignalKind::user_defined1())?,
            hang_up: signal(SignalKind::hangup())?,
            reload: signal(SignalKind::user_defined2())?,
        })
    }

    /// Does what signals say until the proxy has ended.
    async fn obey(&mut self, proxy: &Proxy, reload: Option<&mpsc::Sender<()>>) {
        loop {
            tokio::select! {
                () = proxy.ended() => return,
                () = at(self.grace_over) => {
                    self.grace_over = None;
                    proxy.soft_stop();
                }
                _ = self.terminate.recv() => proxy.hard_stop(),
                _ = self.interrupt.recv() => proxy.hard_stop(),
                _ = self.finish.recv() => match self.grace {
                    Some(grace) if self.grace_over.is_none() => {
                        tracing::info!(?grace, "finishing what runs; new connections are taken until the grace is over");
                        self.grace_over = Some(Instant::now() + grace);
                    }
                    _ => {
                        tracing::info!("finishing what runs; no new connection is taken");
                        proxy.soft_stop();
                    }
                },
                _ = self.hang_up.recv() => self.again(reload),
                _ = self.reload.recv() => self.again(reload),
            }
        }
    }

    fn again(&self, reload: Option<&mpsc::Sender<()>>) {
        match reload {
            // A reload that is asked for while one waits is the same reload.
            Some(reload) => drop(reload.try_send(())),
            None => tracing::info!("files are watched: there is nothing to reload"),
        }
    }
}
