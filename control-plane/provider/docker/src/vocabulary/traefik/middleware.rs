//! Middlewares as lines of a backend.
//!
//! One that keeps somebody out and cannot be done lets nobody in: its router stays, and answers 403.

mod access;
mod headers;
mod path;
mod redirect;

use super::service::items;
use super::{Block, Definitions, OWN, Setting, Shared};
use crate::problem::Reason;
use crate::vocabulary::Unmet;
use crate::vocabulary::text::truth;
use crate::wanted::{Line, Mode, Wanted};

/// How deep chains may lead.
const MAX_DEPTH: usize = 8;
/// Most middlewares of a router, chains and those in chains included.
const MOST: usize = 64;
/// Most lines that they come to.
const MAX_LINES: usize = 500;

/// A route that middlewares are added to.
pub(super) struct Making<'a> {
    pub(super) own: &'a Definitions,
    pub(super) shared: &'a Shared,
    pub(super) wanted: &'a mut Wanted,
    pub(super) wrong: &'a mut Vec<Reason>,
    /// Middlewares that were looked at so far, chains among them.
    pub(super) seen: usize,
}

/// One middleware, and where what it does to answers goes.
struct Middleware<'a> {
    name: &'a str,
    block: &'a Block,
    answers: Vec<Line>,
}

impl<'a> Making<'a> {
    /// Adds all that a label names.
    pub(super) fn run(&mut self, named: Option<&Setting>) {
        let Some(setting) = named else { return };
        let mut names = Vec::new();
        self.unroll(setting, 0, &mut names);
        let mut answers = Vec::new();
        for (name, setting) in &names {
            // Those before it see what it did to an answer.
            answers.push(self.one(name, setting));
            if self.wanted.backend.len() + answers.iter().map(Vec::len).sum::<usize>() > MAX_LINES {
                return self.close(setting, format!("its middlewares come to more than {MAX_LINES} lines"));
            }
        }
        self.wanted.backend.extend(answers.into_iter().rev().flatten());
        if self.seen > MOST {
            self.close(
                setting,
                format!("chains lead in a circle, too deep, or to more than {MOST} middlewares"),
            );
        }
    }

    /// The names of middlewares that are no chains, and the labels that name them.
    fn unroll<'s>(&mut self, setting: &'s Setting, depth: usize, names: &mut Vec<(String, &'s Setting)>)
    where
        'a: 's,
    {
        for name in items(Some(setting)) {
            self.seen += 1;
            if depth > MAX_DEPTH || self.seen > MOST {
                self.seen = MOST + 1;
                return;
            }
            let plain = name.strip_suffix("@docker").unwrap_or(&name);
            match self.block(plain).and_then(|block| block.get("chain.middlewares")) {
                Some(chain) => self.unroll(chain, depth + 1, names),
                None => names.push((plain.to_owned(), setting)),
            }
        }
    }

    fn block(&self, name: &str) -> Option<&'a Block> {
        let key = (self.wanted.mode, name.to_owned());
        let block = self.shared.middlewares.get(&key).or_else(|| self.own.middlewares.get(&key));
        block.map(|block| &**block)
    }

    /// Adds one; gives what it does to answers.
    fn one(&mut self, name: &str, setting: &Setting) -> Vec<Line> {
        let Some(block) = self.block(name) else {
            let what = match name.split_once('@') {
                Some((_, provider)) if provider != OWN => "is not defined by labels",
                _ => "is not defined by any container",
            };
            self.close(setting, format!("middleware '{name}' {what}"));
            return Vec::new();
        };
        let mut middleware = Middleware { name, block, answers: Vec::new() };
        let mut kinds: Vec<&str> =
            block.keys().map(|key| key.split('.').next().unwrap_or_default()).collect();
        kinds.dedup();
        for kind in kinds {
            if self.wanted.mode == Mode::Http {
                middleware.http(kind, self);
            } else {
                middleware.tcp(kind, self);
            }
        }
        middleware.answers
    }

    fn tell(&mut self, unmet: Unmet) {
        self.wrong.push(Reason::Unmet(unmet));
    }

    /// Has the router let nobody in, and tells why.
    fn close(&mut self, setting: &Setting, why: String) {
        self.deny(&setting.label);
        self.tell(setting.unmet(why).instead(match self.wanted.mode {
            Mode::Http => "requests of the router are answered 403",
            Mode::Tcp | Mode::Udp => "connections of the router are closed",
        }));
    }

    fn deny(&mut self, label: &str) {
        self.wanted.say(
            label,
            match self.wanted.mode {
                Mode::Http => "http-request deny",
                Mode::Tcp | Mode::Udp => "tcp-request content reject",
            },
        );
    }
}

impl<'a> Middleware<'a> {
    /// `kind`: what its settings begin with.
    fn http(&mut self, kind: &str, to: &mut Making<'_>) {
        match kind {
            "stripprefix" => self.strip_prefixes(to),
            "stripprefixregex" => self.strip_patterns(to),
            "addprefix" => self.add_prefix(to),
            "replacepath" => self.replace_path(to),
            "replacepathregex" => self.replace_pattern(to),
            "redirectscheme" => self.redirect_scheme(to),
            "redirectregex" => self.redirect_pattern(to),
            "headers" => self.headers(to),
            "ipallowlist" | "ipwhitelist" => self.allow_list(kind, to),
            "compress" => self.compress(to),
            "retry" => self.retry(to),
            "buffering" => self.limit_bodies(to),
            // Told where they are defined; each of them may be what keeps people out.
            "basicauth" | "digestauth" | "forwardauth" | "plugin" => {
                let label = self.block.values().next().map(|setting| setting.label.clone());
                to.deny(&label.unwrap_or_default());
            }
            _ => {}
        }
    }

    fn tcp(&mut self, kind: &str, to: &mut Making<'_>) {
        if matches!(kind, "ipallowlist" | "ipwhitelist") {
            self.allow_list(kind, to);
        }
    }

    fn get(&self, key: &str) -> Option<&'a Setting> {
        self.block.get(key)
    }

    /// A flag that is set.
    fn is_set(&self, key: &str) -> bool {
        self.get(key).and_then(|setting| truth(&setting.value)) == Some(true)
    }

    /// A number; told where it is none.
    fn number(&self, key: &str, to: &mut Making<'_>) -> Option<(&'a Setting, u64)> {
        let setting = self.get(key)?;
        let number = setting.value.trim().parse().ok();
        if number.is_none() {
            to.tell(setting.unmet("is not a number"));
        }
        Some((setting, number?))
    }

    fn compress(&self, to: &mut Making<'_>) {
        if self.get("compress").is_some_and(|setting| truth(&setting.value) == Some(false)) {
            return;
        }
        let Some(label) = self.block.values().next().map(|setting| setting.label.clone()) else { return };
        let mut encodings = items(self.get("compress.encodings"));
        encodings.retain(|encoding| ["br", "gzip", "zstd"].contains(&&encoding[..]));
        if encodings.is_empty() {
            encodings = vec!["gzip".to_owned(), "br".to_owned(), "zstd".to_owned()];
        }
        to.wanted.say(&label, format!("compression algo {}", encodings.join(" ")));
        let types = items(self.get("compress.includedcontenttypes"));
        if !types.is_empty() {
            let types: Vec<String> = types.iter().map(|of| crate::vocabulary::text::word(of)).collect();
            to.wanted.say(&label, format!("compression type {}", types.join(" ")));
        }
        let least = self.number("compress.minresponsebodybytes", to).map_or(1024, |(_, bytes)| bytes);
        to.wanted.say(&label, format!("compression minsize-res {least}"));
    }

    fn retry(&self, to: &mut Making<'_>) {
        if let Some((setting, attempts)) = self.number("retry.attempts", to) {
            // The first is one of them there.
            to.wanted.say(&setting.label, format!("retries {}", attempts.saturating_sub(1)));
        }
    }

    fn limit_bodies(&self, to: &mut Making<'_>) {
        if let Some((setting, bytes)) =
            self.number("buffering.maxrequestbodybytes", to).filter(|(_, bytes)| *bytes > 0)
        {
            let line =
                format!("http-request deny status 413 if {{ req.hdr_val(content-length) gt {bytes} }}");
            to.wanted.say(&setting.label, line);
        }
    }
}
