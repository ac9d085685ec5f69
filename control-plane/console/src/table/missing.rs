//! Commands that HAProxy has and this program does not.

use super::{Act, Spec};
use crate::level::Level;

const fn missing(name: &'static str, about: &'static str, why: &'static str) -> Spec {
    Spec { name, arguments: "", level: Level::User, about, act: Act::Missing(why) }
}

const TLS: &str = "certificates come from files, which are read again when they change";
const SERVERS: &str = "servers come from the configuration";
const VARIABLES: &str = "there are no variables of the process";
const INSIDE: &str = "it is about the inside of HAProxy";

pub(super) const SPECS: &[Spec] = &[
    missing("abort ssl", "drop a change of TLS files", TLS),
    missing("add server", "add a server", SERVERS),
    missing("add ssl", "add to a list of certificates", TLS),
    missing("commit ssl", "put TLS files into force", TLS),
    missing("debug dev", "debug the process", INSIDE),
    missing("del server", "remove a server", SERVERS),
    missing("del ssl", "remove TLS files", TLS),
    missing("disable dynamic-cookie", "stop dynamic cookies", "there are no dynamic cookies"),
    missing("dump stats-file", "the counters, for the next process", "counters begin anew with a process"),
    missing("enable dynamic-cookie", "begin dynamic cookies", "there are no dynamic cookies"),
    missing("get var", "a variable of the process", VARIABLES),
    missing("httpclient", "make an HTTP request", "requests are made by clients alone"),
    missing("new ssl", "make a TLS file", TLS),
    missing("set dynamic-cookie-key", "set a cookie's secret", "there are no dynamic cookies"),
    missing("set profiling", "set what is profiled", INSIDE),
    missing("set rate-limit", "limit rates of the process", "there are no rate limits of the process yet"),
    missing("set ssl", "replace TLS files", TLS),
    missing("set var", "set a variable of the process", VARIABLES),
    missing("show activity", "activity of threads", INSIDE),
    missing("show events", "event sinks", "rings are not kept for reading"),
    missing("show fd", "file descriptors", INSIDE),
    missing("show libs", "loaded object files", "the program is linked as one"),
    missing("show peers", "peers", "there are no peers yet"),
    missing("show pools", "pools of memory", INSIDE),
    missing("show profiling", "what is profiled", INSIDE),
    missing("show ssl", "TLS files", TLS),
    missing(
        "show startup-logs",
        "what was said at the start",
        "`sluicegate status` shows what the last load found",
    ),
    missing("show tasks", "tasks", INSIDE),
    missing("show threads", "threads", INSIDE),
    missing("show tls-keys", "keys of TLS tickets", TLS),
    missing("show trace", "traces", "traces are set by RUST_LOG"),
    missing("trace", "set traces", "traces are set by RUST_LOG"),
];
