//! `http-check …` and `tcp-check …`

use super::super::Arity;
use super::{DLB, Keyword};

pub(super) const GROUPS: &[&[Keyword]] = &[
    &[
        Keyword::inert("http-check comment", DLB, "it is a comment"),
        Keyword::inert("tcp-check comment", DLB, "it is a comment"),
        Keyword::degraded("http-check send-state", DLB, "servers are not told their state in checks")
            .takes(0, 0, ""),
        Keyword::works("http-check expect", DLB, "lower/checks")
            .takes(1, Arity::ANY, "status <status>[-<status>][,...]")
            .does("Which statuses of a check are good."),
        Keyword::works("http-check send", DLB, "lower/checks")
            .takes(
                1,
                Arity::ANY,
                "[meth <method>] [uri <uri>] [ver <version>] [hdr <name> <value>] [body <text>]",
            )
            .does("What a check asks."),
    ],
    &Keyword::each(
        [
            "http-check connect",
            "http-check disable-on-404",
            "http-check set-var",
            "http-check set-var-fmt",
            "http-check unset-var",
            "tcp-check connect",
            "tcp-check expect",
            "tcp-check send",
            "tcp-check send-lf",
            "tcp-check send-binary",
            "tcp-check send-binary-lf",
            "tcp-check set-var",
            "tcp-check set-var-fmt",
            "tcp-check unset-var",
        ],
        Keyword::refused("", DLB, JUDGED),
    ),
];

const JUDGED: &str = "servers would be checked in another way";
