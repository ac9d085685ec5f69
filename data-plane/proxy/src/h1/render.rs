//! A message written out, in one pass from its end to its beginning: so it can be put before body bytes that were
//! already read without being measured first.

use super::View;
use super::head::{Kind, Span};

/// Longest parts of a start line that stand neither in the received head nor among the edits: version, status, blanks.
const MADE_BYTES: usize = 32;

impl View<'_> {
    /// Appends the head to `out`.
    pub fn render(&self, out: &mut Vec<u8>) {
        let begin = out.len();
        out.resize(begin + self.most_bytes(), 0);
        let room = out.get_mut(begin..).unwrap_or_default();
        // There is room for all of it.
        let from = self.render_before(room).unwrap_or(room.len());
        out.copy_within(begin + from.., begin);
        out.truncate(out.len() - from);
    }

    /// Writes the head so that it ends where `room` ends, and returns where it starts. `None` if there is not enough
    /// room. Meant for the space before body bytes that were already read: one write then sends both.
    #[must_use]
    pub fn render_before(&self, room: &mut [u8]) -> Option<usize> {
        let at = room.len();
        let mut back = Back { room, at };
        self.emit(&mut back)?;
        Some(back.at)
    }

    /// Bytes that the head cannot exceed.
    fn most_bytes(&self) -> usize {
        let Self { head, edits, .. } = self;
        // A received line may lack the blank that is sent.
        let received = head.line_start() + head.fields().len();
        let separators = LINE_BYTES * edits.added.len();
        received + edits.arena.len() + separators + MADE_BYTES + LINE_BYTES
    }

    /// The one description of the head's bytes, last line first. Neighbouring lines that go out as they came in are put
    /// as one piece.
    fn emit(&self, back: &mut Back<'_>) -> Option<()> {
        let Self { head, buf, edits } = *self;
        back.put(b"\r\n")?;
        for field in edits.added.iter().rev() {
            back.line(field.name.of(&edits.arena), field.value.of(&edits.arena))?;
        }
        // Received bytes that stand before what was put so far. A line ends two bytes behind its value, with CRLF.
        let mut run = Span::EMPTY;
        match head.fields() {
            [first, .., last] if edits.keeps_all() && !head.irregular => {
                run = Span { start: first.name.start, end: last.value.end + 2 };
            }
            fields => {
                for (index, field) in fields.iter().enumerate().rev() {
                    let kept = edits.keeps(index);
                    if kept && field.canonical {
                        let line = Span { start: field.name.start, end: field.value.end + 2 };
                        run = back.extended(line, run, buf)?;
                        continue;
                    }
                    back.put(run.of(buf))?;
                    run = Span::EMPTY;
                    let value = if kept { Some(field.value.of(buf)) } else { edits.replacement(index) };
                    if let Some(value) = value {
                        back.line(field.name.of(buf), value)?;
                    }
                }
            }
        }
        self.emit_start_line(back, run)
    }

    /// Puts `run`, and the start line before it.
    fn emit_start_line(&self, back: &mut Back<'_>, run: Span) -> Option<()> {
        let Self { head, buf, edits } = *self;
        let unedited = edits.method.is_none()
            && edits.target.is_none()
            && edits.status.is_none()
            && edits.version.is_none_or(|version| version == head.version());
        if unedited && !head.start_line.is_empty() {
            let run = back.extended(head.start_line, run, buf)?;
            return back.put(run.of(buf));
        }
        back.put(run.of(buf))?;
        let version = self.version().text().as_bytes();
        match head.kind() {
            Kind::Request => back.parts([self.method_text(), b" ", self.target(), b" ", version, b"\r\n"]),
            Kind::Response => {
                let mut digits = itoa::Buffer::new();
                let status = digits.format(self.status()).as_bytes();
                back.parts([version, b" ", status, b" ", self.reason(), b"\r\n"])
            }
        }
    }
}

/// Bytes of a line beside its name and its value.
const LINE_BYTES: usize = b": \r\n".len();

/// Fills a slice from its end.
struct Back<'a> {
    room: &'a mut [u8],
    /// Where what was put so far begins.
    at: usize,
}

impl Back<'_> {
    fn put(&mut self, bytes: &[u8]) -> Option<()> {
        let start = self.at.checked_sub(bytes.len())?;
        self.room.get_mut(start..self.at)?.copy_from_slice(bytes);
        self.at = start;
        Some(())
    }

    fn parts<const N: usize>(&mut self, parts: [&[u8]; N]) -> Option<()> {
        parts.into_iter().rev().try_for_each(|part| self.put(part))
    }

    fn line(&mut self, name: &[u8], value: &[u8]) -> Option<()> {
        self.parts([name, b": ", value, b"\r\n"])
    }

    /// `run` with the received bytes `before` it; puts what cannot be joined.
    fn extended(&mut self, before: Span, run: Span, buf: &[u8]) -> Option<Span> {
        if before.end == run.start {
            return Some(Span { start: before.start, end: run.end });
        }
        self.put(run.of(buf))?;
        Some(before)
    }
}
