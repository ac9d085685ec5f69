//! Commands, as they were meant. Names and values are as they were written: whether there is such an object, and
//! whether it can have such a value, is said in the order in which HAProxy says it.

use std::time::Duration;

use sluicegate_core::overrides::FrontendState;
use sluicegate_stats::Precision;

use crate::ask::{Listed, SessionName};

/// How numbers are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Form {
    #[default]
    Plain,
    Typed,
    Json,
}

/// `show stat`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct StatQuery {
    pub(crate) form: Form,
    /// Proxy (name, number or -1), type, server number.
    pub(crate) select: Option<(String, i64, i64)>,
    pub(crate) no_maint: bool,
    pub(crate) up: bool,
}

/// Lists of patterns by what they are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Patterns {
    Acl,
    Map,
}

/// What to do with a list of patterns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PatternVerb {
    Show,
    Get,
    Add,
    Del,
    Set,
    Clear,
    Prepare,
    Commit,
}

/// A command that was understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command(pub(crate) Verb);

impl Command {
    /// Whether its answer is made of what proxies reported; else it needs none of that.
    pub fn reads_reports(&self) -> bool {
        matches!(
            self.0,
            Verb::ShowInfo { .. } | Verb::ShowStat(_) | Verb::ShowServersState(_) | Verb::ShowServersConn(_)
        )
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verb {
    ShowInfo {
        form: Form,
        described: bool,
        precision: Precision,
    },
    ShowStat(StatQuery),
    ShowServersState(Option<String>),
    ShowServersConn(Option<String>),
    ShowBackend,
    ShowSchema,
    ShowVersion,
    ShowSockets,
    ShowEnv(Option<String>),
    ShowTable(Option<String>),
    ShowSessions(Listed),
    ShowErrors {
        proxy: Option<String>,
        responses: Option<bool>,
    },
    ShowResolvers(Option<String>),
    ShowCache,
    GetWeight(String),
    SetWeight {
        server: String,
        weight: String,
    },
    SetServer {
        server: String,
        field: String,
        arguments: Vec<String>,
    },
    /// `enable|disable server`
    Server {
        server: String,
        on: bool,
    },
    /// `enable|disable health`
    Health {
        server: String,
        on: bool,
    },
    /// `enable|disable agent`
    Agent {
        server: String,
        on: bool,
    },
    Frontend {
        frontend: String,
        to: FrontendState,
    },
    LimitServer {
        server: String,
        limit: String,
    },
    LimitFrontend {
        frontend: String,
        limit: String,
    },
    LimitProcess(String),
    ClearCounters {
        all: bool,
    },
    ShutDownSession(SessionName),
    ShutDownServer(String),
    Patterns {
        which: Patterns,
        verb: PatternVerb,
        /// `@<number>`
        version: Option<u32>,
        list: String,
        arguments: Vec<String>,
        payload: Option<String>,
    },
    Echo(String),
    Wait(Duration),
}
