//! A message written out, in one pass.

use super::View;
use super::head::{Kind, Span};

/// Where rendered bytes go.
trait Sink {
    fn put(&mut self, bytes: &[u8]);
}

impl Sink for Vec<u8> {
    fn put(&mut self, bytes: &[u8]) {
        self.extend_from_slice(bytes);
    }
}

/// Only counts.
struct Count(usize);

impl Sink for Count {
    fn put(&mut self, bytes: &[u8]) {
        self.0 += bytes.len();
    }
}

/// Fills a slice that has just the room needed.
struct Room<'a>(&'a mut [u8]);

impl Sink for Room<'_> {
    fn put(&mut self, bytes: &[u8]) {
        // Measured by the same code before, so it fits; if it did not, a short head would be noticed by the caller.
        if let Some((here, rest)) = std::mem::take(&mut self.0).split_at_mut_checked(bytes.len()) {
            here.copy_from_slice(bytes);
            self.0 = rest;
        }
    }
}

impl View<'_> {
    /// Exact number of bytes that the head takes, its empty line included.
    #[must_use]
    pub fn rendered_len(&self) -> usize {
        let mut count = Count(0);
        self.emit(&mut count);
        count.0
    }

    /// Appends the head to `out`.
    pub fn render(&self, out: &mut Vec<u8>) {
        out.reserve(self.rendered_len());
        self.emit(out);
    }

    /// Writes the head so that it ends where `room` ends, and returns where it starts. `None` if there is not enough
    /// room. Meant for the space before body bytes that were already read: one write then sends both.
    #[must_use]
    pub fn render_before(&self, room: &mut [u8]) -> Option<usize> {
        let start = room.len().checked_sub(self.rendered_len())?;
        let mut room = Room(room.get_mut(start..)?);
        self.emit(&mut room);
        Some(start)
    }

    /// The one description of the head's bytes. Neighbouring lines that go out as they came in are put as one piece.
    fn emit(&self, sink: &mut impl Sink) {
        let Self { head, buf, edits } = *self;
        let mut run = self.start_line(sink);
        // A line ends two bytes behind its value, with CRLF.
        match head.fields() {
            [first, .., last] if edits.keeps_all() && !head.irregular => {
                run = extended(run, Span { start: first.name.start, end: last.value.end + 2 }, buf, sink);
            }
            fields => {
                for (index, field) in fields.iter().enumerate() {
                    let kept = edits.keeps(index);
                    if kept && field.canonical {
                        let line = Span { start: field.name.start, end: field.value.end + 2 };
                        run = extended(run, line, buf, sink);
                        continue;
                    }
                    let value = if kept { Some(field.value.of(buf)) } else { edits.replacement(index) };
                    sink.put(run.of(buf));
                    run = Span::EMPTY;
                    if let Some(value) = value {
                        line(sink, field.name.of(buf), value);
                    }
                }
            }
        }
        sink.put(run.of(buf));
        for field in &edits.added {
            line(sink, field.name.of(&edits.arena), field.value.of(&edits.arena));
        }
        sink.put(b"\r\n");
    }

    /// Puts the start line, or returns it as a run of received bytes that is still to be put.
    fn start_line(&self, sink: &mut impl Sink) -> Span {
        let Self { head, edits, .. } = self;
        let unedited = edits.method.is_none()
            && edits.target.is_none()
            && edits.status.is_none()
            && edits.version.is_none_or(|version| version == head.version());
        if unedited && !head.start_line.is_empty() {
            return head.start_line;
        }
        let version = self.version().text().as_bytes();
        match head.kind() {
            Kind::Request => {
                for part in [self.method_text(), b" ", self.target(), b" ", version, b"\r\n"] {
                    sink.put(part);
                }
            }
            Kind::Response => {
                let mut digits = itoa::Buffer::new();
                let status = digits.format(self.status()).as_bytes();
                for part in [version, b" ", status, b" ", self.reason(), b"\r\n"] {
                    sink.put(part);
                }
            }
        }
        Span::EMPTY
    }
}

/// `run` with the received bytes `more` behind it; puts what cannot be joined.
fn extended(run: Span, more: Span, buf: &[u8], sink: &mut impl Sink) -> Span {
    if run.end == more.start {
        return Span { start: run.start, end: more.end };
    }
    sink.put(run.of(buf));
    more
}

fn line(sink: &mut impl Sink, name: &[u8], value: &[u8]) {
    for part in [name, b": ", value, b"\r\n"] {
        sink.put(part);
    }
}
