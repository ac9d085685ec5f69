//! How a manifest's backend chooses an endpoint.

use serde::Deserialize;
use sluicegate_haproxy::expr::{NoFiles, Reader, Scope};
use sluicegate_proto::v1::{self, balance::Algorithm, hash::Key};

use super::schema::Mode;

/// A word, or what is equal goes to the same endpoint.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum Balance {
    /// One of [`Word`].
    Word(Word),
    /// By a key.
    Hash(Hash),
}

impl Default for Balance {
    fn default() -> Self {
        Self::Word(Word::RoundRobin)
    }
}

/// In HAProxy's words, where it has one.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Word {
    RoundRobin,
    LeastConn,
    First,
    Random,
    Source,
    PeakEwma,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Hash {
    /// An expression of HAProxy's: `hdr(x-user)`, `path,lower`.
    hash: String,
    #[serde(default)]
    table: Table,
    /// No endpoint gets more than so much of the mean load, with `ring`; 0: no limit.
    #[serde(default)]
    factor_percent: u32,
}

#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Table {
    #[default]
    Ring,
    Map,
    Maglev,
}

/// Two of so many that chance finds.
const DRAWS: u32 = 2;

impl Balance {
    /// As the proxy has it.
    ///
    /// # Errors
    /// Where the key is no expression, in words.
    pub(super) fn lower(&self, mode: Mode) -> Result<v1::Balance, String> {
        let algorithm = match self {
            Self::Word(Word::RoundRobin) => Algorithm::RoundRobin(v1::RoundRobin {}),
            Self::Word(Word::LeastConn) => Algorithm::LeastConnections(v1::LeastConnections {}),
            Self::Word(Word::First) => Algorithm::First(v1::First {}),
            Self::Word(Word::Random) => Algorithm::Random(v1::Random { draws: DRAWS }),
            Self::Word(Word::PeakEwma) => Algorithm::PeakEwma(v1::PeakEwma::default()),
            Self::Word(Word::Source) => Algorithm::Hash(hash(Key::Source(v1::Empty {}), Table::Ring, 0)),
            Self::Hash(Hash { hash: key, table, factor_percent }) => {
                let key = Key::Sample(sample(key, mode)?);
                Algorithm::Hash(hash(key, *table, *factor_percent))
            }
        };
        Ok(v1::Balance { algorithm: Some(algorithm) })
    }
}

fn hash(key: Key, table: Table, balance_factor_percent: u32) -> v1::Hash {
    let table = match table {
        Table::Ring => v1::HashTable::Ring,
        Table::Map => v1::HashTable::Map,
        Table::Maglev => v1::HashTable::Maglev,
    };
    v1::Hash {
        key: Some(key),
        table: table.into(),
        function: v1::HashFunction::Sdbm.into(),
        avalanche: true,
        balance_factor_percent,
        ..v1::Hash::default()
    }
}

fn sample(text: &str, mode: Mode) -> Result<v1::Sample, String> {
    let mut reader = Reader::new(&NoFiles);
    let scope = Scope { http: mode == Mode::Http, ..Scope::REQUEST };
    let sample = reader.sample(&[text], 0, scope);
    let wrong = |problem: &sluicegate_haproxy::expr::Problem| problem.is_error() || problem.is_degraded();
    let findings = reader.take_findings();
    let errors: Vec<String> =
        findings.iter().filter(|it| wrong(&it.problem)).map(|it| it.problem.to_string()).collect();
    sample.filter(|_| errors.is_empty()).ok_or_else(|| errors.join("; "))
}
