//! `track`: servers whose health is that of others.

use std::collections::{HashMap, HashSet};

use sluicegate_proto::v1::{self, Kind, resource::Body};

use super::Lowering;
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;

/// Who follows whom, as `backend/server`.
#[derive(Debug)]
pub(super) struct Track {
    follower: String,
    tracked: String,
    span: Span,
}

impl Lowering<'_> {
    /// What a server of `backend` tracks.
    pub(super) fn track(&mut self, backend: &str, server: &str, tracked: String, span: Span) -> v1::ObjectId {
        let tracked = if tracked.contains('/') { tracked } else { format!("{backend}/{tracked}") };
        let track = Track { follower: format!("{backend}/{server}"), tracked, span };
        let of = self.id(Kind::Endpoint, track.tracked.clone());
        self.tracks.push(track);
        of
    }

    /// Tells of what leads to no server whose health is known.
    pub(super) fn tracked(&mut self) {
        let endpoints: HashMap<&str, &v1::Endpoint> = self
            .resources
            .iter()
            .filter_map(|resource| match &resource.body {
                Some(Body::Endpoint(endpoint)) => Some((resource.id.as_ref()?.name.as_str(), endpoint)),
                _ => None,
            })
            .collect();
        let next: HashMap<&str, &str> =
            self.tracks.iter().map(|track| (track.follower.as_str(), track.tracked.as_str())).collect();
        let written = |name: &str| {
            let proxies = self.reader.known_proxies();
            proxies.is_some_and(|proxies| proxies.servers.contains(name))
        };
        let mut found = Vec::new();
        for Track { follower, tracked, span } in &self.tracks {
            let error = |message| Diagnostic::error(Code::UnknownReference, *span, message);
            found.push(match endpoints.get(tracked.as_str()) {
                // It is left out, and what tracks it is down.
                None if written(tracked) => continue,
                None => error(format!("there is no server `{tracked}`")),
                Some(_) if is_circle(&next, follower) => error(format!("`{follower}` would track itself")),
                Some(endpoint) if has_health(endpoint) => continue,
                Some(_) => {
                    let message = format!("the server `{tracked}` is not checked: it counts as up");
                    Diagnostic::warning(Code::DegradedValue, *span, message)
                }
            });
        }
        found.into_iter().for_each(|finding| self.report(finding));
    }
}

/// Whether checks, another server or the lack of a way to reach it say so.
fn has_health(endpoint: &v1::Endpoint) -> bool {
    endpoint.check.is_some() || endpoint.track.is_some() || endpoint.unusable
}

fn is_circle<'a>(next: &HashMap<&'a str, &'a str>, start: &'a str) -> bool {
    let mut seen = HashSet::new();
    let mut at = Some(start);
    while let Some(name) = at {
        if !seen.insert(name) {
            return true;
        }
        at = next.get(name).copied();
    }
    false
}
