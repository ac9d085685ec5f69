//! Rules of a backend, what its server does, and what becomes of its answer.

/// One thing that a server does.
#[derive(Clone, Debug)]
pub(crate) enum Act {
    Says(Vec<u8>),
    Hears,
    /// Ends its side.
    Ends,
    Resets,
}

/// The fate is what the client hears, to its end, the flags that are logged, and how often frontend, backend and server count a
/// response that was denied.
pub(crate) struct Row {
    pub(crate) lines: &'static str,
    pub(crate) acts: Vec<Act>,
    pub(crate) fate: &'static str,
}

use Act::{Ends, Hears, Resets};

fn row(lines: &'static str, acts: Vec<Act>, fate: &'static str) -> Row {
    Row { lines, acts, fate }
}

fn says(bytes: impl AsRef<[u8]>) -> Act {
    Act::Says(bytes.as_ref().to_vec())
}

const GREETS: &str = "tcp-response inspect-delay 10s
    tcp-response content accept if { res.payload(0,3) -m str 220 }
    tcp-response content reject";

pub(crate) fn rows() -> Vec<Row> {
    [decides(), waits(), ends()].into_iter().flatten().collect()
}

/// What the bytes lead to.
fn decides() -> Vec<Row> {
    vec![
        row(GREETS, vec![says("220 hello!")], "\"220 hello!\" -- 000"),
        row(GREETS, vec![says("22"), Hears, says("0 hello!")], "\"220 hello!\" -- 000"),
        row(GREETS, vec![says("500 hello!")], "\"\" PD 111"),
        row("tcp-response content reject", vec![says("220!")], "\"\" PD 111"),
        row(
            "tcp-response inspect-delay 10s
            tcp-response content close if { res.payload(0,3) -m str 500 }",
            vec![says("500 gone")],
            "\"500 gone\" -- 000",
        ),
        row(
            "tcp-response inspect-delay 10s
            tcp-response content reject if { res.payload_lv(1,2) -m str abc }",
            vec![says(b"x\0\x03ab"), Hears, says("c!")],
            "\"\" PD 111",
        ),
        row(
            "tcp-response inspect-delay 10s
            tcp-response content reject unless { rep_ssl_hello_type 2 }",
            vec![says([22, 3, 3, 0, 4, 2, 0, 0]), Hears, says([0, b'!'])],
            "\"\\u{16}\\u{3}\\u{3}\\0\\u{4}\\u{2}\\0\\0\\0!\" -- 000",
        ),
        row(
            "tcp-response inspect-delay 10s
            tcp-response content reject if { res.ssl_hello_type 2 }",
            vec![says("HTTP/1.1 200!")],
            "\"HTTP/1.1 200!\" -- 000",
        ),
    ]
}

/// How long is waited.
fn waits() -> Vec<Row> {
    vec![
        row(
            "tcp-response inspect-delay 100ms
            tcp-response content accept if { res.len gt 3 }
            tcp-response content reject if WAIT_END",
            vec![says("abc")],
            "\"\" PD 111",
        ),
        row(
            "tcp-response inspect-delay 100ms
            tcp-response content accept if { res.len gt 3 }",
            vec![says("a!")],
            "\"a!\" -- 000",
        ),
        row("tcp-response content reject unless { res.len gt 0 }", vec![Hears, says("abc!")], "\"\" PD 111"),
        row(
            "tcp-response inspect-delay 10s
            tcp-response content reject if { res.len gt 20000 }",
            vec![says([b'x'; 30_000]), Ends],
            "\"30000 bytes\" -- 000",
        ),
        // An open test is not passed by, though what follows it is false.
        row(
            "tcp-response inspect-delay 10s
            timeout server 200ms
            tcp-response content reject if { res.len gt 3 } FALSE",
            vec![says("a!")],
            "\"a!\" sD 000",
        ),
        row(
            "tcp-response inspect-delay 10s
            timeout server 200ms
            tcp-response content reject unless { res.len gt 3 }",
            vec![says("a!")],
            "\"\" PD 111",
        ),
    ]
}

/// Servers that end.
fn ends() -> Vec<Row> {
    vec![
        row(
            "tcp-response inspect-delay 10s
            tcp-response content reject if { res.len lt 3 }",
            vec![says("ab"), Ends],
            "\"\" PD 111",
        ),
        row(
            "tcp-response inspect-delay 10s
            tcp-response content reject if { res.len gt 3 }",
            vec![says("ab"), Ends],
            "\"ab\" -- 000",
        ),
        row(
            "tcp-response inspect-delay 10s
            tcp-response content reject unless { res.len gt 3 }",
            vec![Hears, Resets],
            "\"\" PD 111",
        ),
        row(
            "tcp-response inspect-delay 10s
            tcp-response content reject if { res.len gt 3 }",
            vec![Hears, Resets],
            "\"\" SD 000",
        ),
    ]
}
