//! `show`, `get`, `add`, `del`, `set` and `clear` of lists of patterns.
//!
//! No list can be named at run time yet: what a command says of its arguments is said first, as HAProxy does it, and
//! then that there is no such list.

use crate::answer::Answer;
use crate::command::{PatternVerb, Patterns};

pub(super) fn patterns(
    which: Patterns,
    verb: PatternVerb,
    list: &str,
    arguments: &[String],
    payload: Option<&str>,
) -> Result<Answer, Answer> {
    let (missing, unknown) = match which {
        Patterns::Acl => ("Missing ACL identifier.", "Unknown ACL identifier. Please use #<id> or <file>."),
        Patterns::Map => ("Missing map identifier.", "Unknown map identifier. Please use #<id> or <file>."),
    };
    let enough = |count: usize| !list.is_empty() && arguments.len() >= count;
    let refusal = match (verb, which) {
        (PatternVerb::Show, _) if list.is_empty() => {
            return Ok(Answer::of("# id (file) description\n"));
        }
        (PatternVerb::Add, Patterns::Acl) if !enough(1) && payload.is_none() => {
            "'add acl' expects two parameters: ACL identifier and pattern."
        }
        (PatternVerb::Add, Patterns::Map) if !enough(2) && payload.is_none() => {
            "'add map' expects three parameters (map identifier, key and value) or one parameter (map identifier) \
             and a payload"
        }
        (PatternVerb::Set, _) if !enough(2) => {
            "'set map' expects three parameters: map identifier, key and value."
        }
        (PatternVerb::Clear, _) if list.is_empty() => missing,
        _ => unknown,
    };
    Err(Answer::error(refusal))
}
