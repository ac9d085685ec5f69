//! From what providers found to a snapshot that compiles: synchronous, without a clock.

mod validity;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use sluicegate_core::overrides::{Ended, Refused, Value};
use sluicegate_core::quarantine::{Group, Held, Settled};
use sluicegate_core::{
    Conflict, Contribution, Delta, Overrides, Quarantine, Rejected, Shared, Snapshot, merge, settle,
};
use sluicegate_model::{Change, Runtime, compile};
use sluicegate_proto::id::ObjectKey;
use sluicegate_proto::v1::{ObjectId, ProviderStatus, Quarantined, Resource};
use validity::Ending;

/// One reading of a source: what it found, or why it is not taken.
#[derive(Debug, Clone)]
pub struct Load {
    /// Which source: files, docker, entrypoint, admin-http. One may speak for several providers.
    pub source: &'static str,
    /// All that it found; `None`: that cannot be taken, and what it found before stays.
    pub fragments: Option<Vec<Shared>>,
    /// What it has to say, rendered for people.
    pub diagnostics: Vec<String>,
}

/// What the newest loads come to. It compiles; nothing has taken it over yet.
#[derive(Debug)]
pub struct Proposal {
    snapshot: Arc<Snapshot>,
    delta: Delta,
    runtime: Option<Runtime>,
    held: BTreeMap<Group, Held>,
    ended: Vec<Ended>,
}

impl Proposal {
    /// What to publish, also where nothing changed: things may stand at other places than before, which is told to
    /// people and makes no generation.
    pub fn snapshot(&self) -> &Arc<Snapshot> {
        &self.snapshot
    }

    /// What differs from what was accepted last.
    pub fn delta(&self) -> &Delta {
        &self.delta
    }
}

/// Puts the loads of all providers together, and keeps what compiles.
#[derive(Debug, Default)]
pub struct Pipeline {
    /// By source and provider.
    contributions: BTreeMap<(&'static str, String), Contribution>,
    sources: BTreeMap<&'static str, ProviderStatus>,
    snapshot: Arc<Snapshot>,
    runtime: Arc<Runtime>,
    quarantine: Quarantine,
    overrides: Overrides,
    /// What the last merge left out, by the source that lost it, in words.
    left_out: BTreeSet<(&'static str, String)>,
    /// Certificates that it was told of that their time ends.
    ending: BTreeSet<Ending>,
}

/// Who has a name or an address that several providers claim; the highest has it.
fn rank(provider: &str) -> u32 {
    match provider {
        "admin-http" => 5,
        "entrypoint" => 4,
        "haproxy" => 3,
        "manifest" => 2,
        _ => 1,
    }
}

impl Pipeline {
    /// Takes a load in; [`Pipeline::propose`] makes something of it.
    pub fn take(&mut self, load: Load, now_unix_ms: u64) {
        let Load { source, fragments, diagnostics } = load;
        let status = ProviderStatus {
            name: source.to_owned(),
            diagnostics,
            refused: fragments.is_none(),
            loaded_unix_ms: now_unix_ms,
        };
        self.sources.insert(source, status);
        let Some(fragments) = fragments else { return };
        self.contributions.retain(|(of, provider), _| {
            *of != source || fragments.iter().any(|fragment| fragment.provider == *provider)
        });
        for fragment in fragments {
            let key = (source, fragment.provider.clone());
            let next = match self.contributions.remove(&key) {
                Some(before) => before.followed_by(fragment),
                None => Contribution::new(rank(&fragment.provider), fragment),
            };
            self.contributions.insert(key, next);
        }
    }

    /// Merges what there is, and holds back what does not compile, and certificates that do not hold now and are not
    /// shown already. What serves stays what it is until the proposal is
    /// published and [accepted](Pipeline::accept).
    ///
    /// # Errors
    /// Where the candidate is no good as a whole; why, in words.
    pub fn propose(&mut self, now_unix_ms: u64) -> Result<Proposal, Vec<String>> {
        let mut merged = merge(self.contributions.values());
        self.leave_out(&merged.conflicts);
        let ended = self.overrides.apply(&mut merged.resources);
        let mut runtime = None;
        let settled = settle(&self.snapshot, merged.resources, |delta| {
            let candidate = check(&self.runtime, delta)?;
            validity::check(&self.runtime, &candidate, seconds(now_unix_ms))?;
            runtime = Some(candidate);
            Ok(())
        });
        let Settled { snapshot, delta, held } = settled
            .map_err(|unsettled| unsettled.0.iter().map(ToString::to_string).collect::<Vec<String>>())?;
        snapshot.fits().map_err(|error| vec![error.to_string()])?;
        Ok(Proposal { snapshot: Arc::new(snapshot), delta, runtime, held, ended })
    }

    /// Takes over what was published: the next proposal starts from it.
    pub fn accept(&mut self, proposal: Proposal, now_unix_ms: u64) {
        let Proposal { snapshot, runtime, held, ended, .. } = proposal;
        let news = self.quarantine.replace(held.clone(), now_unix_ms);
        for line in news.iter().filter_map(|group| Some(held_back(group, held.get(group)?))) {
            tracing::warn!("{line}");
        }
        for line in &ended {
            tracing::warn!("{line}");
        }
        self.overrides.forget(&ended);
        if let Some(runtime) = runtime {
            self.runtime = Arc::new(runtime);
        }
        self.snapshot = snapshot;
    }

    /// Sets fields of objects over what their providers say; [`Pipeline::propose`] makes something of it. All or
    /// nothing.
    ///
    /// # Errors
    /// Where there is no such object or field, or no room.
    pub fn set(&mut self, values: &[(ObjectKey, Value)], now_unix_ms: u64) -> Result<(), Refused> {
        let configured = merge(self.contributions.values()).resources;
        let mut overrides = self.overrides.clone();
        for (key, value) in values {
            overrides.set(&configured, key, value.clone(), now_unix_ms)?;
        }
        self.overrides = overrides;
        Ok(())
    }

    /// What a proposal would hold back that is not held back now: what was set is no good then. In words.
    pub fn newly_held(&self, proposal: &Proposal) -> Option<String> {
        let (group, held) = proposal.held.iter().find(|(group, _)| !self.quarantine.holds(group))?;
        let reasons: Vec<String> = held.rejected.iter().map(|rejected| rejected.reason.clone()).collect();
        Some(format!("{group} would not compile: {}", reasons.join("; ")))
    }

    /// What operators have set.
    pub fn overrides(&self) -> &Overrides {
        &self.overrides
    }

    /// Takes back overrides that could not be published.
    pub fn restore(&mut self, overrides: Overrides) {
        self.overrides = overrides;
    }

    /// What was accepted last, compiled.
    pub fn runtime(&self) -> &Arc<Runtime> {
        &self.runtime
    }

    /// Keeps what is left out for the status, and logs what was not left out before.
    fn leave_out(&mut self, conflicts: &[Conflict]) {
        let source_of = |provider: &str| self.contributions.keys().find(|(_, of)| of == provider);
        let lost = conflicts.iter().filter_map(|conflict| {
            let (source, _) = source_of(conflict.loser())?;
            Some((*source, conflict.to_string()))
        });
        let nameless = self.contributions.iter().flat_map(|((source, _), contribution)| {
            contribution.nameless().iter().map(|nameless| (*source, nameless.to_string()))
        });
        let left_out: BTreeSet<_> = lost.chain(nameless).collect();
        for (_, line) in left_out.difference(&self.left_out) {
            tracing::warn!("{line}");
        }
        self.left_out = left_out;
    }

    /// Every source's last load, by name, and what of it another source's or its own claims left out.
    pub fn sources(&self) -> Vec<ProviderStatus> {
        let mut sources = self.sources.clone();
        for (source, line) in &self.left_out {
            if let Some(status) = sources.get_mut(source) {
                status.diagnostics.push(format!("warning: {line}"));
            }
        }
        sources.into_values().collect()
    }

    /// Certificates that are shown whose time is over, or will be soon, each told once for either; in words.
    pub fn newly_ending(&mut self, now_unix_ms: u64) -> Vec<String> {
        let ending = validity::ending(&self.runtime, seconds(now_unix_ms));
        let news = ending.difference(&self.ending).map(ToString::to_string).collect();
        self.ending = ending;
        news
    }

    /// What is held back.
    pub fn quarantined(&self) -> Vec<Quarantined> {
        self.quarantine.status()
    }
}

fn seconds(unix_ms: u64) -> i64 {
    i64::try_from(unix_ms / 1000).unwrap_or(i64::MAX)
}

fn held_back(group: &Group, held: &Held) -> String {
    let instead =
        if held.last_good_serves { "its last good version serves" } else { "nothing of it is served" };
    let reasons: Vec<String> = held.rejected.iter().map(ToString::to_string).collect();
    format!("{group} is held back, {instead}: {}", reasons.join("; "))
}

/// Compiles what serves now, changed by `delta`: with the code that the proxies run.
fn check(runtime: &Runtime, delta: &Delta) -> Result<Runtime, Vec<Rejected>> {
    let changed: Vec<Resource> =
        delta.changed.iter().map(|(_, entry)| Resource::clone(entry.resource())).collect();
    let removed: Vec<ObjectId> = delta.removed.iter().map(ObjectId::from).collect();
    compile(Some(runtime), Change::Delta { changed: &changed, removed: &removed }).map_err(|rejected| {
        let named = |rejection: sluicegate_model::Rejected| {
            let key = ObjectKey::try_from(&rejection.id).ok()?;
            Some(Rejected {
                key,
                origin: rejection.origin.unwrap_or_default(),
                reason: rejection.reason.to_string(),
            })
        };
        rejected.into_iter().filter_map(named).collect()
    })
}

#[cfg(test)]
mod tests;
