//! `http-check …` and `tcp-check …`

use super::super::Arity;
use super::super::form::Form;
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
                "[min-recv <count>] [{ ok | error | tout }-status <result>] [{ on-success | on-error } <format>] \
                 [status-code <expression>] [comment <text>] [!] { status <status>[-<status>][,...] | rstatus <regex> | string <text> | \
                 string-lf <format> | rstring <regex> | { hdr | fhdr } { name | name-lf } [-m <match>] <name> \
                 [{ value | value-lf } [-m <match>] <value>] }",
            )
            .does("What an answer has to be."),
        Keyword::works("http-check send", DLB, HTTP)
            .takes(
                0,
                Arity::ANY,
                "[meth <method>] [{ uri | uri-lf } <uri>] [ver <version>] [hdr <name> <format>] [{ body | body-lf } <text>] \
                 [comment <text>]",
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
                "[min-recv <count>] [{ ok | error | tout }-status <result>] [{ on-success | on-error } <format>] \
                 [status-code <expression>] [comment <text>] [!] { string <text> | string-lf <format> | \
                 rstring <regex> | binary <hex> | binary-lf <format> | rbinary <regex> }",
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
        ["http-check set-var", "tcp-check set-var"],
        Keyword::works("", DLB, VARIABLES)
            .takes(1, Arity::ANY, "(<name>[,<condition>...]) <expression>")
            .called(Form::Any, true)
            .does("Sets a variable of the check."),
    ),
    &Keyword::each(
        ["http-check set-var-fmt", "tcp-check set-var-fmt"],
        Keyword::works("", DLB, VARIABLES)
            .takes(1, Arity::ANY, "(<name>[,<condition>...]) <format>")
            .called(Form::Any, true)
            .does("Sets a variable of the check to a text."),
    ),
    &Keyword::each(
        ["http-check unset-var", "tcp-check unset-var"],
        Keyword::works("", DLB, VARIABLES)
            .takes(0, Arity::ANY, "(<name>)")
            .called(Form::Any, true)
            .does("Takes a variable of the check away."),
    ),
];

const HTTP: &str = "lower/http_checks";
const TCP: &str = "lower/tcp_checks";
const VARIABLES: &str = "lower/check_variables";
const CONNECT: &str =
    "[default] [addr <address>] [port { <port> | <expression> }] [send-proxy] [linger] [comment <text>]";
