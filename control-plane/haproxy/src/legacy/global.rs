//! Processes and threads.

use super::rule::{Modern, Old, Rule, Verdict};
use crate::word::Word;

pub(super) const RULES: &[Rule] = &[
    Rule {
        names: &["nbproc"],
        form: "nbproc <number>",
        becomes: "",
        differs: "one process with a thread for each CPU does the work; limits count once, not for each process",
        rewrite: |old| left_out(old, 1, "one process with a thread for each CPU does the work"),
    },
    Rule {
        names: &["bind-process"],
        form: "bind-process <set>",
        becomes: "",
        differs: "every worker has the proxy",
        rewrite: |old| left_out(old, 1, "every worker has the proxy"),
    },
    Rule {
        names: &["stats bind-process"],
        form: "stats bind-process <set>",
        becomes: "",
        differs: "",
        rewrite: |old| needless(old, 2, "there is one process"),
    },
    Rule {
        names: &["debug", "nosepoll", "tune.chksize"],
        form: "debug, nosepoll, tune.chksize",
        becomes: "",
        differs: "",
        rewrite: |old| needless(old, 1, "it tunes the inside of old HAProxy"),
    },
    Rule {
        names: &["no-quic"],
        form: "no-quic",
        becomes: "tune.quic.listen off",
        differs: "",
        rewrite: |old| Some(old.exact(vec![old.new_words(&["tune.quic.listen", "off"])])),
    },
    Rule {
        names: &["tune.fast-forward"],
        form: "tune.fast-forward off",
        becomes: "tune.disable-fast-forward",
        differs: "",
        rewrite: |old| match old.words.get(1).map(Word::text) {
            Some("off") => Some(old.exact(vec![old.new_words(&["tune.disable-fast-forward"])])),
            _ => needless(old, 1, "it is a default"),
        },
    },
    Rule {
        names: &["tune.quic.disable-tx-pacing", "tune.quic.disable-udp-gso"],
        form: "tune.quic.disable-tx-pacing, tune.quic.disable-udp-gso",
        becomes: "tune.quic.fe.tx.pacing off, tune.quic.fe.tx.udp-gso off",
        differs: "",
        rewrite: |old| {
            let pacing = old.words[0].text().ends_with("pacing");
            let name = if pacing { "tune.quic.fe.tx.pacing" } else { "tune.quic.fe.tx.udp-gso" };
            Some(old.exact(vec![old.new_words(&[name, "off"])]))
        },
    },
    Rule {
        names: &["tune.quic.socket-owner"],
        form: "tune.quic.socket-owner connection | listener",
        becomes: "tune.quic.fe.sock-per-conn default-on | force-off",
        differs: "",
        rewrite: |old| {
            let value = match old.words.get(1)?.text() {
                "connection" => "default-on",
                "listener" => "force-off",
                _ => return None,
            };
            Some(old.exact(vec![old.new_words(&["tune.quic.fe.sock-per-conn", value])]))
        },
    },
    Rule {
        names: &["tune.lua.preserve-smp-bool"],
        form: "tune.lua.preserve-smp-bool on | off",
        becomes: "tune.lua.bool-sample-conversion normal | pre-3.1-bug",
        differs: "",
        rewrite: |old| {
            let value = match old.words.get(1)?.text() {
                "on" => "normal",
                "off" => "pre-3.1-bug",
                _ => return None,
            };
            Some(old.exact(vec![old.new_words(&["tune.lua.bool-sample-conversion", value])]))
        },
    },
    Rule {
        names: &["tune.quic.frontend.conn-tx-buffers.limit"],
        form: "tune.quic.frontend.conn-tx-buffers.limit",
        becomes: "",
        differs: "",
        rewrite: |old| needless(old, 1, "it tunes the inside of old HAProxy"),
    },
    Rule {
        names: &["master-worker"],
        form: "master-worker",
        becomes: "",
        differs: "",
        rewrite: |old| needless(old, 1, "the process starts no others"),
    },
    Rule {
        names: &["stats"],
        form: "stats, alone in `global`",
        becomes: "",
        differs: "",
        rewrite: |old| {
            let alone = old.words.len() == 1 && old.facts.place == crate::keywords::Place::Global;
            alone.then(|| old.without(Verdict::Needless("it printed counters on the terminal")))
        },
    },
];

fn left_out(old: &Old<'_>, words: usize, why: &str) -> Option<Modern> {
    Some(old.without(Verdict::LeftOut(why.to_owned())).of_words(old, words))
}

fn needless(old: &Old<'_>, words: usize, why: &'static str) -> Option<Modern> {
    Some(old.without(Verdict::Needless(why)).of_words(old, words))
}
