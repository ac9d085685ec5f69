//! What each proxy said: bookkeeping without I/O, times passed in.

use std::collections::{BTreeMap, BTreeSet};

use sluicegate_proto::SCHEMA;
use sluicegate_proto::generation::Generation;
use sluicegate_proto::hash::ContentHash;
use sluicegate_proto::id::ObjectKey;
use sluicegate_proto::v1::{Nack, ProxyStatus, Rejection, Report};

use crate::history::History;
use crate::reports::Reports;
use crate::session::{Session, Unexpected};
use crate::snapshot::Snapshot;

/// Proxies remembered over all Scopes; those that left longest ago are forgotten first.
pub const KEPT_PROXIES: usize = 10_000;
/// Reasons remembered of one refusal.
pub const KEPT_REJECTIONS: usize = 100;

/// One connection of one proxy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionId(u64);

/// Who says Hello: its validated parts.
#[derive(Debug, Clone, Default)]
pub struct Introduction {
    /// Stable name of the proxy.
    pub proxy_id: String,
    /// Group that it serves.
    pub scope: String,
    /// Start of its process.
    pub boot_epoch: u64,
    /// Of its build.
    pub schema: u32,
    /// Of its build.
    pub version: String,
    /// Of its build.
    pub capabilities: BTreeSet<String>,
    /// What it serves.
    pub held: Option<Generation>,
}

/// No room for another proxy: all that are remembered are connected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{KEPT_PROXIES} proxies are connected, the limit")]
pub struct FleetFull;

#[derive(Debug)]
struct Proxy {
    introduction: Introduction,
    session: Option<SessionId>,
    state: Session,
    last_seen_unix_ms: u64,
    refusal: Option<(Generation, Vec<Rejection>)>,
    /// When to try again what only the proxy's host lacked.
    again: Option<Again>,
    reports: Reports,
    acks: u64,
    nacks: u64,
}

/// A refusal for a reason that may pass by itself: a port that another program holds.
#[derive(Debug, Clone, Copy)]
struct Again {
    at_unix_ms: u64,
    wait_ms: u64,
}

/// First wait before a generation that was refused for local reasons is sent again; doubled up to the longest.
const FIRST_WAIT_MS: u64 = 2_000;
const LONGEST_WAIT_MS: u64 = 60_000;

fn is_local(rejections: &[Rejection]) -> bool {
    !rejections.is_empty() && rejections.iter().all(|rejection| rejection.local)
}

/// All proxies that ever said Hello, by Scope and name.
#[derive(Debug, Default)]
pub struct Fleet {
    proxies: BTreeMap<(String, String), Proxy>,
    sessions: BTreeMap<SessionId, (String, String)>,
    last_session: u64,
}

impl Fleet {
    /// A proxy says Hello. A session that it had before is over: [`Self::is_current`] tells that session. `now` in
    /// milliseconds since 1970.
    ///
    /// # Errors
    /// Where no place is left.
    pub fn hello(&mut self, introduction: Introduction, now: u64) -> Result<SessionId, FleetFull> {
        let name = (introduction.scope.clone(), introduction.proxy_id.clone());
        if !self.proxies.contains_key(&name) {
            self.make_room()?;
        }
        self.last_session += 1;
        let session = SessionId(self.last_session);
        let before = self.proxies.remove(&name);
        if let Some(old) = before.as_ref().and_then(|before| before.session) {
            self.sessions.remove(&old);
        }
        let before = before.filter(|before| before.introduction.boot_epoch == introduction.boot_epoch);
        // What only this host lacked (a port in use) may be there now; a bad resource stays bad.
        let refusal = before.as_ref().and_then(|before| before.refusal.clone());
        let refused = refusal
            .as_ref()
            .filter(|(_, rejections)| !is_local(rejections))
            .map(|(generation, _)| generation.hash);
        let proxy = Proxy {
            state: Session::new(introduction.held, refused),
            introduction,
            session: Some(session),
            last_seen_unix_ms: now,
            refusal,
            again: None,
            acks: before.as_ref().map_or(0, |before| before.acks),
            nacks: before.as_ref().map_or(0, |before| before.nacks),
            reports: before.map(|before| before.reports).unwrap_or_default(),
        };
        self.sessions.insert(session, name.clone());
        self.proxies.insert(name, proxy);
        Ok(session)
    }

    /// Whether the session is the newest of its proxy.
    pub fn is_current(&self, session: SessionId) -> bool {
        self.sessions.contains_key(&session)
    }

    /// The connection is gone.
    pub fn leave(&mut self, session: SessionId, now: u64) {
        if let Some(proxy) = self.proxy_mut(session) {
            proxy.session = None;
            proxy.last_seen_unix_ms = now;
        }
        self.sessions.remove(&session);
    }

    /// Whether the newest snapshot is to be sent to this proxy now, and the content that it starts from.
    pub fn next(&self, session: SessionId, history: &History) -> Option<Option<ContentHash>> {
        let proxy = self.proxy(session)?;
        let newest = history.newest()?;
        let able = missing(&proxy.introduction, &newest.snapshot).is_empty();
        (able && proxy.state.wants(&newest.generation)).then(|| proxy.state.base())
    }

    /// An update was sent.
    pub fn sent(&mut self, session: SessionId, generation: Generation) {
        if let Some(proxy) = self.proxy_mut(session) {
            proxy.state.sent(generation);
        }
    }

    /// The proxy serves what was sent.
    ///
    /// # Errors
    /// Where something else was sent.
    pub fn ack(&mut self, session: SessionId, generation: Generation, now: u64) -> Result<(), Unexpected> {
        let Some(proxy) = self.proxy_mut(session) else { return Ok(()) };
        proxy.state.acknowledged(generation)?;
        proxy.last_seen_unix_ms = now;
        proxy.introduction.held = Some(generation);
        proxy.refusal = None;
        proxy.again = None;
        proxy.acks += 1;
        Ok(())
    }

    /// The proxy refuses what was sent.
    ///
    /// # Errors
    /// Where something else was sent.
    pub fn nack(
        &mut self,
        session: SessionId,
        generation: Generation,
        nack: Nack,
        now: u64,
    ) -> Result<(), Unexpected> {
        let Some(proxy) = self.proxy_mut(session) else { return Ok(()) };
        proxy.state.refused(generation)?;
        proxy.last_seen_unix_ms = now;
        let mut rejections = nack.rejections;
        rejections.truncate(KEPT_REJECTIONS);
        let same = proxy.refusal.as_ref().is_some_and(|(refused, _)| *refused == generation);
        let longer = proxy.again.filter(|_| same).map(|again| (again.wait_ms * 2).min(LONGEST_WAIT_MS));
        let wait_ms = longer.unwrap_or(FIRST_WAIT_MS);
        proxy.again = is_local(&rejections).then_some(Again { at_unix_ms: now + wait_ms, wait_ms });
        proxy.refusal = Some((generation, rejections));
        proxy.nacks += 1;
        Ok(())
    }

    /// The proxy reports. It does so every now and then: the time to send again what only its host lacked.
    pub fn report(&mut self, session: SessionId, report: Report, now: u64) {
        if let Some(proxy) = self.proxy_mut(session) {
            proxy.last_seen_unix_ms = now;
            proxy.reports.take(report);
            if proxy.again.is_some_and(|again| again.at_unix_ms <= now) {
                proxy.state.try_again();
            }
        }
    }

    /// Forgets what was reported of objects that are served no more.
    pub fn forget<'a>(&mut self, scope: &str, removed: impl IntoIterator<Item = &'a ObjectKey>) {
        for key in removed {
            for (_, proxy) in self.proxies.iter_mut().filter(|((of, _), _)| of == scope) {
                proxy.reports.forget(key);
            }
        }
    }

    /// Whether a proxy of this name is connected.
    pub fn has(&self, scope: &str, proxy_id: &str) -> bool {
        let name = (scope.to_owned(), proxy_id.to_owned());
        self.proxies.get(&name).is_some_and(|proxy| proxy.session.is_some())
    }

    /// The connected proxies of a Scope, in the order of their names.
    pub fn sessions(&self, scope: &str) -> impl Iterator<Item = (SessionId, &Introduction)> {
        let of_scope = self.proxies.iter().filter(move |((of, _), _)| of == scope);
        of_scope.filter_map(|(_, proxy)| Some((proxy.session?, &proxy.introduction)))
    }

    /// Connected proxies, of all Scopes.
    pub fn connected(&self) -> usize {
        self.sessions.len()
    }

    /// The proxies of a Scope, with at most about `rows` objects of each kind in all their reports together.
    pub fn status(&self, scope: &str, history: &History, rows: usize) -> Vec<ProxyStatus> {
        let proxies: Vec<&Proxy> =
            self.proxies.iter().filter(|((of, _), _)| of == scope).map(|(_, proxy)| proxy).collect();
        let rows = rows.div_ceil(proxies.len().max(1));
        proxies.into_iter().map(|proxy| proxy.status(history, rows)).collect()
    }

    /// Whether every connected proxy of a Scope has, has refused, or cannot take the newest generation.
    pub fn is_settled(&self, scope: &str, history: &History) -> bool {
        let Some(newest) = history.newest() else { return true };
        let mut connected =
            self.proxies.iter().filter(|((of, _), proxy)| of == scope && proxy.session.is_some());
        connected.all(|(_, proxy)| {
            let refused = proxy.refusal.as_ref().map(|(generation, _)| generation.hash);
            let held = proxy.introduction.held.map(|held| held.hash);
            let hash = Some(newest.generation.hash);
            held == hash || refused == hash || !missing(&proxy.introduction, &newest.snapshot).is_empty()
        })
    }

    /// The newest values of everything that the proxies of a Scope ever reported.
    pub fn reports(&self, scope: &str) -> Vec<Report> {
        let proxies = self.proxies.iter().filter(|((of, _), _)| of == scope);
        proxies.map(|(_, proxy)| proxy.reports.report(usize::MAX)).collect()
    }

    fn make_room(&mut self) -> Result<(), FleetFull> {
        if self.proxies.len() < KEPT_PROXIES {
            return Ok(());
        }
        let gone = self.proxies.iter().filter(|(_, proxy)| proxy.session.is_none());
        let oldest = gone.min_by_key(|(_, proxy)| proxy.last_seen_unix_ms).map(|(name, _)| name.clone());
        oldest.and_then(|name| self.proxies.remove(&name)).map(|_| ()).ok_or(FleetFull)
    }

    fn proxy(&self, session: SessionId) -> Option<&Proxy> {
        self.proxies.get(self.sessions.get(&session)?)
    }

    fn proxy_mut(&mut self, session: SessionId) -> Option<&mut Proxy> {
        self.proxies.get_mut(self.sessions.get(&session)?)
    }
}

impl Proxy {
    fn status(&self, history: &History, rows: usize) -> ProxyStatus {
        let newest = history.newest();
        let of_newest = |(generation, _): &&(Generation, Vec<Rejection>)| {
            newest.is_some_and(|newest| newest.generation.hash == generation.hash)
        };
        let refusal = self.refusal.as_ref().filter(of_newest);
        ProxyStatus {
            id: self.introduction.proxy_id.clone(),
            version: self.introduction.version.clone(),
            connected: self.session.is_some(),
            last_seen_unix_ms: self.last_seen_unix_ms,
            generation: self.introduction.held.map(Into::into),
            lag: history.lag(self.introduction.held.map(|held| held.hash)),
            rejections: refusal.map(|(_, rejections)| rejections.clone()).unwrap_or_default(),
            missing_capabilities: newest
                .map(|newest| missing(&self.introduction, &newest.snapshot))
                .unwrap_or_default(),
            report: Some(self.reports.report(rows)),
            acks: self.acks,
            nacks: self.nacks,
        }
    }
}

/// What the proxy lacks to serve the snapshot. An older schema counts as one capability.
fn missing(introduction: &Introduction, snapshot: &Snapshot) -> Vec<String> {
    let schema = (introduction.schema < SCHEMA).then(|| format!("schema.{SCHEMA}"));
    let lacks = |need: &&str| !introduction.capabilities.contains(*need);
    schema.into_iter().chain(snapshot.needs().filter(lacks).map(str::to_owned)).collect()
}

#[cfg(test)]
mod tests;
