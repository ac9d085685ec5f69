//! `option …`

use super::super::form::{Form, opt};
use super::super::{Arity, Effect};
use super::{DFL, DFLB, DLB, FLB, Keyword, LB, Places};

pub(super) const GROUPS: &[&[Keyword]] = &[
    &[
        Keyword::works("option httplog", DFLB, "lower/logs")
            .takes(0, 1, "[clf]")
            .does("One log line a request, in HAProxy's HTTP form."),
        Keyword::works("option tcplog", DFLB, "lower/logs")
            .takes(0, 1, "[clf]")
            .does("One log line a connection, in HAProxy's TCP form."),
        switch("option dontlognull", DFL, "lower/logs", "Does not log connections on which nothing came."),
        switch(
            "option log-separate-errors",
            DFL,
            "lower/logs",
            "Lines of what went wrong have the level `err`.",
        ),
        switch("option dontlog-normal", DFL, "lower/logs", "Logs only what went wrong."),
        switch("option log-health-checks", DLB, "lower/logs", "Logs probes that find something new."),
        Keyword::works("option forwardfor", DFLB, "lower/http_options")
            .takes(0, 5, "[except <network>] [header <name>] [if-none]")
            .does("Tells servers the client's address in a header."),
        switch("option http-keep-alive", DFLB, "lower/http_options", "Keeps connections of both sides."),
        switch(
            "option http-server-close",
            DFLB,
            "lower/http_options",
            "Closes the server's connection after each answer.",
        ),
        switch("option httpclose", DFLB, "lower/http_options", "Closes connections after each answer."),
        Keyword::works("option redispatch", DLB, "lower/servers")
            .takes(0, 1, "[<interval>]")
            .negatable()
            .does("Lets a retry go to another server."),
        switch(
            "option tcpka",
            DFLB,
            "lower/connections",
            "Probes connections of both sides that are silent.",
        ),
        switch("option clitcpka", DFL, "lower/connections", "Probes clients that are silent."),
        switch("option srvtcpka", DLB, "lower/connections", "Probes servers that are silent."),
        switch("option persist", DLB, "lower/persistence", "Requests go to their server though it is down."),
        switch(
            "option prefer-last-server",
            DLB,
            "lower/persistence",
            "A request goes where the one before on its connection went.",
        ),
        switch(
            "option abortonclose",
            DLB,
            "what_a_client_that_has_gone_asked_for_is_dropped_where_that_is_asked_for",
            "What a client that has ended its side asked for is dropped.",
        ),
        switch("option allbackups", DLB, "lower/servers", "Uses all backup servers together."),
        switch(
            "option disable-h2-upgrade",
            DFL,
            "lower/http_version",
            "A connection begins with HTTP/2 where TLS came to that alone.",
        ),
        Keyword::works("option httpchk", DLB, "lower/checks")
            .takes(0, 4, "[[<method>] <uri> [<version> [<host>]]]")
            .does("Checks servers with an HTTP request."),
        Keyword::works("option tcp-check", DLB, "lower/checks")
            .takes(0, 0, "")
            .does("Checks servers with a TCP connection, and the steps of `tcp-check`."),
        Keyword::works("option udp-check", DLB, "lower/udp")
            .takes(0, 0, "")
            .does("Beyond HAProxy: checks servers with datagrams, and the steps of `tcp-check`; without steps with an empty one, which must not be refused."),
    ],
    &[
        plain("option contstats", DFL, "counters are always up to date"),
        plain("option splice-auto", DFLB, SPLICE),
        plain("option splice-request", DFLB, SPLICE),
        plain("option splice-response", DFLB, SPLICE),
        plain("option tcp-smart-accept", DFL, "the engine saves packets where it can"),
        plain("option tcp-smart-connect", DLB, "the engine saves packets where it can"),
        plain("option http-no-delay", DFLB, "the engine does not hold data back"),
        plain("option h1-case-adjust-bogus-client", DFL, "header names keep the case in which they came"),
        plain("option h1-case-adjust-bogus-server", DLB, "header names keep the case in which they came"),
        plain("option use-small-buffers", DFLB, "it tunes HAProxy's own inside").takes(0, Arity::ANY, ""),
    ],
    &[
        missing("option httpslog", DFLB, "lines have the form of `option httplog`"),
        missing("option logasap", DFL, "lines are logged at the end of an exchange"),
        missing("option socket-stats", DFL, "counters are per frontend"),
        missing("option nolinger", DFLB, "connections are closed in order"),
        missing("option http-pretend-keepalive", DFLB, "servers see how the connection ends"),
        missing("option http-use-proxy-header", DFL, "Proxy-Connection has no meaning"),
        missing("option http-buffer-request", DFLB, "the head is sent on before the body is complete"),
        missing("option http-ignore-probes", DFL, "connections that end early are answered and logged"),
        missing("option idle-close-on-response", DFL, "idle connections are closed at a soft stop"),
        missing("option independent-streams", DFLB, "traffic in one direction keeps the other alive"),
        Keyword::degraded(
            "option originalto",
            DFLB,
            "servers are not told the address that the client asked",
        )
        .takes(0, 4, "[except <network>] [header <name>]")
        .of(&[Form::Options(&[opt("except", &[Form::Any]), opt("header", &[Form::Any])])]),
        missing("option http-drop-request-trailers", DLB, "trailers pass"),
        missing("option http-drop-response-trailers", DFL, "trailers pass"),
        missing("option forwarded", DLB, "servers do not get the Forwarded header").takes(0, Arity::ANY, ""),
        missing(
            "option accept-unsafe-violations-in-http-request",
            DFL,
            "malformed requests are answered 400",
        ),
        missing(
            "option accept-unsafe-violations-in-http-response",
            DLB,
            "malformed responses are answered 502",
        ),
    ],
    &[
        refused("option checkcache", DLB, "cacheable responses with cookies would pass"),
        refused("option http-restrict-req-hdr-names", DFLB, "odd header names would pass").takes(
            0,
            Arity::ANY,
            "",
        ),
    ],
    &[
        protocol("option ldap-check", "Checks servers with an anonymous bind.").takes(0, 0, ""),
        protocol("option mysql-check", "Checks servers with MySQL's greeting, or a log-in.").takes(
            0,
            3,
            "[user <name> [post-41 | pre-41]]",
        ),
        protocol("option pgsql-check", "Checks servers with a start-up message of PostgreSQL.").takes(
            2,
            2,
            "user <name>",
        ),
        protocol("option redis-check", "Checks servers with a PING of Redis.").takes(0, 0, ""),
        protocol("option smtpchk", "Checks servers with greeting, hello and good-bye of SMTP.").takes(
            0,
            2,
            "[{ HELO | EHLO } <host>]",
        ),
        protocol("option ssl-hello-chk", "Checks servers with a hello of SSLv3.").takes(0, 0, ""),
    ],
    &[
        Keyword::works("option grpc-check", DLB, GRPC)
            .takes(0, 4, "[service <name>] [authority <name>]")
            .does("Checks servers with a call of grpc.health.v1.Health/Check. No version of HAProxy has it."),
        Keyword::works("option external-check", DLB, PROGRAMS)
            .takes(0, 0, "")
            .does("Checks servers with a program, which says by its exit code how they are."),
        Keyword::degraded("option spop-check", DLB, "checks of this kind are not made yet")
            .instead(Effect::NoCheckedServer),
        Keyword::inert("option keepalive", FLB, "HAProxy never did anything for it").negatable(),
        Keyword::inert("option tcpsplice", FLB, SPLICE).negatable(),
        Keyword::inert("option http-use-htx", DFLB, "it chose between two engines of HAProxy").negatable(),
        Keyword::degraded("option http-tunnel", DFL, "every request of a connection is seen").negatable(),
        Keyword::degraded("option http_proxy", DFLB, "requests are not sent where they ask")
            .negatable()
            .instead(Effect::NoServer),
        Keyword::works("option transparent", DLB, "lower/transparent")
            .takes(0, 0, "")
            .negatable()
            .does("Sends to the address that the client connected to, whom nothing keeps with a server."),
        Keyword::degraded("option lb-agent-chk", LB, "checks of this kind are not made yet")
            .instead(Effect::NoCheckedServer),
        Keyword::old("option forceclose", "option httpclose", DFLB).negatable(),
        Keyword::old("option independant-streams", "option independent-streams", DFLB).negatable(),
        Keyword::old(
            "option accept-invalid-http-request",
            "option accept-unsafe-violations-in-http-request",
            DFL,
        )
        .negatable(),
        Keyword::old(
            "option accept-invalid-http-response",
            "option accept-unsafe-violations-in-http-response",
            DLB,
        )
        .negatable(),
    ],
];

const PROGRAMS: &str = "lower/program_checks";
const GRPC: &str = "lower/http2_checks";
const SPLICE: &str = "the engine splices where that pays";

const fn switch(name: &'static str, places: Places, test: &'static str, summary: &'static str) -> Keyword {
    Keyword::works(name, places, test).takes(0, 0, "").negatable().does(summary)
}

const fn protocol(name: &'static str, summary: &'static str) -> Keyword {
    Keyword::works(name, DLB, "lower/protocol_checks").negatable().does(summary)
}

const fn plain(name: &'static str, places: Places, why: &'static str) -> Keyword {
    Keyword::inert(name, places, why).takes(0, 0, "").negatable()
}

const fn missing(name: &'static str, places: Places, why: &'static str) -> Keyword {
    Keyword::degraded(name, places, why).takes(0, 0, "").negatable()
}

const fn refused(name: &'static str, places: Places, why: &'static str) -> Keyword {
    Keyword::refused(name, places, why).takes(0, 0, "").negatable()
}
