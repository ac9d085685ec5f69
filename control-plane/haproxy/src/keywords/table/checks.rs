//! `http-check …` and `tcp-check …`

use super::super::{Arity, Effect};
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
            "tcp-check connect",
            "tcp-check expect",
            "tcp-check send",
            "tcp-check send-lf",
            "tcp-check send-binary",
            "tcp-check send-binary-lf",
        ],
        Keyword::degraded("", DLB, "checks of this kind are not made yet").instead(Effect::ChecksConnect),
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
        Keyword::degraded("", DLB, "there are no variables yet"),
    ),
    &Keyword::each(
        [
            "http-check expect string",
            "http-check expect rstring",
            "http-check expect rstatus",
            "http-check expect hdr",
            "http-check expect fhdr",
            "http-check expect !",
        ],
        Keyword::degraded("", DLB, "a status from 200 to 399 is good, as without the line"),
    ),
    &[Keyword::degraded("http-check disable-on-404", DLB, "a server that answers 404 is down")
        .takes(0, 0, "")],
];
