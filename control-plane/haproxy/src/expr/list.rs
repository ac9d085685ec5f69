//! Lists of patterns and maps that expressions name: files, each read once.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::sync::Arc;

use sluicegate_proto::catalog::{self, Gives, ValueType};
use sluicegate_proto::id::ObjectKey;
use sluicegate_proto::limits::{MAX_PATTERNS, MAX_TEXT_BYTES};
use sluicegate_proto::pattern_file::entries;
use sluicegate_proto::v1::{self, Kind, Match};

use super::patterns::{self, normalized};
use super::{LoadError, MAX_NAMED_FILE_BYTES, Problem, Reader, Text};
use crate::raw;

/// Lists by name, as `-f` and `map` write it.
#[derive(Debug, Default)]
pub struct Lists {
    by_name: BTreeMap<String, List>,
    new: Vec<String>,
    /// Uses whose patterns were looked at.
    checked: BTreeSet<(String, Match, bool)>,
}

/// A list, and the file that it comes from.
#[derive(Debug)]
struct List {
    data: Arc<[u8]>,
    map: bool,
    count: usize,
    order: usize,
}

impl Lists {
    /// The names given since the last call, so that the caller can tell where each comes from.
    pub fn take_new(&mut self) -> Vec<String> {
        std::mem::take(&mut self.new)
    }

    /// Every list: name, place among the others, whether it is a map, and what its file holds.
    pub fn into_lists(self) -> impl Iterator<Item = (String, usize, bool, Arc<[u8]>)> {
        self.by_name.into_iter().map(|(name, list)| (name, list.order, list.map, list.data))
    }
}

/// How a list is used.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Use {
    /// Patterns: all of a line is one.
    Patterns,
    /// Keys with values.
    Map,
}

/// What a list is compared by.
#[derive(Clone, Copy)]
pub(super) struct Compared {
    pub(super) method: Match,
    pub(super) ignore_case: bool,
}

impl Reader<'_> {
    /// The list of a name, with its patterns checked for how they are compared, and their number.
    pub(super) fn list(
        &mut self,
        name: &str,
        used: Use,
        compared: Compared,
    ) -> Result<(v1::ObjectId, usize), Problem> {
        let of = |error| Problem::PatternFile { path: name.to_owned(), error };
        let map = used == Use::Map;
        let key = ObjectKey::new(self.provider, "", Kind::Patterns, name)
            .map_err(|invalid| of(LoadError::Io(invalid.to_string())))?;
        if !self.lists.by_name.contains_key(name) {
            let data: Arc<[u8]> = self.contents(name).map_err(of)?.into();
            let count = entries(&data, map).count();
            let list = List { data, map, count, order: self.lists.by_name.len() };
            self.lists.by_name.insert(name.to_owned(), list);
            self.lists.new.push(name.to_owned());
        }
        let Some(list) = self.lists.by_name.get(name) else { return Err(of(LoadError::Missing)) };
        let (data, count) = (Arc::clone(&list.data), list.count);
        if list.map != map {
            return Err(Problem::ListMismatch { path: name.to_owned(), map: list.map });
        }
        if count > MAX_PATTERNS {
            return Err(Problem::TooMany { what: "patterns", limit: MAX_PATTERNS });
        }
        let Compared { method, ignore_case } = compared;
        if self.lists.checked.insert((name.to_owned(), method, ignore_case)) {
            for line in entries(&data, map) {
                check(compared, line.pattern).map_err(|problem| in_file(name, line.number, problem))?;
            }
        }
        Ok(((&key).into(), count))
    }

    /// The list of a converter that looks values up, its values checked too.
    pub(super) fn map(&mut self, converter: &str, name: &str) -> Result<v1::ObjectId, Problem> {
        let method = catalog::map_spec(converter).map_or(Match::Str, |spec| spec.how);
        let (id, _) = self.list(name, Use::Map, Compared { method, ignore_case: false })?;
        let gives_values = catalog::map_spec(converter).is_some_and(|spec| spec.gives == Gives::Value);
        let yields = catalog::converter(converter).map_or(ValueType::Str, |spec| spec.yields);
        if let Some(list) = self.lists.by_name.get(name).filter(|_| gives_values) {
            for line in entries(&list.data, true) {
                check_value(yields, line.value).map_err(|problem| in_file(name, line.number, problem))?;
            }
        }
        Ok(id)
    }

    /// `virt@` names no file, `opt@` one that may be missing, `file@` one like a name without a prefix (HAProxy 3.0).
    fn contents(&self, name: &str) -> Result<Vec<u8>, LoadError> {
        if name.starts_with("virt@") {
            return Ok(Vec::new());
        }
        let load = |path: &str| self.loader.load(path, MAX_NAMED_FILE_BYTES);
        match name.strip_prefix("opt@") {
            Some(path) => match load(path) {
                Err(LoadError::Missing) => Ok(Vec::new()),
                loaded => loaded,
            },
            None => load(name.strip_prefix("file@").unwrap_or(name)),
        }
    }

    /// Reports what is wrong with a list, where it is named.
    pub(super) fn report_list<T>(&mut self, text: Text<'_>, found: Result<T, Problem>) -> Option<T> {
        found.map_err(|problem| self.report(text.whole(), problem)).ok()
    }
}

fn in_file(name: &str, line: usize, problem: Problem) -> Problem {
    Problem::InPatternFile { path: name.to_owned(), line, problem: Box::new(problem) }
}

/// What a map gives, as what it gives.
fn check_value(yields: ValueType, value: &[u8]) -> Result<(), Problem> {
    if value.len() > MAX_TEXT_BYTES {
        return Err(Problem::LongPattern { bytes: value.len(), limit: MAX_TEXT_BYTES });
    }
    let text = String::from_utf8_lossy(value);
    match value_words(yields, &text) {
        Some(expected) => Err(Problem::MapValue { text: text.into_owned(), expected }),
        None => Ok(()),
    }
}

/// What a text should be, where it cannot be taken for a value of the type.
pub(super) fn value_words(yields: ValueType, text: &str) -> Option<&'static str> {
    match yields {
        ValueType::Str => None,
        ValueType::Ip => text.parse::<IpAddr>().is_err().then_some("an address"),
        ValueType::Int | ValueType::Bool => text.parse::<i64>().is_err().then_some("an integer"),
    }
}

/// A line of a file as a pattern. Methods that compare numbers or addresses take no bytes that are not UTF-8.
fn check(compared: Compared, pattern: &[u8]) -> Result<(), Problem> {
    let Compared { method, ignore_case } = compared;
    if pattern.len() > MAX_TEXT_BYTES {
        return Err(Problem::LongPattern { bytes: pattern.len(), limit: MAX_TEXT_BYTES });
    }
    match std::str::from_utf8(pattern) {
        Ok(pattern) => normalized(method, pattern, ignore_case).map(drop),
        Err(_) if method == Match::Reg => normalized(method, &raw::read(pattern), ignore_case).map(drop),
        Err(_) if matches!(method, Match::Int | Match::Len | Match::Ip | Match::Bin) => {
            Err(patterns::not_text(method, &String::from_utf8_lossy(pattern)))
        }
        Err(_) => Ok(()),
    }
}
