//! Regular expressions on whole header lines (`^Host:\ old`), as name and value.

/// What such an expression looks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct HeaderLine<'r> {
    /// The name of the header, or what it begins with.
    pub(super) name: &'r str,
    /// The name does not end there.
    pub(super) prefix: bool,
    /// What the value has to match; empty where any does.
    pub(super) value: &'r str,
}

/// Takes an expression apart; `None` where it does not begin with one name.
pub(super) fn parse(regex: &str) -> Option<HeaderLine<'_>> {
    let rest = regex.strip_prefix('^')?;
    let end =
        rest.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))).unwrap_or(rest.len());
    let (name, rest) = rest.split_at(end);
    if name.is_empty() {
        return None;
    }
    match rest.strip_prefix(':') {
        Some(value) => Some(HeaderLine { name, prefix: false, value: any_or(value) }),
        None if any_or(rest).is_empty() => Some(HeaderLine { name, prefix: true, value: "" }),
        None => None,
    }
}

/// `^(Set-Cookie:.*)`: the name, and the expression for the value in the same group.
pub(super) fn in_group(regex: &str) -> Option<(&str, String)> {
    let inner = regex.strip_prefix("^(")?;
    let (name, rest) = inner.split_once(':')?;
    let token = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    let rest = rest.strip_suffix('$').unwrap_or(rest);
    let value = rest.strip_suffix(')').filter(|value| !value.contains(['(', ')', '\\', '[']))?;
    let value = if any_or(value).is_empty() { ".*" } else { any_or(value) };
    (!name.is_empty() && name.chars().all(token)).then(|| (name, format!("^({value})")))
}

/// The expression without the space that follows the colon, and empty where it matches everything.
fn any_or(regex: &str) -> &str {
    let spaces = ["[ \\t]*", "[ \\t]+", "[ ]*", "[ ]+", "\\s*", "\\s+", " *", " +", " ?", " "];
    let value = spaces.iter().find_map(|space| regex.strip_prefix(space)).unwrap_or(regex);
    match value {
        ".*" | ".*$" | ".+" | ".+$" | "." => "",
        value => value,
    }
}

impl HeaderLine<'_> {
    /// The expression for the value alone.
    pub(super) fn on_value(&self) -> String {
        format!("^{}", self.value)
    }
}

/// A header line as text: its name, and its value without the space before it.
pub(super) fn split(line: &str) -> Option<(&str, &str)> {
    let (name, value) = line.split_once(':')?;
    let token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
    (!name.is_empty() && name.chars().all(token)).then(|| (name, value.trim_start()))
}

/// Text that a log format gives back as it is.
pub(super) fn literal(text: &str) -> String {
    text.replace('%', "%%")
}
