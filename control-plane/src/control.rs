//! `sluicegate control`: the control plane alone.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use sluicegate_control_runtime::console::{self, Console};
use sluicegate_control_runtime::files::Reload;
use sluicegate_control_runtime::operators;
use sluicegate_grpc::tls::ServerTls;
use sluicegate_grpc::{ListenAddress, Listening, Security};
use sluicegate_proxy_runtime::rights::{self, Kept};
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::filter::LevelFilter;

use crate::command::Control;
use crate::{admin, identity, log, sources, standalone};

/// Proxies of other users come by the group.
const SOCKET_MODE: u32 = 0o660;

/// Serves proxies until SIGTERM, SIGINT or SIGUSR1. Exit code 1 where the first configuration is refused.
pub(crate) fn control(mut options: Control) -> anyhow::Result<ExitCode> {
    log::start(LevelFilter::INFO, log::Scope::All);
    let (admin, user) = (options.sources.admin.take(), options.sources.user.take());
    let door = Door::of(&options)?;
    let Some(sources) = sources::sources(options.sources, Reload::Watch)? else {
        return Ok(ExitCode::FAILURE);
    };
    // What only root may read has been read. Sockets come later, so that proxies of the same user find them open.
    let identity = identity::default(user.as_deref().unwrap_or_default())?;
    let engine =
        sources.docker.as_ref().and_then(|docker| identity::group_of_engine(&docker.way.address().engine));
    rights::prepare(identity);
    rights::let_go(identity, &Kept { groups: engine.into_iter().collect(), ..Kept::default() })?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let publisher = standalone::publisher();
        let (status, path) = admin::listen(admin.as_deref())?;
        tracing::info!("`sluicegate status --admin {}` shows what this control plane knows", path.display());
        let listening = door.listen().await?;
        let ended = async {
            let mut terminate = signal(SignalKind::terminate())?;
            let mut interrupt = signal(SignalKind::interrupt())?;
            // Nothing here has to be finished first: proxies serve on.
            let mut finish = signal(SignalKind::user_defined1())?;
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
                _ = finish.recv() => {}
            }
            anyhow::Ok(())
        };
        let (stop, stopping) = tokio::sync::watch::channel(());
        let until = |mut stopping: tokio::sync::watch::Receiver<()>| async move {
            // Dropping the sender is the signal.
            while stopping.changed().await.is_ok() {}
        };
        let operators =
            tokio::spawn(sluicegate_grpc::serve(status, publisher.clone(), until(stopping.clone())));
        let proxies = tokio::spawn(sluicegate_grpc::serve(listening, publisher.clone(), until(stopping)));
        let (desk, clerk) = console::desk();
        tokio::spawn(operators::run(desk.clone(), publisher.clone()));
        let mut console = Console::new(desk, publisher.clone(), crate::console::process(None));
        console.follow();
        tokio::spawn(console.run());
        tokio::select! {
            () = sluicegate_control_runtime::control::run(sources, publisher, clerk) => {}
            ended = ended => ended?,
        }
        drop(stop);
        proxies.await??;
        operators.await??;
        Ok(ExitCode::SUCCESS)
    })
}

/// Where proxies come in, and what they must show.
enum Door {
    Unix(PathBuf),
    Tcp(SocketAddr, Security),
}

impl Door {
    fn of(options: &Control) -> anyhow::Result<Self> {
        match (options.listen.parse()?, &options.tls) {
            (ListenAddress::Unix(path), None) => Ok(Self::Unix(path)),
            (ListenAddress::Tcp(address), Some(folder)) => {
                let file = |name: &str| folder.join(name);
                let tls =
                    ServerTls { ca: file("ca.pem"), cert: file("control.pem"), key: file("control.key") };
                Ok(Self::Tcp(address, Security::MutualTls(tls.load()?)))
            }
            (ListenAddress::Tcp(address), None) if options.insecure => {
                Ok(Self::Tcp(address, Security::Insecure))
            }
            (ListenAddress::Tcp(address), None) => {
                bail!(
                    "--listen {address}: TCP wants --tls DIR (made by `sluicegate pki init DIR`), or --insecure"
                )
            }
            (ListenAddress::Unix(_), Some(_)) => bail!("--tls: only TCP has a use for it"),
        }
    }

    async fn listen(self) -> anyhow::Result<Listening> {
        match self {
            Self::Unix(path) => Ok(Listening::unix(&path, SOCKET_MODE)?),
            Self::Tcp(address, security) => Listening::tcp(address, security).await.context("--listen"),
        }
    }
}
