//! Lines of `ring`.

use super::super::Arity;
use super::{Keyword, Place, Places};

const R: Places = Places::of(&[Place::Ring]);
const SHOWN: &str = "lower/rings";

pub(super) const GROUPS: &[&[Keyword]] = &[&[
    Keyword::works("format", R, SHOWN)
        .takes(1, 1, "<form>")
        .once()
        .does("The form of lines that the ring gets."),
    Keyword::works("maxlen", R, SHOWN)
        .takes(1, 1, "<size>")
        .once()
        .does("The longest line; a longer one is cut."),
    Keyword::works("size", R, SHOWN)
        .takes(1, 1, "<size>")
        .once()
        .does("What may wait for each server; lines beyond it are dropped and counted."),
    Keyword::works("server", R, SHOWN)
        .takes(2, Arity::ANY, "<name> <address> [log-proto octet-count|legacy]")
        .does("Gets all lines, over TCP or a unix socket."),
    Keyword::works("timeout connect", R, SHOWN)
        .takes(1, 1, "<time>")
        .once()
        .does("For opening the connection to a server."),
    Keyword::works("timeout server", R, SHOWN)
        .takes(1, 1, "<time>")
        .once()
        .does("A server that takes nothing for so long is connected to again."),
    Keyword::inert("description", R, "it is shown by commands that do not exist here")
        .takes(0, Arity::ANY, "<text>")
        .does("Free text."),
    Keyword::degraded("backing-file", R, "lines that wait are lost when the process ends")
        .takes(1, 1, "<path>")
        .does("Keeps what waits over a restart."),
]];
