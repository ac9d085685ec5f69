//! Conditions, rules, and who gets what.

use super::super::{Arity, Place};
use super::{DFL, DFLB, DLB, FL, Keyword};

pub(super) const GROUPS: &[&[Keyword]] = &[&[
    Keyword::works("acl", DFLB, "lower/acls")
        .takes(2, Arity::ANY, "<name> <sample> [<flag>...] [<pattern>...]")
        .does("Names a condition."),
    Keyword::works("use_backend", FL, "lower/routes")
        .takes(1, Arity::ANY, "<backend> [{ if | unless } <condition>]")
        .does("Sends what it matches to a backend."),
    Keyword::works("default_backend", DFL, "lower/routes")
        .takes(1, 1, "<backend>")
        .once()
        .does("The backend of all the rest."),
    Keyword::works("http-request", DFLB, "lower/http_rules")
        .takes(1, Arity::ANY, "<action> [{ if | unless } <condition>]")
        .acts(Place::HttpRequest)
        .does("Acts on requests."),
    Keyword::works("redirect", DFLB, "lower/http_rules")
        .takes(2, Arity::ANY, "{ location | prefix | scheme } <target> [code <status>] [<option>...] [{ if | unless } <condition>]")
        .does("Answers with another place to ask."),
    Keyword::works("http-response", DFLB, "lower/http_rules")
        .takes(1, Arity::ANY, "<action> [{ if | unless } <condition>]")
        .acts(Place::HttpResponse)
        .does("Acts on responses."),
    Keyword::refused("http-after-response", DFLB, "responses would pass without it").acts(Place::HttpAfterResponse),
    Keyword::refused("tcp-request connection", DFL, "connections would pass without it").acts(Place::TcpConnection),
    Keyword::refused("tcp-request session", DFL, "connections would pass without it").acts(Place::TcpSession),
    Keyword::refused("tcp-request content", DFLB, "traffic would pass without it").acts(Place::TcpContent),
    Keyword::refused("tcp-response content", DLB, "traffic would pass without it").acts(Place::TcpResponse),
    Keyword::inert("tcp-request inspect-delay", DFLB, "it acts on `tcp-request content` alone, which is refused")
        .takes(1, 1, "<time>")
        .once(),
    Keyword::inert("tcp-response inspect-delay", DLB, "it acts on `tcp-response content` alone, which is refused")
        .takes(1, 1, "<time>")
        .once(),
]];
