//! Lines of `crt-store`.

use super::super::Arity;
use super::{Keyword, Place, Places};

const S: Places = Places::of(&[Place::CrtStore]);
const TEST: &str = "lower/tls";

pub(super) const GROUPS: &[&[Keyword]] = &[&[
    Keyword::works("crt-base", S, TEST)
        .takes(1, 1, "<path>")
        .once()
        .does("Where relative paths of this section's certificates begin."),
    Keyword::works("key-base", S, TEST)
        .takes(1, 1, "<path>")
        .once()
        .does("Where relative paths of this section's keys begin."),
    Keyword::works("load", S, TEST)
        .takes(2, Arity::ANY, "crt <file> [key <file>] [ocsp <file>] [issuer <file>] [alias <name>]")
        .does("A certificate, for `crt @<section>/<file or alias>`."),
]];
