//! `cache`, and what refers to it.

use std::collections::HashMap;

use sluicegate_proto::v1::{self, Kind, resource::Body, rule::Action};

use super::Lowering;
use super::proxy::Proxy;
use super::rule::Args;
use super::settings::Lines;
use crate::ast::{Section, SectionKind};
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;
use crate::word::Word;

/// HAProxy's defaults (manual 6.2.1).
const MAX_AGE_S: u32 = 60;
const MAX_VARIANTS: u32 = 10;

/// The sections that are there.
pub(super) type Caches = HashMap<String, Span>;

impl<'a> Lowering<'a> {
    /// Reads all `cache` sections.
    pub(super) fn caches(&mut self) {
        let file = self.file;
        for (index, section) in file.of_kind(SectionKind::Cache).enumerate() {
            let Some(name) = &section.name else { continue };
            self.short_name(name);
            if let Some(first) = self.caches.insert(name.text().to_owned(), name.span()) {
                let message = format!("there is a cache `{}` already", name.text());
                let finding = Diagnostic::error(Code::DuplicateName, name.span(), message);
                self.report(finding.related(first, "first here"));
                continue;
            }
            if let Some(cache) = self.cache_section(section) {
                self.emit(name.text().into(), section.span, index + 1, Body::Cache(cache));
            }
        }
    }

    fn cache_section(&mut self, section: &'a Section) -> Option<v1::Cache> {
        let lines = Lines::new(section, None);
        let word = |name| lines.last(name).and_then(|line| line.args().first());
        // The keyword table has refused what is no number.
        let number = |name| word(name).and_then(|word: &Word| word.text().parse::<u64>().ok());
        let Some(megabytes) = number("total-max-size") else {
            if word("total-max-size").is_none() {
                let message = "this cache has no size";
                let finding = Diagnostic::error(Code::MissingArgument, section.name_span(), message);
                self.report(finding.help("write `total-max-size <megabytes>`"));
            }
            return None;
        };
        let total_bytes = megabytes << 20;
        let object_bytes = number("max-object-size").filter(|bytes| *bytes > 0).unwrap_or(total_bytes >> 8);
        if object_bytes > total_bytes / 2
            && let Some(word) = word("max-object-size")
        {
            let message = "a response may take no more than half of the cache";
            let finding = Diagnostic::error(Code::BadValue, word.span(), message);
            self.report(finding.label(format!("at most {}", total_bytes / 2)));
            return None;
        }
        let small = |name| number(name).and_then(|number| u32::try_from(number).ok());
        Some(v1::Cache {
            total_bytes,
            object_bytes,
            max_age_s: small("max-age").unwrap_or(MAX_AGE_S),
            vary: word("process-vary").is_some_and(|word| word.text() == "on"),
            max_variants: small("max-secondary-entries").unwrap_or(MAX_VARIANTS),
        })
    }

    /// `cache-use` and `cache-store`.
    pub(super) fn cache_action(
        &mut self,
        args: &mut Args<'a>,
        action: fn(v1::ObjectId) -> Action,
    ) -> Option<Action> {
        let Some(word) = args.parameter() else { return self.missing(args, "the name of a cache") };
        self.cache_reference(word).map(action)
    }

    fn cache_reference(&mut self, word: &Word) -> Option<v1::ObjectId> {
        if self.caches.contains_key(word.text()) {
            return Some(self.id(Kind::Cache, word.text()));
        }
        let message = format!("there is no cache `{}`", word.text());
        let finding = Diagnostic::error(Code::UnknownReference, word.span(), message);
        self.report(finding.help(format!("write a section `cache {}` with a `total-max-size`", word.text())));
        None
    }

    /// `filter cache`: that there is one, and that nothing compresses what it is to keep.
    pub(super) fn cache_filters(&mut self, proxy: &Proxy<'_, 'a>) {
        let compression = proxy.lines.own("filter compression").next();
        for line in proxy.lines.own("filter cache") {
            if !proxy.is_http() {
                self.needs_http(line, proxy.name);
                continue;
            }
            if let Some(word) = line.args().first() {
                self.cache_reference(word);
            }
            if let Some(above) = compression.filter(|above| above.span.start < line.span.start) {
                let message = "a cache cannot stand behind compression";
                self.report(
                    Diagnostic::error(Code::MisplacedRule, line.span, message)
                        .related(above.span, "compresses what the cache would keep")
                        .help("write `filter cache` above `filter compression`"),
                );
            }
        }
    }
}
