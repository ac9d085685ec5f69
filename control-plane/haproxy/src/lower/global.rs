//! `global`: the process.

use sluicegate_proto::v1::{self, resource::Body};

use super::Lowering;
use super::check::program::Programs;
use super::http2_limits::Http2Tuning;
use super::logging::Rings;
use super::settings::Lines;
use super::tls;
use super::unix_bind::UnixBind;
use crate::ast::{Directive, SectionKind};
use crate::diagnostic::{Code, Diagnostic};
use crate::word::Word;

/// The most threads that move traffic.
const MAX_WORKERS: u32 = 256;

/// Settings of the process that proxies use.
#[derive(Debug, Default)]
pub(super) struct Global<'a> {
    /// `log` lines, for `log global`.
    pub(super) log: Vec<&'a Directive>,
    /// `log-tag`
    pub(super) log_tag: Option<&'a Word>,
    /// `log-send-hostname`, and the name that it gives.
    pub(super) log_hostname: Option<Option<&'a Word>>,
    /// `ring` sections.
    pub(super) rings: Rings,
    /// `unix-bind`
    pub(super) unix_bind: UnixBind,
    /// `crt-base`, `ca-base`, `ssl-default-bind-*`
    pub(super) tls: tls::Defaults,
    /// `external-check`, `insecure-fork-wanted`
    pub(super) programs: Programs,
    /// No worker takes an idle connection of another one (`tune.idle-pool.shared off`).
    pub(super) idle_apart: bool,
    /// How hard HAProxy's algorithms may try (`tune.comp.maxlevel`).
    pub(super) compression_level: Option<u32>,
    /// `tune.h2`
    pub(super) http2: Http2Tuning,
    /// It has been told that `log global` leads nowhere.
    pub(super) told_nowhere: bool,
}

impl<'a> Lowering<'a> {
    /// Reads all `global` sections; a later one overrides the earlier ones.
    pub(super) fn global(&mut self) {
        let mut process = v1::Process::default();
        let mut opened = None;
        for section in self.file.of_kind(SectionKind::Global) {
            opened = opened.or(Some(section.span));
            let lines = Lines::new(section, None);
            self.global.log.extend(lines.all("log"));
            if let Some(tag) = lines.last("log-tag") {
                self.global.log_tag = tag.args().first();
            }
            if let Some(line) = lines.last("log-send-hostname") {
                self.global.log_hostname = Some(line.args().first());
            }
            if let Some(word) = lines.last("tune.idle-pool.shared").and_then(|line| line.args().first()) {
                self.global.idle_apart = word.text() == "off";
            }
            if let Some(word) = lines.last("tune.comp.maxlevel").and_then(|line| line.args().first()) {
                self.global.compression_level = self.number(word, 0..=9);
            }
            for line in lines.all("unix-bind") {
                self.unix_bind(line);
            }
            self.http2_tuning(&lines);
            self.tls_defaults(&lines);
            self.process(&lines, &mut process);
            self.console(&lines);
            self.programs(&lines);
            self.program(&lines);
        }
        if let Some(span) = opened {
            process.http2 = self.global.http2.limits();
            self.emit("process".into(), span, 0, Body::Process(process));
        }
        self.rings();
        let log = self.global.log.clone();
        for line in log {
            self.log_target(line, None);
        }
    }

    fn process(&mut self, lines: &Lines<'_>, process: &mut v1::Process) {
        let word = |name: &str| lines.last(name).and_then(|line| line.args().first());
        if let Some(limit) = word("maxconn").and_then(|word| self.number(word, 0..=u32::MAX)) {
            process.max_connections = limit;
        }
        if let Some(node) = word("node") {
            process.node = self.plain(node).unwrap_or_default();
        }
        process.description = self.description(lines);
        if let Some(millis) = word("hard-stop-after").and_then(|word| self.time(word)) {
            // Nought is no limit, as in HAProxy.
            process.hard_stop_after_ms = Some(millis).filter(|millis| *millis != 0);
        }
        if let Some(percent) = word("spread-checks").and_then(|word| self.number(word, 0..=50)) {
            process.spread_checks_percent = percent;
        }
        if let Some(millis) = word("max-spread-checks").and_then(|word| self.time(word)) {
            process.max_spread_checks_ms = Some(millis);
        }
    }

    /// Lines that [`crate::program::Program`] reads: what is wrong with their values.
    fn program(&mut self, lines: &Lines<'a>) {
        let word = |name: &str| lines.last(name).and_then(|line| line.args().first());
        if let Some(word) = word("nbthread") {
            self.number(word, 1..=MAX_WORKERS);
        }
        for name in ["ulimit-n", "fd-hard-limit"] {
            if let Some(word) = word(name) {
                self.number(word, 0..=u32::MAX);
            }
        }
        if let Some(word) = word("grace") {
            self.time(word);
        }
        for [name, number] in [["user", "uid"], ["group", "gid"]] {
            let given: Vec<_> = lines.own(name).chain(lines.own(number)).collect();
            for word in lines.own(number).filter_map(|line| line.args().first()) {
                // The last number stands for nobody at all (setuid(2)).
                self.number(word, 0..=u32::MAX - 1);
            }
            if given.len() > 1 {
                let again = given.iter().map(|line| line.span).max_by_key(|span| span.start);
                let message = format!("`{name}` or `{number}` is given twice; the first one counts");
                self.report(Diagnostic::warning(
                    Code::Duplicate,
                    again.unwrap_or(lines.section().span),
                    message,
                ));
            }
        }
    }
}
