//! What is worked out on the way.

use std::borrow::Cow;
use std::num::NonZeroU16;

use super::Talk;
use crate::answer::Answer;
use crate::evidence::Status;
use crate::formula::{Formula, Known, MAX_MADE_BYTES, Value};
use crate::outcome::Outcome;
use crate::script::{CodeOf, Connect, Expect, HeaderPattern, Pattern, Setting, Text, TextKind, TextMatch};

/// Why a pattern cannot be looked for.
pub(super) const EMPTY: &[u8] = b"log-format string evaluated to an empty string";
const NO_HEXADECIMAL: &[u8] = b"Failed to parse hexastring resulting of eval of a log-format string";

impl Talk {
    /// What a format gives.
    pub(super) fn made(&self, formula: &Formula) -> Vec<u8> {
        let Some(formulas) = &self.formulas else { return Vec::new() };
        let mut text = formulas.text(formula, &self.known());
        text.truncate(MAX_MADE_BYTES);
        text
    }

    pub(super) fn text(&self, text: &Text) -> Vec<u8> {
        match text {
            Text::Is(text) => text.to_vec(),
            Text::Made(formula) => self.made(formula),
        }
    }

    /// What a format gives to be sent; `None`: it should be hexadecimal digits and is none.
    pub(super) fn made_bytes(&self, formula: &Formula, hexadecimal: bool) -> Option<Vec<u8>> {
        let text = self.made(formula);
        if hexadecimal { bytes(&text) } else { Some(text) }
    }

    /// What should be sent is none.
    pub(super) fn not_made(&self) -> Outcome {
        let number = self.script.steps.get(self.at).map_or(0, |step| step.number);
        let words = format!("tcp-check send : failed to build log-format string at step {number}");
        Outcome::new(Status::L7Response, None, words.as_bytes())
    }

    pub(super) fn set(&mut self, setting: &Setting) {
        let value = if setting.is_format {
            Some(Value::Text(self.made(&setting.formula).into()))
        } else {
            self.value(&setting.formula)
        };
        if let Some(value) = value {
            self.variables.set(&setting.name, value, &setting.when);
        }
    }

    /// A port beyond 65535 begins anew, as in HAProxy.
    pub(super) fn made_port(&self, to: &Connect) -> Option<NonZeroU16> {
        let number = self.value(to.made_port.as_ref()?)?.integer()?;
        NonZeroU16::new(number as u16)
    }

    /// A pattern as it is to be looked for; else why it cannot be.
    pub(super) fn settled<'p>(&self, pattern: &'p Pattern) -> Result<Cow<'p, Pattern>, &'static [u8]> {
        match pattern {
            Pattern::Made(formula, kind) => {
                let text = self.made(formula);
                if text.is_empty() {
                    return Err(EMPTY);
                }
                let text = if *kind == TextKind::FormattedBinary {
                    bytes(&text).ok_or(NO_HEXADECIMAL)?
                } else {
                    text
                };
                Ok(Cow::Owned(Pattern::Text(text.into(), *kind)))
            }
            Pattern::Header(header) => {
                let name = self.settled_text(&header.name)?;
                let value = header.value.as_ref().map(|value| self.settled_text(value)).transpose()?;
                match (&name, &value) {
                    (Cow::Borrowed(_), None | Some(Cow::Borrowed(_))) => Ok(Cow::Borrowed(pattern)),
                    _ => Ok(Cow::Owned(Pattern::Header(HeaderPattern {
                        name: name.into_owned(),
                        value: value.map(Cow::into_owned),
                        whole_lines: header.whole_lines,
                    }))),
                }
            }
            _ => Ok(Cow::Borrowed(pattern)),
        }
    }

    fn settled_text<'p>(&self, text: &'p TextMatch) -> Result<Cow<'p, TextMatch>, &'static [u8]> {
        let TextMatch::Made(how, formula) = text else { return Ok(Cow::Borrowed(text)) };
        let text = self.made(formula);
        if text.is_empty() { Err(EMPTY) } else { Ok(Cow::Owned(how.with(text))) }
    }

    /// The code that is told of an answer.
    pub(super) fn code_of(&self, expect: &Expect) -> Option<i32> {
        let said = match &expect.code {
            CodeOf::Status => None,
            CodeOf::Start => {
                let digits = self.input.get(..3).and_then(|digits| std::str::from_utf8(digits).ok());
                digits.and_then(|digits| digits.parse::<u16>().ok()).map(i32::from)
            }
            CodeOf::Made(formula) => {
                self.value(formula).and_then(|value| value.integer()).map(|code| code as i32)
            }
        };
        said.or(self.code)
    }

    fn value(&self, formula: &Formula) -> Option<Value> {
        self.formulas.as_ref()?.value(formula, &self.known())
    }

    fn known(&self) -> Known<'_> {
        let read = match self.script.http.then(|| self.answer()) {
            Some(Answer::Read(read)) => Some(read),
            Some(Answer::Partial | Answer::Bad) | None => None,
        };
        Known {
            answer: &self.input,
            read,
            variables: &self.variables,
            particulars: &self.circumstances.particulars,
        }
    }
}

/// What is written in hexadecimal digits; `None`: it is not.
fn bytes(text: &[u8]) -> Option<Vec<u8>> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let pair = |pair: &[u8]| Some(digit(pair[0])? << 4 | digit(*pair.get(1)?)?);
    text.chunks(2).map(pair).collect()
}
