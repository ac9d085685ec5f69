use super::{ArgumentSpec, ValueType, integer, map, optional, text};

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

use ValueType::{Bool, Int, Ip, Str};

const fn converter(
    name: &'static str,
    arguments: &'static [ArgumentSpec],
    takes: ValueType,
    yields: ValueType,
    summary: &'static str,
) -> ConverterSpec {
    ConverterSpec { name, arguments, takes, yields, summary }
}

const MAP: &[ArgumentSpec] = &[map("file"), optional(text("default"))];

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
    converter("map", MAP, Str, Str, "value of the key that is the value"),
    converter("map_beg", MAP, Str, Str, "value of the longest key that begins it"),
    converter("map_beg_int", MAP, Str, Int, "value of the longest key that begins it, as a number"),
    converter("map_beg_ip", MAP, Str, Ip, "value of the longest key that begins it, as an address"),
    converter("map_beg_key", MAP, Str, Str, "the longest key that begins it"),
    converter("map_beg_str", MAP, Str, Str, "value of the longest key that begins it"),
    converter("map_dir", MAP, Str, Str, "value of the first key between its slashes"),
    converter("map_dir_int", MAP, Str, Int, "value of the first key between its slashes, as a number"),
    converter("map_dir_ip", MAP, Str, Ip, "value of the first key between its slashes, as an address"),
    converter("map_dir_key", MAP, Str, Str, "the first key between its slashes"),
    converter("map_dir_str", MAP, Str, Str, "value of the first key between its slashes"),
    converter("map_dom", MAP, Str, Str, "value of the first key between its dots"),
    converter("map_dom_int", MAP, Str, Int, "value of the first key between its dots, as a number"),
    converter("map_dom_ip", MAP, Str, Ip, "value of the first key between its dots, as an address"),
    converter("map_dom_key", MAP, Str, Str, "the first key between its dots"),
    converter("map_dom_str", MAP, Str, Str, "value of the first key between its dots"),
    converter("map_end", MAP, Str, Str, "value of the first key that ends it"),
    converter("map_end_int", MAP, Str, Int, "value of the first key that ends it, as a number"),
    converter("map_end_ip", MAP, Str, Ip, "value of the first key that ends it, as an address"),
    converter("map_end_key", MAP, Str, Str, "the first key that ends it"),
    converter("map_end_str", MAP, Str, Str, "value of the first key that ends it"),
    converter("map_int", MAP, Int, Str, "value of the first number or range that it is in"),
    converter("map_int_int", MAP, Int, Int, "value of the first number or range that it is in, as a number"),
    converter("map_int_ip", MAP, Int, Ip, "value of the first number or range that it is in, as an address"),
    converter("map_int_key", MAP, Int, Str, "the first number or range that it is in"),
    converter("map_int_str", MAP, Int, Str, "value of the first number or range that it is in"),
    converter("map_ip", MAP, Ip, Str, "value of the smallest network that it is in"),
    converter("map_ip_int", MAP, Ip, Int, "value of the smallest network that it is in, as a number"),
    converter("map_ip_ip", MAP, Ip, Ip, "value of the smallest network that it is in, as an address"),
    converter("map_ip_key", MAP, Ip, Str, "the smallest network that it is in"),
    converter("map_ip_str", MAP, Ip, Str, "value of the smallest network that it is in"),
    converter("map_key", MAP, Str, Str, "the key that is the value"),
    converter("map_reg", MAP, Str, Str, "value of the first regular expression that matches it"),
    converter(
        "map_reg_int",
        MAP,
        Str,
        Int,
        "value of the first regular expression that matches it, as a number",
    ),
    converter(
        "map_reg_ip",
        MAP,
        Str,
        Ip,
        "value of the first regular expression that matches it, as an address",
    ),
    converter("map_reg_key", MAP, Str, Str, "the first regular expression that matches it"),
    converter("map_reg_str", MAP, Str, Str, "value of the first regular expression that matches it"),
    converter("map_regm", MAP, Str, Str, "as map_reg, with \\0 to \\9 for what its groups matched"),
    converter("map_str", MAP, Str, Str, "value of the key that is the value"),
    converter("map_str_int", MAP, Str, Int, "value of the key that is the value, as a number"),
    converter("map_str_ip", MAP, Str, Ip, "value of the key that is the value, as an address"),
    converter("map_str_key", MAP, Str, Str, "the key that is the value"),
    converter("map_str_str", MAP, Str, Str, "value of the key that is the value"),
    converter("map_sub", MAP, Str, Str, "value of the first key in it"),
    converter("map_sub_int", MAP, Str, Int, "value of the first key in it, as a number"),
    converter("map_sub_ip", MAP, Str, Ip, "value of the first key in it, as an address"),
    converter("map_sub_key", MAP, Str, Str, "the first key in it"),
    converter("map_sub_str", MAP, Str, Str, "value of the first key in it"),
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
