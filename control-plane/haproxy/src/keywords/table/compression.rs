//! Lines of proxies about the compression of bodies.

use super::super::Arity;
use super::super::form::Form;
use super::{DFLB, FLB, Keyword};

pub(super) const GROUPS: &[&[Keyword]] = &[
    &Keyword::each(
        ["compression algo", "compression algo-res"],
        Keyword::works("", DFLB, TEST)
            .takes(1, Arity::ANY, "<algorithm>...")
            .of(&[Form::Each(ALGORITHMS)])
            .does(
                "Compresses responses with what the client likes best, of equals with the first. Beyond HAProxy: `br`, `zstd`.",
            ),
    ),
    &Keyword::each(
        ["compression type", "compression type-res"],
        Keyword::works("", DFLB, TEST)
            .takes(1, Arity::ANY, "<type>...")
            .does("Compresses what has a Content-Type that begins with one of these, and nothing else."),
    ),
    &[
        Keyword::works("compression offload", DFLB, TEST)
            .takes(0, 0, "")
            .does("Servers do not see what clients accept; without effect in `defaults`, as with HAProxy."),
        Keyword::works("compression direction", DFLB, TEST)
            .takes(1, 1, "{ request | response | both }")
            .of(&[Form::OneOf(&["request", "response", "both"])])
            .once()
            .does("Which bodies are compressed; those of responses where nothing is said."),
        Keyword::works("compression minsize-res", DFLB, TEST)
            .takes(1, 1, "<size>")
            .of(&[Form::Size])
            .once()
            .does("Responses that are known to be shorter stay as they are."),
        Keyword::works("filter compression", FLB, TEST)
            .takes(0, 0, "")
            .does("Where compression stands among filters; it is alone."),
        Keyword::works("compression algo-req", DFLB, TEST)
            .takes(1, 1, "<algorithm>")
            .of(&[Form::Each(ALGORITHMS)])
            .once()
            .does("Compresses requests with it, where `compression direction` has them compressed."),
        Keyword::works("compression type-req", DFLB, TEST)
            .takes(1, Arity::ANY, "<type>...")
            .does("Compresses requests whose Content-Type begins with one of these, and no others."),
        Keyword::works("compression minsize-req", DFLB, TEST)
            .takes(1, 1, "<size>")
            .of(&[Form::Size])
            .once()
            .does("Requests that are known to be shorter stay as they are."),
    ],
];

const TEST: &str = "lower/compression";
const ALGORITHMS: &[&str] = &["identity", "gzip", "deflate", "raw-deflate", "br", "zstd"];
