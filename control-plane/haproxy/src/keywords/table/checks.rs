//! `http-check …` and `tcp-check …`

use super::super::{Arity, Effect};
use super::{DLB, Keyword};

pub(super) const GROUPS: &[&[Keyword]] = &[
    &[
        Keyword::works("http-check comment", DLB, HTTP)
            .takes(1, Arity::ANY, "<text>")
            .does("Told where a step below it fails."),
        Keyword::works("http-check connect", DLB, HTTP)
            .takes(0, Arity::ANY, CONNECT)
            .does("Opens a connection for the steps that follow."),
        Keyword::works("http-check disable-on-404", DLB, HTTP)
            .takes(0, 0, "")
            .does("A server that is up and answers 404 takes nothing new."),
        Keyword::works("http-check expect", DLB, HTTP)
            .takes(
                1,
                Arity::ANY,
                "[min-recv <count>] [{ ok | error | tout }-status <result>] [{ on-success | on-error } <text>] \
                 [comment <text>] [!] { status <status>[-<status>][,...] | rstatus <regex> | string <text> | \
                 rstring <regex> | { hdr | fhdr } name [-m <match>] <name> [value [-m <match>] <value>] }",
            )
            .does("What an answer has to be."),
        Keyword::works("http-check send", DLB, HTTP)
            .takes(
                0,
                Arity::ANY,
                "[meth <method>] [uri <uri>] [ver <version>] [hdr <name> <value>] [body <text>] [comment <text>]",
            )
            .does("What a check asks."),
        Keyword::works("http-check send-state", DLB, HTTP)
            .takes(0, 0, "")
            .does("Tells servers their state in checks."),
        Keyword::works("tcp-check comment", DLB, TCP)
            .takes(1, Arity::ANY, "<text>")
            .does("Told where a step below it fails."),
        Keyword::works("tcp-check connect", DLB, TCP)
            .takes(0, Arity::ANY, CONNECT)
            .does("Opens a connection for the steps that follow."),
        Keyword::works("tcp-check expect", DLB, TCP)
            .takes(
                1,
                Arity::ANY,
                "[min-recv <count>] [{ ok | error | tout }-status <result>] [{ on-success | on-error } <text>] \
                 [comment <text>] [!] { string <text> | rstring <regex> | binary <hex> | rbinary <regex> }",
            )
            .does("What an answer has to be."),
    ],
    &Keyword::each(
        ["tcp-check send", "tcp-check send-lf", "tcp-check send-binary", "tcp-check send-binary-lf"],
        Keyword::works("", DLB, TCP)
            .takes(1, Arity::ANY, "<data> [comment <text>]")
            .does("Sends text, or bytes in hexadecimal digits."),
    ),
    &Keyword::each(
        [
            "http-check set-var",
            "http-check set-var-fmt",
            "http-check unset-var",
            "tcp-check set-var",
            "tcp-check set-var-fmt",
            "tcp-check unset-var",
        ],
        Keyword::degraded("", DLB, "there are no variables yet").instead(Effect::LeftOut),
    ),
];

const HTTP: &str = "lower/http_checks";
const TCP: &str = "lower/tcp_checks";
const CONNECT: &str = "[default] [addr <address>] [port <port>] [send-proxy] [linger] [comment <text>]";
