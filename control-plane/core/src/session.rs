//! What to send to one proxy next: at most one update is under way, and the next starts from what was acknowledged.

use sluicegate_proto::generation::Generation;
use sluicegate_proto::hash::ContentHash;

/// What one connected proxy has, gets and refused.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Session {
    held: Option<Generation>,
    in_flight: Option<Generation>,
    refused: Option<ContentHash>,
}

/// An answer that belongs to no update under way.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unexpected {
    /// Nothing was under way.
    #[error("an answer for generation {got}, while no update is under way")]
    Nothing {
        /// In the answer.
        got: Generation,
    },
    /// Another generation was.
    #[error("an answer for generation {got}, while {sent} is under way")]
    Other {
        /// In the answer.
        got: Generation,
        /// What was sent.
        sent: Generation,
    },
}

impl Session {
    /// Of a proxy that serves `held` and refused a snapshot of content `refused`.
    pub fn new(held: Option<Generation>, refused: Option<ContentHash>) -> Self {
        Self { held, in_flight: None, refused }
    }

    /// The content that the next update starts from.
    pub fn base(&self) -> Option<ContentHash> {
        self.held.map(|held| held.hash)
    }

    /// Whether `newest` is to be sent now: nothing is under way, the proxy has other content, and has not refused
    /// this one.
    pub fn wants(&self, newest: &Generation) -> bool {
        self.in_flight.is_none() && self.base() != Some(newest.hash) && self.refused != Some(newest.hash)
    }

    /// An update to `generation` was sent.
    pub fn sent(&mut self, generation: Generation) {
        self.in_flight = Some(generation);
    }

    /// The proxy serves what was sent.
    ///
    /// # Errors
    /// Where something else was sent.
    pub fn acknowledged(&mut self, generation: Generation) -> Result<(), Unexpected> {
        self.answered(generation)?;
        self.held = Some(generation);
        self.refused = None;
        Ok(())
    }

    /// The proxy refuses what was sent, and serves what it had.
    ///
    /// # Errors
    /// Where something else was sent.
    pub fn refused(&mut self, generation: Generation) -> Result<(), Unexpected> {
        self.answered(generation)?;
        self.refused = Some(generation.hash);
        Ok(())
    }

    /// What was refused may be sent again.
    pub fn try_again(&mut self) {
        self.refused = None;
    }

    fn answered(&mut self, got: Generation) -> Result<(), Unexpected> {
        match self.in_flight {
            None => Err(Unexpected::Nothing { got }),
            Some(sent) if sent != got => Err(Unexpected::Other { got, sent }),
            Some(_) => {
                self.in_flight = None;
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests;
