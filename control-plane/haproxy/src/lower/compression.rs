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
const REQUEST_TYPES: [&str; 1] = ["compression type-req"];
const OTHERS: [&str; 5] = [
    "compression offload",
    "compression direction",
    "compression minsize-res",
    "compression algo-req",
    "compression minsize-req",
];

impl<'a> Lowering<'a> {
    /// What bodies a proxy compresses; `None`: it says nothing of it. Its own lines and those of its `defaults` count
    /// together, as with HAProxy.
    pub(super) fn compression(&mut self, proxy: &Proxy<'_, 'a>) -> Option<v1::Compression> {
        let lines = proxy.lines;
        if !proxy.is_http() {
            let names = ALGORITHMS.into_iter().chain(TYPES).chain(REQUEST_TYPES).chain(OTHERS);
            for line in names.flat_map(|name| lines.own(name)).filter(|line| line.prefix == Prefix::None) {
                self.needs_http(line, proxy.name);
            }
            return None;
        }
        let (responses, wants_requests) = direction(lines);
        let requests = wants_requests.then(|| self.requests(lines));
        if !responses {
            return requests
                .map(|requests| v1::Compression { requests: Some(requests), ..Default::default() });
        }
        let mut algorithms: Vec<CompressionAlgorithm> = Vec::new();
        for coding in words(lines, ALGORITHMS).filter_map(|word| coding(word.text())) {
            if algorithms.iter().all(|known| known.coding() != coding) {
                algorithms.push(CompressionAlgorithm { coding: coding.into(), level: self.level(coding) });
            }
        }
        let types = words(lines, TYPES).filter_map(|word| self.plain(word)).collect();
        let min_bytes = size(lines, "compression minsize-res");
        let offload = self.offloads(lines);
        let compression = v1::Compression { algorithms, types, offload, min_bytes, requests };
        (compression != v1::Compression::default()).then_some(compression)
    }

    fn requests(&mut self, lines: &Lines<'a>) -> v1::RequestCompression {
        let word = lines.last("compression algo-req").and_then(|line| line.args().first());
        // HAProxy takes identity, and does nothing.
        let coding = word.and_then(|word| coding(word.text())).filter(|it| *it != ContentCoding::Identity);
        v1::RequestCompression {
            algorithm: coding.map(|it| CompressionAlgorithm { coding: it.into(), level: self.level(it) }),
            types: words(lines, REQUEST_TYPES).filter_map(|word| self.plain(word)).collect(),
            min_bytes: size(lines, "compression minsize-req"),
        }
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
}

/// `compression direction`: whether responses are compressed, and requests.
fn direction(lines: &Lines<'_>) -> (bool, bool) {
    match lines.last("compression direction").and_then(|line| line.args().first()).map(Word::text) {
        Some("request") => (false, true),
        Some("both") => (true, true),
        _ => (true, false),
    }
}

fn size(lines: &Lines<'_>, name: &str) -> u64 {
    let word = lines.last(name).and_then(|line| line.args().first());
    word.and_then(|word| value::size(word.text())).unwrap_or_default()
}

/// The words of these lines: what is nearer to the proxy is preferred.
fn words<'l, const N: usize>(lines: &'l Lines<'_>, names: [&'l str; N]) -> impl Iterator<Item = &'l Word> {
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
