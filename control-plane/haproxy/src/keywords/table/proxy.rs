//! Lines of proxies that are settings.

use super::super::form::{Form, ID, NUMBER, Opt, TIME, opt};
use super::super::{Arity, Effect, Place};
use super::{DFL, DFLB, DLB, FL, FLB, Keyword, LB};

pub(super) const GROUPS: &[&[Keyword]] = &[
    &[
        Keyword::works("mode", DFLB, "lower/proxies")
            .takes(1, 1, "{ http | tcp | udp }")
            .once()
            .does("What the proxy speaks; `udp`, sessions of datagrams, beyond HAProxy."),
        Keyword::works("bind", FL, "lower/binds")
            .takes(1, Arity::ANY, "<address>[,...] [<option>...]")
            .options(Place::BindOption, 1)
            .strict()
            .does("Takes connections."),
        Keyword::works("server", LB, "lower/servers")
            .takes(2, Arity::ANY, "<name> <address>[:<port>] [<option>...]")
            .options(Place::ServerOption, 2)
            .strict()
            .does("A server to send traffic to. Without a port it has the client's, with `+n` or `-n` one relative to that."),
        Keyword::works("server-template", LB, "lower/resolvers")
            .takes(3, Arity::ANY, "<prefix> <number> <name>[:<port>] [<option>...]")
            .options(Place::ServerOption, 3)
            .strict()
            .does("Several servers, which share out the addresses of a name."),
        Keyword::works("default-server", DLB, "lower/servers")
            .takes(1, Arity::ANY, "<option>...")
            .options(Place::ServerOption, 0)
            .does("Options of the servers below."),
        Keyword::works("balance", DLB, "lower/servers")
            .takes(0, Arity::ANY, "roundrobin")
            .once()
            .does("How servers take turns; without the line in strict turns, as HAProxy did before 3.3 (since then: random)."),
        Keyword::works("maxconn", DFL, "lower/limits")
            .takes(1, 1, "<number>")
            .once()
            .does("Connections at one time."),
        Keyword::works("backlog", DFL, "lower/limits")
            .takes(1, 1, "<number>")
            .once()
            .does("Length of the kernel's queue of connections."),
        Keyword::works("retries", DLB, "lower/servers")
            .takes(1, 1, "<number>")
            .once()
            .does("Attempts to connect after the first."),
        Keyword::works("disabled", DFLB, "lower/proxies").takes(0, 0, "").does("Does not start the proxy."),
        Keyword::works("enabled", DFLB, "lower/proxies")
            .takes(0, 0, "")
            .does("Undoes `disabled` of the defaults."),
        Keyword::works("errorfile", DFLB, "lower/error_pages")
            .takes(2, 2, "<status> <path>")
            .does("A whole HTTP response to answer an error with."),
        Keyword::works("monitor-uri", DFL, "lower/monitor")
            .takes(1, 1, "<uri>")
            .once()
            .does("Requests for it are answered 200 by the proxy itself; they are logged."),
        Keyword::works("monitor fail", FL, "lower/monitor")
            .takes(2, Arity::ANY, "{ if | unless } <condition>")
            .does("When requests for `monitor-uri` are answered 503."),
        Keyword::works("log-format-sd", DFL, "lower/logs")
            .takes(1, 1, "<format>")
            .once()
            .does("Structured data of log lines in the form of RFC 5424."),
        Keyword::works("log-format", DFL, "lower/logs")
            .takes(1, 1, "<format>")
            .once()
            .does("The form of log lines."),
    ],
    &[
        Keyword::works("description", DFLB, "lower/stats")
            .takes(1, Arity::ANY, "<text>")
            .does("Free text about the proxy, for the statistics page."),
        Keyword::works("id", FLB, "lower/proxies").takes(1, 1, "<number>").does("Its number in statistics."),
        Keyword::inert("guid", FLB, "proxies are known by their names").takes(1, 1, "<text>"),
        Keyword::works("fullconn", DLB, KEPT)
            .takes(1, 1, "<number>")
            .once()
            .does("Load from which on servers with `minconn` have all their places."),
        Keyword::works("hash-type", DLB, "lower/balance")
            .takes(1, 3, "{ map-based | consistent } [<function> [avalanche]]")
            .of(&[
                Form::OneOf(&["map-based", "consistent"]),
                Form::OneOf(&["sdbm", "djb2", "wt6", "crc32", "none"]),
                Form::OneOf(&["avalanche"]),
            ])
            .once()
            .does("How a hash is made, and how it leads to a server."),
        Keyword::works("hash-balance-factor", DLB, "lower/balance")
            .takes(1, 1, "<percent>")
            .once()
            .does("No server gets more than so much of the mean load, with `hash-type consistent`."),
        Keyword::works("hash-preserve-affinity", DLB, KEPT)
            .takes(1, 1, "{ always | maxconn | maxqueue }")
            .of(&[Form::OneOf(&["always", "maxconn", "maxqueue"])])
            .once()
            .does("What happens to keys of a full server, with `hash-type consistent`."),
        Keyword::works("ignore-persist", LB, KEPT)
            .takes(1, Arity::ANY, "{ if | unless } <condition>")
            .of(&[Form::Condition])
            .does("Requests that take their turn whatever their cookie says."),
        Keyword::works("force-persist", LB, KEPT)
            .takes(1, Arity::ANY, "{ if | unless } <condition>")
            .of(&[Form::Condition])
            .does("Requests that go to their server though it is down."),
        Keyword::works("dynamic-cookie-key", DLB, KEPT)
            .takes(1, 1, "<key>")
            .once()
            .does("What `cookie ... dynamic` makes values of, with a server's address."),
        Keyword::degraded("crt", FL, SHOWN),
        Keyword::degraded("ssl-f-use", FL, SHOWN),
        Keyword::inert("quic-initial", DFL, "QUIC is not supported yet"),
    ],
    &[
        Keyword::degraded("errorloc", DFLB, ERRORS).takes(2, 2, "<status> <url>").of(ERROR_STATUS),
        Keyword::degraded("errorloc302", DFLB, ERRORS).takes(2, 2, "<status> <url>").of(ERROR_STATUS),
        Keyword::degraded("errorloc303", DFLB, ERRORS).takes(2, 2, "<status> <url>").of(ERROR_STATUS),
        Keyword::degraded("errorfiles", DFLB, ERRORS).takes(1, Arity::ANY, "<name> [<status>...]"),
        Keyword::degraded("http-error", DFLB, ERRORS)
            .takes(2, Arity::ANY, "status <status> [<argument>...]")
            .of(&[Form::OneOf(&["status"]), Form::OneOf(ERROR_STATUSES)]),
        Keyword::degraded("error-log-format", DFL, "errors are logged in the form of other lines")
            .takes(1, 1, "<format>"),
        Keyword::degraded("log-steps", DFL, "a line is logged at the end of an exchange"),
        Keyword::degraded("capture cookie", FL, "the log does not show it")
            .takes(3, 3, "<name> len <length>")
            .of(&[Form::Any, Form::OneOf(&["len"])]),
        Keyword::degraded("capture request header", FL, "the log does not show it")
            .takes(3, 3, "<name> len <length>")
            .of(&[Form::Any, Form::OneOf(&["len"])]),
        Keyword::degraded("capture response header", FL, "the log does not show it")
            .takes(3, 3, "<name> len <length>")
            .of(&[Form::Any, Form::OneOf(&["len"])]),
        Keyword::degraded("declare capture", FL, "the log does not show it")
            .takes(3, 3, "{ request | response } len <length>")
            .of(&[Form::OneOf(&["request", "response"]), Form::OneOf(&["len"]), Form::Number(1, i32::MAX as i64)]),
        Keyword::degraded("unique-id-format", DFL, "requests get no identifier").takes(1, 1, "<format>"),
        Keyword::degraded("unique-id-header", DFL, "requests get no identifier").takes(1, 1, "<name>"),
        Keyword::degraded("http-send-name-header", DLB, "servers are not told their name").takes(1, 1, "<name>"),
        Keyword::works("http-reuse", DLB, "lower/connections")
            .takes(1, 1, "{ never | safe | aggressive | always }")
            .of(&[Form::OneOf(&["never", "safe", "aggressive", "always"])])
            .does("Which connections of others a request goes over; without it, over any."),
        Keyword::works("retry-on", DLB, KEPT)
            .takes(1, Arity::ANY, "<event>...")
            .of(&[Form::Each(RETRIED)])
            .once()
            .does("What is tried again; without it connections that fail, and safe requests that get no answer."),
        Keyword::degraded("rate-limit sessions", DFL, "this limit is not kept").takes(1, 1, "<number>").of(NUMBER),
        Keyword::works("max-keep-alive-queue", DLB, "a_client_s_last_server_is_left_where_too_many_wait_there")
            .takes(1, 1, "<number>")
            .once()
            .does("Requests that wait at a server from which on `option prefer-last-server` does not count there."),
        Keyword::works("max-session-srv-conns", DFL, "lower/connections")
            .takes(1, 1, "<number>")
            .does("Connections to servers that a client keeps for itself."),
        Keyword::degraded("load-server-state-from-file", DLB, STATE)
            .takes(1, 1, "{ global | local | none }")
            .of(&[Form::OneOf(&["global", "local", "none"])]),
        Keyword::degraded("server-state-file-name", LB, STATE),
        Keyword::works("external-check command", DLB, PROGRAMS)
            .takes(1, 1, "<command>")
            .does("The program that checks servers."),
        Keyword::works("external-check path", DLB, PROGRAMS)
            .takes(1, 1, "<path>")
            .does("Its PATH, where a name without a slash is looked for."),
    ],
    &[
        Keyword::works("cookie", DLB, KEPT)
            .takes(1, Arity::ANY, "<name> [rewrite | insert | prefix] [<option>...]")
            .of(&[Form::Any, Form::Options(COOKIE)])
            .once()
            .does("Keeps clients with their server by a cookie.")
            .apart(&[&["rewrite", "indirect"], &["rewrite", "insert", "prefix"]]),
        Keyword::works("persist rdp-cookie", DLB, KEPT)
            .takes(0, 0, "[(<name>)]")
            .called(Form::Any, false)
            .once()
            .does("Keeps RDP clients with the server that their cookie names."),
        Keyword::degraded("stick-table", FLB, "nothing is remembered of clients")
            .takes(4, Arity::ANY, "type <type> size <size> [expire <time>] [store <data>] [<option>...]")
            .of(&[Form::Options(TABLE)]),
        Keyword::works("use-server", LB, KEPT)
            .takes(2, Arity::ANY, "<server> { if | unless } <condition>")
            .of(&[Form::Any, Form::Condition])
            .does("Sends requests to one server while that is not down."),
        Keyword::degraded("use-fcgi-app", LB, "FastCGI is not spoken yet, and HTTP would not be understood")
            .takes(1, 1, "<name>")
            .instead(Effect::NoServer),
        Keyword::works("source", DLB, "lower/connections")
            .takes(1, Arity::ANY, "<address>[:<port>] [interface <name>] [usesrc <address>]")
            .options(Place::ServerOption, 1)
            .does("Where connections to servers come from."),
        Keyword::degraded("filter", FLB, "traffic passes, also what it would turn away by itself"),
        Keyword::degraded("filter-sequence", FLB, "traffic passes, also what filters would turn away"),
        Keyword::degraded("be-unpublished", LB, "what is sent to it is answered 503")
            .instead(Effect::NoProxy),
        Keyword::degraded("force-be-switch", FL, "an unpublished backend gets no traffic"),
    ],
    &Keyword::each(
        ["stick on", "stick match", "stick store-request", "stick store-response"],
        Keyword::degraded("", LB, STAY)
            .takes(1, Arity::ANY, "<sample> [table <table>] [{ if | unless } <condition>]"),
    ),
    &[
        Keyword::works("balance static-rr", DLB, BALANCE).once().takes(0, 0, "").does("Turns in a fixed order, by weight."),
        Keyword::works("balance leastconn", DLB, BALANCE).once().takes(0, 0, "").does("The fewest exchanges for its weight."),
        Keyword::works("balance first", DLB, BALANCE).once().takes(0, 0, "").does("The lowest id that has a place."),
        Keyword::works("balance source", DLB, BALANCE).once().takes(0, 0, "").does("By the client's address."),
        Keyword::works("balance hash", DLB, BALANCE)
            .once()
            .takes(1, Arity::ANY, "<sample>")
            .does("By what an expression gives."),
        Keyword::works("balance uri", DLB, BALANCE)
            .once()
            .takes(0, Arity::ANY, "[len <length>] [depth <depth>] [whole] [path-only]")
            .of(&[Form::Options(&[
                opt("len", ID),
                opt("depth", ID),
                opt("whole", &[]),
                opt("path-only", &[]),
            ])])
            .does("By the target of the request."),
        Keyword::works("balance url_param", DLB, BALANCE)
            .once()
            .takes(1, 3, "<name> [check_post [<bytes>]]")
            .of(&[Form::Any, Form::OneOf(&["check_post"])])
            .does("By a parameter of the query, or of a form that is sent."),
        Keyword::works("balance hdr", DLB, BALANCE)
            .once()
            .takes(0, 1, "(<name>) [use_domain_only]")
            .called(Form::Any, true)
            .of(&[Form::OneOf(&["use_domain_only"])])
            .does("By a header."),
        Keyword::works("balance rdp-cookie", DLB, KEPT)
            .once()
            .takes(0, 0, "[(<name>)]")
            .called(Form::Any, false)
            .does("By a cookie in the first message of an RDP client."),
        Keyword::works("balance random", DLB, BALANCE)
            .once()
            .takes(0, 0, "[(<draws>)]")
            .called(Form::Number(1, i32::MAX as i64), false)
            .does("By chance: of some draws (2) the least loaded."),
    ],
    &Keyword::each(
        ["balance log-hash", "balance sticky"],
        Keyword::degraded("", DLB, TURNS).once(),
    ),
    &Keyword::each(
        ["mode log", "mode spop", "mode haterm"],
        Keyword::degraded("", DFLB, "this protocol is not spoken yet").once().instead(Effect::NoProxy),
    ),
    &[Keyword::degraded("email-alert level", DFLB, "no mail is sent").takes(1, 1, "<level>").of(&[Form::OneOf(&[
        "emerg", "alert", "crit", "err", "warning", "notice", "info", "debug",
    ])])],
    &Keyword::each(
        [
            "email-alert from",
            "email-alert mailers",
            "email-alert myhostname",
            "email-alert to",
        ],
        Keyword::degraded("", DFLB, "no mail is sent").takes(1, 1, "<text>"),
    ),
    &Keyword::each(
        [
            "clitcpka-idle",
            "clitcpka-intvl",
            "srvtcpka-idle",
            "srvtcpka-intvl",
        ],
        Keyword::works("", DFLB, "lower/connections")
            .takes(1, 1, "<time>")
            .of(TIME)
            .does("Silence before the first keep-alive probe, and between two; a number alone is in seconds."),
    ),
    &Keyword::each(
        ["clitcpka-cnt", "srvtcpka-cnt"],
        Keyword::works("", DFLB, "lower/connections")
            .takes(1, 1, "<number>")
            .of(NUMBER)
            .does("Keep-alive probes without an answer after which a connection is broken."),
    ),
    &[
        page("stats enable").takes(0, 0, "").does("Turns the statistics page on."),
        page("stats uri").takes(1, 1, "<prefix>").does("Where the statistics page is."),
        page("stats refresh").takes(1, 1, "<time>").does("How often browsers load it again."),
        page("stats realm").takes(1, 1, "<realm>").does("What the question for a password names."),
        page("stats auth")
            .takes(1, 1, "<user>:<password>")
            .adds()
            .does("Lets a user see it, and nobody else."),
        page("stats scope").takes(1, 1, "{ <proxy> | . }").adds().does("Shows a proxy, and no other."),
        page("stats hide-version").takes(0, 0, "").does("Does not tell the version."),
        page("stats show-version").takes(0, 0, "").does("Tells the version."),
        page("stats show-desc").takes(0, Arity::ANY, "[<text>]").does("Shows a text, else that of `global`."),
        page("stats show-legends").takes(0, 0, "").does("Shows addresses and algorithms."),
        page("stats show-node").takes(0, 1, "[<name>]").does("Shows a name, else that of the node."),
        Keyword::works("stats http-request", FLB, STATS)
            .takes(1, Arity::ANY, "{ allow | deny } [{ if | unless } <condition>]")
            .does("Says who may see it. `auth` answers 403: there are no user lists yet."),
        Keyword::works("stats admin", FLB, STATS)
            .takes(2, Arity::ANY, "{ if | unless } <condition>")
            .does("Lets requests change servers from the page, where the condition holds."),
        Keyword::inert("stats show-modules", DFLB, "there are no modules"),
    ],
];

/// Statuses of which HAProxy has an error page.
const ERROR_STATUSES: &[&str] = &[
    "200", "400", "401", "403", "404", "405", "407", "408", "410", "413", "414", "421", "422", "425", "429",
    "431", "500", "501", "502", "503", "504",
];
const ERROR_STATUS: &[Form] = &[Form::OneOf(ERROR_STATUSES)];

/// What `retry-on` names.
const RETRIED: &[&str] = &[
    "none",
    "conn-failure",
    "empty-response",
    "junk-response",
    "response-timeout",
    "0rtt-rejected",
    "all-retryable-errors",
    "401",
    "403",
    "404",
    "408",
    "421",
    "425",
    "429",
    "500",
    "501",
    "502",
    "503",
    "504",
];

const COOKIE: &[Opt] = &[
    opt("rewrite", &[]),
    opt("insert", &[]),
    opt("prefix", &[]),
    opt("indirect", &[]),
    opt("nocache", &[]),
    opt("postonly", &[]),
    opt("preserve", &[]),
    opt("httponly", &[]),
    opt("secure", &[]),
    opt("dynamic", &[]),
    opt("domain", &[Form::Any]),
    opt("maxidle", &[Form::Time]),
    opt("maxlife", &[Form::Time]),
    opt("attr", &[Form::Any]),
];

const TABLE: &[Opt] = &[
    opt("type", &[Form::OneOf(&["ip", "ipv4", "ipv6", "integer", "string", "binary"])]),
    opt("len", &[Form::Number(1, i32::MAX as i64)]),
    opt("size", &[Form::Size]),
    opt("expire", &[Form::Time]),
    opt("nopurge", &[]),
    opt("recv-only", &[]),
    opt("peers", &[Form::Any]),
    opt("srvkey", &[Form::OneOf(&["name", "addr"])]),
    opt("write-to", &[Form::Any]),
    opt("brates-factor", &[Form::Number(1, 1024)]),
    opt("store", &[Form::List(STORED)]),
];

const STORED: &[&str] = &[
    "server_id",
    "server_key",
    "gpc",
    "gpc_rate",
    "gpc0",
    "gpc0_rate",
    "gpc1",
    "gpc1_rate",
    "gpt",
    "gpt0",
    "conn_cnt",
    "conn_cur",
    "conn_rate",
    "sess_cnt",
    "sess_rate",
    "http_req_cnt",
    "http_req_rate",
    "http_err_cnt",
    "http_err_rate",
    "http_fail_cnt",
    "http_fail_rate",
    "bytes_in_cnt",
    "bytes_in_rate",
    "bytes_out_cnt",
    "bytes_out_rate",
    "glitch_cnt",
    "glitch_rate",
];

const ERRORS: &str = "the built-in error page is sent";
const BALANCE: &str = "lower/balance";
const KEPT: &str = "lower/persistence";
const STAY: &str = "clients do not stay with their server: every request takes its turn";
const TURNS: &str = "servers take turns, as with `roundrobin`";
const PROGRAMS: &str = "lower/program_checks";
const STATE: &str = "servers start as the configuration says";

const STATS: &str = "lower/stats";

const fn page(name: &'static str) -> Keyword {
    Keyword::works(name, DFLB, STATS)
}
const SHOWN: &str = "certificates of `bind` lines alone are shown";
