//! `listen` sections that other frontends send to.
//!
//! A `listen` runs its rules once: with its frontend as a rule. Where others send to it the rules have to run for those
//! too, so they stand with its backend, which what comes in by itself passes as well.

use std::collections::HashMap;

use super::Lowering;
use super::proxy::Proxy;
use super::routes::is_dynamic;
use crate::ast::{Directive, SectionKind};
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;
use crate::word::Word;

impl<'a> Lowering<'a> {
    /// Puts the rules of each `listen` where they have to run, and refuses what would get around them.
    pub(super) fn place_rules(&mut self, proxies: &mut [Proxy<'_, 'a>]) {
        let senders = senders(proxies);
        for proxy in proxies.iter_mut() {
            if proxy.kind() != SectionKind::Listen || proxy.rules.is_empty() {
                continue;
            }
            let named = senders.by_name.get(proxy.name).map(Vec::as_slice).unwrap_or_default();
            let others: Vec<_> = named.iter().filter(|(sender, _)| *sender != proxy.name).collect();
            let own = ["use_backend", "default_backend"];
            let alone = own.iter().all(|name| proxy.lines.last(name).is_none());
            proxy.rules_behind = alone && proxy.is_http() && (!others.is_empty() || senders.any);
            if proxy.rules_behind {
                continue;
            }
            // A name that is worked out does not come to it.
            self.closed.insert(proxy.name);
            for (sender, span) in others {
                let name = proxy.name;
                let message = format!("`{sender}` sends to `listen {name}`, which has rules of its own");
                self.report(
                    Diagnostic::error(Code::UnsupportedValue, *span, message)
                        .note("the rules would run for connections of the `listen` section alone")
                        .help(format!("make a `frontend` and a `backend` of `listen {name}`")),
                );
            }
        }
    }
}

/// Who sends where.
struct Senders<'a> {
    by_name: HashMap<&'a str, Vec<(&'a str, Span)>>,
    /// Someone sends to a name that is worked out for each request.
    any: bool,
}

fn senders<'a>(proxies: &[Proxy<'_, 'a>]) -> Senders<'a> {
    let mut senders = Senders { by_name: HashMap::new(), any: false };
    for proxy in proxies.iter().filter(|proxy| proxy.takes_connections()) {
        let lines = proxy.lines.own("use_backend").chain(proxy.lines.last("default_backend"));
        for (word, line) in lines.filter_map(|line: &'a Directive| Some((line.args().first()?, line))) {
            let word: &'a Word = word;
            senders.any |= is_dynamic(word);
            senders.by_name.entry(word.text()).or_default().push((proxy.name, line.span));
        }
    }
    senders
}
