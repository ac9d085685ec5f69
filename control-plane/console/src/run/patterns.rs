//! `show`, `get`, `add`, `del`, `set` and `clear` of lists of patterns.

use std::fmt::Write as _;
use std::sync::Arc;

use sluicegate_core::overrides::{Edits, Value};
use sluicegate_model::patterns::{Entry, ListUse};
use sluicegate_model::{Fault, PatternList, find, fits};
use sluicegate_proto::catalog::ValueType;
use sluicegate_proto::v1::{Match, Origin, origin};

use crate::answer::{Answer, Outcome};
use crate::command::{PatternVerb, Patterns};
use crate::view::View;

/// The words of a command about a list.
pub(super) struct Request<'a> {
    pub(super) which: Patterns,
    pub(super) verb: PatternVerb,
    pub(super) version: Option<u32>,
    pub(super) list: &'a str,
    pub(super) arguments: &'a [String],
    pub(super) payload: Option<&'a str>,
}

impl Request<'_> {
    /// What HAProxy says where words are missing, before it looks for the list.
    fn complete(&self) -> Result<(), Answer> {
        let count = if self.list.is_empty() { 0 } else { 1 + self.arguments.len() };
        let (name, map) = match self.which {
            Patterns::Acl => ("ACL", false),
            Patterns::Map => ("map", true),
        };
        let needed = match self.verb {
            PatternVerb::Show | PatternVerb::Prepare => return Ok(()),
            PatternVerb::Commit if self.version.is_none() => {
                return Err(Answer::error("Missing version number."));
            }
            PatternVerb::Commit => (1, format!("Missing {name} identifier.")),
            PatternVerb::Clear => (1, format!("Missing {name} identifier.")),
            PatternVerb::Get => (2, format!("Missing {name} identifier and/or key.")),
            PatternVerb::Del => {
                (2, format!("This command expects two parameters: {name} identifier and key."))
            }
            PatternVerb::Set => {
                (3, "'set map' expects three parameters: map identifier, key and value.".to_owned())
            }
            PatternVerb::Add if map && self.payload.is_some() => (1, format!("Missing {name} identifier.")),
            PatternVerb::Add if map => (
                3,
                "'add map' expects three parameters (map identifier, key and value) or one parameter (map \
                 identifier) and a payload"
                    .to_owned(),
            ),
            PatternVerb::Add => {
                (2, "'add acl' expects two parameters: ACL identifier and pattern.".to_owned())
            }
        };
        if count < needed.0 { Err(Answer::error(&needed.1)) } else { Ok(()) }
    }
}

pub(super) fn patterns(view: &View<'_>, request: &Request<'_>) -> Result<Outcome, Answer> {
    request.complete()?;
    let lists = Lists::of(view);
    if request.verb == PatternVerb::Show && request.list.is_empty() {
        return Ok(lists.shown(view, request.which).into());
    }
    let (unknown, key) = match request.which {
        Patterns::Acl => ("Unknown ACL identifier. Please use #<id> or <file>.", "pattern"),
        Patterns::Map => ("Unknown map identifier. Please use #<id> or <file>.", "key"),
    };
    let list = lists.named(request.list, request.which).ok_or_else(|| Answer::error(unknown))?;
    let version = Version::of(view, list, request)?;
    let uses: Vec<ListUse> = view.runtime.uses(&list.key).into_iter().collect();
    let first = request.arguments.first().map_or("", String::as_str);
    let edits = match request.verb {
        PatternVerb::Prepare => return Ok(Outcome::Prepare(list.key.clone())),
        PatternVerb::Commit => {
            let number = request.version.unwrap_or_default();
            return Ok(Outcome::Commit(list.key.clone(), number));
        }
        PatternVerb::Show => {
            return Ok(match version {
                Version::InForce => entries(list),
                Version::Other(number) => ready(list, view.versions.ready(&list.key, number)),
            }
            .into());
        }
        PatternVerb::Get => return Ok(found(list, &uses, request.which, key, first).into()),
        PatternVerb::Clear => Edits::clear(),
        PatternVerb::Del => {
            Edits::remove(&pattern_of(list, first).ok_or_else(|| Answer::error("Key not found."))?)
        }
        PatternVerb::Set => {
            let value = request.arguments.get(1).map_or("", String::as_str).as_bytes();
            let key = pattern_of(list, first).ok_or_else(|| Answer::error("entry not found."))?;
            can_stand(&uses, &key, value)?;
            Edits::change(&key, value)
        }
        PatternVerb::Add => added(list, &uses, request)?,
    };
    Ok(match version {
        Version::InForce => Outcome::Set(vec![(list.key.clone(), Value::Patterns(edits))], Answer::done()),
        Version::Other(number) => Outcome::Edit(list.key.clone(), number, edits),
    })
}

/// Which version of a list is meant.
#[derive(Debug, Clone, Copy)]
enum Version {
    InForce,
    /// One that is ready, or was once: of that nothing is left.
    Other(u32),
}

impl Version {
    fn of(view: &View<'_>, list: &PatternList, request: &Request<'_>) -> Result<Self, Answer> {
        let (current, newest) = view.versions.numbers(&list.key);
        let Some(number) = request.version else { return Ok(Self::InForce) };
        match request.verb {
            PatternVerb::Commit if number <= current || number > newest => {
                Err(Answer::error("Version number out of range."))
            }
            PatternVerb::Add if number > newest => {
                let what = if request.which == Patterns::Map { "map" } else { "acl" };
                let line = format!("Version number in the future, please use 'prepare {what}' before.");
                Err(Answer::error(&line))
            }
            PatternVerb::Commit => Ok(Self::Other(number)),
            _ if number == current => Ok(Self::InForce),
            _ => Ok(Self::Other(number)),
        }
    }
}

/// What a version that is ready has.
fn ready(list: &PatternList, edits: Option<&Edits>) -> Answer {
    let mut text = String::new();
    for (number, (pattern, value)) in (1..).zip(edits.into_iter().flat_map(Edits::added)) {
        text.push_str(&line(list, number, pattern, value));
    }
    Answer::of(text)
}

/// As `show acl` and `show map` have it.
fn line(list: &PatternList, number: u64, pattern: &[u8], value: &[u8]) -> String {
    let pattern = String::from_utf8_lossy(pattern);
    match list.map {
        true => format!("{number:#x} {pattern} {}\n", String::from_utf8_lossy(value)),
        false => format!("{number:#x} {pattern}\n"),
    }
}

fn added(list: &PatternList, uses: &[ListUse], request: &Request<'_>) -> Result<Edits, Answer> {
    let first = request.arguments.first().map_or("", String::as_str);
    if request.which == Patterns::Acl {
        if list.map {
            return Err(Answer::error(
                "This ACL is shared with a map containing samples. You must use the command 'add map' to add values.",
            ));
        }
        can_stand(uses, first.as_bytes(), b"")?;
        return Ok(Edits::add([(first.as_bytes(), &b""[..])]));
    }
    let given: Vec<(&str, &str)> = match request.payload {
        Some(payload) => payload
            .lines()
            .map(str::trim_start)
            .filter(|line| !line.is_empty())
            .map(|line| match line.split_once([' ', '\t']).map(|(key, value)| (key, value.trim())) {
                Some((key, value)) if !value.is_empty() => Ok((key, value)),
                Some((key, _)) => Err(key),
                None => Err(line),
            })
            .collect::<Result<_, _>>()
            .map_err(|key| Answer::error(&format!("Missing value for key '{key}'.")))?,
        None => vec![(first, request.arguments.get(1).map_or("", String::as_str))],
    };
    for (key, value) in &given {
        can_stand(uses, key.as_bytes(), value.as_bytes())?;
    }
    Ok(Edits::add(given.iter().map(|(key, value)| (key.as_bytes(), value.as_bytes()))))
}

/// The pattern of an entry that exists: written as it is, or by `#0x…`, which stands for all entries of its pattern.
fn pattern_of(list: &PatternList, written: &str) -> Option<Vec<u8>> {
    let is_meant: Box<dyn Fn(&Entry<'_>) -> bool> = match written.strip_prefix("#0x") {
        Some(digits) => {
            let number = u64::from_str_radix(digits, 16).ok()?;
            Box::new(move |entry| entry.reference.number() == number)
        }
        None => Box::new(|entry| entry.pattern == written.as_bytes()),
    };
    list.entries().find(|entry| is_meant(entry)).map(|entry| entry.pattern.to_vec())
}

/// Whether every use of the list can do with an entry.
fn can_stand(uses: &[ListUse], pattern: &[u8], value: &[u8]) -> Result<(), Answer> {
    if pattern.is_empty() {
        return Err(Answer::error("An entry without a pattern cannot be added."));
    }
    uses.iter().try_for_each(|used| fits(*used, pattern, value)).map_err(|fault| {
        let shown = String::from_utf8_lossy(pattern);
        Answer::error(&match fault {
            Fault::BadNetwork(_) => format!("'{shown}' is not a valid IPv4 or IPv6 address."),
            Fault::BadInteger(_) => format!("'{shown}' is not a number."),
            Fault::MapValue { value, .. } => format!("unable to parse '{value}'."),
            Fault::BadRegex { error, .. } => format!("regex '{shown}' is invalid (error={error})."),
            fault => format!("'{shown}' cannot be added: {fault}."),
        })
    })
}

/// Entries as `show acl` and `show map` list them.
fn entries(list: &PatternList) -> Answer {
    let mut text = String::new();
    for entry in list.entries() {
        text.push_str(&line(list, entry.reference.number(), entry.pattern, entry.value));
    }
    Answer::of(text)
}

/// What a value matches, one line for each way in which the list is used.
fn found(list: &PatternList, uses: &[ListUse], which: Patterns, key: &str, value: &str) -> Answer {
    let mut text = String::new();
    for used in uses {
        let entry = find(list, *used, value.as_bytes());
        let (word, map) = match which {
            Patterns::Acl => ("match", false),
            Patterns::Map => ("found", true),
        };
        let case = if used.ignore_case { "insensitive" } else { "sensitive" };
        text.push_str(&format!("type={}, case={case}, {word}=", method(used.how)));
        let Some(entry) = entry else {
            text.push_str("no\n");
            continue;
        };
        let pattern = String::from_utf8_lossy(entry.pattern);
        text.push_str(&format!("yes, idx={}, {key}=\"{pattern}\"", index(*used)));
        if let (true, Some(gives)) = (map, used.gives) {
            let value = String::from_utf8_lossy(entry.value);
            text.push_str(&format!(", value=\"{value}\", type=\"{}\"", type_name(gives)));
        } else if map {
            text.push_str(", value=none");
        }
        text.push('\n');
    }
    Answer::of(text)
}

/// How HAProxy keeps such patterns.
fn index(used: ListUse) -> &'static str {
    match used.how {
        Match::Str | Match::Beg | Match::Bin if !used.ignore_case => "tree",
        Match::Ip => "tree",
        _ => "list",
    }
}

fn method(how: Match) -> String {
    how.as_str_name().trim_start_matches("MATCH_").to_lowercase()
}

fn type_name(gives: ValueType) -> &'static str {
    match gives {
        ValueType::Bool => "bool",
        ValueType::Int => "sint",
        ValueType::Ip => "addr",
        ValueType::Str => "str",
    }
}

/// The lists of what is served, in the order in which the configuration names them.
struct Lists<'a>(Vec<&'a Arc<PatternList>>);

impl<'a> Lists<'a> {
    fn of(view: &View<'a>) -> Self {
        let mut lists: Vec<_> = view.runtime.lists.values().collect();
        lists.sort_by(|a, b| (&a.order, &a.key).cmp(&(&b.order, &b.key)));
        Self(lists)
    }

    /// One by `#number` or by the name of its file.
    fn named(&self, name: &str, which: Patterns) -> Option<&'a PatternList> {
        let number = name.strip_prefix('#').and_then(|number| number.parse::<usize>().ok());
        let list = match number {
            Some(number) => self.0.get(number),
            None => self.0.iter().find(|list| list.key.name() == name),
        };
        list.map(|list| &***list).filter(|list| which == Patterns::Acl || list.map)
    }

    fn shown(&self, view: &View<'_>, which: Patterns) -> Answer {
        let mut text = "# id (file) description\n".to_owned();
        let is_shown = |list: &&&Arc<PatternList>| match which {
            Patterns::Acl => view.runtime.uses(&list.key).iter().any(|used| used.gives.is_none()),
            Patterns::Map => list.map,
        };
        for (number, list) in self.0.iter().enumerate().filter(|(_, list)| is_shown(list)) {
            let name = list.key.name();
            let resource = view.runtime.resource(&list.key).map(|(_, resource)| resource);
            let place = resource.and_then(|resource| resource.origin());
            let used = if list.map { "map" } else { "acl" };
            let place =
                place.map(|place| format!(" used by {used} at {}", written(place))).unwrap_or_default();
            let (current, newest) = view.versions.numbers(&list.key);
            // As HAProxy counts: of the version in force, and of those that are ready.
            let ready = (current..newest).filter_map(|before| view.versions.ready(&list.key, before + 1));
            let count = list.entries().count() + ready.map(|edits| edits.added().count()).sum::<usize>();
            // Writing to a String cannot fail.
            let _infallible = writeln!(
                text,
                "{number} ({name}) pattern loaded from file '{name}'{place}. curr_ver={current} \
                 next_ver={newest} entry_cnt={count}"
            );
        }
        Answer::of(text)
    }
}

fn written(place: &Origin) -> String {
    match &place.place {
        Some(origin::Place::File(file)) => format!("file '{}' line {}", file.path, file.line),
        _ => place.to_string(),
    }
}
