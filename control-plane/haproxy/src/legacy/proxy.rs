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
        differs: "the request is read first, and logged; in TCP mode the connection is closed by a rule; from `defaults` it goes to the proxies under it",
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
        becomes: "grace <time>, in global",
        differs: "it is for all proxies together: the longest one counts",
        rewrite: |old| {
            let time = old.words.get(1).filter(|_| old.facts.place != Place::Global)?;
            let mut modern =
                old.without(Verdict::Moved("the longest `grace` of all proxies stands in `global`"));
            modern.global = vec![join(old.new_words(&["grace"]), std::slice::from_ref(time))];
            Some(modern)
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
        names: &["option http_proxy"],
        form: "option http_proxy",
        becomes: "http-request set-dst url_ip, and its like, and server any 0.0.0.0:0",
        differs: "requests are not sent where they ask: they are answered 503",
        rewrite: http_proxy,
    },
    Rule {
        names: &["no option http_proxy", "no option lb-agent-chk"],
        form: "no option http_proxy, no option lb-agent-chk",
        becomes: "",
        differs: "",
        rewrite: |old| {
            let modern = old.without(Verdict::Needless("it is a default"));
            Some(modern.of_words(old, 3))
        },
    },
    Rule {
        names: &["option lb-agent-chk"],
        form: "option lb-agent-chk",
        becomes: "agent-check on the server lines",
        differs: "checks of the servers go on beside their agents",
        rewrite: |old| {
            let modern = old.without(Verdict::Moved("its servers have `agent-check`"));
            Some(modern.of_words(old, 2))
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

/// Requests that name whom they are for: today rules set where a server without an address is.
fn http_proxy(old: &Old<'_>) -> Option<Modern> {
    let mut lines: Vec<Vec<Word>> = [
        &["http-request", "set-dst", "url_ip"][..],
        &["http-request", "set-dst-port", "url_port"],
        &["http-request", "set-uri", "%[url,regsub(^[a-z]*://[^/]*,)]"],
    ]
    .iter()
    .map(|texts| old.new_words(texts))
    .collect();
    match old.facts.place {
        Place::Listen | Place::Backend => lines.push(old.new_words(&["server", "any", "0.0.0.0:0"])),
        Place::Frontend => {}
        _ => return None,
    }
    let modern = old.approximate(lines, "requests are not sent where they ask yet: they are answered 503");
    Some(modern.of_words(old, 2))
}

fn monitor(old: &Old<'_>) -> Option<Modern> {
    let network = old.words.get(1)?;
    if old.facts.place == Place::Defaults {
        return Some(old.without(Verdict::Moved("the proxies under this section have its rule")));
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
