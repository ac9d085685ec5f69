//! Malformed messages, each with its bytes.

use std::fmt::Write as _;

use sluicegate_core::Told;
use sluicegate_proto::v1::{CapturedError, IpAddress};

use super::dump::dump;
use super::{Sight, answers, key, plain, untold};
use crate::answer::Answer;
use crate::ask::Filter;

impl Sight<'_> {
    /// As `show errors` has it, without what is about the inside of HAProxy, and with what is wrong in words.
    pub(super) fn errors(&self, filter: &Filter, told: &[Told]) -> Answer {
        let events: u64 = answers(told).map(|(_, answer)| answer.error_events).sum();
        let now = self.time(self.view.facts.now_unix_ms);
        let mut out = format!("Total events captured on [{now}] : {events}\n");
        // Writing to a String does not fail.
        for (proxy, answer) in answers(told) {
            for error in answer.errors.iter().filter(|error| filter.takes(error)) {
                out.push_str(" \n");
                if self.several {
                    let _ = writeln!(out, "# {proxy}");
                }
                out.push_str(&self.error(error));
            }
            if answer.omitted > 0 {
                let _ = writeln!(out, "# {} more errors of {proxy} are left out", answer.omitted);
            }
        }
        Answer::of(out + &untold(told))
    }

    fn error(&self, error: &CapturedError) -> String {
        let (frontend, backend) = (key(error.frontend.as_ref()), key(error.backend.as_ref()));
        let (server, server_number) = self
            .server(backend.as_ref(), key(error.endpoint.as_ref()).as_ref())
            .unwrap_or_else(|| ("<NONE>".to_owned(), -1));
        let named = |key: Option<&sluicegate_proto::id::ObjectKey>| {
            format!("{} (#{})", key.map_or("<NONE>", |key| key.name()), self.number(key))
        };
        let (frontend, backend) = (named(frontend.as_ref()), named(backend.as_ref()));
        let (whose, other) = if error.response {
            (format!("backend {backend}: invalid response"), format!("frontend {frontend}"))
        } else {
            (format!("frontend {frontend}: invalid request"), format!("backend {backend}"))
        };
        let source = error
            .source
            .as_ref()
            .and_then(IpAddress::socket)
            .map_or_else(|| "unix".to_owned(), |address| address.to_string());
        let kept = error.bytes.len() as u64;
        let cut = if kept < error.length { format!(" ({kept} kept)") } else { String::new() };
        format!(
            "[{}] {whose}\n  {other}, server {server} (#{server_number}), event #{}, src {source}\n  len {}{cut}, \
             error at position {}: {}\n  \n{}",
            self.time(error.unix_ms),
            error.event,
            error.length,
            error.position,
            plain(&error.reason),
            dump(&error.bytes),
        )
    }

    /// To the millisecond.
    fn time(&self, unix_ms: u64) -> String {
        let mut time = (self.calendar)(unix_ms.saturating_mul(1_000));
        time.truncate(time.len().saturating_sub(3));
        time
    }
}

impl Filter {
    fn takes(&self, error: &CapturedError) -> bool {
        let about = |objects: &Vec<_>| {
            let ids = [error.frontend.as_ref(), error.backend.as_ref()];
            ids.into_iter().filter_map(key).any(|key| objects.contains(&key))
        };
        self.responses.is_none_or(|responses| responses == error.response)
            && self.objects.as_ref().is_none_or(about)
    }
}
