//! Lines of `resolvers`.

use super::super::form::Form;
use super::{Keyword, Place, Places};

const R: Places = Places::of(&[Place::Resolvers]);
const SHOWN: &str = "lower/resolvers";
const HOLD: &[Form] = &[Form::OneOf(&["nx", "obsolete", "other", "refused", "timeout", "valid"]), Form::Time];

pub(super) const GROUPS: &[&[Keyword]] = &[&[
    Keyword::works("nameserver", R, SHOWN)
        .takes(2, 2, "<name> [udp@|tcp@]<address>:<port>")
        .does("A name server; all are asked at once, over UDP where nothing else is said."),
    Keyword::works("parse-resolv-conf", R, SHOWN)
        .takes(0, 0, "")
        .once()
        .does("The name servers of the proxy's /etc/resolv.conf too."),
    Keyword::works("hold", R, SHOWN)
        .takes(2, 2, "{ nx | obsolete | other | refused | timeout | valid } <time>")
        .of(HOLD)
        .does("How long a server keeps its address when answers fail, or have it no more."),
    Keyword::works("resolve_retries", R, SHOWN)
        .takes(1, 1, "<count>")
        .once()
        .does("Rounds of a question that nobody answers."),
    Keyword::works("timeout resolve", R, SHOWN)
        .takes(1, 1, "<time>")
        .once()
        .does("From an answer to the next question."),
    Keyword::works("timeout retry", R, SHOWN)
        .takes(1, 1, "<time>")
        .once()
        .does("How long a round waits for answers."),
    Keyword::works("accepted_payload_size", R, SHOWN)
        .takes(1, 1, "<bytes>")
        .once()
        .does("The longest answer over UDP; one that is longer is asked for over TCP."),
]];
