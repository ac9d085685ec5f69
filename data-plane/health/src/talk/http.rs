//! Judging HTTP answers.

use super::made::EMPTY;
use super::tcp::contains;
use super::{Judged, Talk};
use crate::answer::{Answer, Read, read};
use crate::evidence::Status;
use crate::script::{Action, Expect, HeaderPattern, Pattern, Step, TextKind};

impl Talk {
    pub(super) fn judge_http(&mut self, step: &Step, expect: &Expect) -> Judged {
        if expect.pattern == Pattern::Serving {
            return self.judge_serving(step, expect);
        }
        if let Answer::Read(answer) = self.answer() {
            self.code = Some(answer.code.into());
        }
        self.judge_answer(step, expect)
    }

    /// What has come, as an HTTP answer.
    pub(super) fn answer(&self) -> Answer<'_> {
        read(&self.input, self.ended, self.asked_for_head())
    }

    fn judge_answer(&self, step: &Step, expect: &Expect) -> Judged {
        let last = self.is_last();
        let unread = (Status::L7Response, false);
        let answer = match self.answer() {
            Answer::Partial if !last => return Judged::Waits,
            Answer::Partial | Answer::Bad => return self.failure(step, expect, unread, b""),
            Answer::Read(answer) => answer,
        };
        if self.excused() {
            return Judged::Passed;
        }
        let status = expect.failed.unwrap_or(Status::L7Status);
        // A format of its own comes before the answer's words.
        let reason = if expect.on_error.is_none() && !self.http2 { answer.reason } else { b"" };
        let pattern = match self.settled(&expect.pattern) {
            Ok(pattern) => pattern,
            Err(words) => return self.unsettled(step, expect, words),
        };
        let matched = match &*pattern {
            Pattern::Status(ranges) => ranges.iter().any(|range| range.contains(&answer.code)),
            Pattern::StatusRegex(regex) => regex.is_match(answer.digits),
            Pattern::Header(header) => header.is_in(&answer),
            pattern => return self.judge_body(&answer, last || answer.whole, step, (expect, pattern)),
        };
        if matched != expect.negated {
            return Judged::Passed;
        }
        self.failure(step, expect, (status, matched), reason)
    }

    fn judge_body(
        &self,
        answer: &Read<'_>,
        last: bool,
        step: &Step,
        (expect, pattern): (&Expect, &Pattern),
    ) -> Judged {
        let status = expect.failed.unwrap_or(Status::L7Response);
        let said = |words: &'static [u8]| if expect.on_error.is_none() { words } else { b"" };
        let body = &*answer.body;
        if body.is_empty() {
            if !last {
                return Judged::Waits;
            }
            let words = said(b"HTTP content check could not find a response body");
            return self.failure(step, expect, (status, false), words);
        }
        if !last && expect.min_bytes.is_some_and(|least| body.len() < least as usize) {
            return Judged::Waits;
        }
        let matched = match pattern {
            Pattern::Text(wanted, kind) => {
                if *kind != TextKind::String && wanted.is_empty() {
                    return self.unsettled(step, expect, EMPTY);
                }
                if !last && body.len() < wanted.len() {
                    return Judged::Waits;
                }
                contains(body, wanted)
            }
            Pattern::Regex(regex) => regex.is_match(body),
            // No script over HTTP has others.
            _ => false,
        };
        if !matched && !last && expect.min_bytes.is_none() {
            return Judged::Waits;
        }
        if matched != expect.negated {
            return Judged::Passed;
        }
        let words: &[u8] = if expect.negated {
            b"HTTP check matched unwanted content"
        } else {
            b"HTTP content check did not match"
        };
        self.failure(step, expect, (status, matched), if expect.on_error.is_none() { words } else { b"" })
    }

    fn asked_for_head(&self) -> bool {
        let asked = self.script.steps[..self.at].iter().rev().find_map(|step| match &step.action {
            Action::Request(request) => Some(&*request.method == "HEAD"),
            _ => None,
        });
        asked.unwrap_or(false)
    }
}

impl HeaderPattern {
    fn is_in(&self, answer: &Read<'_>) -> bool {
        let lines = answer.headers.iter().filter(|(name, _)| self.name.is_match(name, true));
        let Some(wanted) = &self.value else { return lines.count() > 0 };
        lines.into_iter().any(|(_, line)| {
            if self.whole_lines {
                return wanted.is_match(line, false);
            }
            values(line).any(|value| wanted.is_match(value, false))
        })
    }
}

/// What stands between the commas of a header line that are not quoted.
fn values(line: &[u8]) -> impl Iterator<Item = &[u8]> {
    let (mut quoted, mut escaped) = (false, false);
    let parts = line.split(move |&byte| {
        let was_escaped = escaped;
        escaped = quoted && !was_escaped && byte == b'\\';
        if byte == b'"' && !was_escaped {
            quoted = !quoted;
        }
        byte == b',' && !quoted
    });
    parts.map(<[u8]>::trim_ascii)
}
