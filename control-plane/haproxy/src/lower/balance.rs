//! `balance`, `hash-type` and `hash-balance-factor`.

use sluicegate_proto::v1::{self, balance::Algorithm, hash::Key};

use super::Lowering;
use super::proxy::Proxy;
use super::report::{listed, texts};
use crate::ast::Directive;
use crate::diagnostic::{Code, Diagnostic};
use crate::expr::nearest;
use crate::keywords::{Place, Support, allowed_in};
use crate::word::Word;

/// HAProxy: balance random, its default.
const DRAWS: u32 = 2;
/// More draws find nothing better.
const MOST_DRAWS: u32 = 1_000;
/// HAProxy: balance rdp-cookie, its default name.
const RDP_COOKIE: &str = "mstshash";
/// Longest `len` and `depth`.
const MOST: u32 = i32::MAX as u32;
/// Least `hash-balance-factor` that is one.
const LEAST_FACTOR: u32 = 101;
const MOST_FACTOR: u32 = 65_535;

impl<'a> Lowering<'a> {
    /// How a backend chooses. Without a line, as HAProxy did before 3.3: round robin.
    pub(super) fn balance(&mut self, proxy: &Proxy<'_, 'a>) -> v1::Balance {
        let is_one = |line: &Directive| line.name() == "balance" || line.name().starts_with("balance ");
        let line = proxy.lines.last_where(is_one);
        let algorithm = line.and_then(|line| self.algorithm(proxy, line));
        v1::Balance { algorithm: Some(algorithm.unwrap_or(Algorithm::RoundRobin(v1::RoundRobin {}))) }
    }

    fn algorithm(&mut self, proxy: &Proxy<'_, 'a>, line: &'a Directive) -> Option<Algorithm> {
        let called = line.head().last().map_or("", Word::text);
        let inside = called.split_once('(').map(|(_, rest)| rest.trim_end_matches(')'));
        let key = match line.name() {
            "balance" => {
                self.turns(line);
                return None;
            }
            "balance static-rr" => return Some(Algorithm::StaticRoundRobin(v1::StaticRoundRobin {})),
            "balance leastconn" => return Some(Algorithm::LeastConnections(v1::LeastConnections {})),
            "balance first" => return Some(Algorithm::First(v1::First {})),
            "balance random" => {
                let draws = inside.and_then(|text| text.parse().ok()).unwrap_or(DRAWS);
                return Some(Algorithm::Random(v1::Random { draws: draws.clamp(1, MOST_DRAWS) }));
            }
            "balance rdp-cookie" if proxy.is_http() || proxy.is_udp() => {
                let message = "`balance rdp-cookie` needs `mode tcp`: servers take turns";
                self.report(Diagnostic::warning(Code::NoEffect, line.span, message));
                return None;
            }
            "balance rdp-cookie" => {
                Key::RdpCookie(inside.filter(|name| !name.is_empty()).unwrap_or(RDP_COOKIE).to_owned())
            }
            "balance source" => Key::Source(v1::Empty {}),
            "balance uri" => Key::Uri(self.uri(line)),
            "balance url_param" => Key::UrlParameter(line.args().first()?.text().to_owned()),
            "balance hdr" => Key::Header(v1::HeaderKey {
                name: inside.unwrap_or_default().to_owned(),
                domain_only: !line.args().is_empty(),
            }),
            "balance hash" => {
                let scope = proxy.request_scope();
                let sample = self.reader.sample(&texts(line.args()), 0, scope);
                self.expression_findings(line.args(), line.span);
                Key::Sample(sample?)
            }
            _ => return None,
        };
        let is_for_both = matches!(key, Key::Source(_) | Key::Sample(_) | Key::RdpCookie(_));
        if !proxy.is_http() && !is_for_both {
            let message = format!("`{}` needs `mode http`: servers take turns", line.name());
            self.report(Diagnostic::warning(Code::NoEffect, line.span, message));
            return None;
        }
        let in_body = line.name() == "balance url_param" && line.args().len() > 1;
        Some(Algorithm::Hash(v1::Hash { in_body, ..self.hash(proxy, key) }))
    }

    /// `hash-type` and what goes with it.
    fn hash(&mut self, proxy: &Proxy<'_, 'a>, key: Key) -> v1::Hash {
        let words = proxy.lines.last("hash-type").map_or(&[][..], |line| line.args());
        let word = |index: usize| words.get(index).map(Word::text);
        let consistent = word(0) == Some("consistent");
        let function = match word(1) {
            None | Some("sdbm") => v1::HashFunction::Sdbm,
            Some("djb2") => v1::HashFunction::Djb2,
            Some("wt6") => v1::HashFunction::Wt6,
            Some("crc32") => v1::HashFunction::Crc32,
            Some(_) => v1::HashFunction::None,
        };
        let table = if consistent { v1::HashTable::Ring } else { v1::HashTable::Map };
        v1::Hash {
            key: Some(key),
            table: table.into(),
            function: function.into(),
            // As HAProxy: a ring without a function of its own.
            avalanche: word(2).is_some() || (consistent && word(1).is_none()),
            balance_factor_percent: if consistent { self.balance_factor(proxy) } else { 0 },
            in_body: false,
            affinity: affinity(proxy).filter(|_| consistent).map(i32::from),
        }
    }

    fn balance_factor(&mut self, proxy: &Proxy<'_, 'a>) -> u32 {
        let word = proxy.lines.last("hash-balance-factor").and_then(|line| line.args().first());
        let Some(word) = word.filter(|word| word.text() != "0") else { return 0 };
        self.number(word, LEAST_FACTOR..=MOST_FACTOR).unwrap_or_default()
    }

    fn uri(&mut self, line: &'a Directive) -> v1::UriKey {
        let mut key = v1::UriKey::default();
        let mut words = line.args().iter();
        while let Some(word) = words.next() {
            match word.text() {
                "len" => key.length = words.next().and_then(|word| self.number(word, 1..=MOST)).unwrap_or(0),
                "depth" => key.depth = words.next().and_then(|word| self.number(word, 1..=MOST)).unwrap_or(0),
                "whole" => key.whole = true,
                "path-only" => key.path_only = true,
                // Its form was checked.
                _ => {}
            }
        }
        key
    }

    /// `balance roundrobin`, or nothing that is known.
    pub(super) fn turns(&mut self, line: &Directive) {
        let Some((word, rest)) = line.args().split_first() else { return };
        let name = word.text().split('(').next().unwrap_or_default();
        if name == "roundrobin" {
            if let Some(extra) = rest.first() {
                let message = format!("`balance {name}` ends before this word");
                let finding = Diagnostic::warning(Code::IgnoredWords, extra.span(), message);
                self.report(finding.label("left out, as HAProxy does without a word"));
            }
            return;
        }
        let named = || allowed_in(Place::Backend).filter(|entry| entry.name.starts_with("balance "));
        let names = || named().filter_map(|entry| entry.name.strip_prefix("balance "));
        let help = match nearest(name, names().chain(["roundrobin"])) {
            Some(near) => format!("did you mean `{near}`?"),
            None => {
                let works = named().filter(|entry| matches!(entry.support, Support::Works { .. }));
                let mut works: Vec<&str> =
                    works.filter_map(|entry| entry.name.strip_prefix("balance ")).collect();
                works.insert(0, "roundrobin");
                format!("algorithms are {}", listed(&works))
            }
        };
        let message = format!("`{}` is not a way to balance", word.text());
        self.report(Diagnostic::error(Code::BadValue, word.span(), message).help(help));
    }
}

/// `hash-preserve-affinity`
fn affinity(proxy: &Proxy<'_, '_>) -> Option<v1::HashAffinity> {
    let word = proxy.lines.last("hash-preserve-affinity").and_then(|line| line.args().first());
    match word.map(Word::text) {
        Some("maxconn") => Some(v1::HashAffinity::MaxConnections),
        Some("maxqueue") => Some(v1::HashAffinity::MaxQueue),
        Some(_) => Some(v1::HashAffinity::Always),
        None => None,
    }
}
