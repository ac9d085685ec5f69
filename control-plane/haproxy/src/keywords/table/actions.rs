//! Actions of rules.

use super::super::form::{Form, SWITCH, opt};
use super::super::{Arity, Effect, Place, Places};
use super::Keyword;
use crate::expr::Hidden;

pub(super) const GROUPS: &[&[Keyword]] = &[
    &[
        Keyword::works("allow", REQUEST, TEST).takes(0, 0, "").does("Ends the rules of this proxy."),
        Keyword::works("deny", REQUEST, TEST)
            .takes(0, Arity::ANY, REPLY)
            .does("Answers 403 or another error."),
        Keyword::works("return", REQUEST, TEST)
            .takes(0, Arity::ANY, REPLY)
            .does("Answers instead of a server."),
        Keyword::works("redirect", REQUEST, TEST)
            .takes(2, Arity::ANY, "{ location | prefix | scheme } <format> [code <status>] [<option>...]")
            .does("Answers with another place to ask."),
        Keyword::works("set-header", HEADERS, TEST).takes(2, 2, "<name> <format>").does("Replaces a header."),
        Keyword::works("add-header", HEADERS, TEST).takes(2, 2, "<name> <format>").does("Adds a header."),
        Keyword::works("del-header", HEADERS, TEST)
            .takes(1, 3, "<name> [-m <method>]")
            .does("Removes headers of that name."),
    ],
    REWRITES,
    &[
        Keyword::works("allow", RESPONSES, TCP).takes(0, 0, "").does("Ends the rules of this proxy."),
        Keyword::works("deny", RESPONSE, TCP)
            .takes(0, Arity::ANY, REPLY)
            .does("Answers 502 or another error instead of the server's response."),
        Keyword::works("return", RESPONSE, TCP)
            .takes(0, Arity::ANY, REPLY)
            .does("Answers instead of the server's response."),
        Keyword::works("redirect", RESPONSE, TCP)
            .takes(2, Arity::ANY, "{ location | prefix | scheme } <format> [code <status>] [<option>...]")
            .does("Answers with another place to ask."),
        Keyword::works("set-header", AFTER, TCP).takes(2, 2, "<name> <format>").does("Replaces a header."),
        Keyword::works("add-header", AFTER, TCP).takes(2, 2, "<name> <format>").does("Adds a header."),
        Keyword::works("del-header", AFTER, TCP)
            .takes(1, 3, "<name> [-m <method>]")
            .does("Removes headers of that name."),
        Keyword::works("replace-header", AFTER, TCP)
            .takes(3, 3, "<name> <regex> <format>")
            .does("Replaces each line of a header that matches."),
        Keyword::works("replace-value", AFTER, TCP)
            .takes(3, 3, "<name> <regex> <format>")
            .does("Replaces each value of a header, between its commas, that matches."),
        Keyword::works("set-status", AFTER, TCP)
            .takes(1, 3, "<status> [reason <text>]")
            .does("Sends another status."),
        Keyword::works("accept", TCP_REQUEST, TCP)
            .takes(0, 0, "")
            .does("Ends the rules of this kind: those below it turn nothing away."),
        Keyword::works("reject", TCP_REQUEST, TCP)
            .takes(0, 0, "")
            .does("Closes the connection; in HTTP mode the request is answered 403."),
    ],
    &[
        Keyword::works("accept", TCP_RESPONSE, ANSWERED)
            .takes(0, 0, "")
            .does("Ends the rules of this kind: those below it turn nothing away."),
        Keyword::works("reject", TCP_RESPONSE, ANSWERED)
            .takes(0, 0, "")
            .does("Closes both connections; in HTTP mode the request is answered 502."),
        Keyword::works("close", TCP_RESPONSE, ANSWERED)
            .takes(0, 0, "")
            .does("Closes the connection to the server, in TCP mode: the client gets what came over it."),
        Keyword::degraded(
            "silent-drop",
            TCP_RESPONSE,
            "the client sees the connection close, or in HTTP mode 502",
        )
        .takes(0, 2, "[rst-ttl <ttl>]")
        .of(DROP)
        .instead(Effect::Refuse(502)),
        Keyword::degraded("silent-drop", RESPONSE, "the client is answered 403")
            .takes(0, 2, "[rst-ttl <ttl>]")
            .of(DROP)
            .instead(Effect::Refuse(403)),
        Keyword::degraded(
            "silent-drop",
            TCP_REQUEST,
            "the client sees the connection close, or in HTTP mode 403",
        )
        .takes(0, 2, "[rst-ttl <ttl>]")
        .of(DROP)
        .instead(Effect::Refuse(403)),
        Keyword::degraded("silent-drop", REQUEST, "the client is answered 403")
            .takes(0, 2, "[rst-ttl <ttl>]")
            .of(DROP)
            .instead(Effect::Refuse(403)),
        Keyword::degraded("reject", REQUEST, "the client is answered 403")
            .takes(0, 0, "")
            .instead(Effect::Refuse(403)),
        Keyword::degraded("tarpit", REQUEST, "the client is answered at once").instead(Effect::Refuse(500)),
        Keyword::degraded("auth", REQUEST, "nobody is let in: the client is answered 403")
            .takes(0, 2, "[realm <realm>]")
            .of(&[Form::Options(&[opt("realm", &[Form::Any])])])
            .instead(Effect::Refuse(403)),
        Keyword::works("use-service prometheus-exporter", REQUEST, "lower/stats")
            .takes(0, 0, "")
            .does("Answers metrics in Prometheus' text form."),
        Keyword::degraded("use-service", REQUEST, "the service is not there yet: the client is answered 403")
            .instead(Effect::Refuse(403)),
        Keyword::degraded(
            "use-service",
            TCP_CONTENT,
            "the service is not there yet: the connection is closed",
        )
        .instead(Effect::Refuse(403)),
        Keyword::degraded(
            "expect-netscaler-cip",
            TCP_CONNECTION,
            "the address of the client is not read yet",
        )
        .instead(Effect::NoProxy),
        Keyword::works("expect-proxy", TCP_CONNECTION, "lower/proxy_protocol")
            .takes(1, 1, "layer4")
            .of(&[Form::OneOf(&["layer4"])])
            .does("Waits for a PROXY header, which tells whose the connection is."),
        Keyword::works("cache-store", RESPONSE, "lower/caches")
            .takes(1, 1, "<cache>")
            .does("Has a cache keep the response as it is now, where it may."),
        Keyword::degraded("attach-srv", TCP_SESSION, "connections are not reversed yet")
            .instead(Effect::Refuse(403)),
        Keyword::works("switch-mode", TCP_CONTENT, "lower/inspection")
            .takes(1, 3, "http [proto h1]")
            .does("The connection goes on in HTTP mode."),
    ],
    &Keyword::each(
        ["accept", "reject", "silent-drop", "dgram-drop", "send-retry"],
        Keyword::inert("", QUIC, "QUIC is not supported yet: nothing comes in"),
    ),
    &Keyword::each(
        ["add-headers-bin", "del-headers-bin", "set-headers-bin"],
        Keyword::degraded("", HTTP, "headers pass as they came").instead(Effect::Hides(Hidden::Headers)),
    ),
    &Keyword::each(
        ["add-acl", "del-acl", "del-map", "set-map"],
        Keyword::degraded("", HTTP, "lists and maps stay as they were read"),
    ),
    &Keyword::each(
        ["sc-add-gpc", "sc-inc-gpc", "sc-inc-gpc0", "sc-inc-gpc1", "sc-set-gpt", "sc-set-gpt0"],
        Keyword::degraded("", RULES, COUNTED),
    ),
    &Keyword::each(
        ["track-sc0", "track-sc1", "track-sc2"],
        Keyword::degraded("", RULES, COUNTED).takes(1, Arity::ANY, "<sample> [table <table>]"),
    ),
    &[Keyword::degraded("do-resolve", REQUESTS, "there are no variables yet")],
    &Keyword::each(
        ["set-var", "set-var-fmt"],
        Keyword::degraded("", RULES, VARIABLES)
            .takes(1, Arity::ANY, "(<name>) <value>")
            .called(Form::Any, true),
    ),
    &[Keyword::degraded("unset-var", RULES, VARIABLES).takes(0, 0, "(<name>)").called(Form::Any, true)],
    &Keyword::each(
        ["set-dst", "set-dst-port"],
        Keyword::degraded("", REQUESTS, "traffic goes to the servers of the backend")
            .instead(Effect::Hides(Hidden::Destination)),
    ),
    &Keyword::each(
        ["set-src", "set-src-port"],
        Keyword::degraded("", REQUESTS, "servers are told the address of the connection")
            .takes(1, 1, "<sample>")
            .instead(Effect::Hides(Hidden::Source)),
    ),
    &Keyword::each(
        ["send-spoe-group", "set-bandwidth-limit"],
        Keyword::degraded("", RULES, "traffic passes without it"),
    ),
    &[Keyword::degraded("set-timeout", RULES, "traffic passes without it")
        .takes(2, 2, "{ client | connect | queue | server | tarpit | tunnel } <time>")
        .of(&[Form::OneOf(&["client", "connect", "queue", "server", "tarpit", "tunnel"])])],
    &[
        Keyword::degraded("set-retries", TCP_CONTENT, "every connection is tried as often").takes(
            1,
            Arity::ANY,
            "<sample>",
        ),
        Keyword::works("set-priority-class", TCP_CONTENT, TCP)
            .takes(1, Arity::ANY, "<sample>")
            .does("Its class where connections, or requests, wait: lower ones go before."),
        Keyword::works("set-priority-offset", TCP_CONTENT, TCP)
            .takes(1, Arity::ANY, "<sample>")
            .does("Milliseconds by which it would have come later, within its class."),
        Keyword::works("set-priority-class", REQUEST, "lower/persistence")
            .takes(1, Arity::ANY, "<sample>")
            .does("Its class where requests wait: lower ones go before."),
        Keyword::works("set-priority-offset", REQUEST, "lower/persistence")
            .takes(1, Arity::ANY, "<sample>")
            .does("Milliseconds by which it would have come later, within its class."),
        Keyword::works("set-retries", REQUEST, "lower/persistence")
            .takes(1, Arity::ANY, "<sample>")
            .does("How often it may be tried again."),
        Keyword::works("disable-l7-retry", REQUEST, "lower/persistence")
            .takes(0, 0, "")
            .does("Passes on what `retry-on` names beside connections that fail."),
    ],
    &Keyword::each(
        ["set-fc-mark", "set-fc-tos", "set-bc-mark", "set-bc-tos", "set-mark", "set-tos"],
        Keyword::degraded("", RULES, "packets are not marked"),
    ),
    &Keyword::each(["capture", "do-log"], Keyword::degraded("", RULES_AND_QUIC, LOGGED)),
    &[
        Keyword::degraded("pause", HTTP, "there is no pause"),
        Keyword::degraded("set-log-level", RULES_AND_QUIC, LOGGED).takes(1, 1, "{ silent | <level> }").of(&[
            Form::OneOf(&["silent", "emerg", "alert", "crit", "err", "warning", "notice", "info", "debug"]),
        ]),
        Keyword::degraded("early-hint", REQUEST, "no 103 is sent").takes(2, 2, "<name> <format>"),
        Keyword::works("cache-use", REQUEST, "lower/caches")
            .takes(1, 1, "<cache>")
            .does("Looks for the response in a cache; the rules below go on."),
        Keyword::degraded("wait-for-body", HTTP, "the head is sent on before the body is complete")
            .takes(2, 4, "time <time> [at-least <bytes>]")
            .of(&[Form::Options(&[opt("time", &[Form::Time]), opt("at-least", &[Form::Size])])]),
        Keyword::degraded("strict-mode", HTTP, "a rewrite that fails is answered 500")
            .takes(1, 1, "{ on | off }")
            .of(SWITCH),
        Keyword::inert("set-nice", RULES, "all connections are worth the same"),
        Keyword::inert("wait-for-handshake", REQUEST, "rules run behind the handshake anyway"),
        Keyword::degraded("lua", ANSWERS, "scripts are not run yet"),
        Keyword::degraded("lua", REQUESTS, "scripts are not run yet, and could turn away")
            .instead(Effect::Refuse(503)),
    ],
];

/// Actions that give a part of a message another value.
const REWRITES: &[Keyword] = &[
    Keyword::works("normalize-uri", REQUEST, REWRITE_TEST)
        .takes(1, 2, "<normalizer> [full | strict]")
        .does("Gives the request target its usual form."),
    set("set-method", "Sends another method."),
    set("set-path", "Replaces the path and keeps the query."),
    set("set-pathq", "Replaces path and query."),
    set("set-query", "Replaces the query."),
    set("set-uri", "Replaces the whole request target."),
    replace("replace-path", "Replaces a path that matches."),
    replace("replace-pathq", "Replaces path and query where they match."),
    replace("replace-uri", "Replaces a request target that matches."),
    Keyword::works("replace-header", HEADERS, REWRITE_TEST)
        .takes(3, 3, "<name> <regex> <format>")
        .does("Replaces each line of a header that matches."),
    Keyword::works("replace-value", HEADERS, REWRITE_TEST)
        .takes(3, 3, "<name> <regex> <format>")
        .does("Replaces each value of a header, between its commas, that matches."),
    Keyword::works("set-status", RESPONSE, REWRITE_TEST)
        .takes(1, 3, "<status> [reason <text>]")
        .does("Sends another status."),
];

const fn set(name: &'static str, summary: &'static str) -> Keyword {
    Keyword::works(name, REQUEST, REWRITE_TEST).takes(1, 1, "<format>").does(summary)
}

const fn replace(name: &'static str, summary: &'static str) -> Keyword {
    Keyword::works(name, REQUEST, REWRITE_TEST).takes(2, 2, "<regex> <format>").does(summary)
}

const DROP: &[Form] = &[Form::Options(&[opt("rst-ttl", &[Form::Number(1, 255)])])];
const COUNTED: &str = "nothing is counted: conditions take it for 0";
const VARIABLES: &str = "there are no variables yet: what hangs on them is not known";
const LOGGED: &str = "the log does not follow it";

const TEST: &str = "lower/http_rules";
const REWRITE_TEST: &str = "lower/rewrites";
const TCP: &str = "lower/tcp_rules";
const ANSWERED: &str = "lower/tcp_responses";
const REPLY: &str = "[status <status>] [content-type <type>] [<content>] [hdr <name> <format>]...";

const REQUEST: Places = Places::of(&[Place::HttpRequest]);
const HEADERS: Places = Places::of(&[Place::HttpRequest, Place::HttpResponse]);
const AFTER: Places = Places::of(&[Place::HttpAfterResponse]);
const RESPONSE: Places = Places::of(&[Place::HttpResponse]);
const RESPONSES: Places = Places::of(&[Place::HttpResponse, Place::HttpAfterResponse]);
const HTTP: Places = Places::of(&[Place::HttpRequest, Place::HttpResponse, Place::HttpAfterResponse]);
const TCP_CONNECTION: Places = Places::of(&[Place::TcpConnection]);
const TCP_SESSION: Places = Places::of(&[Place::TcpSession]);
const TCP_CONTENT: Places = Places::of(&[Place::TcpContent]);
const TCP_RESPONSE: Places = Places::of(&[Place::TcpResponse]);
const QUIC: Places = Places::of(&[Place::QuicInitial]);
const TCP_REQUEST: Places = Places::of(&[Place::TcpConnection, Place::TcpSession, Place::TcpContent]);
const REQUESTS: Places =
    Places::of(&[Place::TcpConnection, Place::TcpSession, Place::TcpContent, Place::HttpRequest]);
const RULES: Places = Places::of(&[
    Place::HttpRequest,
    Place::HttpResponse,
    Place::HttpAfterResponse,
    Place::TcpConnection,
    Place::TcpSession,
    Place::TcpContent,
    Place::TcpResponse,
]);
const ANSWERS: Places = Places::of(&[Place::HttpResponse, Place::HttpAfterResponse, Place::TcpResponse]);
const RULES_AND_QUIC: Places = Places::of(&[
    Place::HttpRequest,
    Place::HttpResponse,
    Place::HttpAfterResponse,
    Place::TcpConnection,
    Place::TcpSession,
    Place::TcpContent,
    Place::TcpResponse,
    Place::QuicInitial,
]);
