//! Labels as the blocks of a Caddyfile, and values as its words.

use std::collections::BTreeMap;

/// Deepest nesting that is looked at.
const MAX_DEPTH: usize = 6;

/// A directive, or what stands in one.
#[derive(Debug, Clone, Default)]
pub(super) struct Node {
    /// The label that says it first.
    pub(super) label: String,
    pub(super) value: String,
    /// By place, name and place among those of one name.
    pub(super) inner: BTreeMap<Slot, Node>,
}

/// Where a directive stands: those with a number in front go first.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Slot {
    order: u32,
    pub(super) name: String,
    number: u32,
}

/// A word of a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Word {
    Text(String),
    /// `{{upstreams https 443}}`: this container.
    Upstreams {
        tls: bool,
        port: Option<u16>,
    },
    /// A template that is not worked out here.
    Template(String),
}

impl Node {
    /// Puts a label where it belongs. False: it leads too deep.
    pub(super) fn put(&mut self, path: &[&str], (label, value): (&str, &str)) -> bool {
        if path.len() > MAX_DEPTH {
            return false;
        }
        if self.label.is_empty() {
            label.clone_into(&mut self.label);
        }
        match path.split_first() {
            None => {
                label.clone_into(&mut self.label);
                value.clone_into(&mut self.value);
                true
            }
            Some((part, rest)) => self.inner.entry(Slot::of(part)).or_default().put(rest, (label, value)),
        }
    }

    /// The first of that name.
    pub(super) fn get(&self, name: &str) -> Option<&Node> {
        self.inner.iter().find(|(slot, _)| slot.name == name).map(|(_, node)| node)
    }

    /// What its value says, in words.
    pub(super) fn words(&self) -> Vec<Word> {
        words(&self.value)
    }

    /// Its words where they are plain text.
    pub(super) fn texts(&self) -> Option<Vec<String>> {
        let text = |word| match word {
            Word::Text(text) => Some(text),
            _ => None,
        };
        self.words().into_iter().map(text).collect()
    }

    /// As a label has it.
    pub(super) fn said(&self) -> (&str, &str) {
        (&self.label, &self.value)
    }
}

impl Slot {
    /// `0_handle`, `handle_1`
    fn of(part: &str) -> Self {
        let number = |text: &str| text.parse::<u32>().ok();
        let before = part.split_once('_').and_then(|(order, rest)| Some((number(order)?, rest)));
        let (order, rest) = before.unwrap_or((u32::MAX, part));
        let behind = rest.rsplit_once('_').and_then(|(rest, at)| Some((rest, number(at)?)));
        let (name, number) = behind.unwrap_or((rest, 0));
        Self { order, name: name.to_owned(), number }
    }
}

/// Words between white space; quotes and backticks hold some together, and so do braces of a template.
fn words(value: &str) -> Vec<Word> {
    let mut words = Vec::new();
    let mut rest = value.trim_start();
    while let Some(first) = rest.chars().next() {
        let (word, tail) = match first {
            '"' | '`' => quoted(rest, first),
            _ if rest.starts_with("{{") => match rest.split_once("}}") {
                Some((template, tail)) => (word_of(template.trim_start_matches("{{").trim()), tail),
                None => (Some(Word::Template(rest.to_owned())), ""),
            },
            _ => {
                let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
                let (text, tail) = rest.split_at_checked(end).unwrap_or((rest, ""));
                (Some(Word::Text(text.to_owned())), tail)
            }
        };
        words.extend(word);
        rest = tail.trim_start();
    }
    words
}

fn quoted(rest: &str, quote: char) -> (Option<Word>, &str) {
    let (mut text, mut escaped) = (String::new(), false);
    let mut chars = rest.char_indices().skip(1);
    for (at, c) in chars.by_ref() {
        match c {
            _ if escaped => {
                text.push(c);
                escaped = false;
            }
            '\\' if quote == '"' => escaped = true,
            _ if c == quote => return (Some(Word::Text(text)), rest.get(at + 1..).unwrap_or_default()),
            _ => text.push(c),
        }
    }
    (Some(Word::Text(text)), "")
}

/// What a template comes to; nothing where it is an empty text.
fn word_of(template: &str) -> Option<Word> {
    let parts: Vec<&str> = template.split_whitespace().collect();
    let upstreams = |tls: &str, port: Option<&str>| {
        let tls = match tls {
            "http" => false,
            "https" => true,
            _ => return None,
        };
        let port = match port {
            Some(port) => Some(port.parse().ok()?),
            None => None,
        };
        Some(Word::Upstreams { tls, port })
    };
    let read = match parts[..] {
        ["\"\"" | "``"] => return None,
        ["upstreams"] => upstreams("http", None),
        ["upstreams", scheme @ ("http" | "https")] => upstreams(scheme, None),
        ["upstreams", port] => upstreams("http", Some(port)),
        ["upstreams", scheme, port] => upstreams(scheme, Some(port)),
        _ => None,
    };
    Some(read.unwrap_or_else(|| Word::Template(format!("{{{{{template}}}}}"))))
}
