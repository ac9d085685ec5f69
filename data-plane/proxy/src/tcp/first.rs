//! The first bytes of a connection, or of what its endpoint says, as expressions see them.

use sluicegate_model::expr::Direction;

use crate::h1::{Head, Limits, Parsed};

/// A request in HTTP/1 that they may be.
#[derive(Debug, Default)]
pub(super) struct Request {
    head: Head,
    form: Form,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// It may be one when more has come.
    #[default]
    Partial,
    /// It is none.
    Foreign,
    /// Its head is whole.
    Whole,
}

impl Request {
    /// Takes note of what has come: the bytes that it was shown before, and those behind them.
    pub(super) fn read(&mut self, bytes: &[u8]) {
        if self.form == Form::Partial {
            self.form = match self.head.parse_request(bytes, &Limits::default()) {
                Ok(Parsed::Partial) => Form::Partial,
                Ok(Parsed::Complete { .. }) => Form::Whole,
                Err(_) => Form::Foreign,
            };
        }
    }

    fn head(&self) -> Option<&Head> {
        (self.form == Form::Whole).then_some(&self.head)
    }
}

/// What has come so far.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct First<'a> {
    /// `None`: nobody wants them.
    pub(super) bytes: Option<&'a [u8]>,
    pub(super) request: Option<&'a Request>,
    /// They are the endpoint's.
    answered: bool,
    /// There may be more of them, and it is waited for.
    pub(super) more: bool,
}

impl<'a> First<'a> {
    /// All that there is.
    pub(crate) fn whole(bytes: &'a [u8]) -> Self {
        Self { bytes: Some(bytes), ..Self::default() }
    }

    /// What a client has said; `more`: it is waited for more.
    pub(super) fn said(bytes: Option<&'a [u8]>, request: Option<&'a Request>, more: bool) -> Self {
        Self { bytes, request, more, answered: false }
    }

    /// What an endpoint has said.
    pub(super) fn answered(bytes: &'a [u8], more: bool) -> Self {
        Self { bytes: Some(bytes), request: None, more, answered: true }
    }

    /// Those of that side, where they are looked at.
    pub(super) fn of(self, direction: Direction) -> Option<&'a [u8]> {
        self.bytes.filter(|_| self.answered == (direction == Direction::Response))
    }

    /// The request that they are, once its head is whole, and its bytes.
    pub(super) fn request(self) -> Option<(&'a Head, &'a [u8])> {
        Some((self.request?.head()?, self.bytes?))
    }

    /// Whether they may become a request.
    pub(super) fn may_become_request(self) -> bool {
        self.more && !self.answered && self.request.is_none_or(|request| request.form == Form::Partial)
    }
}
