//! The keyword table: one entry for each word that HAProxy gives a meaning to.
//!
//! The parser, the messages and `docs/haproxy.md` are made from it. Directives, `bind` and `server` options, rule
//! actions and the names of expressions are entries of one shape; the [`Place`] tells where an entry may stand, its
//! [`Support`] what becomes of it, and the [`Effect`] of a degraded one what the lowering does in its place.

mod docs;
mod effect;
mod form;
mod lookup;
mod place;
mod sample;
mod table;
#[cfg(test)]
mod tests;

pub use docs::docs;
pub use effect::Effect;
pub use form::{Form, Grammar, Opt};
pub use lookup::{Found, allowed_in, lookup, named, nearest};
pub use place::{Place, Places};
pub(crate) use sample::lacking;
pub use sample::sample;

/// What becomes of a keyword.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Support {
    /// It does what HAProxy documents.
    Works {
        /// The test that fails without it.
        test: &'static str,
    },
    /// It is taken with a warning: part of what it asks for is not done.
    Degraded {
        /// What is not done.
        why: &'static str,
    },
    /// It is taken with a notice: it has nothing to act on here.
    Inert {
        /// Why nothing is missing.
        why: &'static str,
    },
    /// It is refused: a configuration that ignored it would do something else than written.
    NotSupported {
        /// What would be wrong.
        why: &'static str,
    },
}

/// How many arguments a keyword takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arity {
    /// At least so many.
    pub min: u8,
    /// At most so many; [`Arity::ANY`] for no limit.
    pub max: u8,
}

impl Arity {
    /// No upper limit but that of the line.
    pub const ANY: u8 = u8::MAX;
}

/// What a second occurrence in one section means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repeat {
    /// Each one counts.
    Adds,
    /// The last one wins, so an earlier one is worth a warning.
    Replaces,
}

/// One keyword, option or action.
#[derive(Clone, Copy, Debug)]
pub struct Keyword {
    /// Its words, as written: `timeout client`.
    pub name: &'static str,
    /// Where it may stand.
    pub places: Places,
    /// How many words follow.
    pub args: Arity,
    /// What the words are: `<time>`.
    pub usage: &'static str,
    /// Whether `no` and `default` may stand in front.
    pub negatable: bool,
    /// What a second one means.
    pub repeat: Repeat,
    /// What becomes of it.
    pub support: Support,
    /// What is done in its place where it is degraded.
    pub instead: Effect,
    /// What it is for, in one line.
    pub summary: &'static str,
    /// For an old spelling, the keyword that it is read as.
    pub modern: Option<&'static str>,
    /// Where the word after it is looked up, for a keyword whose first argument is an action.
    pub actions: Option<Place>,
    /// Where the words after the fixed arguments are looked up, and how many of those there are.
    pub options: Option<(Place, u8)>,
    /// What the words that follow have to be, where nothing else reads them.
    pub grammar: Grammar,
    /// In a proxy that lacks the side it acts on, HAProxy warns and goes on. Not so for these: an
    /// address that nobody listens on, or a server that nobody uses, is a mistake.
    pub strict: bool,
}

impl Keyword {
    /// An entry that works, shown by the named test.
    pub(crate) const fn works(name: &'static str, places: Places, test: &'static str) -> Self {
        Self::new(name, places, Support::Works { test })
    }

    /// An entry that is taken with a warning.
    pub(crate) const fn degraded(name: &'static str, places: Places, why: &'static str) -> Self {
        Self::new(name, places, Support::Degraded { why })
    }

    /// An entry that is taken with a notice.
    pub(crate) const fn inert(name: &'static str, places: Places, why: &'static str) -> Self {
        Self::new(name, places, Support::Inert { why })
    }

    /// An entry that is refused.
    pub(crate) const fn refused(name: &'static str, places: Places, why: &'static str) -> Self {
        Self::new(name, places, Support::NotSupported { why })
    }

    /// An old spelling of `modern`, which has the rest of the entry.
    pub(crate) const fn old(name: &'static str, modern: &'static str, places: Places) -> Self {
        let mut entry = Self::new(name, places, Support::Works { test: "old_spellings_are_read_as_modern" });
        entry.modern = Some(modern);
        entry.summary = "Old spelling.";
        entry
    }

    /// Entries that share everything but their names.
    pub(crate) const fn each<const N: usize>(names: [&'static str; N], like: Keyword) -> [Keyword; N] {
        let mut entries = [like; N];
        let mut index = 0;
        while index < N {
            entries[index].name = names[index];
            index += 1;
        }
        entries
    }

    const fn new(name: &'static str, places: Places, support: Support) -> Self {
        Self {
            name,
            places,
            args: Arity { min: 0, max: Arity::ANY },
            usage: "",
            negatable: false,
            repeat: if places.options_only() { Repeat::Replaces } else { Repeat::Adds },
            support,
            instead: Effect::LeftOut,
            summary: "",
            modern: None,
            actions: None,
            options: None,
            grammar: Grammar::FREE,
            strict: false,
        }
    }

    /// Takes `min` to `max` arguments, shown as `usage`.
    pub(crate) const fn takes(mut self, min: u8, max: u8, usage: &'static str) -> Self {
        self.args = Arity { min, max };
        self.usage = usage;
        self
    }

    /// May stand after `no` and `default`.
    pub(crate) const fn negatable(mut self) -> Self {
        self.negatable = true;
        self
    }

    /// The last one of a section wins.
    pub(crate) const fn once(mut self) -> Self {
        self.repeat = Repeat::Replaces;
        self
    }

    /// Each one counts, although it is an option.
    pub(crate) const fn adds(mut self) -> Self {
        self.repeat = Repeat::Adds;
        self
    }

    /// Says what it is for.
    pub(crate) const fn does(mut self, summary: &'static str) -> Self {
        self.summary = summary;
        self
    }

    /// Its first argument is an action of `place`.
    pub(crate) const fn acts(mut self, place: Place) -> Self {
        self.actions = Some(place);
        self
    }

    /// After `fixed` arguments come options of `place`.
    pub(crate) const fn options(mut self, place: Place, fixed: u8) -> Self {
        self.options = Some((place, fixed));
        self
    }

    /// Its words are of these forms, in their order.
    pub(crate) const fn of(mut self, words: &'static [Form]) -> Self {
        self.grammar.words = words;
        self
    }

    /// No two words of one of these groups stand on its line.
    pub(crate) const fn apart(mut self, groups: &'static [&'static [&'static str]]) -> Self {
        self.grammar.apart = groups;
        self
    }

    /// Its name carries an argument in parentheses, which may be missing where it is not `required`.
    pub(crate) const fn called(mut self, form: Form, required: bool) -> Self {
        self.grammar.call = Some((form, required));
        self
    }

    /// Says what is done in its place.
    pub(crate) const fn instead(mut self, effect: Effect) -> Self {
        self.instead = effect;
        self
    }

    /// Refused in a proxy that lacks the side it acts on.
    pub(crate) const fn strict(mut self) -> Self {
        self.strict = true;
        self
    }

    /// Whether it is taken without being done.
    pub fn is_degraded(&self) -> bool {
        matches!(self.support, Support::Degraded { .. })
    }

    /// Whether it is refused; a suggestion had better not be.
    pub(crate) fn refused_here(&self) -> bool {
        matches!(self.support, Support::NotSupported { .. })
    }

    /// The number of words of the name.
    pub fn words(&self) -> usize {
        self.name.split(' ').count()
    }

    /// The name and its arguments as one would write them.
    pub fn form(&self) -> String {
        if self.usage.is_empty() { self.name.to_owned() } else { format!("{} {}", self.name, self.usage) }
    }
}
