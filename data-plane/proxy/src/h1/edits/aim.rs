//! Edits of the request-target.

use super::{Edits, InvalidEdit};
use crate::h1::head::{Head, Span};
use crate::h1::{Method, TargetForm, View, scan, target};

impl Edits {
    /// Sends another request-target, of any form that a request other than CONNECT may have.
    ///
    /// # Errors
    /// [`InvalidEdit::Target`], [`InvalidEdit::TooLarge`].
    pub fn set_target(&mut self, target: &[u8]) -> Result<(), InvalidEdit> {
        if target.is_empty() || scan::target_end(target, 0) != target.len() {
            return Err(InvalidEdit::Target);
        }
        let span = self.write(|arena| arena.extend_from_slice(target))?;
        let Ok(form) = target::classify(Method::Options, span, &self.arena) else {
            self.arena.truncate(span.start as usize);
            return Err(InvalidEdit::Target);
        };
        self.target = Some((span, form));
        Ok(())
    }

    /// Sends another request-target and, where it names a host that the one before did not, that Host.
    ///
    /// # Errors
    /// As [`Edits::set_target`].
    pub fn set_target_and_host(&mut self, head: &Head, buf: &[u8], target: &[u8]) -> Result<(), InvalidEdit> {
        let host = |edits: &Self| View::new(head, buf, edits).authority().map(<[u8]>::to_vec);
        let before = host(self);
        self.set_target(target)?;
        let Some(after) = host(self).filter(|after| before.as_ref() != Some(after)) else { return Ok(()) };
        let mut seen = false;
        self.replace_each(head, buf, b"Host", &mut |_, value| {
            seen = true;
            value.extend_from_slice(&after);
            true
        })?;
        if seen { Ok(()) } else { self.add(b"Host", &after) }
    }

    /// Makes the host of an absolute-form target the one that Host has, where a rule gave that another, and leaves away the
    /// port that its scheme means by itself, as HAProxy does. Other forms stay: servers have to take them all (RFC 9112
    /// section 3.2.2), and a proxy behind this one needs them.
    ///
    /// # Errors
    /// [`InvalidEdit::TooLarge`].
    pub fn settle_host(&mut self, head: &Head, buf: &[u8]) -> Result<(), InvalidEdit> {
        let (target, form, bytes) = match self.target {
            Some((target, form)) => (target, form, self.arena.as_slice()),
            None => (head.target, head.form, buf),
        };
        let TargetForm::Absolute { authority, path } = form else { return Ok(()) };
        let (start, named) =
            (Span { start: target.start, end: authority.start }.of(bytes), authority.of(bytes));
        let default = target::default_port(target.of(bytes));
        let host = View::new(head, buf, self).value(b"Host");
        let other = host.filter(|host| target::is_authority(host) && !target::agree(named, host, default));
        let host = target::without_port(other.unwrap_or(named), default);
        if host == named {
            return Ok(());
        }
        let whole = [start, host, path.of(bytes)].concat();
        self.set_target(&whole)
    }

    /// Sends path and query of an absolute-form target alone.
    ///
    /// # Errors
    /// [`InvalidEdit::TooLarge`].
    pub fn set_origin_form(&mut self, head: &Head, buf: &[u8]) -> Result<(), InvalidEdit> {
        let (form, bytes) = match self.target {
            Some((_, form)) => (form, self.arena.as_slice()),
            None => (head.form, buf),
        };
        let TargetForm::Absolute { path, .. } = form else { return Ok(()) };
        let path = match path.of(bytes) {
            path @ [b'/', ..] => path.to_vec(),
            rootless => [b"/", rootless].concat(),
        };
        self.set_target(&path)
    }
}
