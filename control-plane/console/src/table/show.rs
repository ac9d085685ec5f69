//! Commands that only tell.

use sluicegate_stats::Precision;

use super::{Spec, read};
use crate::answer::Answer;
use crate::ask::{Listed, SessionName};
use crate::command::{Form, PatternVerb, Patterns, StatQuery, Verb};
use crate::level::Level::{Admin, Operator, User};
use crate::words::Words;

pub(super) const SPECS: &[Spec] = &[
    read("get acl", "<acl> <value>", User, "the patterns of a list that match a value", |words| {
        patterns(words, Patterns::Acl, PatternVerb::Get)
    }),
    read("get map", "<map> <value>", User, "the entry of a map that matches a value", |words| {
        patterns(words, Patterns::Map, PatternVerb::Get)
    }),
    read("get weight", "<bk>/<srv>", User, "the weight of a server, and the configured one", |words| {
        Ok(Verb::GetWeight(words.argument(0).to_owned()))
    }),
    read("show acl", "[@<ver>] [<acl>]", User, "the lists of patterns, or the patterns of one", |words| {
        patterns(words, Patterns::Acl, PatternVerb::Show)
    }),
    read("show backend", "", User, "the names of the backends", |_| Ok(Verb::ShowBackend)),
    read("show cache", "", Admin, "what caches have", |_| Ok(Verb::ShowCache)),
    read("show cli sockets", "", User, "the sockets of this console", |_| Ok(Verb::ShowSockets)),
    read("show env", "[var]", Operator, "the variables of the process", |words| {
        Ok(Verb::ShowEnv(words.given(0)))
    }),
    read(
        "show errors",
        "[<px>] [request|response]",
        Operator,
        "the last requests and responses that could not be read",
        |words| {
            let responses = match words.argument(1) {
                "request" => Some(false),
                "response" => Some(true),
                _ => None,
            };
            Ok(Verb::ShowErrors { proxy: words.given(0), responses })
        },
    ),
    read("show info", "[desc|json|typed|float]*", User, "facts of the process", |words| {
        let has = |word: &str| words.arguments().iter().any(|argument| argument == word);
        let precision = if has("float") { Precision::Float } else { Precision::Whole };
        Ok(Verb::ShowInfo { form: form(words), described: has("desc"), precision })
    }),
    read("show map", "[@<ver>] [<map>]", User, "the maps, or the entries of one", |words| {
        patterns(words, Patterns::Map, PatternVerb::Show)
    }),
    read("show resolvers", "[<id>]", User, "what came of asking name servers", |words| {
        Ok(Verb::ShowResolvers(words.given(0)))
    }),
    read("show schema json", "", User, "the schema of the JSON forms", |_| Ok(Verb::ShowSchema)),
    read("show servers conn", "[<backend>]", User, "connections to servers", |words| {
        Ok(Verb::ShowServersConn(words.given(0)))
    }),
    read("show servers state", "[<backend>]", User, "what is true of servers now", |words| {
        Ok(Verb::ShowServersState(words.given(0)))
    }),
    // What names no session lists them all, as with HAProxy.
    read("show sess", "[<id>|all]", Operator, "sessions", |words| {
        Ok(Verb::ShowSessions(match words.argument(0) {
            "all" => Listed::Details,
            id => SessionName::read(id).map_or(Listed::Lines, Listed::One),
        }))
    }),
    read(
        "show stat",
        "[desc|json|no-maint|typed|up]*",
        User,
        "the counters of frontends, backends and servers",
        |words| stat(words).map(Verb::ShowStat),
    ),
    read("show table", "[<table>]", User, "tables of stick entries", |words| {
        Ok(Verb::ShowTable(words.given(0)))
    }),
    read("show version", "", User, "the version of the program", |_| Ok(Verb::ShowVersion)),
    read("echo", "[<text>]", User, "say the words again", |words| {
        Ok(Verb::Echo(words.arguments().join(" ")))
    }),
];

/// The last word that names a form counts.
fn form(words: &Words) -> Form {
    let mut forms = words.arguments().iter().filter_map(|word| match word.as_str() {
        "typed" => Some(Form::Typed),
        "json" => Some(Form::Json),
        _ => None,
    });
    forms.next_back().unwrap_or_default()
}

fn stat(words: &Words) -> Result<StatQuery, Answer> {
    let has = |word: &str| words.arguments().iter().any(|argument| argument == word);
    let mut query = StatQuery { form: form(words), select: None, no_maint: has("no-maint"), up: has("up") };
    if words.arguments().len() >= 3 {
        let number = |index: usize| words.argument(index).parse::<i64>().unwrap_or(0);
        if words.argument(1).parse::<i64>().is_ok() {
            query.select = Some((words.argument(0).to_owned(), number(1), number(2)));
        }
    }
    Ok(query)
}

pub(super) fn patterns(words: &Words, which: Patterns, verb: PatternVerb) -> Result<Verb, Answer> {
    let arguments = words.arguments();
    let versioned =
        matches!(verb, PatternVerb::Show | PatternVerb::Add | PatternVerb::Clear | PatternVerb::Commit);
    let written = arguments.first().and_then(|word| word.strip_prefix('@')).filter(|_| versioned);
    let arguments = if written.is_some() { &arguments[1..] } else { arguments };
    // What is no number is 0, as HAProxy reads it.
    let version = written.map(|text| {
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        text[..digits].parse().unwrap_or(0)
    });
    let (list, rest) = match arguments.split_first() {
        Some((list, rest)) => (list.clone(), rest.to_vec()),
        None => (String::new(), Vec::new()),
    };
    Ok(Verb::Patterns { which, verb, version, list, arguments: rest, payload: words.payload.clone() })
}
