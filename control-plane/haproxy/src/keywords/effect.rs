//! What is done in place of a keyword that is taken and not done.

use crate::expr::Hidden;

/// The safe side to err on, told by the entry and obeyed in `lower`: one place for each kind, and no keyword by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Effect {
    /// The line, option or rule counts as not written; the rest of its line stays.
    LeftOut,
    /// Nothing listens at the addresses of the `bind` line.
    NoListener,
    /// The servers that it is for stand disabled: nothing is sent to them.
    NoServer,
    /// The servers that are checked stand disabled: without the check that is asked for, it is not known which are right.
    NoCheckedServer,
    /// The proxy is disabled: it takes no connections, and what is sent to it is answered 503 or closed.
    NoProxy,
    /// The rule turns away what it applies to: with this status, or without HTTP by a close.
    Refuse(u32),
    /// In the rules and routes of the proxy these are not known: it would have changed them.
    Hides(Hidden),
    /// Of a name of expressions: it gives nothing, as HAProxy's does of what is not there.
    NotFound,
    /// Of a name of expressions: what it counts is taken for 0.
    NotCounted,
}

impl Effect {
    /// What it comes to, as the end of a sentence about a line.
    pub fn words(self) -> &'static str {
        match self {
            Effect::LeftOut => "left out",
            Effect::NoListener => "this line opens no listener",
            Effect::NoServer => "its servers stand disabled",
            Effect::NoCheckedServer => "its checked servers stand disabled",
            Effect::NoProxy => "this proxy is disabled",
            Effect::Refuse(_) => "what it applies to is turned away",
            Effect::NotFound => "it gives nothing",
            Effect::NotCounted => "taken for 0",
            Effect::Hides(Hidden::Source) => "the client's address is not known to this proxy's conditions",
            Effect::Hides(Hidden::Destination) => {
                "the address that the client connected to is not known to this proxy's conditions"
            }
            Effect::Hides(Hidden::Headers) => "headers are not known to this proxy's conditions",
        }
    }
}
