use super::{ArgumentSpec, ValueType, integer, optional, text};

/// A step that changes the value of a fetch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConverterSpec {
    /// As written.
    pub name: &'static str,
    /// In order; optional ones last.
    pub arguments: &'static [ArgumentSpec],
    /// Type that it takes; other types are cast as HAProxy casts them.
    pub takes: ValueType,
    /// Type that it makes.
    pub yields: ValueType,
    /// One line for people.
    pub summary: &'static str,
}

use ValueType::{Bool, Int, Str};

const fn converter(
    name: &'static str,
    arguments: &'static [ArgumentSpec],
    takes: ValueType,
    yields: ValueType,
    summary: &'static str,
) -> ConverterSpec {
    ConverterSpec { name, arguments, takes, yields, summary }
}

const PIECE: &[ArgumentSpec] = &[integer("index"), text("delimiters"), optional(integer("count"))];

/// All converters, sorted by name.
pub const CONVERTERS: &[ConverterSpec] = &[
    converter("bool", &[], Int, Bool, "false for 0, else true"),
    converter("bytes", &[integer("offset"), optional(integer("length"))], Str, Str, "a part, by place"),
    converter("field", PIECE, Str, Str, "a field, empty ones counted, from the end by a negative index"),
    converter("hex", &[], Str, Str, "two upper-case hexadecimal digits for each byte"),
    converter("host_only", &[], Str, Str, "the host of a Host value, without its port"),
    converter("length", &[], Str, Int, "length in bytes"),
    converter("lower", &[], Str, Str, "ASCII letters in lower case"),
    converter("ltrim", &[text("characters")], Str, Str, "without these characters at the start"),
    converter("not", &[], Bool, Bool, "the opposite"),
    converter("port_only", &[], Str, Int, "the port of a Host value, 0 where it has none"),
    converter("rtrim", &[text("characters")], Str, Str, "without these characters at the end"),
    converter("upper", &[], Str, Str, "ASCII letters in upper case"),
    converter(
        "url_dec",
        &[optional(integer("in_form"))],
        Str,
        Str,
        "percent signs decoded; plus signs too in forms",
    ),
    converter("word", PIECE, Str, Str, "a word, empty ones skipped, from the end by a negative index"),
];
