//! What is said of a step, in HAProxy's words.

use super::{Action, Awaited, Connect, Expect, Pattern, Script, Step, TextKind};
use crate::evidence::Status;
use crate::outcome::Outcome;

impl Script {
    /// What it comes to when the time of the step at this index is up.
    pub fn late(&self, index: usize, awaited: Awaited) -> Outcome {
        let status = match self.steps.get(index).map(|step| &step.action) {
            Some(Action::Run(_)) => Status::ProgramTimeout,
            _ if awaited == Awaited::Connection => Status::L4Timeout,
            _ if awaited == Awaited::Agreement => Status::L6Timeout,
            Some(Action::Expect(expect)) => expect.late.unwrap_or(Status::L7Timeout),
            _ => Status::L7Timeout,
        };
        Outcome::new(status, None, &self.place(index))
    }

    /// ` at step 2 of tcp-check (expect string '+PONG')`; empty where steps are not told.
    pub(crate) fn place(&self, index: usize) -> Vec<u8> {
        let Some(step) = self.steps.get(index).filter(|_| self.explained) else { return Vec::new() };
        if step.number == 0 {
            return b" at initial connection step of tcp-check".to_vec();
        }
        let mut text = format!(" at step {} of tcp-check ", step.number).into_bytes();
        step.doing(&mut text);
        if !step.comment.is_empty() {
            text.extend_from_slice(format!(" comment: '{}'", step.comment).as_bytes());
        }
        text
    }
}

impl Step {
    /// `TCPCHK got an empty response at step 1 comment: 'hello'`
    pub(crate) fn heard_nothing(&self) -> String {
        let mut text = format!("TCPCHK got an empty response at step {}", self.number);
        if !self.comment.is_empty() {
            text.push_str(&format!(" comment: '{}'", self.comment));
        }
        text
    }

    fn doing(&self, out: &mut Vec<u8>) {
        let quoted = |what: &str, text: &[u8]| [b"(expect ", what.as_bytes(), b" '", text, b"')"].concat();
        match &self.action {
            Action::Connect(Connect { port: Some(port), .. }) => {
                out.extend_from_slice(format!("(connect port {port})").as_bytes());
            }
            Action::Connect(_) => out.extend_from_slice(b"(connect)"),
            Action::Send(_) | Action::SendMade { .. } | Action::Request(_) => {
                out.extend_from_slice(b"(send)");
            }
            // They never fail.
            Action::Set(_) | Action::Unset(_) => {}
            Action::HearAgent => out.extend_from_slice(b"(expect custom function)"),
            Action::Run(_) => out.extend_from_slice(b"(run)"),
            Action::Expect(expect) => match &expect.pattern {
                Pattern::Text(text, TextKind::String) => out.extend(quoted("string", text)),
                Pattern::Text(text, TextKind::Binary) => out.extend(quoted("binary", text)),
                other => {
                    out.extend_from_slice(b"(expect ");
                    out.extend_from_slice(kind(other).as_bytes());
                    out.push(b')');
                }
            },
        }
    }
}

impl Expect {
    /// `TCPCHK did not match content 'x' at step 2`
    pub(crate) fn mismatch(&self, matched: bool, step: &Step) -> Vec<u8> {
        let mut text: Vec<u8> = if matched {
            b"TCPCHK matched unwanted content ".to_vec()
        } else {
            b"TCPCHK did not match content ".to_vec()
        };
        match &self.pattern {
            Pattern::Text(wanted, TextKind::String) => {
                text.push(b'\'');
                text.extend_from_slice(wanted);
                text.push(b'\'');
            }
            Pattern::Text(_, TextKind::Binary) => text.extend_from_slice(b"(binary)"),
            other => text.extend_from_slice(format!("({})", kind(other)).as_bytes()),
        }
        text.extend_from_slice(format!(" at step {}", step.number).as_bytes());
        text
    }
}

fn kind(pattern: &Pattern) -> &'static str {
    match pattern {
        Pattern::Text(_, kind) | Pattern::Made(_, kind) => match kind {
            TextKind::String | TextKind::Formatted => "log-format string",
            TextKind::Binary | TextKind::FormattedBinary => "log-format binary",
        },
        Pattern::Regex(_) => "regex",
        Pattern::HexRegex(_) => "binary regex",
        Pattern::Status(_) => "HTTP status codes",
        Pattern::StatusRegex(_) => "HTTP status regex",
        Pattern::Header(_) => "HTTP header pattern",
        Pattern::Handshake(_) | Pattern::Serving => "custom function",
    }
}
