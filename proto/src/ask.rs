//! A Question's answer on its way: cut into pieces, put together again under its limits.

use std::mem;

use prost::Message;

use crate::limits::{
    MAX_ANSWER_BYTES, MAX_CAPTURED_BYTES, MAX_TOLD_CACHES, MAX_TOLD_ERRORS, MAX_TOLD_NAME_SERVERS,
};
use crate::v1::{Answered, CacheStats, Question, question::Ask};

/// Bytes of one piece, where nothing in it is longer.
const PIECE_BYTES: usize = 512 << 10;
/// Responses of a cache that go together: far fewer bytes than a piece has.
const PIECE_RESPONSES: usize = 4096;
/// Bytes of the words that say what is wrong with a message.
const MAX_REASON_BYTES: usize = 256;

/// The capability that a proxy must have to be asked this; `None`: the question asks nothing, or nothing known here.
pub fn capability(question: &Question) -> Option<&'static str> {
    Some(match question.ask.as_ref()? {
        Ask::ListSessions(_) => "ask.sessions",
        Ask::ListErrors(_) => "ask.errors",
        Ask::EndSessions(_) => "ask.end-sessions",
        Ask::ClearCounters(_) => "ask.clear-counters",
        Ask::ListResolvers(_) => "ask.resolvers",
        Ask::ListCaches(_) => "ask.caches",
    })
}

/// An answer that no proxy of ours would give.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidAnswer {
    /// More than were asked for.
    #[error("an answer with {0} sessions, {1} were asked for")]
    Sessions(usize, u64),
    /// More than are kept.
    #[error("an answer with {0} malformed messages, the limit is {MAX_TOLD_ERRORS}")]
    Errors(usize),
    /// More than are told of.
    #[error("an answer with {0} name servers, the limit is {MAX_TOLD_NAME_SERVERS}")]
    NameServers(usize),
    /// More than are told of.
    #[error("an answer with {0} caches, the limit is {MAX_TOLD_CACHES}")]
    Caches(usize),
    /// More than were asked for.
    #[error("an answer with {0} responses of caches, {1} were asked for")]
    Responses(usize, u64),
    /// All pieces together.
    #[error("an answer of {0} bytes, the limit is {MAX_ANSWER_BYTES}")]
    Bytes(usize),
    /// A malformed message, or the words for it.
    #[error("an answer with a malformed message of {0} bytes, the limit is {MAX_CAPTURED_BYTES}")]
    Captured(usize),
}

/// Cuts an answer to `number` into the pieces that it goes in.
pub fn pieces(number: u64, mut whole: Answered) -> Vec<Answered> {
    let mut sessions = mem::take(&mut whole.sessions).into_iter().peekable();
    let mut errors = mem::take(&mut whole.errors).into_iter().peekable();
    let mut name_servers = mem::take(&mut whole.name_servers).into_iter().peekable();
    let mut caches = mem::take(&mut whole.caches).into_iter().flat_map(cut).peekable();
    let mut pieces = Vec::new();
    // What stands once goes with the first.
    let mut piece = Answered { number, last: false, ..whole };
    let mut bytes = 0;
    loop {
        if let Some(session) = sessions.next() {
            bytes += session.encoded_len();
            piece.sessions.push(session);
        } else if let Some(error) = errors.next() {
            bytes += error.encoded_len();
            piece.errors.push(error);
        } else if let Some(server) = name_servers.next() {
            bytes += server.encoded_len();
            piece.name_servers.push(server);
        } else if let Some(cache) = caches.next() {
            bytes += cache.encoded_len();
            piece.caches.push(cache);
        }
        let told = sessions.peek().is_none() && errors.peek().is_none() && name_servers.peek().is_none();
        if told && caches.peek().is_none() {
            break;
        }
        if bytes >= PIECE_BYTES {
            pieces.push(mem::replace(&mut piece, Answered { number, ..Answered::default() }));
            bytes = 0;
        }
    }
    piece.last = true;
    pieces.push(piece);
    pieces
}

/// A cache with its responses, as parts that have room in a piece.
fn cut(mut cache: CacheStats) -> impl Iterator<Item = CacheStats> {
    let responses = mem::take(&mut cache.responses);
    let count = responses.len().div_ceil(PIECE_RESPONSES).max(1);
    let mut responses = responses.into_iter();
    (0..count).map(move |_| CacheStats {
        responses: responses.by_ref().take(PIECE_RESPONSES).collect(),
        ..cache.clone()
    })
}

/// What an answer may still hold, for who makes one: a whole answer is within the limits of [`Gathering`].
#[derive(Debug)]
pub struct Room {
    bytes: usize,
}

impl Room {
    /// Of an empty answer.
    pub fn new() -> Self {
        // What stands once, and the frames of pieces, take less than the difference.
        Self { bytes: MAX_ANSWER_BYTES - (64 << 10) }
    }

    /// Whether there is room for one more session, error or name server; takes it.
    pub fn takes(&mut self, part: &impl Message) -> bool {
        // A tag, and a length of at most four bytes.
        let left = self.bytes.checked_sub(part.encoded_len() + 5);
        self.bytes = left.unwrap_or(0);
        left.is_some()
    }
}

impl Default for Room {
    fn default() -> Self {
        Self::new()
    }
}

/// The pieces of one answer, as they come.
#[derive(Debug)]
pub struct Gathering {
    most_sessions: u64,
    most_responses: u64,
    whole: Answered,
    bytes: usize,
}

impl Gathering {
    /// Of nothing yet: the answer to `question`.
    pub fn of(question: &Question) -> Self {
        let most_sessions = match &question.ask {
            Some(Ask::ListSessions(list)) => list.most,
            _ => 0,
        };
        let most_responses = match &question.ask {
            Some(Ask::ListCaches(list)) => list.most,
            _ => 0,
        };
        let whole = Answered { number: question.number, ..Answered::default() };
        Self { most_sessions, most_responses, whole, bytes: 0 }
    }

    /// Takes a piece in; the whole answer, where it was the last.
    ///
    /// # Errors
    /// Where the answer is over a limit. Nothing is cut: who goes over one is not to be trusted with the rest.
    pub fn push(&mut self, piece: Answered) -> Result<Option<Answered>, InvalidAnswer> {
        self.bytes += piece.encoded_len();
        if self.bytes > MAX_ANSWER_BYTES {
            return Err(InvalidAnswer::Bytes(self.bytes));
        }
        let longest = piece.errors.iter().map(|error| error.bytes.len()).max().unwrap_or(0);
        let wordy = piece.errors.iter().any(|error| error.reason.len() > MAX_REASON_BYTES);
        if longest > MAX_CAPTURED_BYTES || wordy {
            return Err(InvalidAnswer::Captured(longest));
        }
        let whole = &mut self.whole;
        whole.omitted = whole.omitted.saturating_add(piece.omitted);
        whole.ended = whole.ended.saturating_add(piece.ended);
        whole.error_events = whole.error_events.saturating_add(piece.error_events);
        whole.silent_workers = whole.silent_workers.saturating_add(piece.silent_workers);
        whole.sessions.extend(piece.sessions);
        whole.errors.extend(piece.errors);
        whole.name_servers.extend(piece.name_servers);
        piece.caches.into_iter().for_each(|part| join(&mut whole.caches, part));
        if whole.sessions.len() as u64 > self.most_sessions {
            return Err(InvalidAnswer::Sessions(whole.sessions.len(), self.most_sessions));
        }
        if whole.errors.len() > MAX_TOLD_ERRORS {
            return Err(InvalidAnswer::Errors(whole.errors.len()));
        }
        if whole.name_servers.len() > MAX_TOLD_NAME_SERVERS {
            return Err(InvalidAnswer::NameServers(whole.name_servers.len()));
        }
        if whole.caches.len() > MAX_TOLD_CACHES {
            return Err(InvalidAnswer::Caches(whole.caches.len()));
        }
        let responses = whole.caches.iter().map(|cache| cache.responses.len()).sum();
        if responses as u64 > self.most_responses {
            return Err(InvalidAnswer::Responses(responses, self.most_responses));
        }
        Ok(piece.last.then(|| Answered { last: true, ..mem::take(whole) }))
    }
}

/// Takes in a part of a cache; the parts of one follow each other.
fn join(caches: &mut Vec<CacheStats>, part: CacheStats) {
    match caches.last_mut() {
        Some(last) if last.cache == part.cache => last.responses.extend(part.responses),
        _ => caches.push(part),
    }
}

#[cfg(test)]
mod tests;
