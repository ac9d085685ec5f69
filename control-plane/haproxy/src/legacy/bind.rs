//! `bind` and `server` lines.

use super::rule::{Modern, Old, Rule, join};
use crate::keywords::{Found, Place, lookup};
use crate::word::Word;

pub(super) const RULES: &[Rule] = &[
    Rule {
        names: &["bind"],
        form: "bind <address> process <set> | prefer-server-ciphers",
        becomes: "bind <address>",
        differs: "every worker has the listener; servers choose the cipher in any case",
        rewrite: bind,
    },
    Rule {
        names: &["dispatch"],
        form: "dispatch <address>:<port>",
        becomes: "server dispatch <address>:<port>",
        differs: "other servers of the proxy get `weight 0`",
        rewrite: |old| {
            let address = old.words.get(1)?;
            let words = join(old.new_words(&["server", "dispatch"]), std::slice::from_ref(address));
            Some(old.approximate(vec![words], "it is a server like others, with its row in statistics"))
        },
    },
    Rule {
        names: &["server"],
        form: "server <name> <address>, beside `option http_proxy`",
        becomes: "server <name> <address> disabled",
        differs: "",
        rewrite: |old| {
            let has = |name: &str| old.words.iter().any(|word| word.text() == name);
            if !old.facts.proxies || has("disabled") {
                return None;
            }
            let end = Word::made("disabled", old.words.last()?.span());
            Some(old.exact(vec![join(old.words.to_vec(), &[end])]))
        },
    },
    Rule {
        names: &["server"],
        form: "server <name> <address> check, beside `option lb-agent-chk`",
        becomes: "server <name> <address> check agent-check agent-port <port>",
        differs: "",
        rewrite: agent,
    },
    Rule {
        names: &["server"],
        form: "server <name> <address>, beside `dispatch`",
        becomes: "server <name> <address> weight 0",
        differs: "",
        rewrite: |old| {
            if !old.facts.dispatch || old.words.len() < 3 {
                return None;
            }
            let mut words = without(old.words, 3, Place::ServerOption, &["weight"]);
            let end = old.words[2].span();
            words.extend(["weight", "0"].map(|text| Word::made(text, end)));
            (!same(&words, old.words)).then(|| old.exact(vec![words]))
        },
    },
];

/// The agent of `option lb-agent-chk` answered on the port that was checked.
fn agent(old: &Old<'_>) -> Option<Modern> {
    let options = old.args(3);
    let has = |name: &str| options.iter().any(|word| word.text() == name);
    if !old.facts.agent || has("agent-check") || !has("check") {
        return None;
    }
    let said = options.iter().position(|word| word.text() == "port").and_then(|at| options.get(at + 1));
    let address = old.words[2].text();
    let port =
        said.map_or_else(|| address.rsplit_once(':').map(|(_, port)| port), |word| Some(word.text()))?;
    let end = old.words.last()?.span();
    let more = ["agent-check", "agent-port", port].map(|text| Word::made(text, end));
    Some(old.exact(vec![join(old.words.to_vec(), &more)]))
}

fn same(words: &[Word], others: &[Word]) -> bool {
    words.iter().map(Word::text).eq(others.iter().map(Word::text))
}

fn bind(old: &Old<'_>) -> Option<Modern> {
    let words = without(old.words, 2, Place::BindOption, &["process", "prefer-server-ciphers"]);
    if words.len() == old.words.len() {
        return None;
    }
    let had = |name: &str| old.args(2).iter().any(|word| word.text() == name);
    let why = match (had("process"), had("prefer-server-ciphers")) {
        (true, false) => "every worker has the listener",
        (false, true) => "servers choose the cipher in any case",
        _ => "every worker has the listener, and servers choose the cipher in any case",
    };
    Some(old.approximate(vec![words], why))
}

/// The words without these options and what belongs to them.
fn without(words: &[Word], from: usize, place: Place, names: &[&str]) -> Vec<Word> {
    let mut kept: Vec<_> = words.iter().take(from).cloned().collect();
    let mut at = from;
    while let Some(word) = words.get(at) {
        let args = match lookup(place, &[word.text()]) {
            Found::Here(keyword) => usize::from(keyword.args.min),
            _ => 0,
        };
        let end = (at + 1 + args).min(words.len());
        if !names.contains(&word.text()) {
            kept.extend_from_slice(&words[at..end]);
        }
        at = end;
    }
    kept
}
