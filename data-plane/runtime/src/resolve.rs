//! Names of endpoints → addresses, again and again.
//!
//! A name that does not resolve keeps its endpoints down and is asked for again; it never stops a start. Never
//! getaddrinfo: it blocks, and a static binary cannot have it.

use std::collections::{BTreeSet, HashMap};
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use hickory_resolver::TokioResolver;
use tokio::sync::mpsc;
use tokio::task::AbortHandle;
use tokio::time::{sleep, timeout};

/// An address is asked for again when its time to live is over, within these bounds.
const SHORTEST_LIFE: Duration = Duration::from_secs(1);
const LONGEST_LIFE: Duration = Duration::from_secs(60);
/// Wait after the first failure; doubled up to [`LONGEST_WAIT`].
const FIRST_WAIT: Duration = Duration::from_millis(500);
const LONGEST_WAIT: Duration = Duration::from_secs(10);
/// How long one question may take, all servers and search domains included.
const PATIENCE: Duration = Duration::from_secs(5);
/// Answers that may wait to be taken.
const ANSWERS: usize = 256;

/// What a name leads to now; sent when it differs from what was sent before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) name: String,
    /// The address sent before while the name still has it, else its first IPv4 address, else its first; or why there is
    /// none, in words.
    pub(crate) address: Result<IpAddr, String>,
}

/// Follows a set of names, one task each.
#[derive(Debug)]
pub(crate) struct Names {
    resolver: Option<TokioResolver>,
    tasks: HashMap<String, AbortHandle>,
    answers: mpsc::Sender<Answer>,
    failures: Arc<AtomicU64>,
}

impl Names {
    /// Reads `/etc/resolv.conf` and `/etc/hosts`; without them every name fails, and says so.
    ///
    /// `failures` counts questions that are not answered with an address.
    pub(crate) fn start(failures: Arc<AtomicU64>) -> (Self, mpsc::Receiver<Answer>) {
        let resolver = TokioResolver::builder_tokio().and_then(|builder| builder.build());
        if let Err(error) = &resolver {
            tracing::warn!(%error, "no name can be resolved");
        }
        let (answers, receiver) = mpsc::channel(ANSWERS);
        (Self { resolver: resolver.ok(), tasks: HashMap::new(), answers, failures }, receiver)
    }

    /// Follows just these names from now on; what is followed already goes on undisturbed.
    pub(crate) fn follow(&mut self, names: &BTreeSet<String>) {
        self.tasks.retain(|name, task| {
            let wanted = names.contains(name);
            if !wanted {
                task.abort();
            }
            wanted
        });
        for name in names {
            if !self.tasks.contains_key(name) {
                let failures = Arc::clone(&self.failures);
                let task = follow(self.resolver.clone(), name.clone(), self.answers.clone(), failures);
                self.tasks.insert(name.clone(), tokio::spawn(task).abort_handle());
            }
        }
    }
}

impl Drop for Names {
    fn drop(&mut self) {
        self.tasks.values().for_each(AbortHandle::abort);
    }
}

async fn follow(
    resolver: Option<TokioResolver>,
    name: String,
    answers: mpsc::Sender<Answer>,
    failures: Arc<AtomicU64>,
) {
    let mut told = None;
    let mut wait = FIRST_WAIT;
    loop {
        let held = told.as_ref().and_then(|answer: &Answer| answer.address.as_ref().ok()).copied();
        let (address, next) = match ask(resolver.as_ref(), &name, held).await {
            Ok((address, life)) => {
                wait = FIRST_WAIT;
                (Ok(address), life.clamp(SHORTEST_LIFE, LONGEST_LIFE))
            }
            Err(reason) => {
                failures.fetch_add(1, Relaxed);
                let next = wait;
                wait = (wait * 2).min(LONGEST_WAIT);
                (Err(reason), next)
            }
        };
        let answer = Answer { name: name.clone(), address };
        if told.as_ref() != Some(&answer) {
            if answers.send(answer.clone()).await.is_err() {
                return;
            }
            told = Some(answer);
        }
        sleep(next).await;
    }
}

/// `held`: the address that is in use; it stays while it is among those of the name, in whatever order they come.
async fn ask(
    resolver: Option<&TokioResolver>,
    name: &str,
    held: Option<IpAddr>,
) -> Result<(IpAddr, Duration), String> {
    let resolver = resolver.ok_or_else(|| "this host has no resolver configuration".to_owned())?;
    let found = match timeout(PATIENCE, resolver.lookup_ip(name)).await {
        Ok(found) => found.map_err(|error| error.to_string())?,
        Err(_) => return Err(format!("no answer within {} s", PATIENCE.as_secs())),
    };
    let life = found.valid_until().saturating_duration_since(Instant::now());
    let addresses: Vec<IpAddr> = found.iter().collect();
    choose(&addresses, held)
        .map(|address| (address, life))
        .ok_or_else(|| "the name has no address".to_owned())
}

fn choose(addresses: &[IpAddr], held: Option<IpAddr>) -> Option<IpAddr> {
    let held = held.filter(|held| addresses.contains(held));
    held.or_else(|| addresses.iter().copied().find(IpAddr::is_ipv4)).or(addresses.first().copied())
}

#[cfg(test)]
mod tests;
