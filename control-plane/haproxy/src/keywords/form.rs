//! What the words after a keyword have to be, where nothing reads them: HAProxy refuses a file for them, and so must a
//! program that takes its place.

/// One word, or all that are left.
#[derive(Clone, Copy, Debug)]
pub enum Form {
    /// Anything.
    Any,
    /// A number in these bounds.
    Number(i64, i64),
    /// A time.
    Time,
    /// A size in bytes, with `k`, `m` or `g`.
    Size,
    /// One of these words.
    OneOf(&'static [&'static str]),
    /// Some of these words with commas between them; each may carry an argument in parentheses.
    List(&'static [&'static str]),
    /// A number in these bounds, or one of these words.
    NumberOr(i64, i64, &'static [&'static str]),
    /// Processes or threads: `all`, `odd`, `even`, numbers and ranges.
    Threads,
    /// Processors: numbers and ranges with commas between them.
    Processors,
    /// `if` or `unless`, which begins a condition to the end of the line.
    Condition,
    /// Every word that is left is one of these.
    Each(&'static [&'static str]),
    /// What is left are options in any order.
    Options(&'static [Opt]),
}

/// An option among others, and what follows it.
#[derive(Clone, Copy, Debug)]
pub struct Opt {
    /// Its word.
    pub name: &'static str,
    /// The words that belong to it.
    pub args: &'static [Form],
}

/// An option of that name.
pub(crate) const fn opt(name: &'static str, args: &'static [Form]) -> Opt {
    Opt { name, args }
}

/// What an entry says of its words.
#[derive(Clone, Copy, Debug)]
pub struct Grammar {
    /// Of each word in its turn; what follows the last is free.
    pub words: &'static [Form],
    /// Words of the line that do not go together.
    pub apart: &'static [&'static [&'static str]],
    /// What stands in parentheses behind the name itself, and whether it must.
    pub call: Option<(Form, bool)>,
}

impl Grammar {
    /// Any words will do.
    pub(crate) const FREE: Self = Self { words: &[], apart: &[], call: None };
}

/// `on`, `off`.
pub(crate) const SWITCH: &[Form] = &[Form::OneOf(&["on", "off"])];
/// A time.
pub(crate) const TIME: &[Form] = &[Form::Time];
/// A number from nought.
pub(crate) const NUMBER: &[Form] = &[Form::Number(0, i64::MAX)];
/// A number from one that fits in 31 bits.
pub(crate) const ID: &[Form] = &[Form::Number(1, i32::MAX as i64)];
/// A percentage.
pub(crate) const PERCENT: &[Form] = &[Form::Number(0, 100)];
/// A version of TLS.
pub(crate) const TLS_VERSION: &[Form] =
    &[Form::OneOf(&["SSLv3", "TLSv1.0", "TLSv1.1", "TLSv1.2", "TLSv1.3"])];
