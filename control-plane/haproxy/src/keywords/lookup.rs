//! Finding entries: by the words of a line, by name, by likeness.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::{Keyword, Place, sample, table};

/// The entries by their first word, those with more words first.
static BY_FIRST_WORD: LazyLock<HashMap<&'static str, Vec<&'static Keyword>>> = LazyLock::new(|| {
    let mut index: HashMap<&'static str, Vec<&'static Keyword>> = HashMap::new();
    for entry in table::entries() {
        index.entry(first_word(entry.name)).or_default().push(entry);
    }
    for entries in index.values_mut() {
        entries.sort_by_key(|entry| std::cmp::Reverse(entry.words()));
    }
    index
});

/// What a look-up came to.
#[derive(Clone, Copy, Debug)]
pub enum Found {
    /// An entry that may stand here.
    Here(&'static Keyword),
    /// An entry that may stand elsewhere only.
    Elsewhere(&'static Keyword),
    /// The first word begins entries (`timeout`, `option`), but none with the words that follow it.
    Unfinished,
    /// No entry begins so.
    Unknown,
}

/// The entry whose words the given ones begin with, the longest one if there are several.
/// A word may carry an argument: `set-var(txn.x)` is `set-var`, `balance hdr(host)` is `balance hdr`.
pub fn lookup(place: Place, words: &[&str]) -> Found {
    let Some(first) = words.first() else { return Found::Unknown };
    let Some(entries) = BY_FIRST_WORD.get(first).or_else(|| BY_FIRST_WORD.get(stem(first))) else {
        return Found::Unknown;
    };
    let fits = |entry: &&&Keyword| {
        let rest = words.iter().skip(1).take(entry.words() - 1);
        entry.name.split(' ').skip(1).eq(rest.map(|word| stem(word)))
    };
    let mut fitting = entries.iter().filter(fits).peekable();
    let elsewhere = fitting.peek().map(|entry| **entry);
    match (fitting.find(|entry| entry.places.contains(place)), elsewhere) {
        (Some(here), _) => Found::Here(here),
        (None, Some(elsewhere)) => Found::Elsewhere(elsewhere),
        (None, None) => unfinished(place, entries),
    }
}

/// Two-word names that belong to other places only (`option` in `global`) do not make a first word known.
fn unfinished(place: Place, entries: &[&'static Keyword]) -> Found {
    match entries.iter().find(|entry| entry.places.contains(place)).or(entries.first()) {
        Some(_) => Found::Unfinished,
        None => Found::Unknown,
    }
}

/// The entry of that very name in that place.
pub fn named(place: Place, name: &str) -> Option<&'static Keyword> {
    if !place.is_of_lines() {
        return sample::sample(place, name);
    }
    let entries = BY_FIRST_WORD.get(first_word(name))?;
    entries.iter().find(|entry| entry.name == name && entry.places.contains(place)).copied()
}

/// All entries that may stand in a place, in the order of the table.
pub fn allowed_in(place: Place) -> impl Iterator<Item = &'static Keyword> {
    table::entries().chain(sample::entries()).filter(move |entry| entry.places.contains(place))
}

/// The name in that place that is most like `name`; none if none is near. Names that are supported win over others.
pub fn nearest(name: &str, place: Place) -> Option<&'static str> {
    if name.len() > 64 {
        return None;
    }
    let len = name.chars().count();
    let limit = (len / 3).clamp(1, 4);
    allowed_in(place)
        .filter(|entry| entry.modern.is_none() && entry.name.len().abs_diff(len) <= limit)
        .map(|entry| (strsim::osa_distance(name, entry.name), entry))
        .filter(|(distance, _)| *distance <= limit)
        .min_by_key(|(distance, entry)| (*distance, entry.refused_here()))
        .map(|(_, entry)| entry.name)
}

/// A word without the argument that it carries; scripts may name actions of their own, as `lua.name`.
fn stem(word: &str) -> &str {
    if word.starts_with("lua.") {
        return "lua";
    }
    word.split_once('(').map_or(word, |(stem, _)| stem)
}

fn first_word(name: &str) -> &str {
    name.split(' ').next().unwrap_or(name)
}
