//! Conditions, rules, and who gets what.

use super::super::{Arity, Place};
use super::{DFL, DFLB, DLB, FL, Keyword, Places};

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
    Keyword::works("http-after-response", DFLB, "lower/tcp_rules")
        .takes(1, Arity::ANY, "<action> [{ if | unless } <condition>]")
        .acts(Place::HttpAfterResponse)
        .does("Acts on responses; answers that the proxy makes itself are not among them yet."),
    tcp("tcp-request connection", DFL, Place::TcpConnection, "Acts on connections."),
    tcp("tcp-request session", DFL, Place::TcpSession, "Acts on connections."),
    tcp("tcp-request content", DFLB, Place::TcpContent, "Acts on connections; in HTTP mode on each request."),
    tcp("tcp-response content", DLB, Place::TcpResponse, "Acts on what servers say first; in HTTP mode on each response."),
    Keyword::works("tcp-request inspect-delay", DFLB, "lower/inspection")
        .takes(1, 1, "<time>")
        .once()
        .does("How long `tcp-request content` rules wait in TCP mode for the bytes that they look at."),
    Keyword::works("tcp-response inspect-delay", DLB, "lower/tcp_responses")
        .takes(1, 1, "<time>")
        .once()
        .does("How long `tcp-response content` rules wait in TCP mode for the bytes that they look at."),
]];

const fn tcp(name: &'static str, places: Places, actions: Place, summary: &'static str) -> Keyword {
    Keyword::works(name, places, "lower/tcp_rules")
        .takes(1, Arity::ANY, "<action> [{ if | unless } <condition>]")
        .acts(actions)
        .does(summary)
}
