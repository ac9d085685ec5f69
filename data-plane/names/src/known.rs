//! What is known of a name over time.

use std::collections::HashMap;
use std::time::Duration;

use crate::failure::Failure;
use crate::record::{Key, Record};

/// How long what a name led to stays (HAProxy: hold). Of failures, from the last answer with records.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Hold {
    /// There is no such name.
    pub nx: Duration,
    /// Name servers refuse to answer.
    pub refused: Duration,
    /// Nobody answers.
    pub timeout: Duration,
    /// All other failures.
    pub other: Duration,
    /// A record that answers do not have any more.
    pub obsolete: Duration,
}

impl Hold {
    fn of(&self, failure: Failure) -> Duration {
        match failure {
            Failure::Timeout => self.timeout,
            Failure::Other => self.other,
            Failure::Refused => self.refused,
            Failure::NxDomain => self.nx,
        }
    }
}

/// The records of a name, and when they were seen.
#[derive(Debug, Default)]
pub struct Known {
    records: Vec<Record>,
    seen: HashMap<Key, Duration>,
    /// Of the last answer with records; before the first, when the name was begun to be asked for.
    valid: Duration,
}

impl Known {
    /// Nothing is known at the time `now`.
    pub fn new(now: Duration) -> Self {
        Self { valid: now, ..Self::default() }
    }

    /// An answer had these records, each once. Others stay for their hold time, behind them.
    pub fn found(&mut self, records: Vec<Record>, now: Duration, hold: &Hold) {
        self.valid = now;
        self.seen.extend(records.iter().map(|record| (record.key.clone(), now)));
        let before = std::mem::replace(&mut self.records, records);
        for old in before {
            let seen = self.seen.get(&old.key).copied().unwrap_or_default();
            if seen == now {
                self.remember(old);
            } else if now.saturating_sub(seen) <= hold.obsolete {
                self.records.push(old);
            } else {
                self.seen.remove(&old.key);
            }
        }
    }

    /// An SRV record whose host was not resolved this time leads where it did before.
    fn remember(&mut self, old: Record) {
        if old.ip.is_some()
            && let Some(new) = self.records.iter_mut().find(|new| new.key == old.key)
        {
            new.ip = new.ip.or(old.ip);
        }
    }

    /// A question failed. Says whether what was known is lost now.
    pub fn failed(&mut self, failure: Failure, now: Duration, hold: &Hold) -> bool {
        let lost = now.saturating_sub(self.valid) >= hold.of(failure);
        if lost {
            self.records.clear();
            self.seen.clear();
        }
        lost
    }

    /// What the name leads to: first what the last answer had.
    pub fn records(&self) -> &[Record] {
        &self.records
    }
}

#[cfg(test)]
mod tests;
