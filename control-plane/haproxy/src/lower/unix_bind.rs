//! `unix-bind`: what unix sockets of `bind` lines have where their line does not say.

use sluicegate_proto::v1;

use super::Lowering;
use crate::ast::Directive;
use crate::diagnostic::{Code, Diagnostic};
use crate::word::Word;

/// What `unix-bind` lines of `global` come to.
#[derive(Debug, Clone, Default)]
pub(super) struct UnixBind {
    /// Before each path.
    pub(super) prefix: String,
    /// User, group and permissions; no path.
    pub(super) address: v1::UnixAddress,
}

impl Lowering<'_> {
    /// One line, over those before it.
    pub(super) fn unix_bind(&mut self, line: &Directive) {
        let mut rest = line.args();
        while let [word, after @ ..] = rest {
            let name = word.text();
            if !["prefix", "mode", "user", "uid", "group", "gid"].contains(&name) {
                let known = ["prefix", "mode", "user", "uid", "group", "gid"];
                return self.not_one_of(word, "an option of `unix-bind`", &known);
            }
            let [value, after @ ..] = after else { return self.incomplete(word, "a value") };
            let mode = if name == "mode" { self.permissions(value) } else { None };
            let text = self.plain(value).unwrap_or_default();
            let UnixBind { prefix, address } = &mut self.global.unix_bind;
            match name {
                "prefix" => *prefix = text,
                "user" | "uid" => address.user = text,
                "group" | "gid" => address.group = text,
                _ => address.mode = mode,
            }
            rest = after;
        }
    }

    /// Permission bits in octal.
    pub(super) fn permissions(&mut self, word: &Word) -> Option<u32> {
        let mode = u32::from_str_radix(word.text(), 8).ok().filter(|mode| *mode <= 0o7777);
        if mode.is_none() {
            let message = format!("`{}` is not a set of permissions in octal", word.text());
            self.report(Diagnostic::error(Code::BadValue, word.span(), message).help("write `mode 660`"));
        }
        mode
    }
}
