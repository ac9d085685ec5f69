//! Processes and threads.

use super::rule::{Modern, Old, Rule, Verdict};

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
