//! Which workloads and peers a command line names.

use crate::peer::Peer;
use crate::workload::Workload;

/// A word that names nothing.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("'{word}' is neither a workload ({workloads}) nor a peer ({peers})")]
pub(crate) struct UnknownWord {
    word: String,
    workloads: String,
    peers: String,
}

/// Keeps what the words name; no word of a kind keeps all of it. A workload that another one is compared with comes along.
pub(crate) fn choose(
    words: &[String],
    workloads: Vec<Workload>,
    peers: Vec<Peer>,
) -> Result<(Vec<Workload>, Vec<Peer>), UnknownWord> {
    let is_workload = |word: &str| workloads.iter().any(|workload| workload.id == word);
    let is_peer = |word: &str| peers.iter().any(|peer| peer.name == word);
    if let Some(word) = words.iter().find(|word| !is_workload(word) && !is_peer(word)) {
        let workloads: Vec<&str> = workloads.iter().map(|workload| workload.id).collect();
        let peers: Vec<&str> = peers.iter().map(|peer| peer.name.as_str()).collect();
        return Err(UnknownWord {
            word: word.clone(),
            workloads: workloads.join(", "),
            peers: peers.join(", "),
        });
    }
    let (all_workloads, all_peers) =
        (!words.iter().any(|word| is_workload(word)), !words.iter().any(|word| is_peer(word)));
    let named = |name: &str| words.iter().any(|word| word == name);
    let needed: Vec<&str> = workloads
        .iter()
        .filter(|workload| named(workload.id))
        .filter_map(|workload| workload.beside)
        .collect();
    let workloads = workloads
        .iter()
        .filter(|workload| all_workloads || named(workload.id) || needed.contains(&workload.id))
        .cloned()
        .collect();
    Ok((workloads, peers.into_iter().filter(|peer| all_peers || named(&peer.name)).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{peer, workload};

    fn chosen(words: &[&str]) -> Result<(Vec<&'static str>, Vec<String>), UnknownWord> {
        let words: Vec<String> = words.iter().copied().map(str::to_owned).collect();
        let peers = peer::TABLE
            .iter()
            .map(|entry| Peer { name: entry.id.to_owned(), entry, program: "/nowhere".into() })
            .collect();
        let (workloads, peers) = choose(&words, workload::all(1.0, 100), peers)?;
        Ok((
            workloads.iter().map(|workload| workload.id).collect(),
            peers.into_iter().map(|peer| peer.name).collect(),
        ))
    }

    #[test]
    fn words_choose_of_their_kind_alone() {
        let (workloads, peers) = chosen(&["16k", "small"]).unwrap();
        assert_eq!((workloads, peers.len()), (vec!["small", "16k"], peer::TABLE.len()));
        let (workloads, peers) = chosen(&["nginx"]).unwrap();
        assert_eq!((workloads.len(), peers), (workload::all(1.0, 100).len(), vec!["nginx".to_owned()]));
    }

    #[test]
    fn what_is_compared_with_comes_along() {
        assert_eq!(chosen(&["log"]).unwrap().0, ["small", "log"]);
    }

    #[test]
    fn a_word_that_names_nothing_is_told() {
        let error = chosen(&["small", "smal"]).unwrap_err();
        assert!(error.to_string().starts_with("'smal' is neither a workload (small, 16k"), "{error}");
    }
}
