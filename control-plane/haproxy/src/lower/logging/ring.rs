//! `ring`: lines that wait for servers.

use std::collections::HashMap;

use sluicegate_proto::v1::{self, SyslogFormat, log_target};

use super::super::Lowering;
use super::super::settings::Lines;
use crate::ast::{Directive, Section, SectionKind};
use crate::diagnostic::{Code, Diagnostic};
use crate::lower::value::size;
use crate::word::Word;

/// Bounds of a ring's size.
const LEAST_BYTES: u64 = 1_024;
const MOST_BYTES: u64 = 64 << 20;
/// Bounds of a line's length, and the default.
const LEAST_LINE_BYTES: u64 = 80;
const MOST_LINE_BYTES: u64 = 65_535;

/// The rings by name.
pub(in super::super) type Rings = HashMap<String, Ring>;

/// A `ring` section.
#[derive(Debug, Clone)]
pub(in super::super) struct Ring {
    format: SyslogFormat,
    max_length_bytes: u32,
    servers: Vec<v1::LogStream>,
}

impl<'a> Lowering<'a> {
    /// Reads all `ring` sections.
    pub(in super::super) fn rings(&mut self) {
        let file = self.file;
        for section in file.of_kind(SectionKind::Ring) {
            let Some(name) = &section.name else { continue };
            let ring = self.ring(name.text(), section);
            if self.global.rings.insert(name.text().to_owned(), ring).is_some() {
                let message = format!("the ring `{}` is there twice", name.text());
                self.report(Diagnostic::error(Code::Duplicate, name.span(), message));
            }
        }
    }

    fn ring(&mut self, name: &str, section: &'a Section) -> Ring {
        let lines = Lines::new(section, None);
        let first = |keyword: &str| lines.last(keyword).and_then(|line| line.args().first());
        let format = first("format").and_then(|word| self.syslog_format(word));
        let bytes = first("size").and_then(|word| self.bytes(word, LEAST_BYTES, MOST_BYTES));
        let longest = first("maxlen").and_then(|word| self.bytes(word, LEAST_LINE_BYTES, MOST_LINE_BYTES));
        let connect = first("timeout connect").and_then(|word| self.positive_time(word));
        let write = first("timeout server").and_then(|word| self.positive_time(word));
        let mut servers = Vec::new();
        for line in lines.own("server") {
            if let Some(server) = self.ring_server(line) {
                servers.push(v1::LogStream {
                    name: name.to_owned(),
                    buffer_bytes: bytes.unwrap_or_default(),
                    connect_timeout_ms: connect,
                    write_timeout_ms: write,
                    ..server
                });
            }
        }
        if servers.is_empty() {
            let message = format!("lines for the ring `{name}` go nowhere: it has no server");
            self.report(
                Diagnostic::warning(Code::NoEffect, section.span, message)
                    .note("a ring in memory alone cannot be read here"),
            );
        }
        Ring {
            format: format.unwrap_or(SyslogFormat::Raw),
            max_length_bytes: longest.unwrap_or_default(),
            servers,
        }
    }

    fn ring_server(&mut self, line: &'a Directive) -> Option<v1::LogStream> {
        let [_, address, options @ ..] = line.args() else { return None };
        let text = self.expanded(address)?;
        let mut server =
            v1::LogStream { address: Some(self.stream_address(address, &text)?), ..v1::LogStream::default() };
        let mut rest = options;
        if let Some(word) = options.iter().find(|word| word.text() == "ssl") {
            let message = "this server gets no lines: it is not spoken to over TLS yet";
            self.report(Diagnostic::warning(Code::DegradedValue, word.span(), message));
            return None;
        }
        while let [word, value, after @ ..] = rest
            && word.text() == "log-proto"
        {
            match value.text() {
                "octet-count" => server.octet_counting = true,
                "legacy" => server.octet_counting = false,
                _ => self.not_one_of(value, "a log protocol", &["octet-count", "legacy"]),
            }
            rest = after;
        }
        if let [word, ..] = rest {
            let message = format!("`{}` and what follows it is left out of a ring's server", word.text());
            self.report(Diagnostic::warning(Code::DegradedValue, word.span(), message));
        }
        Some(server)
    }

    /// The targets of `log ring@<name>`: the line's facility and levels, the ring's form.
    pub(super) fn ring_targets(
        &mut self,
        name: &str,
        word: &Word,
        line: &v1::LogTarget,
    ) -> Vec<v1::LogTarget> {
        let Some(ring) = self.global.rings.get(name).cloned() else {
            let message = format!("there is no ring `{name}`: lines for it go nowhere");
            self.report(
                Diagnostic::warning(Code::NoEffect, word.span(), message)
                    .help(format!("write a section `ring {name}` with a `server`")),
            );
            return Vec::new();
        };
        let mut target = v1::LogTarget { ..line.clone() };
        if ring.max_length_bytes != 0 {
            target.max_length_bytes = ring.max_length_bytes;
        }
        self.framed(ring.format, &mut target);
        let to =
            |server| v1::LogTarget { address: Some(log_target::Address::Stream(server)), ..target.clone() };
        ring.servers.into_iter().map(to).collect()
    }

    fn bytes(&mut self, word: &Word, least: u64, most: u64) -> Option<u32> {
        let read = size(word.text()).filter(|size| (least..=most).contains(size));
        if read.is_none() {
            let message = format!("`{}` is not a size from {least} to {most} bytes", word.text());
            self.report(
                Diagnostic::error(Code::BadValue, word.span(), message)
                    .help("write a number of bytes, or one with `k`, `m` or `g`"),
            );
        }
        read.and_then(|size| u32::try_from(size).ok())
    }
}
