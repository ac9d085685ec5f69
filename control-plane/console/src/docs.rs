//! `docs/runtime.md`, made from the table of commands and the limits that hold.

use std::fmt::Write as _;

use sluicegate_core::overrides::{MAX_OVERRIDES, MAX_VERSIONS};
use sluicegate_proto::limits::{MAX_CAPTURED_BYTES, MAX_TOLD_ERRORS, MAX_TOLD_RESPONSES, MAX_TOLD_SESSIONS};

use crate::limits::{
    ASK_PATIENCE, IDLE_LIMIT, MAX_COMMAND_BYTES, MAX_CONNECTIONS, MAX_DISCARDED_BYTES, MAX_IDLE_LIMIT,
    MAX_LISTED_RESPONSES, MAX_LISTED_SESSIONS, MAX_PATTERN_BYTES, MAX_WAIT, MAX_WORDS, SET_PATIENCE,
};
use crate::table::{Act, Spec, all};

const BEFORE: &str = "# Changing what is served, while it is served

Made from the table of commands in the crate `sluicegate-console`; do not edit. `UPDATE=1 cargo test -p
sluicegate-console docs` writes it anew.

A haproxy.cfg asks for a console as HAProxy knows it:

    global
        stats socket /run/haproxy/admin.sock mode 660 group haproxy level admin expose-fd listeners
        stats socket ipv4@127.0.0.1:9999 level operator
        stats timeout 30s

The socket is the control plane's. In `sluicegate run` and under the name `haproxy` that is the same process; with
`sluicegate control` it shows the sums of the fleet, and what is set there is set at every proxy. It opens when the first
generation is in force, a stale socket is replaced without a gap, and an edit of the file opens and closes sockets
without breaking a connection. `expose-fd listeners`, and `-x` on the command line, are accepted: there is nothing to hand
over yet, as ports are shared by old and new process.

A line is a command, `;` parts several, a backslash takes the meaning of a blank, of `;` and of itself. `<<` as the last
word (or `<<END`) takes the lines that follow, up to an empty one (or to `END`). The connection closes after what came
with the first command; `prompt` keeps it open. The answers are those of HAProxy 2.6, to the byte where both have
something to say.

## What is set, and how long it lasts

What a command sets is an *override*: it stands over the configuration, is pushed to all proxies as a generation of its
own, and the answer comes when those that are connected have it. It lasts over edits and reloads of the configuration
until the configuration changes that very thing, which then has it, and the log says so. A state or a health is about the
server as a whole: any change of its line ends it. Setting what the configuration says itself ends an override too.
`sluicegate status` lists them. They are kept in memory: a control plane that starts anew has none. What people set on a
statistics page (`stats admin`, [statistics.md](statistics.md)) is an override too.

| what | of | values |
|---|---|---|
| `state` | a server | ready, drain (nothing new, checks go on), maint (nothing, no checks) |
| `weight` | a server | 0 to 256, or a percentage of the configured one |
| `health` | a server | up, stopping, down; checks go on from there |
| `address` | a server | an address, and a port; or another name (`fqdn`) |
| `check-address`, `check-port` | a checked server | where probes go |
| `checks` | a checked server | on, off: its health stays what it is |
| `maxconn` | a server, a frontend, the process | a number |
| `entries` | a list of patterns, a map | what is removed, changed and added, each up to 16384 |
| `state` | a frontend | enabled, disabled, shut down: its listeners close, its connections stay |

## Commands

What a level may, the ones above it may too: `user`, `operator` (where a socket says nothing), `admin`.

";

const DIFFERENCES: &str = "
## Where it is not HAProxy

- Lists of patterns are changed by `admin` alone; HAProxy 2.6 lets every level do so.
- Lists are named by their file, as the configuration writes it, or by the number that `show acl` gives them. Patterns that
  stand on an `acl` line are no list: they are changed there. `#0x…` names all entries of the pattern that it stands before.
- What is added, deleted or changed in a list is an override of it: a file that says something else takes its place. An entry
  that a use of the list cannot do with is refused. Versions of lists (`prepare`, `@1`) are the control plane's until they are
  committed; then they are an override too.
- `set maxconn` refuses what is no number; HAProxy takes it for 0. A limit of 0 is no limit of its own.
- A port that a command sets is one from 1 to 65535; HAProxy takes the remainder of others, and one with a sign as relative
  to the client's.
- An unknown command lists those that begin alike, not those that are spelt alike.
- Sessions are client connections, idle ones too; the age is that of the connection. An id is a number, not an address.
- A session tells what is known of it: `tid` is its worker, `reqs` its exchanges, `st` what it is at, `total` the bytes of
  the present exchange; the inside of HAProxy (`ts`, `calls`, `scf`) is left out. The console's own are not listed.
- `shutdown session` closes the client's connection; HAProxy ends the exchange and may keep the connection for the next.
- Where several proxies are connected a session is named with its own, as in `0x1f@edge-1`.
- `show resolvers` lists the sections by their names, and `default` where a server refers to it; what its counts are of stands
  in [names.md](names.md). `set server … fqdn` drops the old address at once.
- `show cache` names the proxy in the place of addresses, and tells with `vary` whether others that ask for the URL get it; the
  size has what it takes to keep a response, in blocks of 1 KiB.
- `clear counters` begins `smax` and `qmax` anew from what there is now, not from 0; `stot` and `lbtot` are one number.
- `show errors` has what is wrong in words instead of HAProxy's flags. It keeps messages whose head could not be read;
  one with a malformed body is counted.
- What is not counted is a dash in `show servers conn`, an empty cell in `show stat` and no line in `show info`.
- `echo`, `wait` and `<<WORD` are of later versions.
";

/// The whole document.
pub fn runtime() -> String {
    let mut out = BEFORE.to_owned();
    out.push_str("| command | from level | what it does |\n|---|---|---|\n");
    let here = |spec: &&Spec| !matches!(spec.act, Act::Missing(_));
    for spec in all().filter(here) {
        let usage = spec.usage().replace('|', "\\|");
        // Writing to a String does not fail.
        let _ = writeln!(out, "| `{usage}` | {} | {} |", spec.level, spec.about);
    }
    out.push_str("\nHAProxy's other commands answer with a line that says why they are not here:\n\n");
    out.push_str("| command | why not |\n|---|---|\n");
    for spec in all() {
        if let Act::Missing(why) = spec.act {
            let _ = writeln!(out, "| `{}` | {why} |", spec.name);
        }
    }
    out.push_str("\n## Limits\n\n| what | limit | beyond it |\n|---|---|---|\n");
    for (what, limit, beyond) in limits() {
        let _ = writeln!(out, "| {what} | {limit} | {beyond} |");
    }
    out + DIFFERENCES
}

fn limits() -> [(&'static str, String, &'static str); 15] {
    [
        (
            "a command, its payload included",
            format!("{MAX_COMMAND_BYTES} bytes"),
            "a line that says so, then close",
        ),
        (
            "what its sender may go on sending, so that it can read why",
            format!("{} MiB", MAX_DISCARDED_BYTES >> 20),
            "close",
        ),
        ("words of a command", MAX_WORDS.to_string(), "a line that says so"),
        ("the word that ends a payload", format!("{MAX_PATTERN_BYTES} bytes"), "a line that says so"),
        (
            "connections of all sockets",
            format!("{MAX_CONNECTIONS}, or `stats maxconn` where that is less"),
            "they wait to be accepted",
        ),
        (
            "silence, and not reading",
            format!("{} s, or `stats timeout`, or `set timeout cli`", IDLE_LIMIT.as_secs()),
            "close without a word",
        ),
        ("`set timeout cli`", format!("{} h", MAX_IDLE_LIMIT.as_secs() / 3_600), "cut down to that"),
        ("`wait`", format!("{} h", MAX_WAIT.as_secs() / 3_600), "a line that says so"),
        ("overrides", MAX_OVERRIDES.to_string(), "a line that says so"),
        ("versions of lists that are prepared", MAX_VERSIONS.to_string(), "a line that says so"),
        (
            "what an answer waits for the proxies to have what was set",
            format!("{} s", SET_PATIENCE.as_secs()),
            "answered all the same, and told in the log",
        ),
        (
            "what an answer waits for what proxies tell",
            format!("{} s", ASK_PATIENCE.as_secs()),
            "answered with what is there, and a line for each proxy that is missing",
        ),
        (
            "sessions in an answer",
            format!("{MAX_TOLD_SESSIONS} of a proxy, {MAX_LISTED_SESSIONS} of all"),
            "those within an exchange stay, and a line says how many do not",
        ),
        (
            "responses in an answer of `show cache`",
            format!("{MAX_TOLD_RESPONSES} of a proxy, {MAX_LISTED_RESPONSES} of all"),
            "a line says how many more there are",
        ),
        (
            "messages that are kept for `show errors`",
            format!("{MAX_TOLD_ERRORS} of a proxy, {} KiB of each", MAX_CAPTURED_BYTES >> 10),
            "the oldest go; what is longer is cut, and says so",
        ),
    ]
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn the_document_is_the_table() {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/runtime.md");
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(&file, runtime()).unwrap();
        }
        assert_eq!(std::fs::read_to_string(&file).unwrap_or_default(), runtime(), "{}", file.display());
    }
}
