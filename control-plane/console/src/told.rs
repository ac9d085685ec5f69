//! What proxies told, as HAProxy would tell it.

mod caches;
mod dump;
mod errors;
mod resolvers;
mod sessions;
#[cfg(test)]
mod tests;

use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;
use std::fmt::Write as _;

use sluicegate_core::Told;
use sluicegate_model::Endpoint;
use sluicegate_proto::id::ObjectKey;
use sluicegate_proto::v1::{Answered, ObjectId};

use crate::answer::{Answer, Severity};
use crate::ask::{Ask, Listed};
use crate::view::View;

/// A point in time, in microseconds since 1970, as logs have it: `29/Nov/2026:09:55:43.121006`.
pub type Calendar<'a> = &'a dyn Fn(u64) -> String;

type Endpoints<'a> = HashMap<&'a ObjectKey, &'a Endpoint>;

/// What is known beside what was told.
pub(crate) struct Sight<'a> {
    view: &'a View<'a>,
    calendar: Calendar<'a>,
    /// Sessions are named with their proxy.
    several: bool,
    /// Proxies as `show stat` numbers them, once they are asked for.
    numbers: OnceCell<HashMap<ObjectKey, u32>>,
    /// The endpoints of the backends that were asked for.
    servers: RefCell<HashMap<&'a ObjectKey, Endpoints<'a>>>,
}

/// The answer that comes of what the proxies told. `connected`: how many there were when they were asked.
pub fn answer(ask: &Ask, told: &[Told], connected: usize, view: &View<'_>, calendar: Calendar<'_>) -> Answer {
    if let Some(name) = ask.session()
        && let Some(proxy) = &name.proxy
        && told.is_empty()
    {
        return Answer::error(&format!("No proxy '{}' is connected.", plain(proxy)));
    }
    if told.is_empty() {
        return Answer::error("No proxy is connected.");
    }
    match ask {
        Ask::Sessions(listed) => Sight::new(view, calendar, connected).sessions(listed, told),
        Ask::Errors(filter) => Sight::new(view, calendar, connected).errors(filter, told),
        Ask::Caches => Answer::of(caches::lines(told) + &untold(told)),
        Ask::Resolvers { .. } => Answer::of(resolvers::lines(told) + &untold(told)),
        Ask::ShutDownSession(_) if untold(told).is_empty() && ended(told) == 0 => {
            Answer::error("No such session (use 'show sess').")
        }
        Ask::ShutDownSession(_) if ended(told) > 0 => Answer::done(),
        Ask::ShutDownSession(_) | Ask::ShutDownEndpoint { .. } | Ask::ClearCounters { .. } => done(told),
    }
}

/// Where a session is named without a proxy, and there are several.
pub fn ambiguous(ask: &Ask, connected: &[String]) -> Option<Answer> {
    let name = ask.session().filter(|name| name.proxy.is_none())?;
    let (first, _) = connected.split_first().filter(|(_, others)| !others.is_empty())?;
    Some(Answer::error(&format!("Several proxies are connected: say which, as in {name}@{first}.")))
}

fn ended(told: &[Told]) -> u64 {
    told.iter().flat_map(|told| &told.answer).map(|answer| answer.ended).sum()
}

fn done(told: &[Told]) -> Answer {
    let missing = untold(told);
    if missing.is_empty() { Answer::done() } else { Answer::message(Severity::Warning, missing) }
}

/// A line for each proxy that said nothing, or not everything.
fn untold(told: &[Told]) -> String {
    let mut out = String::new();
    for Told { proxy_id, answer } in told {
        // Writing to a String does not fail.
        let _ = match answer {
            Err(untold) => writeln!(out, "# {proxy_id} {untold}"),
            Ok(Answered { silent_workers: 0, .. }) => Ok(()),
            Ok(Answered { silent_workers, .. }) => {
                writeln!(out, "# {silent_workers} workers of {proxy_id} did not answer in time")
            }
        };
    }
    out
}

/// Those whose answers are there.
fn answers(told: &[Told]) -> impl Iterator<Item = (&str, &Answered)> {
    told.iter().filter_map(|told| Some((told.proxy_id.as_str(), told.answer.as_ref().ok()?)))
}

impl<'a> Sight<'a> {
    fn new(view: &'a View<'a>, calendar: Calendar<'a>, connected: usize) -> Self {
        let (numbers, servers) = Default::default();
        Self { view, calendar, several: connected > 1, numbers, servers }
    }

    fn sessions(&self, listed: &Listed, told: &[Told]) -> Answer {
        let mut out = String::new();
        for (proxy, answer) in answers(told) {
            for session in &answer.sessions {
                out.push_str(&match listed {
                    Listed::Lines => self.line(proxy, session),
                    Listed::Details | Listed::One(_) => self.detail(proxy, session),
                });
            }
            if answer.omitted > 0 {
                let _ = writeln!(out, "# {} more sessions of {proxy} are left out", answer.omitted);
            }
        }
        let missing = untold(told);
        if matches!(listed, Listed::One(_)) && out.is_empty() && missing.is_empty() {
            return Answer::of("Session not found.\n");
        }
        Answer::of(out + &missing)
    }

    /// As `show stat` numbers it; -1 where nothing of that name is served.
    fn number(&self, key: Option<&ObjectKey>) -> i64 {
        let numbers = self.numbers.get_or_init(|| {
            let rows = self.view.table().rows.into_iter().filter(|row| row.number == 0);
            rows.map(|row| (row.key, row.proxy_number)).collect()
        });
        key.and_then(|key| numbers.get(key)).map_or(-1, |number| i64::from(*number))
    }

    /// The name and the number of an endpoint within its backend.
    fn server(&self, backend: Option<&ObjectKey>, endpoint: Option<&ObjectKey>) -> Option<(String, i64)> {
        let endpoint = endpoint?;
        let served = backend.and_then(|key| self.endpoint(key, endpoint));
        Some(match served {
            Some(served) => (served.name.to_string(), i64::from(served.number.get())),
            // It is served no more: of its key the last part.
            None => (endpoint.name().rsplit('/').next().unwrap_or_default().to_owned(), -1),
        })
    }

    fn endpoint(&self, backend: &ObjectKey, endpoint: &ObjectKey) -> Option<&'a Endpoint> {
        let (key, backend) = self.view.runtime.backends.get_key_value(backend)?;
        let mut servers = self.servers.borrow_mut();
        let of_backend = servers.entry(key).or_insert_with(|| {
            backend.endpoints.iter().map(|endpoint| (&endpoint.key, &**endpoint)).collect()
        });
        of_backend.get(endpoint).copied()
    }
}

/// Text without what would break a terminal.
fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '?' } else { c }).collect()
}

/// An identity that a proxy told; one that no object has is none.
fn key(id: Option<&ObjectId>) -> Option<ObjectKey> {
    ObjectKey::try_from(id?).ok()
}
