//! Judging what servers of gRPC say of their health
//! (<https://github.com/grpc/grpc/blob/master/doc/health-checking.md>).

use super::{Judged, Talk};
use crate::answer::{Answer, Read};
use crate::evidence::Status;
use crate::script::{Expect, Step};

/// What does not say that the service is served.
struct Unserved {
    status: Status,
    /// That of gRPC, else of HTTP.
    code: Option<i32>,
    words: Vec<u8>,
}

impl Unserved {
    fn foreign(words: &str) -> Self {
        Self { status: Status::L7Response, code: None, words: words.into() }
    }
}

impl Talk {
    pub(super) fn judge_serving(&mut self, step: &Step, expect: &Expect) -> Judged {
        let last = self.is_last();
        let judged = match self.answer() {
            Answer::Partial if !last => return Judged::Waits,
            Answer::Read(answer) if !answer.whole && !last => return Judged::Waits,
            Answer::Partial | Answer::Bad => Err(Unserved::foreign("")),
            Answer::Read(answer) => serving(&answer),
        };
        let Err(Unserved { status, code, words }) = judged else {
            self.code = Some(0);
            return Judged::Passed;
        };
        self.code = code;
        self.failure(step, expect, (status, false), &words)
    }
}

fn serving(answer: &Read<'_>) -> Result<(), Unserved> {
    if answer.code != 200 {
        let code = Some(answer.code.into());
        return Err(Unserved { status: Status::L7Status, code, words: answer.reason.to_vec() });
    }
    let kind = field(answer, b"content-type").unwrap_or_default();
    if !kind.starts_with(b"application/grpc") {
        return Err(Unserved::foreign("the answer is none of gRPC"));
    }
    if !answer.whole {
        return Err(Unserved::foreign("the answer is cut"));
    }
    let code = field(answer, b"grpc-status").and_then(number);
    let Some(code) = code else { return Err(Unserved::foreign("the answer has no status of gRPC")) };
    if code != 0 {
        let mut words = name(code).as_bytes().to_vec();
        let message = field(answer, b"grpc-message").unwrap_or_default();
        if !message.is_empty() {
            words.extend([b": ", &*decoded(message)].concat());
        }
        return Err(Unserved { status: Status::L7Status, code: Some(code), words });
    }
    let Some(state) = message(&answer.body).and_then(state) else {
        return Err(Unserved::foreign("the answer is no message about health"));
    };
    let words = match state {
        1 => return Ok(()),
        0 => "UNKNOWN".to_owned(),
        2 => "NOT_SERVING".to_owned(),
        3 => "SERVICE_UNKNOWN".to_owned(),
        other => format!("state {other}"),
    };
    Err(Unserved { status: Status::L7Status, code: Some(0), words: words.into() })
}

/// Of the trailers; of the head where there are none, as in an answer without a message.
fn field<'a>(answer: &'a Read<'_>, wanted: &[u8]) -> Option<&'a [u8]> {
    let trailers = answer.trailers.iter().map(|&(name, value)| (name, value));
    let head = answer.headers.iter().map(|(name, value)| (*name, &**value));
    trailers.chain(head).find(|(name, _)| name.eq_ignore_ascii_case(wanted)).map(|(_, value)| value)
}

fn number(digits: &[u8]) -> Option<i32> {
    std::str::from_utf8(digits).ok()?.parse().ok().filter(|&code| code >= 0)
}

/// The one message of the body, which is not compressed.
fn message(body: &[u8]) -> Option<&[u8]> {
    let (&[compressed, a, b, c, d], message) = body.split_first_chunk()?;
    let length = usize::try_from(u32::from_be_bytes([a, b, c, d])).ok()?;
    (compressed == 0 && message.len() == length).then_some(message)
}

/// Field 1 of a message, of which the last one counts; 0 where it is left out. `None`: it is no message.
fn state(mut message: &[u8]) -> Option<u64> {
    let mut state = 0;
    while !message.is_empty() {
        let key = varint(&mut message)?;
        match (key >> 3, key & 7) {
            (1, 0) => state = varint(&mut message)?,
            (0 | 1, _) => return None,
            (_, 0) => drop(varint(&mut message)?),
            (_, 1) => message = message.get(8..)?,
            (_, 2) => {
                let length = usize::try_from(varint(&mut message)?).ok()?;
                message = message.get(length..)?;
            }
            (_, 5) => message = message.get(4..)?,
            _ => return None,
        }
    }
    Some(state)
}

fn varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut number = 0;
    for shift in (0..64).step_by(7) {
        let (&byte, rest) = bytes.split_first()?;
        *bytes = rest;
        number |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

/// What stands in percent signs; what is none stays as it is.
fn decoded(text: &[u8]) -> Vec<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((&byte, after)) = rest.split_first() {
        let pair = match after {
            [high, low, ..] if byte == b'%' => digit(*high).zip(digit(*low)),
            _ => None,
        };
        match pair {
            Some((high, low)) => {
                out.push(high << 4 | low);
                rest = &after[2..];
            }
            None => {
                out.push(byte);
                rest = after;
            }
        }
    }
    out
}

/// As <https://github.com/grpc/grpc/blob/master/doc/statuscodes.md> has them.
fn name(code: i32) -> &'static str {
    match code {
        1 => "CANCELLED",
        2 => "UNKNOWN",
        3 => "INVALID_ARGUMENT",
        4 => "DEADLINE_EXCEEDED",
        5 => "NOT_FOUND",
        6 => "ALREADY_EXISTS",
        7 => "PERMISSION_DENIED",
        8 => "RESOURCE_EXHAUSTED",
        9 => "FAILED_PRECONDITION",
        10 => "ABORTED",
        11 => "OUT_OF_RANGE",
        12 => "UNIMPLEMENTED",
        13 => "INTERNAL",
        14 => "UNAVAILABLE",
        15 => "DATA_LOSS",
        16 => "UNAUTHENTICATED",
        _ => "another status",
    }
}
