//! Actions of rules.

use super::super::{Arity, Place, Places};
use super::Keyword;

pub(super) const GROUPS: &[&[Keyword]] = &[
    &[
        Keyword::works("allow", REQUEST, TEST).takes(0, 0, "").does("Ends the rules of this proxy."),
        Keyword::works("deny", REQUEST, TEST)
            .takes(
                0,
                Arity::ANY,
                "[status <status>] [content-type <type>] [<content>] [hdr <name> <format>]...",
            )
            .does("Answers 403 or another error."),
        Keyword::works("return", REQUEST, TEST)
            .takes(
                0,
                Arity::ANY,
                "[status <status>] [content-type <type>] [<content>] [hdr <name> <format>]...",
            )
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
        Keyword::refused("allow", RESPONSES, LATER),
        Keyword::refused("deny", RESPONSE, LATER),
        Keyword::refused("return", RESPONSE, LATER),
        Keyword::refused("redirect", RESPONSE, LATER),
        Keyword::refused("set-header", AFTER, LATER),
        Keyword::refused("add-header", AFTER, LATER),
        Keyword::refused("del-header", AFTER, LATER),
        Keyword::refused("auth", REQUEST, "requests would pass without a password"),
        Keyword::refused("cache-store", RESPONSE, LATER),
        Keyword::refused("close", TCP_RESPONSE, LATER),
        Keyword::refused("accept", ACCEPTS, LATER),
        Keyword::refused("attach-srv", TCP_SESSION, LATER),
        Keyword::refused("expect-netscaler-cip", TCP_CONNECTION, LATER),
        Keyword::refused("expect-proxy", TCP_CONNECTION, LATER),
        Keyword::refused("dgram-drop", QUIC, LATER),
        Keyword::refused("send-retry", QUIC, LATER),
        Keyword::refused("replace-header", AFTER, LATER),
        Keyword::refused("replace-value", AFTER, LATER),
        Keyword::refused("set-status", AFTER, LATER),
        Keyword::refused("switch-mode", TCP_CONTENT, LATER),
    ],
    &Keyword::each(
        ["normalize-uri", "tarpit"],
        Keyword::refused("", REQUEST, "requests would pass as they came"),
    ),
    &Keyword::each(
        ["add-headers-bin", "del-headers-bin", "del-map", "set-headers-bin", "set-map"],
        Keyword::refused("", HTTP, "messages would pass as they came"),
    ),
    &Keyword::each(["add-acl", "del-acl"], Keyword::refused("", HTTP, "later conditions could not see it")),
    &Keyword::each(
        [
            "sc-add-gpc",
            "sc-inc-gpc",
            "sc-inc-gpc0",
            "sc-inc-gpc1",
            "sc-set-gpt",
            "sc-set-gpt0",
            "set-var",
            "set-var-fmt",
            "unset-var",
            "track-sc0",
            "track-sc1",
            "track-sc2",
        ],
        Keyword::refused("", RULES, "later conditions could not see it"),
    ),
    &Keyword::each(
        ["reject", "silent-drop"],
        Keyword::refused("", RULES_AND_QUIC, "what it turns away would pass"),
    ),
    &Keyword::each(
        ["do-resolve", "set-dst", "set-dst-port", "use-service"],
        Keyword::refused("", REQUESTS, "traffic would go elsewhere"),
    ),
    &Keyword::each(
        ["set-src", "set-src-port"],
        Keyword::refused("", REQUESTS, "later conditions and servers would see another client"),
    ),
    &Keyword::each(
        ["send-spoe-group", "set-bandwidth-limit", "set-timeout"],
        Keyword::refused("", RULES, "traffic would pass without it"),
    ),
    &Keyword::each(
        ["set-retries", "set-priority-class", "set-priority-offset"],
        Keyword::degraded("", REQUESTS, "every request is worth the same"),
    ),
    &Keyword::each(
        ["set-fc-mark", "set-fc-tos", "set-bc-mark", "set-bc-tos", "set-mark", "set-tos"],
        Keyword::degraded("", RULES, "packets are not marked"),
    ),
    &Keyword::each(
        ["capture", "do-log", "set-log-level"],
        Keyword::degraded("", RULES_AND_QUIC, "the log does not follow it"),
    ),
    &[
        Keyword::degraded("pause", HTTP, "there is no pause"),
        Keyword::degraded("early-hint", REQUEST, "no 103 is sent"),
        Keyword::degraded("cache-use", REQUEST, "nothing is cached"),
        Keyword::degraded("wait-for-body", HTTP, "the head is sent on before the body is complete"),
        Keyword::degraded("strict-mode", HTTP, "a rewrite that fails is answered 500"),
        Keyword::inert("set-nice", RULES, "all connections are worth the same"),
        Keyword::inert("wait-for-handshake", REQUEST, super::TLS),
        Keyword::inert("disable-l7-retry", REQUEST, "only connections that fail are tried again"),
    ],
];

/// Actions that give a part of a message another value.
const REWRITES: &[Keyword] = &[
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

const TEST: &str = "lower/http_rules";
const REWRITE_TEST: &str = "lower/rewrites";
const LATER: &str = "rules of this kind are not run yet";

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
const ACCEPTS: Places = Places::of(&[
    Place::TcpConnection,
    Place::TcpSession,
    Place::TcpContent,
    Place::TcpResponse,
    Place::QuicInitial,
]);
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
