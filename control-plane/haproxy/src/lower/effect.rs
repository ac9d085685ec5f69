//! What is done in place of degraded keywords, as their entries say.

use super::settings::Lines;
use crate::ast::{Directive, OptionUse, Prefix, SectionKind};
use crate::keywords::{Effect, Keyword};

impl Keyword {
    /// What is done in its place; `None` where it is done itself.
    fn effect(&self) -> Option<Effect> {
        self.is_degraded().then_some(self.instead)
    }

    /// The status that a rule answers in place of what it says.
    pub(super) fn refusal(&self) -> Option<u32> {
        match self.effect()? {
            Effect::Refuse(status) => Some(status),
            _ => None,
        }
    }
}

impl Directive {
    /// Whether the line, its action or one of its options asks for what has this effect.
    pub(super) fn has(&self, effect: Effect) -> bool {
        let own = [Some(self.keyword), self.action];
        let mut all = own.into_iter().flatten().chain(self.options().map(|option| option.keyword));
        self.prefix == Prefix::None && all.any(|keyword| keyword.effect() == Some(effect))
    }

    /// The reason of a line that has this effect.
    pub(super) fn reason(&self, effect: Effect) -> Option<&'static str> {
        let keyword = self.action.unwrap_or(self.keyword);
        match keyword.support {
            crate::keywords::Support::Degraded { why } if self.has(effect) => Some(why),
            _ => None,
        }
    }
}

impl OptionUse<'_> {
    /// Whether it has this effect on its own line.
    pub(super) fn has(&self, effect: Effect) -> bool {
        self.keyword.effect() == Some(effect)
    }
}

impl<'a> Lines<'a> {
    /// Whether a line of the proxy, or one that it inherits, has this effect on all of it. Lines for single servers and
    /// addresses do not.
    pub(super) fn has(&self, effect: Effect) -> bool {
        self.lines_with(effect).any(|line| {
            let single = matches!(line.name(), "bind" | "server" | "server-template" | "default-server");
            !single && (!line.keyword.negatable || self.is_on(line.name()))
        })
    }

    /// The lines of the proxy and of its `defaults` that have this effect.
    pub(super) fn lines_with(&self, effect: Effect) -> impl Iterator<Item = &'a Directive> {
        let inherited = self.parent().map(Lines::own_lines).unwrap_or_default();
        // What `defaults` says of a side that the proxy has not is not for it.
        let kind = self.section().kind.place();
        let applies =
            move |line: &&&'a Directive| kind.is_none_or(|place| line.keyword.places.contains(place));
        let inherited = inherited.iter().filter(applies);
        inherited.chain(self.own_lines()).copied().filter(move |line| line.has(effect))
    }
}

/// Whether a section takes connections.
pub(super) fn takes_connections(kind: SectionKind) -> bool {
    matches!(kind, SectionKind::Frontend | SectionKind::Listen)
}
