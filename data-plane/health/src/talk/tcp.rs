//! Judging bytes.

use super::made::EMPTY;
use super::{Judged, Talk};
use crate::evidence::Status;
use crate::script::{Expect, Pattern, Step, TextKind};

impl Talk {
    pub(super) fn judge_bytes(&mut self, step: &Step, expect: &Expect) -> Judged {
        let status = expect.failed.unwrap_or(Status::L7Response);
        let last = self.is_last();
        if !last && expect.min_bytes.is_some_and(|least| self.input.len() < least as usize) {
            return Judged::Waits;
        }
        let pattern = match self.settled(&expect.pattern) {
            Ok(pattern) => pattern,
            Err(words) => return self.unsettled(step, expect, words),
        };
        let matched = match &*pattern {
            Pattern::Text(wanted, kind) => {
                if !last && self.input.len() < wanted.len() {
                    return Judged::Waits;
                }
                let formatted = matches!(kind, TextKind::Formatted | TextKind::FormattedBinary);
                if formatted && wanted.is_empty() {
                    return self.unsettled(step, expect, EMPTY);
                }
                contains(&self.input, wanted)
            }
            Pattern::Regex(regex) => regex.is_match(&self.input),
            Pattern::HexRegex(regex) => regex.is_match(hexadecimal(&self.input).as_bytes()),
            Pattern::Handshake(handshake) => return self.judge_handshake(step, expect, *handshake),
            // The script is not an HTTP one, where alone these are told apart.
            Pattern::Status(_)
            | Pattern::StatusRegex(_)
            | Pattern::Header(_)
            | Pattern::Serving
            | Pattern::Made(..) => false,
        };
        if !matched && !last && expect.min_bytes.is_none() {
            return Judged::Waits;
        }
        if matched != expect.negated {
            return Judged::Passed;
        }
        self.failure(step, expect, (status, matched), b"")
    }
}

pub(super) fn contains(text: &[u8], wanted: &[u8]) -> bool {
    wanted.is_empty() || text.windows(wanted.len()).any(|part| part == wanted)
}

fn hexadecimal(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    let digit = |value: u8| char::from(DIGITS[usize::from(value)]);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}
