//! `compression` lines.

use sluicegate_proto::v1::{self, CompressionAlgorithm, ContentCoding};

use super::Lowering;
use super::proxy::Proxy;
use super::settings::Lines;
use super::value;
use crate::ast::Prefix;
use crate::diagnostic::{Code, Diagnostic};
use crate::word::Word;

const ALGORITHMS: [&str; 2] = ["compression algo", "compression algo-res"];
const TYPES: [&str; 2] = ["compression type", "compression type-res"];
const OTHERS: [&str; 3] = ["compression offload", "compression direction", "compression minsize-res"];

impl<'a> Lowering<'a> {
    /// What responses a proxy compresses; `None`: it says nothing of it. Its own lines and those of its `defaults` count
    /// together, as with HAProxy.
    pub(super) fn compression(&mut self, proxy: &Proxy<'_, 'a>) -> Option<v1::Compression> {
        let lines = proxy.lines;
        if !proxy.is_http() {
            let names = ALGORITHMS.into_iter().chain(TYPES).chain(OTHERS);
            for line in names.flat_map(|name| lines.own(name)).filter(|line| line.prefix == Prefix::None) {
                self.needs_http(line, proxy.name);
            }
            return None;
        }
        let mut algorithms: Vec<CompressionAlgorithm> = Vec::new();
        for coding in words(lines, ALGORITHMS).filter_map(|word| coding(word.text())) {
            if algorithms.iter().all(|known| known.coding() != coding) {
                algorithms.push(CompressionAlgorithm { coding: coding.into(), level: self.level(coding) });
            }
        }
        let types = words(lines, TYPES).filter_map(|word| self.plain(word)).collect();
        let least = lines.last("compression minsize-res").and_then(|line| line.args().first());
        let min_bytes = least.and_then(|word| value::size(word.text())).unwrap_or_default();
        let compression = v1::Compression { algorithms, types, offload: self.offloads(lines), min_bytes };
        let wanted = self.compresses_responses(lines) && compression != v1::Compression::default();
        wanted.then_some(compression)
    }

    /// `tune.comp.maxlevel`, for the algorithms that HAProxy has.
    fn level(&self, coding: ContentCoding) -> Option<u32> {
        let limited =
            matches!(coding, ContentCoding::Gzip | ContentCoding::Deflate | ContentCoding::RawDeflate);
        self.global.compression_level.filter(|_| limited)
    }

    /// `compression offload`, which HAProxy does not take from `defaults`.
    fn offloads(&mut self, lines: &Lines<'a>) -> bool {
        let mut parent = lines.parent();
        while let Some(defaults) = parent {
            for line in defaults.own("compression offload") {
                self.report(
                    Diagnostic::warning(
                        Code::NoEffect,
                        line.keyword_span(),
                        "`compression offload` has no effect in `defaults`",
                    )
                    .help("write it in each proxy that is to do it"),
                );
            }
            parent = defaults.parent();
        }
        lines.own("compression offload").any(|line| line.prefix == Prefix::None)
    }

    /// `compression direction`.
    fn compresses_responses(&mut self, lines: &Lines<'a>) -> bool {
        let Some(word) = lines.last("compression direction").and_then(|line| line.args().first()) else {
            return true;
        };
        if word.text() != "response" {
            let message = "requests are not compressed yet";
            let finding = Diagnostic::warning(Code::DegradedValue, word.span(), message);
            self.report(finding.label("their bodies pass as they are"));
        }
        word.text() != "request"
    }
}

/// The words of these lines: what is nearer to the proxy is preferred.
fn words<'l>(lines: &'l Lines<'_>, names: [&'l str; 2]) -> impl Iterator<Item = &'l Word> {
    let levels = std::iter::successors(Some(lines), |lines| lines.parent());
    levels
        .flat_map(move |level| names.into_iter().flat_map(|name| level.own(name)))
        .flat_map(|line| line.args())
}

/// HAProxy's names, and those of what it has not.
fn coding(name: &str) -> Option<ContentCoding> {
    Some(match name {
        "identity" => ContentCoding::Identity,
        "gzip" => ContentCoding::Gzip,
        "deflate" => ContentCoding::Deflate,
        "raw-deflate" => ContentCoding::RawDeflate,
        "br" => ContentCoding::Brotli,
        "zstd" => ContentCoding::Zstd,
        // The keyword table has refused all others.
        _ => return None,
    })
}
