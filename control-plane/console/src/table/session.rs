//! Commands about the connection itself.

use super::{Act, SessionVerb, Spec};
use crate::level::Level;

const fn own(
    name: &'static str,
    arguments: &'static str,
    level: Level,
    about: &'static str,
    verb: SessionVerb,
) -> Spec {
    Spec { name, arguments, level, about, act: Act::Session(verb) }
}

pub(super) const SPECS: &[Spec] = &[
    own("show cli level", "", Level::User, "the level of this connection", SessionVerb::ShowLevel),
    own(
        "set timeout",
        "[cli] <delay>",
        Level::User,
        "how long this connection may be silent",
        SessionVerb::Timeout,
    ),
    own(
        "set severity-output",
        "[none|number|string]",
        Level::User,
        "whether messages of this connection say how grave they are",
        SessionVerb::Severity,
    ),
    own("expert-mode", "[on|off]", Level::Admin, "accepted: there is no expert command", SessionVerb::Expert),
    own(
        "experimental-mode",
        "[on|off]",
        Level::Admin,
        "accepted: there is no experimental command",
        SessionVerb::Experimental,
    ),
    own("operator", "", Level::Operator, "lower the level to operator", SessionVerb::Lower(Level::Operator)),
    own("user", "", Level::User, "lower the level to user", SessionVerb::Lower(Level::User)),
    own("help", "[<command>]", Level::User, "these lines, or those of one command", SessionVerb::Help),
    own(
        "prompt",
        "",
        Level::User,
        "keep the connection open, with a prompt; again to end that",
        SessionVerb::Prompt,
    ),
    own("quit", "", Level::User, "close the connection", SessionVerb::Quit),
];
