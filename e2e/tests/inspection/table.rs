//! Rules of a frontend, what a client does, and what becomes of it.

/// One thing that a client does.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    Says(Vec<u8>),
    /// Waits for the name of the server, or the end.
    Hears,
    /// Ends its side.
    Ends,
    Resets,
}

/// The fate is what the client hears, to its end, and what is logged: backend, server, flags.
pub(crate) struct Row {
    pub(crate) lines: &'static str,
    pub(crate) steps: Vec<Step>,
    pub(crate) fate: &'static str,
}

use Step::{Ends, Hears, Resets};

fn row(lines: &'static str, steps: Vec<Step>, fate: &'static str) -> Row {
    Row { lines, steps, fate }
}

fn says(bytes: impl AsRef<[u8]>) -> Step {
    Step::Says(bytes.as_ref().to_vec())
}

/// The first message of a TLS client that asks for that name (RFC 8446, section 4.1.2).
fn hello(name: &str) -> Vec<u8> {
    let length = u8::try_from(name.len()).unwrap();
    let name = [&[0, 0, 0, length + 5, 0, length + 3, 0, 0, length], name.as_bytes()].concat();
    let alpn = [0, 16, 0, 5, 0, 3, 2, b'h', b'2'];
    let rest = [&[0, 0, 2, 0x13, 1, 1, 0, 0, length + 9 + 9][..], &name, &alpn].concat();
    let body = [&[3, 3][..], &[7; 32], &rest].concat();
    let body_length = u8::try_from(body.len()).unwrap();
    [&[22, 3, 1, 0, body_length + 4, 1, 0, 0, body_length], &body[..]].concat()
}

const SNI: &str = "tcp-request inspect-delay 5s
    tcp-request content accept if { req.ssl_hello_type 1 }
    tcp-request content reject
    acl theirs req.ssl_sni -i -m end .b.example
    use_backend b if theirs
    default_backend a";

const HTTP: &str = "GET / HTTP/1.1\r\nHost: b.example\r\nConnection: close\r\n\r\n";

pub(crate) fn rows() -> Vec<Row> {
    [names(), waits(), asks(), backends(), requests()].into_iter().flatten().collect()
}

/// TLS, by the name that is asked for.
fn names() -> Vec<Row> {
    let of_a = hello("www.a.example");
    let of_b = hello("WWW.B.example");
    vec![
        row(SNI, vec![says(&of_b[..7]), says(&of_b[7..]), Hears, Ends], "B echoes, b/b --"),
        row(SNI, vec![says(&of_a), Hears, Ends], "A echoes, a/a --"),
        row(SNI, vec![says("GET / HTTP/1.1\r\n\r\n")], "closed, front/<NOSRV> PR"),
        row(SNI, vec![says(&of_b[..40]), Ends], "closed, front/<NOSRV> PR"),
        row(SNI, vec![Ends], "closed, front/<NOSRV> PR"),
        row(SNI, vec![says(&of_b[..40]), Resets], "reset, front/<NOSRV> PR"),
    ]
}

/// How long is waited, and how it ends.
fn waits() -> Vec<Row> {
    vec![
        row(
            "tcp-request inspect-delay 100ms
            tcp-request content accept if { req.len gt 3 }
            tcp-request content reject if WAIT_END
            default_backend a",
            vec![says("abc")],
            "closed, front/<NOSRV> PR",
        ),
        row(
            "tcp-request inspect-delay 100ms
            tcp-request content accept if { req.len gt 3 }
            default_backend a",
            vec![Hears, Ends],
            "A echoes, a/a --",
        ),
        row(
            "tcp-request content reject unless { req.len gt 0 }
            default_backend a",
            vec![],
            "closed, front/<NOSRV> PR",
        ),
        row(
            "tcp-request inspect-delay 10s
            timeout client 200ms
            tcp-request content accept if { req.len gt 3 }
            default_backend a",
            vec![says("abc")],
            "closed, a/<NOSRV> cR",
        ),
        row(
            "tcp-request inspect-delay 10s
            tcp-request content accept if { req.len gt 3 }
            default_backend a",
            vec![says("abc"), Ends],
            "A echoes, a/a --",
        ),
        row(
            "tcp-request inspect-delay 10s
            timeout client 1s
            tcp-request content accept if { req.len gt 20000 }
            use_backend b if { req.len 15360:15400 }
            default_backend a",
            vec![says([b'x'; 30_000]), Hears, Ends],
            "B echoes, b/b --",
        ),
        // An open test is not passed by, though what follows it is false.
        row(
            "tcp-request inspect-delay 10s
            timeout client 200ms
            tcp-request content accept if { req.len gt 3 } FALSE
            default_backend a",
            vec![],
            "closed, a/<NOSRV> cR",
        ),
        row(
            "tcp-request inspect-delay 10s
            timeout client 200ms
            tcp-request content accept if FALSE { req.len gt 3 }
            default_backend a",
            vec![Hears, Ends],
            "A echoes, a/a --",
        ),
        row(
            "tcp-request inspect-delay 10s
            timeout client 200ms
            tcp-request content accept if { req.len gt 3 }
            tcp-request content reject
            default_backend a",
            vec![says("abc")],
            "closed, front/<NOSRV> PR",
        ),
    ]
}

/// What bytes say.
fn asks() -> Vec<Row> {
    let of_a = hello("www.a.example");
    vec![
        row(
            "tcp-request inspect-delay 10s
            tcp-request content reject unless { req.payload(0,3) -m str abc } or { req.payload(0,2) -m bin 6162 }
            use_backend b if { req.payload_lv(3,1) -m str de }
            default_backend a",
            vec![says("abc\x02de"), Hears, Ends],
            "B echoes, b/b --",
        ),
        row(
            "tcp-request inspect-delay 10s
            tcp-request content accept if { req.rdp_cookie_cnt gt 0 }
            tcp-request content reject
            use_backend b if { req.rdp_cookie(mstshash) -m beg jo }
            default_backend a",
            vec![says(b"\x03\0\0\x2f\x2a\xe0\0\0\0\0\0Cookie: mstshash=john\r\n"), Hears, Ends],
            "B echoes, b/b --",
        ),
        row(
            "tcp-request inspect-delay 10s
            tcp-request content accept if { req.ssl_alpn -m found }
            use_backend a unless { req.ssl_ver gt 3.2 } { req_ssl_ver 3.1:3.3 } { req.ssl_ver 3.3-3.4 }
            use_backend b if { req.ssl_alpn h2 } { req.ssl_st_ext 0 } !{ req.ssl_ec_ext }
            default_backend a",
            vec![says(&of_a), Hears, Ends],
            "B echoes, b/b --",
        ),
    ]
}

/// What backends ask.
fn backends() -> Vec<Row> {
    let of_a = hello("www.a.example");
    vec![
        row(
            "timeout client 50ms
            default_backend careful",
            vec![says("BA")],
            "closed, careful/<NOSRV> cR",
        ),
        row(
            "tcp-request inspect-delay 10s
            tcp-request content accept if { req.ssl_hello_type 1 }
            default_backend pair",
            vec![says(&of_a), Hears, Ends],
            "B echoes, pair/b --",
        ),
        row("default_backend careful", vec![says("BAD")], "closed, careful/<NOSRV> PR"),
        row("default_backend careful", vec![says("GOOD"), Hears, Ends], "A echoes, careful/a --"),
        row("default_backend careful", vec![Hears, says("BAD"), Ends], "A echoes, careful/a --"),
    ]
}

/// Requests among the bytes.
fn requests() -> Vec<Row> {
    vec![
        row(
            "tcp-request inspect-delay 10s
            tcp-request content accept if HTTP
            use_backend b if { hdr(host) b.example } METH_GET { path / }
            default_backend a",
            vec![says(&HTTP[..20]), says(&HTTP[20..]), Hears, Ends],
            "B echoes, b/b --",
        ),
        row(
            "tcp-request inspect-delay 10s
            tcp-request content accept if HTTP
            use_backend b if HTTP
            default_backend a",
            vec![says("SSH-2.0-x\r\n"), Hears, Ends],
            "A echoes, a/a --",
        ),
        // What a request has not.
        row(
            "mode http
            tcp-request content reject if { req.ssl_sni -m found } or { req.payload(0,3) -m found }
            tcp-request content reject if { req.ssl_hello_type -m found } or { req.rdp_cookie -m found }
            default_backend web",
            vec![says(HTTP)],
            "200 web, web/web --",
        ),
        row(
            "tcp-request inspect-delay 10s
            tcp-request content switch-mode http if HTTP
            use_backend web if HTTP
            default_backend a",
            vec![says(HTTP)],
            "200 web, web/web --",
        ),
        row(
            "tcp-request inspect-delay 10s
            tcp-request content switch-mode http if HTTP
            use_backend web if HTTP
            default_backend a",
            vec![says("SSH-2.0-x\r\n"), Hears, Ends],
            "A echoes, a/a --",
        ),
        row(
            "tcp-request inspect-delay 10s
            tcp-request content switch-mode http if HTTP
            use_backend web if { path /other }
            default_backend a",
            vec![says(HTTP)],
            "500, a/<NOSRV> IR; haproxy: closed, a/<NOSRV> IR",
        ),
        row(
            "tcp-request inspect-delay 10s
            tcp-request content switch-mode http if FALSE
            tcp-request content accept if HTTP
            use_backend web if HTTP
            default_backend a",
            vec![says(HTTP)],
            "200 web, web/web --",
        ),
        row(
            "tcp-request inspect-delay 10s
            tcp-request content switch-mode http if { req.payload(0,1) -m str x }
            use_backend web if { req.len gt 0 }
            default_backend web",
            vec![says("xyz\r\n\r\n")],
            "400, front/<NOSRV> PR",
        ),
        row(
            "tcp-request inspect-delay 10s
            tcp-request content switch-mode http if HTTP
            http-request deny if { path / }
            default_backend web",
            vec![says(HTTP)],
            "403, front/<NOSRV> PR",
        ),
        row(
            "tcp-request inspect-delay 10s
            tcp-request content switch-mode http if HTTP
            http-request deny unless { path /open }
            use_backend web if HTTP
            default_backend a",
            vec![says("SSH-2.0-x\r\n"), Hears, Ends],
            "A echoes, a/a --",
        ),
        // What is no request meets HTTP where the backend alone asks for that.
        row(
            "tcp-request inspect-delay 10s
            tcp-request content switch-mode http if FALSE
            tcp-request content accept if { req.len gt 0 }
            default_backend web",
            vec![says("xyz\r\n\r\n")],
            "400, front/<NOSRV> PR",
        ),
    ]
}
