//! A message as it stands after its edits.

use super::head::{Field, Head, Method, Version};
use super::{Edits, Known, TargetForm};

/// A head together with its buffer and its edits: what rules see and what is sent.
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    /// The head as received.
    pub head: &'a Head,
    /// The buffer that `head` was parsed from.
    pub buf: &'a [u8],
    /// What is changed about it.
    pub edits: &'a Edits,
}

impl<'a> View<'a> {
    /// Ties the three together.
    #[must_use]
    pub fn new(head: &'a Head, buf: &'a [u8], edits: &'a Edits) -> Self {
        Self { head, buf, edits }
    }

    /// Method of the request.
    #[must_use]
    pub fn method(&self) -> Method {
        match self.edits.method {
            Some(_) => Method::of(self.method_text()),
            None => self.head.method,
        }
    }

    /// Method of the request as text.
    #[must_use]
    pub fn method_text(&self) -> &'a [u8] {
        match self.edits.method {
            Some(method) => method.of(&self.edits.arena),
            None => self.head.method_text(self.buf),
        }
    }

    /// Request-target.
    #[must_use]
    pub fn target(&self) -> &'a [u8] {
        match self.edits.target {
            Some((target, _)) => target.of(&self.edits.arena),
            None => self.head.target(self.buf),
        }
    }

    /// Form of the request-target.
    #[must_use]
    pub fn target_form(&self) -> TargetForm {
        self.edits.target.map_or(self.head.form, |(_, form)| form)
    }

    /// Host and port of an absolute request-target.
    #[must_use]
    pub fn authority(&self) -> Option<&'a [u8]> {
        match (self.edits.target, self.head.form) {
            (Some((_, TargetForm::Absolute { authority, .. })), _) => Some(authority.of(&self.edits.arena)),
            (None, TargetForm::Absolute { authority, .. }) => Some(authority.of(self.buf)),
            _ => None,
        }
    }

    /// Path without query, as [`Head::path`].
    #[must_use]
    pub fn path(&self) -> &'a [u8] {
        match self.edits.target {
            Some((target, form)) => form.path(target, &self.edits.arena),
            None => self.head.path(self.buf),
        }
    }

    /// Query without its `?`.
    #[must_use]
    pub fn query(&self) -> Option<&'a [u8]> {
        match self.edits.target {
            Some((target, form)) => form.query(target, &self.edits.arena),
            None => self.head.query(self.buf),
        }
    }

    /// Version that is sent.
    #[must_use]
    pub fn version(&self) -> Version {
        self.edits.version.unwrap_or(self.head.version)
    }

    /// Status of the response.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.edits.status.map_or(self.head.status, |(status, _)| status)
    }

    /// Reason phrase of the response.
    #[must_use]
    pub fn reason(&self) -> &'a [u8] {
        match self.edits.status {
            Some((_, reason)) => reason.of(&self.edits.arena),
            None => self.head.reason(self.buf),
        }
    }

    /// Names and values in the order in which they are sent.
    pub fn fields(&self) -> impl Iterator<Item = (&'a [u8], &'a [u8])> + use<'a> {
        let View { head, buf, edits } = *self;
        let received = head.fields.iter().enumerate().filter_map(move |(index, field)| {
            Some((field.name.of(buf), received_value(field, index, buf, edits)?))
        });
        let added =
            edits.added.iter().map(|field| (field.name.of(&edits.arena), field.value.of(&edits.arena)));
        received.chain(added)
    }

    /// Values of the fields called `name` (in any case), in the order in which they are sent.
    pub fn values<'n>(&self, name: &'n [u8]) -> impl Iterator<Item = &'a [u8]> + use<'a, 'n> {
        let View { head, buf, edits } = *self;
        let known = Known::of(name);
        let fields = if known.is_some_and(|name| !head.has(name)) { &[] } else { head.fields.as_slice() };
        let received = fields.iter().enumerate().filter_map(move |(index, field)| {
            if matches(field, buf, name, known) { received_value(field, index, buf, edits) } else { None }
        });
        let added = edits.added.iter().filter_map(move |field| {
            let same = field.known == known
                && (known.is_some() || field.name.of(&edits.arena).eq_ignore_ascii_case(name));
            same.then(|| field.value.of(&edits.arena))
        });
        received.chain(added)
    }

    /// Value of the first field called `name`.
    #[must_use]
    pub fn value(&self, name: &[u8]) -> Option<&'a [u8]> {
        self.values(name).next()
    }
}

/// Value of received field number `index` as it is sent; `None`: it is not.
pub(super) fn received_value<'a>(
    field: &Field,
    index: usize,
    buf: &'a [u8],
    edits: &'a Edits,
) -> Option<&'a [u8]> {
    if edits.keeps(index) { Some(field.value.of(buf)) } else { edits.replacement(index) }
}

/// Whether a field is called `name`, whose [`Known::of`] is `known`.
pub(super) fn matches(field: &Field, buf: &[u8], name: &[u8], known: Option<Known>) -> bool {
    field.known == known && (known.is_some() || field.is(buf, name))
}
