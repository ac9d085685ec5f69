//! Lines of `cache`.

use super::super::form::{Form, SWITCH};
use super::{FLB, Keyword, Place, Places};

const C: Places = Places::of(&[Place::Cache]);
const SHOWN: &str = "lower/caches";

pub(super) const GROUPS: &[&[Keyword]] = &[&[
    Keyword::works("total-max-size", C, SHOWN)
        .takes(1, 1, "<megabytes>")
        .of(&[Form::Number(1, 4_095)])
        .once()
        .does("What all responses of the cache take together."),
    Keyword::works("max-object-size", C, SHOWN)
        .takes(1, 1, "<bytes>")
        .of(&[Form::Number(0, u32::MAX as i64)])
        .once()
        .does("The largest response, with its head; a 256th of all where nothing is said, half of it at most."),
    Keyword::works("max-age", C, SHOWN)
        .takes(1, 1, "<seconds>")
        .of(&[Form::Number(0, i32::MAX as i64)])
        .once()
        .does("How long a response is fresh at most; 60 where nothing is said."),
    Keyword::works("process-vary", C, SHOWN)
        .takes(1, 1, "{ on | off }")
        .of(SWITCH)
        .once()
        .does("Keeps responses that vary by `Accept-Encoding`, `Referer` or `Origin`; others that vary are not kept."),
    Keyword::works("max-secondary-entries", C, SHOWN)
        .takes(1, 1, "<count>")
        .of(&[Form::Number(1, 10_000)])
        .once()
        .does("Responses for one URL, where they vary; 10 where nothing is said."),
    Keyword::works("filter cache", FLB, SHOWN)
        .takes(1, 1, "<cache>")
        .does("Where a cache stands among filters: what it keeps is not compressed yet, in any case."),
]];
