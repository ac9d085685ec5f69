//! The stable names of findings.

use std::fmt;

/// The family of a finding: who has to do what about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// The bytes of the file are not what a configuration is made of.
    File,
    /// The words of a line are not well formed or not in the right number or place.
    Syntax,
    /// A name that does not exist.
    Unknown,
    /// A value that is out of range or not of its kind.
    Value,
    /// A name that refers to nothing, or twice to something.
    Reference,
    /// Known to HAProxy, and refused here because ignoring it would be wrong.
    Unsupported,
    /// Taken, but not done as HAProxy would.
    Degraded,
    /// Taken; it has nothing to act on here.
    Inert,
    /// An old spelling, read as its modern form.
    Legacy,
}

macro_rules! codes {
    ($($(#[$doc:meta])* $variant:ident = $name:literal, $class:ident;)*) => {
        /// The kind of a finding. Its name (`unknown-keyword`) is stable: scripts and documents may use it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code {
            $($(#[$doc])* $variant,)*
        }

        impl Code {
            /// Every code.
            pub const ALL: &'static [Code] = &[$(Code::$variant,)*];

            /// Its stable name.
            pub fn as_str(self) -> &'static str {
                match self { $(Code::$variant => $name,)* }
            }

            /// Its family.
            pub fn class(self) -> Class {
                match self { $(Code::$variant => Class::$class,)* }
            }
        }
    };
}

codes! {
    /// The file is larger than is read.
    FileTooLarge = "file-too-large", File;
    /// A NUL byte.
    NulByte = "nul-byte", File;
    /// A word with bytes that are not UTF-8.
    NotUtf8 = "not-utf8", File;
    /// A carriage return that does not end a line.
    StrayCarriageReturn = "stray-carriage-return", File;
    /// A quote that is not closed on its line.
    UnmatchedQuote = "unmatched-quote", Syntax;
    /// `\x` without two hexadecimal digits, or one that gives no text.
    BadEscape = "bad-escape", Syntax;
    /// A malformed `$NAME` inside double quotes.
    BadVariable = "bad-variable", Syntax;
    /// An environment variable that is not set.
    UnsetVariable = "unset-variable", Value;
    /// A word that is empty.
    EmptyWord = "empty-word", Syntax;
    /// More words on a line than are read.
    TooManyWords = "too-many-words", Syntax;
    /// A backslash at the end of a line, which joins no lines.
    NoContinuation = "no-continuation", Syntax;
    /// A line before the first section.
    OutsideSection = "outside-section", Syntax;
    /// A section name that does not exist.
    UnknownSection = "unknown-section", Unknown;
    /// A section that is read and not acted on.
    DegradedSection = "degraded-section", Degraded;
    /// A section that has nothing to act on.
    InertSection = "inert-section", Inert;
    /// A section line without the name it needs.
    MissingName = "missing-name", Syntax;
    /// A section name with characters that names may not have.
    BadName = "bad-name", Value;
    /// An address on the section line.
    AddressOnSection = "address-on-section", Legacy;
    /// A keyword that does not exist.
    UnknownKeyword = "unknown-keyword", Unknown;
    /// A keyword that exists, in a section that it may not be in.
    WrongSection = "wrong-section", Syntax;
    /// `no` or `default` in front of a keyword that does not take it.
    BadPrefix = "bad-prefix", Syntax;
    /// Too few arguments.
    MissingArgument = "missing-argument", Syntax;
    /// Too many arguments.
    ExtraArgument = "extra-argument", Syntax;
    /// Words after the end of a line, which HAProxy ignores.
    IgnoredWords = "ignored-words", Syntax;
    /// A keyword given again where the last one wins.
    Duplicate = "duplicate", Syntax;
    /// An old spelling.
    OldSpelling = "old-spelling", Legacy;
    /// A keyword that is not supported.
    UnsupportedKeyword = "unsupported-keyword", Unsupported;
    /// A keyword that is not done as HAProxy would.
    DegradedKeyword = "degraded-keyword", Degraded;
    /// A keyword that has nothing to act on.
    InertKeyword = "inert-keyword", Inert;
    /// The file is read by the quoting of HAProxy up to 1.5.
    OldQuoting = "old-quoting", Legacy;
    /// What the file itself says with `.notice`, `.warning` or `.alert`.
    Message = "message", Value;
    /// The condition of an `.if` or `.elif` that cannot be read.
    BadCondition = "bad-condition", Syntax;
    /// A conditional block that is not well formed.
    ConditionalBlock = "conditional-block", Syntax;
    /// A value that is not of its kind or out of range.
    BadValue = "bad-value", Value;
    /// An address that is none, or none that can stand here.
    BadAddress = "bad-address", Value;
    /// A value that HAProxy knows and that is not supported.
    UnsupportedValue = "unsupported-value", Unsupported;
    /// A value that is taken for another, which is done in its place.
    DegradedValue = "degraded-value", Degraded;
    /// An expression, ACL, condition or log format that is wrong.
    BadExpression = "bad-expression", Value;
    /// An expression of which a part has no value here.
    DegradedExpression = "degraded-expression", Degraded;
    /// An expression that is taken and hardly does what was meant.
    DoubtfulExpression = "doubtful-expression", Value;
    /// A file that cannot be had, or does not hold what it must.
    BadFile = "bad-file", Reference;
    /// A name that nothing has.
    UnknownReference = "unknown-reference", Reference;
    /// A name that something else has already.
    DuplicateName = "duplicate-name", Reference;
    /// A reference to something that works in another mode.
    ModeMismatch = "mode-mismatch", Reference;
    /// A setting that means nothing where it stands.
    NoEffect = "no-effect", Value;
    /// A rule that runs before rules written above it.
    MisplacedRule = "misplaced-rule", Value;
    /// A proxy without the timeouts that it had better have.
    MissingTimeout = "missing-timeout", Value;
    /// A backend without servers.
    EmptyBackend = "empty-backend", Reference;
    /// A frontend without an address.
    NoAddress = "no-address", Reference;
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
