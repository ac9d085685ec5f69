//! Lines of proxies that have another form today.

use super::rule::{Modern, Old, Rank, Rule, Verdict, join};
use crate::keywords::Place;
use crate::word::Word;

pub(super) const RULES: &[Rule] = &[
    Rule {
        names: &["block"],
        form: "block <condition>",
        becomes: "http-request deny <condition>",
        differs: "",
        rewrite: |old| {
            let words = join(old.new_words(&["http-request", "deny"]), old.args(1));
            (!old.condition(1).is_empty()).then(|| old.exact(vec![words]).ranked(Rank::FIRST))
        },
    },
    Rule {
        names: &["transparent"],
        form: "transparent",
        becomes: "option transparent",
        differs: "",
        rewrite: |old| Some(old.exact(vec![old.new_words(&["option", "transparent"])])),
    },
    Rule {
        names: &["balance"],
        form: "balance",
        becomes: "balance roundrobin",
        differs: "",
        rewrite: |old| {
            let words = old.new_words(&["balance", "roundrobin"]);
            (old.words.len() == 1).then(|| old.exact(vec![words]))
        },
    },
    Rule {
        names: &["hash-type avalanche"],
        form: "hash-type avalanche",
        becomes: "hash-type map-based sdbm avalanche",
        differs: "",
        rewrite: |old| {
            let words = old.new_words(&["hash-type", "map-based", "sdbm", "avalanche"]);
            Some(old.exact(vec![words]).of_words(old, 2))
        },
    },
    Rule {
        names: &["tcp-request accept", "tcp-request reject"],
        form: "tcp-request accept | reject [<condition>]",
        becomes: "tcp-request content accept | reject [<condition>]",
        differs: "",
        rewrite: |old| {
            let words = join(old.new_words(&["tcp-request", "content"]), old.args(1));
            Some(old.exact(vec![words]).of_words(old, 2))
        },
    },
    Rule {
        names: &["http-request http-auth"],
        form: "http-request http-auth [realm <realm>] [<condition>]",
        becomes: "http-request auth [realm <realm>] [<condition>]",
        differs: "",
        rewrite: |old| {
            let words = join(old.new_words(&["http-request", "auth"]), old.args(2));
            Some(old.exact(vec![words]).of_words(old, 2).ranked(Rank::of(old.words)?))
        },
    },
    Rule {
        names: &["monitor-net"],
        form: "monitor-net <network>",
        becomes: "http-request return status 200 if { src <network> }",
        differs: "the request is read first, and logged; in TCP mode the connection is closed by a rule; in `defaults` left out",
        rewrite: monitor,
    },
    Rule {
        names: &["mode health"],
        form: "mode health",
        becomes: "mode http, and `http-request return status 200`",
        differs: "the request is read first, and logged; refused in `defaults`",
        rewrite: |old| {
            if old.facts.place == Place::Defaults {
                let why =
                    "write `mode http` and `http-request return status 200` in the proxies that it is for";
                return Some(old.without(Verdict::Refused(why.to_owned())).of_words(old, 2));
            }
            let mode = old.new_words(&["mode", "http"]);
            let answer = old.new_words(&["http-request", "return", "status", "200"]);
            let why = "the request is read before it is answered, and it is logged";
            Some(old.approximate(vec![mode, answer], why).of_words(old, 2))
        },
    },
    Rule {
        names: &["grace"],
        form: "grace <time>, in a proxy",
        becomes: "",
        differs: "left out: it is a line of `global` today, for all proxies together",
        rewrite: |old| {
            let why = "a soft stop closes the listeners at once";
            (old.facts.place != Place::Global).then(|| old.without(Verdict::LeftOut(why.to_owned())))
        },
    },
    Rule {
        names: &[
            "option http-use-htx",
            "no option http-use-htx",
            "option keepalive",
            "no option keepalive",
            "option tcpsplice",
            "no option tcpsplice",
            "no option http-tunnel",
        ],
        form: "option http-use-htx, option keepalive, option tcpsplice",
        becomes: "",
        differs: "",
        rewrite: |old| {
            let why = "the engine does what is best by itself";
            let count = if old.words[0].text() == "no" { 3 } else { 2 };
            Some(old.without(Verdict::Needless(why)).of_words(old, count))
        },
    },
    Rule {
        names: &["option http-tunnel"],
        form: "option http-tunnel",
        becomes: "",
        differs: "every request of a connection is seen, not only the first",
        rewrite: |old| {
            let why = "every request of a connection is seen";
            Some(old.without(Verdict::LeftOut(why.to_owned())).of_words(old, 2))
        },
    },
];

fn monitor(old: &Old<'_>) -> Option<Modern> {
    let network = old.words.get(1)?;
    if old.facts.place == Place::Defaults {
        let why = "rules are lines of proxies: requests of monitors are served like others";
        return Some(old.without(Verdict::LeftOut(why.to_owned())));
    }
    let span = network.span();
    let condition = ["if", "{", "src", network.text(), "}"].map(|text| Word::made(text, span));
    if old.facts.http {
        let words = join(old.new_words(&["http-request", "return", "status", "200"]), &condition);
        let why = "the request is read before it is answered, and it is logged";
        return Some(old.approximate(vec![words], why).ranked(Rank::FIRST));
    }
    let words = join(old.new_words(&["tcp-request", "connection", "reject"]), &condition);
    Some(old.approximate(vec![words], "the connection is closed by a rule, which may be logged"))
}
