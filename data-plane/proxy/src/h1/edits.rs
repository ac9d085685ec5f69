//! Changes to a head, kept beside it.

mod aim;

use super::head::{Head, Span, Version};
use super::{Framing, Known, TargetForm, scan, view};

/// Bytes that all edits of one message may take.
pub(crate) const ARENA_BYTES: usize = 64 * 1024;
/// Fields that may be added to one message.
pub(crate) const ADDED_FIELDS: usize = 512;

/// An edit that would make the message malformed or change where it ends. It has not been made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidEdit {
    /// RFC 9110 section 5.1.
    #[error("a header name that is empty or has a byte that no name may have")]
    Name,
    /// RFC 9110 section 5.5. This is what keeps a decoded `%0d%0a` from becoming a header of its own.
    #[error("a header value or reason phrase with a line end or another control byte")]
    Value,
    /// RFC 9110 section 9.1.
    #[error("a method that is no token")]
    Method,
    /// RFC 9112 section 3.2.
    #[error("a request target that is malformed")]
    Target,
    /// RFC 9112 section 4.
    #[error("a status that is not between 100 and 999")]
    Status,
    /// Content-Length and Transfer-Encoding are the engine's alone.
    #[error("Content-Length and Transfer-Encoding cannot be edited: they say where the message ends")]
    Framing,
    /// Over a bound.
    #[error("more edits of one message than the limit")]
    TooLarge,
}

/// A field that is not in the received head.
#[derive(Clone, Copy, Debug)]
pub(super) struct Added {
    pub(super) name: Span,
    pub(super) value: Span,
    pub(super) known: Option<Known>,
}

/// What becomes of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Alter {
    /// It stays as it is.
    Keep,
    /// It gets another value.
    Replace,
    /// It goes.
    Drop,
}

/// The edits of one message: an arena of bytes and what they mean. Made to be pooled.
///
/// Edits apply in the order in which they are made: deleting takes away what was added before, too. A set or added
/// field stands behind the received ones, as HAProxy's `set-header` and `add-header` place it.
#[derive(Clone, Debug, Default)]
pub struct Edits {
    pub(super) arena: Vec<u8>,
    /// One bit per received field; set when the field is not sent as received.
    dropped: Vec<u64>,
    /// New values of dropped fields that keep their place.
    replaced: Vec<(u16, Span)>,
    pub(super) added: Vec<Added>,
    pub(super) method: Option<Span>,
    pub(super) target: Option<(Span, TargetForm)>,
    pub(super) version: Option<Version>,
    pub(super) status: Option<(u16, Span)>,
}

impl Edits {
    /// No edits.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes all edits back and keeps the memory.
    pub fn clear(&mut self) {
        self.arena.clear();
        self.dropped.clear();
        self.replaced.clear();
        self.added.clear();
        self.method = None;
        self.target = None;
        self.version = None;
        self.status = None;
    }

    /// Bytes of memory held, for a pool that lets large ones go.
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.arena.capacity()
            + self.dropped.capacity() * size_of::<u64>()
            + self.replaced.capacity() * size_of::<(u16, Span)>()
            + self.added.capacity() * size_of::<Added>()
    }

    /// Adds a field behind all others.
    ///
    /// # Errors
    /// [`InvalidEdit`], with nothing changed.
    pub fn add(&mut self, name: &[u8], value: &[u8]) -> Result<(), InvalidEdit> {
        self.add_with(name, |arena| arena.extend_from_slice(value))
    }

    /// Adds a field whose value `write` appends to the vector it is given (and must not shorten).
    ///
    /// # Errors
    /// As [`Edits::add`].
    pub fn add_with(&mut self, name: &[u8], write: impl FnOnce(&mut Vec<u8>)) -> Result<(), InvalidEdit> {
        let known = Known::of(name);
        editable(known)?;
        self.push(name, known, write)
    }

    /// Makes `value` the only value of `name`: takes away every field of that name and adds one.
    ///
    /// # Errors
    /// As [`Edits::add`].
    pub fn set(&mut self, head: &Head, buf: &[u8], name: &[u8], value: &[u8]) -> Result<(), InvalidEdit> {
        let older = self.added.len();
        self.add(name, value)?;
        self.drop_received(head, buf, name);
        self.drop_added(older, name);
        Ok(())
    }

    /// Takes away every field called `name`, in any case, received or added.
    ///
    /// # Errors
    /// [`InvalidEdit::Framing`] for the two fields that frame the body.
    pub fn delete(&mut self, head: &Head, buf: &[u8], name: &[u8]) -> Result<(), InvalidEdit> {
        editable(Known::of(name))?;
        self.drop_received(head, buf, name);
        self.drop_added(self.added.len(), name);
        Ok(())
    }

    /// Gives the received field number `index` (of [`Head::fields`]) another value, in its place.
    ///
    /// # Errors
    /// As [`Edits::add`].
    pub fn replace(&mut self, head: &Head, index: usize, value: &[u8]) -> Result<(), InvalidEdit> {
        let Some(field) = head.fields.get(index) else { return Ok(()) };
        editable(field.known)?;
        let span = self.write(|arena| arena.extend_from_slice(value))?;
        self.drop_field(index);
        self.replaced.retain(|(at, _)| usize::from(*at) != index);
        self.replaced.push((u16::try_from(index).unwrap_or(u16::MAX), span));
        Ok(())
    }

    /// Asks `change` for every field called `name`: it appends the new value and says whether there is one. Fields keep
    /// their places.
    ///
    /// # Errors
    /// As [`Edits::add`]; what was changed before stays.
    pub fn replace_each(
        &mut self,
        head: &Head,
        buf: &[u8],
        name: &[u8],
        change: &mut dyn FnMut(&[u8], &mut Vec<u8>) -> bool,
    ) -> Result<(), InvalidEdit> {
        self.alter_each(head, buf, name, &mut |old, new| match change(old, new) {
            true => Alter::Replace,
            false => Alter::Keep,
        })
    }

    /// The same where fields may go too.
    ///
    /// # Errors
    /// As [`Edits::add`]; what was changed before stays.
    pub fn alter_each(
        &mut self,
        head: &Head,
        buf: &[u8],
        name: &[u8],
        alter: &mut dyn FnMut(&[u8], &mut Vec<u8>) -> Alter,
    ) -> Result<(), InvalidEdit> {
        let known = Known::of(name);
        editable(known)?;
        let mut value = Vec::new();
        for (index, field) in head.fields.iter().enumerate() {
            let named = view::matches(field, buf, name, known);
            let old = if named { view::received_value(field, index, buf, self) } else { None };
            value.clear();
            match old.map(|old| alter(old, &mut value)) {
                Some(Alter::Replace) => self.replace(head, index, &value)?,
                Some(Alter::Drop) => self.delete_field(index),
                Some(Alter::Keep) | None => {}
            }
        }
        let mut index = 0;
        while let Some(&Added { name: of, value: old, .. }) = self.added.get(index) {
            value.clear();
            let named = of.of(&self.arena).eq_ignore_ascii_case(name);
            match named.then(|| alter(old.of(&self.arena), &mut value)) {
                Some(Alter::Drop) => {
                    self.added.remove(index);
                    continue;
                }
                Some(Alter::Replace) => {
                    self.added[index].value = self.write(|arena| arena.extend_from_slice(&value))?;
                }
                Some(Alter::Keep) | None => {}
            }
            index += 1;
        }
        Ok(())
    }

    /// Sends another method.
    ///
    /// # Errors
    /// [`InvalidEdit::Method`], [`InvalidEdit::TooLarge`].
    pub fn set_method(&mut self, method: &[u8]) -> Result<(), InvalidEdit> {
        if !scan::is_field_name(method) {
            return Err(InvalidEdit::Method);
        }
        self.method = Some(self.write(|arena| arena.extend_from_slice(method))?);
        Ok(())
    }

    /// Sends another version.
    pub fn set_version(&mut self, version: Version) {
        self.version = Some(version);
    }

    /// Sends another status and reason phrase.
    ///
    /// # Errors
    /// [`InvalidEdit::Status`], [`InvalidEdit::Value`], [`InvalidEdit::TooLarge`].
    pub fn set_status(&mut self, status: u16, reason: &[u8]) -> Result<(), InvalidEdit> {
        if !(100..1000).contains(&status) {
            return Err(InvalidEdit::Status);
        }
        self.status = Some((status, self.write(|arena| arena.extend_from_slice(reason))?));
        Ok(())
    }

    /// Makes the framing fields say `framing`: takes the received ones away and adds the one that is needed.
    /// Pass-through needs no such call. `Length(0)` writes `Content-Length: 0`, `Empty` writes nothing.
    ///
    /// # Errors
    /// [`InvalidEdit::TooLarge`].
    pub fn set_framing(&mut self, head: &Head, framing: Framing) -> Result<(), InvalidEdit> {
        for name in [Known::ContentLength, Known::TransferEncoding] {
            self.drop_known(head, name);
            self.added.retain(|field| field.known != Some(name));
        }
        match framing {
            Framing::Length(length) => {
                let mut digits = itoa::Buffer::new();
                let digits = digits.format(length).as_bytes();
                self.push(b"Content-Length", Some(Known::ContentLength), |arena| {
                    arena.extend_from_slice(digits)
                })
            }
            Framing::Chunked => self.push(b"Transfer-Encoding", Some(Known::TransferEncoding), |arena| {
                arena.extend_from_slice(b"chunked");
            }),
            Framing::Empty | Framing::UntilClose | Framing::Tunnel => Ok(()),
        }
    }

    /// Whether all received fields are sent as received.
    pub(super) fn keeps_all(&self) -> bool {
        self.dropped.is_empty()
    }

    /// Whether received field number `index` is sent as received.
    pub(super) fn keeps(&self, index: usize) -> bool {
        self.dropped.get(index / 64).is_none_or(|word| word & (1 << (index % 64)) == 0)
    }

    /// New value of a field that is not kept, if it is replaced and not deleted.
    pub(super) fn replacement(&self, index: usize) -> Option<&[u8]> {
        let (_, value) = self.replaced.iter().find(|(at, _)| usize::from(*at) == index)?;
        Some(value.of(&self.arena))
    }

    pub(super) fn drop_known(&mut self, head: &Head, name: Known) {
        if !head.has(name) {
            return;
        }
        for (index, field) in head.fields.iter().enumerate() {
            if field.known == Some(name) {
                self.delete_field(index);
            }
        }
    }

    pub(super) fn drop_received(&mut self, head: &Head, buf: &[u8], name: &[u8]) {
        let known = Known::of(name);
        if known.is_some_and(|name| !head.has(name)) {
            return;
        }
        for (index, field) in head.fields.iter().enumerate() {
            if view::matches(field, buf, name, known) {
                self.delete_field(index);
            }
        }
    }

    /// Deletes the received field number `index` (of [`Head::fields`]), for a caller that already found it.
    pub(super) fn delete_field(&mut self, index: usize) {
        self.drop_field(index);
        self.replaced.retain(|(at, _)| usize::from(*at) != index);
    }

    fn drop_field(&mut self, index: usize) {
        let word = index / 64;
        if self.dropped.len() <= word {
            self.dropped.resize(word + 1, 0);
        }
        if let Some(bits) = self.dropped.get_mut(word) {
            *bits |= 1 << (index % 64);
        }
    }

    /// Takes away the first `count` added fields that are called `name`.
    fn drop_added(&mut self, count: usize, name: &[u8]) {
        let arena = &self.arena;
        let mut index = 0;
        self.added.retain(|field| {
            index += 1;
            index > count || !field.name.of(arena).eq_ignore_ascii_case(name)
        });
    }

    pub(super) fn push(
        &mut self,
        name: &[u8],
        known: Option<Known>,
        write: impl FnOnce(&mut Vec<u8>),
    ) -> Result<(), InvalidEdit> {
        if !scan::is_field_name(name) {
            return Err(InvalidEdit::Name);
        }
        if self.added.len() >= ADDED_FIELDS {
            return Err(InvalidEdit::TooLarge);
        }
        let start = self.arena.len();
        self.arena.extend_from_slice(name);
        let name = Span::new(start, self.arena.len());
        let value = self.write(write).inspect_err(|_| self.arena.truncate(start))?;
        self.added.push(Added { name, value, known });
        Ok(())
    }

    /// Appends what `write` writes, if it may stand in a value.
    fn write(&mut self, write: impl FnOnce(&mut Vec<u8>)) -> Result<Span, InvalidEdit> {
        let start = self.arena.len();
        write(&mut self.arena);
        let written = self.arena.get(start..).unwrap_or_default();
        let verdict = if !scan::is_field_value(written) {
            Err(InvalidEdit::Value)
        } else if self.arena.len() > ARENA_BYTES {
            Err(InvalidEdit::TooLarge)
        } else {
            Ok(Span::new(start, self.arena.len()))
        };
        verdict.inspect_err(|_| self.arena.truncate(start))
    }
}

fn editable(name: Option<Known>) -> Result<(), InvalidEdit> {
    match name {
        Some(Known::ContentLength | Known::TransferEncoding) => Err(InvalidEdit::Framing),
        _ => Ok(()),
    }
}
