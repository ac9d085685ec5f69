//! Commands that change something.

use sluicegate_core::overrides::FrontendState;

use super::show::patterns;
use super::{Spec, read};
use crate::answer::Answer;
use crate::ask::SessionName;
use crate::command::{PatternVerb, Patterns, Verb};
use crate::level::Level::{Admin, Operator, User};
use crate::limits::MAX_WAIT;
use crate::run::delay;
use crate::words::Words;

pub(super) const SPECS: &[Spec] = &[
    read("add acl", "[@<ver>] <acl> <pattern>", Admin, "add to a list of patterns", |words| {
        patterns(words, Patterns::Acl, PatternVerb::Add)
    }),
    read(
        "add map",
        "[@<ver>] <map> <key> <val>",
        Admin,
        "add to a map; a payload instead of key and value",
        |words| patterns(words, Patterns::Map, PatternVerb::Add),
    ),
    read("clear acl", "[@<ver>] <acl>", Admin, "empty a list of patterns", |words| {
        patterns(words, Patterns::Acl, PatternVerb::Clear)
    }),
    read("clear counters", "", Operator, "begin the highest values anew", |_| {
        Ok(Verb::ClearCounters { all: false })
    }),
    read("clear counters all", "", Admin, "begin all counters anew", |_| {
        Ok(Verb::ClearCounters { all: true })
    }),
    read("clear map", "[@<ver>] <map>", Admin, "empty a map", |words| {
        patterns(words, Patterns::Map, PatternVerb::Clear)
    }),
    read("clear table", "<table>", Admin, "empty a table of stick entries", |words| match words.given(0) {
        Some(table) => Ok(Verb::ShowTable(Some(table))),
        None => Err(Answer::error("A table name is expected.")),
    }),
    read("commit acl", "@<ver> <acl>", Admin, "put a prepared version of a list into force", |words| {
        patterns(words, Patterns::Acl, PatternVerb::Commit)
    }),
    read("commit map", "@<ver> <map>", Admin, "put a prepared version of a map into force", |words| {
        patterns(words, Patterns::Map, PatternVerb::Commit)
    }),
    read("del acl", "<acl> [<key>|#<ref>]", Admin, "delete from a list of patterns", |words| {
        patterns(words, Patterns::Acl, PatternVerb::Del)
    }),
    read("del map", "<map> [<key>|#<ref>]", Admin, "delete from a map", |words| {
        patterns(words, Patterns::Map, PatternVerb::Del)
    }),
    read("disable agent", "<bk>/<srv>", Admin, "stop agent checks of a server", |words| {
        Ok(Verb::Agent { server: words.argument(0).to_owned(), on: false })
    }),
    read("disable frontend", "<frontend>", Admin, "close the listeners of a frontend for a while", |words| {
        frontend(words, FrontendState::Disabled)
    }),
    read("disable health", "<bk>/<srv>", Admin, "stop health checks of a server", |words| {
        Ok(Verb::Health { server: words.argument(0).to_owned(), on: false })
    }),
    read("disable server", "<bk>/<srv>", Admin, "take a server out, as `set server` does", |words| {
        Ok(Verb::Server { server: words.argument(0).to_owned(), on: false })
    }),
    read("enable agent", "<bk>/<srv>", Admin, "begin agent checks of a server", |words| {
        Ok(Verb::Agent { server: words.argument(0).to_owned(), on: true })
    }),
    read("enable frontend", "<frontend>", Admin, "open the listeners of a frontend again", |words| {
        frontend(words, FrontendState::Enabled)
    }),
    read("enable health", "<bk>/<srv>", Admin, "begin health checks of a server again", |words| {
        Ok(Verb::Health { server: words.argument(0).to_owned(), on: true })
    }),
    read("enable server", "<bk>/<srv>", Admin, "take a server in, as `set server` does", |words| {
        Ok(Verb::Server { server: words.argument(0).to_owned(), on: true })
    }),
    read("prepare acl", "<acl>", Admin, "begin a new version of a list, empty and not in force", |words| {
        patterns(words, Patterns::Acl, PatternVerb::Prepare)
    }),
    read("prepare map", "<map>", Admin, "begin a new version of a map, empty and not in force", |words| {
        patterns(words, Patterns::Map, PatternVerb::Prepare)
    }),
    read("set map", "<map> [<key>|#<ref>] <value>", Admin, "change an entry of a map", |words| {
        patterns(words, Patterns::Map, PatternVerb::Set)
    }),
    read(
        "set maxconn frontend",
        "<frontend> <value>",
        Admin,
        "connections of a frontend at one time",
        |words| {
            let (frontend, limit) = (words.argument(0).to_owned(), words.argument(1).to_owned());
            Ok(Verb::LimitFrontend { frontend, limit })
        },
    ),
    read("set maxconn global", "<value>", Admin, "connections of the process at one time", |words| {
        Ok(Verb::LimitProcess(words.argument(0).to_owned()))
    }),
    read("set maxconn server", "<bk>/<srv> <value>", Admin, "exchanges of a server at one time", |words| {
        let (server, limit) = (words.argument(0).to_owned(), words.argument(1).to_owned());
        Ok(Verb::LimitServer { server, limit })
    }),
    read(
        "set server",
        "<bk>/<srv> [opts]",
        Admin,
        "state, weight, health, address or name of a server",
        |words| {
            Ok(Verb::SetServer {
                server: words.argument(0).to_owned(),
                field: words.argument(1).to_owned(),
                arguments: words.arguments().iter().skip(2).cloned().collect(),
            })
        },
    ),
    read("set table", "<table> key <key>", Admin, "change a stick entry", |words| match words.given(0) {
        Some(table) => Ok(Verb::ShowTable(Some(table))),
        None => Err(Answer::error("A table name is expected.")),
    }),
    read(
        "set weight",
        "<bk>/<srv> <weight>[%]",
        Admin,
        "the weight of a server, as `set server` does",
        |words| {
            let (server, weight) = (words.argument(0).to_owned(), words.argument(1).to_owned());
            Ok(Verb::SetWeight { server, weight })
        },
    ),
    read("shutdown frontend", "<frontend>", Admin, "close the listeners of a frontend for good", |words| {
        frontend(words, FrontendState::Shutdown)
    }),
    read("shutdown session", "[id]", Admin, "end a session", |words| {
        let named = SessionName::read(words.argument(0)).map(Verb::ShutDownSession);
        named.ok_or_else(|| Answer::error("Session pointer expected (use 'show sess')."))
    }),
    read("shutdown sessions server", "<bk>/<srv>", Admin, "end the sessions of a server", |words| {
        Ok(Verb::ShutDownServer(words.argument(0).to_owned()))
    }),
    read("wait", "<delay>", User, "wait before the next command", |words| {
        let time = delay(words.argument(0), 1_000).filter(|time| *time <= MAX_WAIT);
        time.map(Verb::Wait).ok_or_else(|| Answer::error("Expects a duration, of an hour at most."))
    }),
];

fn frontend(words: &Words, to: FrontendState) -> Result<Verb, Answer> {
    match words.given(0) {
        Some(frontend) => Ok(Verb::Frontend { frontend, to }),
        None => Err(Answer::error("A frontend name is expected.")),
    }
}
