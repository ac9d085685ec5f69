//! What can be wrong with an expression, in the operator's words.

mod gravity;
mod help;

use super::load::LoadError;
use crate::source::Span;

/// Bytes `start..end` of the decoded text of the word with index `word`, counted in the words that were given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Index of the word; the number of words for a place after the last.
    pub word: usize,
    /// Offset of the first byte.
    pub start: usize,
    /// Offset after the last byte.
    pub end: usize,
}

impl Place {
    /// The whole word with that index.
    pub fn word(word: usize, text: &str) -> Self {
        Self { word, start: 0, end: text.len() }
    }
}

/// One problem and its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Where.
    pub place: Place,
    /// What.
    pub problem: Problem,
}

/// What is wrong. [`Problem::is_error`] tells what is refused from what is only told.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// Nothing stands where a fetch should.
    #[error("an expression is expected here")]
    ExpressionMissing,
    /// A fetch that HAProxy does not have either.
    #[error("unknown fetch `{name}`")]
    UnknownFetch {
        /// As written.
        name: String,
        /// The name that looks most like it.
        near: Option<&'static str>,
    },
    /// A fetch that HAProxy has: it gives no value.
    #[error("the fetch `{name}` is not found: {why}")]
    FetchLacking {
        /// As written.
        name: String,
        /// Why.
        why: &'static str,
    },
    /// A fetch that HAProxy has, in a test: it has no answer.
    #[error("what the fetch `{name}` gives is not known: {why}")]
    FetchUnknown {
        /// As written.
        name: String,
        /// Why.
        why: &'static str,
    },
    /// A fetch that counts, in a test.
    #[error("`{name}` is taken for 0, as nothing is counted: {why}")]
    NotCounted {
        /// As written.
        name: String,
        /// Why.
        why: &'static str,
    },
    /// `env` of nothing.
    #[error("the environment variable `{name}` is not set")]
    VariableUnset {
        /// The variable.
        name: String,
    },
    /// A test of something that is not there to be read.
    #[error("`{name}` is not known {place}, so this never matches")]
    NeverMatches {
        /// The fetch, as written.
        name: String,
        /// Where it stands.
        place: &'static str,
    },
    /// A value of something that is not there to be read.
    #[error("`{name}` is not known {place}")]
    NotKnownHere {
        /// The fetch or alias, as written.
        name: String,
        /// Where it stands.
        place: &'static str,
    },
    /// A converter that HAProxy does not have either.
    #[error("unknown converter `{name}`")]
    UnknownConverter {
        /// As written.
        name: String,
        /// The name that looks most like it.
        near: Option<&'static str>,
    },
    /// A converter that HAProxy has: it gives no value.
    #[error("what the converter `{name}` gives is not known: {why}")]
    ConverterLacking {
        /// As written.
        name: String,
        /// Why.
        why: &'static str,
    },
    /// `(` without `)`.
    #[error("missing `)` after the arguments of `{call}`")]
    UnclosedParenthesis {
        /// The fetch or converter.
        call: String,
    },
    /// A quote inside arguments that nothing closes.
    #[error("missing closing {quote} in the arguments of `{call}`")]
    UnclosedQuote {
        /// The fetch or converter.
        call: String,
        /// The quote.
        quote: char,
    },
    /// Something after the end of an expression.
    #[error("unexpected `{text}` after the expression")]
    Trailing {
        /// What stands there.
        text: String,
    },
    /// Too few arguments.
    #[error("`{call}` needs the argument `{expected}`")]
    ArgumentMissing {
        /// The fetch or converter.
        call: String,
        /// What is missing.
        expected: &'static str,
    },
    /// Too many arguments.
    #[error("`{call}` takes {}", plural(*.allowed, "argument"))]
    TooManyArguments {
        /// The fetch or converter.
        call: String,
        /// How many it takes.
        allowed: usize,
    },
    /// An argument of the wrong sort.
    #[error("`{text}` is not {expected}, as `{call}` needs")]
    ArgumentInvalid {
        /// The fetch or converter.
        call: String,
        /// As written.
        text: String,
        /// What it should be.
        expected: &'static str,
    },
    /// A converter that cannot take what stands before it.
    #[error("`{name}` takes {takes}, and what stands before it gives {gets}")]
    Cast {
        /// The converter.
        name: String,
        /// What it takes.
        takes: &'static str,
        /// What it gets.
        gets: &'static str,
    },
    /// More of something than is taken.
    #[error("more than {limit} {what}")]
    TooMany {
        /// What.
        what: &'static str,
        /// The limit.
        limit: usize,
    },
    /// A pattern over its limit.
    #[error("a pattern of {bytes} bytes is too long: at most {limit}")]
    LongPattern {
        /// What there is.
        bytes: usize,
        /// The limit.
        limit: usize,
    },
    /// `-x` before the patterns.
    #[error("`{flag}` is not an ACL flag")]
    UnknownFlag {
        /// As written.
        flag: String,
    },
    /// A flag at the end of the line.
    #[error("`{flag}` needs {expected}")]
    FlagValueMissing {
        /// The flag.
        flag: &'static str,
        /// What it needs.
        expected: &'static str,
    },
    /// `-m what`.
    #[error("unknown matching method `{name}`")]
    UnknownMatch {
        /// As written.
        name: String,
        /// The name that looks most like it.
        near: Option<&'static str>,
    },
    /// `-m` after `-f`.
    #[error("`-m` must stand before patterns and files")]
    MatchAfterFile,
    /// A test of bytes that are no text, without `-m` before its patterns.
    #[error("`{name}` gives bytes that are no text: `-m` has to say how they are compared")]
    MatchMissing {
        /// The expression.
        name: String,
    },
    /// A method that cannot compare what the expression gives.
    #[error("the method `{method}` cannot be used on {output}")]
    MatchUnfit {
        /// The method's name.
        method: &'static str,
        /// What the expression gives.
        output: &'static str,
    },
    /// A pattern that is no number and no range.
    #[error("`{text}` is not an integer or a range")]
    NotAnInteger {
        /// As written.
        text: String,
    },
    /// A range or comparison that no number fulfils.
    #[error("no number is in `{text}`")]
    EmptyRange {
        /// As written.
        text: String,
    },
    /// An operator without its number.
    #[error("`{operator}` needs an integer")]
    OperandMissing {
        /// `ge`, `gt` ...
        operator: String,
    },
    /// A pattern that is no address and no network.
    #[error("`{text}` is not an IP address or network")]
    NotAnAddress {
        /// As written.
        text: String,
    },
    /// A pattern that is no regular expression.
    #[error("`{text}` is not a usable regular expression: {reason}")]
    BadRegex {
        /// As written.
        text: String,
        /// What the engine says.
        reason: String,
    },
    /// A pattern that is not hexadecimal.
    #[error("`{text}` is not a string of hexadecimal digit pairs")]
    NotHexadecimal {
        /// As written.
        text: String,
    },
    /// A pattern file that cannot be had.
    #[error("pattern file {path}: {error}")]
    PatternFile {
        /// As written.
        path: String,
        /// Why.
        error: LoadError,
    },
    /// One name for two kinds of list.
    #[error("the file {path} is read as {} above, and cannot be {} here", kinds(*map), kinds(!*map))]
    ListMismatch {
        /// As written.
        path: String,
        /// As what it was read first.
        map: bool,
    },
    /// A value of a map that is not of the type asked for.
    #[error("the value `{text}` is not {expected}")]
    MapValue {
        /// As written.
        text: String,
        /// In words.
        expected: &'static str,
    },
    /// A line of a pattern file.
    #[error("{path}:{line}: {problem}")]
    InPatternFile {
        /// As written.
        path: String,
        /// Line, from 1.
        line: usize,
        /// What is wrong there.
        problem: Box<Problem>,
    },
    /// Nothing to compare with.
    #[error("no pattern is given, so this never matches")]
    NoPattern,
    /// Patterns for a method that compares with nothing.
    #[error("`{method}` takes no pattern; `{text}` has no effect")]
    PatternIgnored {
        /// The method's name.
        method: &'static str,
        /// The first pattern.
        text: String,
    },
    /// `-m` on a name that says its own method.
    #[error("`-m {given}` overrides the method in the name `{name}`")]
    MatchOverridden {
        /// As written.
        name: String,
        /// The method of the flag.
        given: &'static str,
    },
    /// A flag that is read and has no effect.
    #[error("`{flag}` has no effect: {why}")]
    FlagInert {
        /// The flag.
        flag: &'static str,
        /// Why.
        why: &'static str,
    },
    /// A name that cannot name an ACL.
    #[error("`{name}` cannot name an ACL: {why}")]
    BadAclName {
        /// As written.
        name: String,
        /// Why.
        why: &'static str,
    },
    /// A name in a condition that no `acl` line defines.
    #[error("no ACL is named `{name}`")]
    UnknownAcl {
        /// As written.
        name: String,
        /// The name that looks most like it.
        near: Option<String>,
    },
    /// A name in a condition whose first `acl` line stands below.
    #[error("no ACL is named `{name}` yet")]
    AclBelow {
        /// As written.
        name: String,
        /// Where it is defined.
        line: Span,
    },
    /// `if` or `unless` without what follows.
    #[error("a condition is expected here")]
    ConditionMissing,
    /// The same at the end of a line, where HAProxy takes it.
    #[error("there is no term after `{word}`: it {holds} holds", word = if *negated { "unless" } else { "if" }, holds = if *negated { "always" } else { "never" })]
    ConditionEmpty {
        /// `unless`.
        negated: bool,
    },
    /// Something else than `if` or `unless`.
    #[error("expected `if` or `unless` and a condition, not `{text}`")]
    NotACondition {
        /// As written.
        text: String,
    },
    /// `{` without `}`.
    #[error("missing closing `}}` of an anonymous ACL")]
    UnclosedBrace,
    /// `or` without two sides, `!` without a term.
    #[error("a term is missing {side} `{operator}`")]
    TermMissing {
        /// `before` or `after`.
        side: &'static str,
        /// `or`, `||` or `!`.
        operator: String,
    },
    /// A condition over the limits of the wire.
    #[error("the condition is too long: {got} tests and operators, at most {limit}")]
    TooLong {
        /// What there is.
        got: usize,
        /// The limit.
        limit: usize,
    },
    /// `%` with nothing that it could mean.
    #[error("`%` must be doubled to stand for itself")]
    LonePercent,
    /// `%xy`.
    #[error("unknown log-format alias `%{name}`")]
    UnknownAlias {
        /// As written.
        name: String,
        /// The name that looks most like it.
        near: Option<&'static str>,
    },
    /// An alias that HAProxy has.
    #[error("the log-format alias `%{name}` is written as `-`: {why}")]
    AliasLacking {
        /// As written.
        name: String,
        /// Why.
        why: &'static str,
    },
    /// `%{` without `}`, `%[` without `]`.
    #[error("missing `{closing}` of `%{opening}`")]
    UnclosedFormat {
        /// `{` or `[`.
        opening: char,
        /// `}` or `]`.
        closing: char,
    },
    /// `%{+Y}`.
    #[error("unknown log-format flag `{flag}`")]
    UnknownFormatFlag {
        /// As written.
        flag: String,
    },
    /// `%{+E}` and others that HAProxy has.
    #[error("the log-format flag `{flag}` has no effect: values are written as they are")]
    FormatFlagLacking {
        /// As written.
        flag: String,
    },
}

/// `no arguments`, `one argument`, `2 arguments`.
fn plural(count: usize, noun: &str) -> String {
    match count {
        0 => format!("no {noun}"),
        1 => format!("one {noun}"),
        more => format!("at most {more} {noun}s"),
    }
}

fn kinds(map: bool) -> &'static str {
    if map { "a map" } else { "a list of patterns" }
}
