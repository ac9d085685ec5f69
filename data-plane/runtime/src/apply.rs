//! All or nothing: an Update becomes the generation that is served, or everything that is wrong with it is told.

use std::sync::Arc;
use std::time::Instant;

use sluicegate_engine::engine::{Engine, LocalRejection, Prepared};
use sluicegate_model::{Change, Rejected, Runtime, compile};
use sluicegate_proto::generation::Generation;
use sluicegate_proto::hash::ContentHash;
use sluicegate_proto::v1::{Rejection, Update};
use sluicegate_sync::{Applied, Apply, Refused};
use tokio::sync::watch;
use tokio::task::JoinError;

/// What is served.
#[derive(Debug, Clone)]
pub struct Served {
    /// Its name.
    pub generation: Generation,
    /// As compiled.
    pub runtime: Arc<Runtime>,
}

/// Puts generations into force.
#[derive(Debug)]
pub(crate) struct Applier {
    engine: Arc<Engine>,
    served: watch::Sender<Option<Served>>,
    runs_programs: bool,
}

impl Applier {
    /// Tells `served` of each new generation. Refuses those that have programs run.
    pub(crate) fn new(engine: Arc<Engine>, served: watch::Sender<Option<Served>>) -> Self {
        Self { engine, served, runs_programs: false }
    }

    /// Takes generations that have programs run, where that is allowed.
    pub(crate) fn running_programs(self, allowed: bool) -> Self {
        Self { runs_programs: allowed, ..self }
    }
}

impl Apply for Applier {
    fn held(&self) -> Option<Generation> {
        self.served.borrow().as_ref().map(|served| served.generation)
    }

    async fn apply(&mut self, update: Update) -> Result<Applied, Refused> {
        let began = Instant::now();
        let (engine, previous) = (Arc::clone(&self.engine), self.served.borrow().clone());
        let runs_programs = self.runs_programs;
        // On a thread of its own: a large snapshot takes its time, and probes and reports go on meanwhile.
        let ready =
            tokio::task::spawn_blocking(move || ready(&engine, previous, &update, runs_programs)).await;
        let (served, prepared) = ready.unwrap_or_else(|error| Err(failed(&error)))?;
        let generation = served.generation;
        self.engine.commit(prepared);
        tracing::info!(
            compiled = served.runtime.compiled(),
            took_us = u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX),
            "serving generation {generation}"
        );
        self.served.send_replace(Some(served));
        Ok(Applied { generation })
    }
}

/// What an Update leads to, compiled and bound.
fn ready(
    engine: &Engine,
    previous: Option<Served>,
    update: &Update,
    runs_programs: bool,
) -> Result<(Served, Prepared), Refused> {
    let generation = generation(update)?;
    if !update.base.is_empty() {
        let base = ContentHash::try_from(&update.base[..]).unwrap_or_default();
        if previous.as_ref().is_none_or(|served| served.generation.hash != base) {
            return Err(Refused::Base { base });
        }
    }
    let previous = previous.map(|served| served.runtime);
    let change = if update.base.is_empty() {
        Change::Full(&update.changed)
    } else {
        Change::Delta { changed: &update.changed, removed: &update.removed }
    };
    let runtime = compile(previous.as_deref(), change)
        .map_err(|faults| Refused::Rejected(faults.into_iter().map(refused).collect()))?;
    if runtime.hash != generation.hash {
        return Err(Refused::Hash { wanted: generation.hash, got: runtime.hash });
    }
    if !runs_programs {
        without_programs(&runtime)?;
    }
    let runtime = Arc::new(runtime);
    let prepared = engine
        .prepare(Arc::clone(&runtime))
        .map_err(|faults| Refused::Rejected(faults.iter().map(local).collect()))?
        .numbered(generation.number);
    Ok((Served { generation, runtime }, prepared))
}

/// Refuses backends whose checks are programs. It is asked of what was compiled: what an update says that it needs may not
/// be all.
fn without_programs(runtime: &Runtime) -> Result<(), Refused> {
    let backends = runtime.backends.values().map(|backend| &backend.settings);
    let rejections: Vec<_> = backends
        .filter(|settings| settings.probe.runs_program())
        .map(|settings| Rejection {
            id: Some((&settings.key).into()),
            origin: Some(settings.origin.clone()),
            reason: "this proxy was not started with --allow-external-check: it runs no programs".to_owned(),
            local: true,
        })
        .collect();
    if rejections.is_empty() { Ok(()) } else { Err(Refused::Rejected(rejections)) }
}

fn generation(update: &Update) -> Result<Generation, Refused> {
    let named = update.generation.as_ref().and_then(|generation| Generation::try_from(generation).ok());
    named.ok_or_else(|| {
        let reason = "the update names no generation".to_owned();
        Refused::Rejected(vec![Rejection { reason, ..Rejection::default() }])
    })
}

fn refused(fault: Rejected) -> Rejection {
    let Rejected { id, origin, reason } = fault;
    Rejection { id: Some(id), origin, reason: reason.to_string(), local: false }
}

fn local(fault: &LocalRejection) -> Rejection {
    let LocalRejection { id, origin, reason } = fault;
    let id = id.as_ref().map(Into::into);
    Rejection { id, origin: Some(origin.clone()), reason: reason.to_string(), local: true }
}

/// The compiler panicked: a defect, and no reason to stop serving.
fn failed(error: &JoinError) -> Refused {
    let reason = format!("this proxy failed while compiling: {error}");
    Refused::Rejected(vec![Rejection { reason, local: true, ..Rejection::default() }])
}

#[cfg(test)]
mod tests;
