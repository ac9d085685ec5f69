//! Questions to proxies that wait to be sent or answered.

use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use prost::Message;
use sluicegate_core::fleet::SessionId;
use sluicegate_proto::ask::{Gathering, InvalidAnswer};
use sluicegate_proto::v1::{Answered, Question, question::Ask};
use tokio::sync::oneshot;

/// Bytes that all proxies together may answer to one question.
const MAX_BYTES: usize = 64 << 20;

/// What was asked of whom.
#[derive(Debug, Default)]
pub(crate) struct Questions(Mutex<Open>);

#[derive(Debug, Default)]
struct Open {
    last: u64,
    /// Not sent yet.
    waiting: BTreeMap<SessionId, VecDeque<Question>>,
    unanswered: BTreeMap<(SessionId, u64), Unanswered>,
}

#[derive(Debug)]
struct Unanswered {
    gathering: Gathering,
    /// What all answers to it have taken.
    bytes: Arc<AtomicUsize>,
    reply: oneshot::Sender<Option<Answered>>,
}

/// An answer that ends its session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unfit {
    #[error("an answer to question {0}, which was not asked")]
    Unasked(u64),
    #[error(transparent)]
    Invalid(#[from] InvalidAnswer),
}

/// Brings the answer; `None`: there was no room for it. An error: the session ended.
pub(crate) type Reply = oneshot::Receiver<Option<Answered>>;

impl Questions {
    /// Puts a question to a session; its number there, and what brings the answer.
    pub(crate) fn put(&self, session: SessionId, ask: Ask, bytes: &Arc<AtomicUsize>) -> (u64, Reply) {
        let mut open = self.open();
        open.last += 1;
        let number = open.last;
        let question = Question { number, ask: Some(ask) };
        let (reply, answer) = oneshot::channel();
        let gathering = Gathering::of(&question);
        open.unanswered.insert((session, number), Unanswered { gathering, bytes: Arc::clone(bytes), reply });
        open.waiting.entry(session).or_default().push_back(question);
        (number, answer)
    }

    /// The next question for a session.
    pub(crate) fn next(&self, session: SessionId) -> Option<Question> {
        let mut open = self.open();
        let waiting = open.waiting.get_mut(&session)?;
        let question = waiting.pop_front();
        if waiting.is_empty() {
            open.waiting.remove(&session);
        }
        question
    }

    /// Takes a piece of an answer. One that comes too late is nobody's any more.
    pub(crate) fn take(&self, session: SessionId, piece: Answered) -> Result<(), Unfit> {
        let mut open = self.open();
        let key = (session, piece.number);
        let Some(unanswered) = open.unanswered.get_mut(&key) else {
            return if piece.number <= open.last { Ok(()) } else { Err(Unfit::Unasked(piece.number)) };
        };
        let length = piece.encoded_len();
        let room = unanswered.bytes.fetch_add(length, Relaxed) + length <= MAX_BYTES;
        let whole = if room { unanswered.gathering.push(piece)? } else { None };
        if (whole.is_some() || !room)
            && let Some(unanswered) = open.unanswered.remove(&key)
        {
            // Who asked may have given up.
            let _gone = unanswered.reply.send(whole);
        }
        Ok(())
    }

    /// Nobody waits for this answer any more.
    pub(crate) fn forget(&self, session: SessionId, number: u64) {
        let mut open = self.open();
        open.unanswered.remove(&(session, number));
        if let Some(waiting) = open.waiting.get_mut(&session) {
            waiting.retain(|question| question.number != number);
            if waiting.is_empty() {
                open.waiting.remove(&session);
            }
        }
    }

    /// The session is over.
    pub(crate) fn leave(&self, session: SessionId) {
        let mut open = self.open();
        open.waiting.remove(&session);
        open.unanswered.retain(|(of, _), _| *of != session);
    }

    fn open(&self) -> MutexGuard<'_, Open> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
