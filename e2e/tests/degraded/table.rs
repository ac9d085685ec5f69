//! Lines whose conditions cannot be told here, requests, and what becomes of them by HAProxy and by ours.

/// What a line does, and so what stands in its place where its condition cannot be told (`docs/check.md`, the safe side).
#[derive(Clone, Copy, Debug)]
pub(crate) enum Does {
    /// It is done.
    TurnsAway,
    /// It is not done.
    LetsIn,
    /// It is not done.
    Changes,
    /// It is done: what the server must not see.
    TakesAway(&'static str),
    /// What it might apply to is turned away.
    Decides,
    /// What is counted is taken for 0.
    Limits,
}

/// A request (`GET /a Name: value | Name: value`), the answer of HAProxy, and ours.
///
/// An answer is its status, then the server and the target and headers beginning with `x-` that it saw, else the location;
/// or `closed`.
pub(crate) type Ask = (&'static str, &'static str, &'static str);

/// The lines of a frontend with `app` for a default backend, and what is asked of it.
pub(crate) struct Row {
    pub(crate) does: Does,
    pub(crate) lines: &'static str,
    pub(crate) asks: &'static [Ask],
}

/// A variable that only HAProxy knows.
const SET: &str = "http-request set-var(txn.v) hdr(x-v)";

const fn row(does: Does, lines: &'static str, asks: &'static [Ask]) -> Row {
    Row { does, lines, asks }
}

use Does::{Changes, Decides, LetsIn, Limits, TakesAway, TurnsAway};

pub(crate) const ROWS: &[Row] = &[
    row(
        TurnsAway,
        "SET\nhttp-request deny if { var(txn.v) -m found }",
        &[("GET /a X-V: 1", "403", "403"), ("GET /a", "200 app /a", "403")],
    ),
    row(
        TurnsAway,
        "SET\nhttp-request deny if { path /a } { var(txn.v) -m found }",
        &[
            ("GET /a X-V: 1", "403", "403"),
            ("GET /a", "200 app /a", "403"),
            ("GET /b X-V: 1", "200 app /b x-v=1", "200 app /b x-v=1"),
        ],
    ),
    row(
        TurnsAway,
        "SET\nhttp-request deny if { path /a } !{ var(txn.v) -m found }",
        &[
            ("GET /a", "403", "403"),
            ("GET /a X-V: 1", "200 app /a x-v=1", "403"),
            ("GET /b", "200 app /b", "200 app /b"),
        ],
    ),
    row(
        TurnsAway,
        "SET\nhttp-request deny if { path /a } or { var(txn.v) -m str 1 }",
        &[("GET /a", "403", "403"), ("GET /b X-V: 1", "403", "403"), ("GET /b", "200 app /b", "403")],
    ),
    row(
        TurnsAway,
        "SET\nhttp-request deny unless { path /open } or { var(txn.v) -m str 1 }",
        &[
            ("GET /open", "200 app /open", "200 app /open"),
            ("GET /a", "403", "403"),
            ("GET /a X-V: 1", "200 app /a x-v=1", "403"),
        ],
    ),
    row(
        TurnsAway,
        "SET\nacl inside path_beg /in\nacl member var(txn.v) -m found\nhttp-request deny if inside !member",
        &[
            ("GET /in", "403", "403"),
            ("GET /in X-V: 1", "200 app /in x-v=1", "403"),
            ("GET /out", "200 app /out", "200 app /out"),
        ],
    ),
    row(
        TurnsAway,
        "http-request deny deny_status 410 if { urlp_val(n) 1 }",
        &[("GET /a?n=1", "410", "410"), ("GET /a?n=2", "200 app /a?n=2", "410")],
    ),
    row(
        TurnsAway,
        "http-request tarpit deny_status 429 if { urlp_val(n) gt 5 } { path /slow }",
        &[
            ("GET /slow?n=6", "429", "429"),
            ("GET /slow?n=5", "200 app /slow?n=5", "429"),
            ("GET /a?n=6", "200 app /a?n=6", "200 app /a?n=6"),
        ],
    ),
    row(
        TurnsAway,
        "http-request silent-drop if { path /a } { url_ip 10.0.0.1 }",
        &[("GET /a", "200 app /a", "403"), ("GET /b", "200 app /b", "200 app /b")],
    ),
    row(
        TurnsAway,
        "http-request auth realm here if { path /members } !{ http_auth(people) }",
        &[
            ("GET /members", "401", "403"),
            // anna:secret
            ("GET /members Authorization: Basic YW5uYTpzZWNyZXQ=", "200 app /members", "403"),
            ("GET /open", "200 app /open", "200 app /open"),
        ],
    ),
    row(
        TurnsAway,
        "acl users http_auth(people)\nhttp-request deny unless users",
        &[("GET /", "403", "403"), ("GET / Authorization: Basic YW5uYTpzZWNyZXQ=", "200 app /", "403")],
    ),
    row(
        TurnsAway,
        "http-request set-src hdr(x-from)\nhttp-request deny if { src 127.0.0.0/8 } { path /a }",
        &[
            ("GET /a X-From: 10.0.0.1", "200 app /a x-from=10.0.0.1", "403"),
            ("GET /a", "403", "403"),
            ("GET /b", "200 app /b", "200 app /b"),
        ],
    ),
    row(TurnsAway, "http-response deny if { res.cook(session) -m found }", &[("GET /", "200 app /", "502")]),
    row(
        TurnsAway,
        "http-request set-var(txn.p) path\nhttp-response deny if { var(txn.p) -m str /a } { status 200 }",
        &[("GET /a", "502", "502"), ("GET /b", "200 app /b", "502")],
    ),
    row(
        TurnsAway,
        "monitor-uri /alive\nmonitor fail if { var(proc.down) -m found }",
        &[("GET /alive", "200", "503"), ("GET /a", "200 app /a", "200 app /a")],
    ),
    row(
        TurnsAway,
        "monitor-uri /alive\nmonitor fail if { var(proc.down) -m found } { hdr(x-never) -m found }",
        &[("GET /alive", "200", "200")],
    ),
    row(
        TurnsAway,
        "SET\nhttp-request reject if { var(txn.v) -m str 1 } { path /a }",
        &[
            ("GET /a X-V: 1", "closed", "403"),
            ("GET /a", "200 app /a", "403"),
            ("GET /b", "200 app /b", "200 app /b"),
        ],
    ),
    row(
        LetsIn,
        "SET\nhttp-request allow if { var(txn.v) -m str 1 }\nhttp-request deny",
        &[("GET / X-V: 1", "200 app / x-v=1", "403"), ("GET /", "403", "403")],
    ),
    row(
        LetsIn,
        "SET\nhttp-request allow if { var(txn.v) -m str 1 } or { path /open }\nhttp-request deny",
        &[
            ("GET /open", "200 app /open", "200 app /open"),
            ("GET /a X-V: 1", "200 app /a x-v=1", "403"),
            ("GET /a", "403", "403"),
        ],
    ),
    row(
        LetsIn,
        "http-request allow unless { cook_val(n) 1 }\nhttp-request deny",
        &[("GET /a", "200 app /a", "403"), ("GET /a Cookie: n=1", "403", "403")],
    ),
    row(
        LetsIn,
        "SET\nhttp-request allow if { path_beg /a } !{ var(txn.v) -m str 1 }\nhttp-request deny if { path_beg /a }",
        &[
            ("GET /a", "200 app /a", "403"),
            ("GET /a X-V: 1", "403", "403"),
            ("GET /b X-V: 1", "200 app /b x-v=1", "200 app /b x-v=1"),
        ],
    ),
    row(
        Changes,
        "SET\nhttp-request set-header X-Member 1 if { var(txn.v) -m str 1 }",
        &[
            ("GET / X-V: 1", "200 app / x-member=1 x-v=1", "200 app / x-v=1"),
            ("GET /", "200 app /", "200 app /"),
        ],
    ),
    row(
        Changes,
        "SET\nhttp-request set-header X-Member 1 if { var(txn.v) -m str 1 } or { path /member }",
        &[
            ("GET /member", "200 app /member x-member=1", "200 app /member x-member=1"),
            ("GET / X-V: 1", "200 app / x-member=1 x-v=1", "200 app / x-v=1"),
        ],
    ),
    row(
        Changes,
        "http-request add-header X-Role admin if { http_auth(people) }",
        &[
            ("GET / Authorization: Basic YW5uYTpzZWNyZXQ=", "200 app / x-role=admin", "200 app /"),
            ("GET /", "200 app /", "200 app /"),
        ],
    ),
    row(
        Changes,
        "http-request set-path /x unless { urlp_val(n) 1 }",
        &[("GET /b", "200 app /x", "200 app /b"), ("GET /a?n=1", "200 app /a?n=1", "200 app /a?n=1")],
    ),
    row(
        TakesAway("x-admin"),
        "SET\nhttp-request del-header X-Admin unless { var(txn.v) -m str 1 }",
        &[
            ("GET / X-Admin: 1", "200 app /", "200 app /"),
            ("GET / X-Admin: 1 | X-V: 1", "200 app / x-admin=1 x-v=1", "200 app / x-v=1"),
        ],
    ),
    row(
        TakesAway("x-admin"),
        "SET\nhttp-request del-header X-Admin if { path /a } { var(txn.v) -m str 1 }",
        &[
            ("GET /a X-Admin: 1", "200 app /a x-admin=1", "200 app /a"),
            ("GET /b X-Admin: 1", "200 app /b x-admin=1", "200 app /b x-admin=1"),
        ],
    ),
    row(
        TakesAway("//"),
        "SET\nhttp-request normalize-uri path-merge-slashes if { var(txn.v) -m str 1 }",
        &[
            ("GET /a//b", "200 app /a//b", "200 app /a/b"),
            ("GET /a//b X-V: 1", "200 app /a/b x-v=1", "200 app /a/b x-v=1"),
        ],
    ),
    row(
        Decides,
        "SET\nhttp-request redirect location /login unless { var(txn.v) -m found }",
        &[("GET /a", "302 /login", "503"), ("GET /a X-V: 1", "200 app /a x-v=1", "503")],
    ),
    row(
        Decides,
        "SET\nredirect prefix https://example.org if { path /a } { var(txn.v) -m str 1 }",
        &[
            ("GET /a X-V: 1", "302 https://example.org/a", "503"),
            ("GET /a", "200 app /a", "503"),
            ("GET /b X-V: 1", "200 app /b x-v=1", "200 app /b x-v=1"),
        ],
    ),
    row(
        Decides,
        "http-request return status 200 if { path /robots.txt } or { cook_val(n) 1 }",
        &[
            ("GET /robots.txt", "200", "200"),
            ("GET /a Cookie: n=1", "200", "503"),
            ("GET /b", "200 app /b", "503"),
        ],
    ),
    row(
        Decides,
        "SET\nuse_backend other if { var(txn.v) -m str 1 }",
        &[("GET / X-V: 1", "200 other / x-v=1", "503"), ("GET /", "200 app /", "503")],
    ),
    row(
        Decides,
        "use_backend other if { path /b } { urlp_val(a) 1 }",
        &[
            ("GET /b?a=1", "200 other /b?a=1", "503"),
            ("GET /b", "200 app /b", "503"),
            ("GET /c?a=1", "200 app /c?a=1", "200 app /c?a=1"),
        ],
    ),
    row(
        Decides,
        "use_backend other if { path /b } or { urlp_val(a) 1 }",
        &[
            ("GET /b", "200 other /b", "200 other /b"),
            ("GET /c?a=1", "200 other /c?a=1", "503"),
            ("GET /c", "200 app /c", "503"),
        ],
    ),
    row(
        Decides,
        "SET\nuse_backend %[var(txn.v)] if { path /dynamic }",
        &[
            ("GET /dynamic X-V: other", "200 other /dynamic x-v=other", "503"),
            ("GET /dynamic X-V: none", "200 app /dynamic x-v=none", "503"),
            ("GET /a X-V: other", "200 app /a x-v=other", "200 app /a x-v=other"),
        ],
    ),
    row(
        Decides,
        "SET\nhttp-request deny if { path /a } { var(txn.v) -m str 1 }\nuse_backend other if { path /b } !{ var(txn.v) -m str 1 }",
        &[
            ("GET /a X-V: 1", "403", "403"),
            ("GET /b", "200 other /b", "503"),
            ("GET /c", "200 app /c", "200 app /c"),
        ],
    ),
    row(
        Decides,
        "default_backend pair",
        &[("GET /a", "200 app /a", "200 app /a"), ("GET /two", "200 other /two", "200 other /two")],
    ),
    row(
        Limits,
        "stick-table type ip size 10 expire 10s store http_req_rate(10s)\nhttp-request track-sc0 src\n\
         http-request deny deny_status 429 if { sc_http_req_rate(0) gt 100 }",
        &[("GET /", "200 app /", "200 app /")],
    ),
    row(
        Decides,
        "use_backend other if { req.len gt 0 } { path /b }",
        &[("GET /a", "200 app /a", "200 app /a"), ("GET /b", "200 other /b", "503")],
    ),
    row(
        LetsIn,
        "tcp-request inspect-delay 50ms\ntcp-request content accept if WAIT_END\ntcp-request content reject",
        &[("GET /", "200 app /", "403")],
    ),
];

/// The lines of a row, each with its end and indented.
pub(crate) fn lines(row: &Row) -> String {
    row.lines.lines().map(|line| format!("    {}\n", if line == "SET" { SET } else { line })).collect()
}
