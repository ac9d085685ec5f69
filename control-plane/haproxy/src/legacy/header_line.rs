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

/// An expression whose first group begins with the name.
pub(super) struct InGroup<'r> {
    pub(super) name: &'r str,
    /// The expression for the value alone.
    pub(super) value: String,
    /// The group is gone from it: it held nothing but the name.
    pub(super) name_only: bool,
}

/// `^(Set-Cookie:.*)`, `^(Location:)\ http://(.*)`.
pub(super) fn in_group(regex: &str) -> Option<InGroup<'_>> {
    let inner = regex.strip_prefix("^(")?;
    let (name, rest) = inner.split_once(':')?;
    let token = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    if name.is_empty() || !name.chars().all(token) {
        return None;
    }
    let (own, rest) = rest.split_once(')').filter(|(own, _)| !own.contains(['(', '\\', '[']))?;
    let own = spaced(own);
    if own.is_empty() {
        let value = format!("^{}", spaced(rest));
        return Some(InGroup { name, value, name_only: true });
    }
    let own = if any_or(own).is_empty() { ".*" } else { own };
    let rest = rest.strip_suffix('$').filter(|rest| rest.is_empty()).unwrap_or(rest);
    Some(InGroup { name, value: format!("^({own}){rest}"), name_only: false })
}

/// Names that are told by an expression of their own (`^(A|B):`): one for the name alone, without its case.
pub(super) fn names(regex: &str) -> Option<String> {
    let rest = regex.strip_prefix('^')?;
    let mut inside = false;
    let end = rest.char_indices().find(|(_, c)| {
        inside = *c == '[' || (inside && *c != ']');
        *c == ':' && !inside
    });
    let (name, value) = match end {
        Some((at, _)) => (&rest[..at], &rest[at + 1..]),
        None => return None,
    };
    let plain = !name.is_empty() && !name.contains(' ') && any_or(value).is_empty();
    plain.then(|| format!("(?i)^{name}$"))
}

/// The expression without the space that follows the colon.
fn spaced(regex: &str) -> &str {
    let spaces = ["[ \\t]*", "[ \\t]+", "[ ]*", "[ ]+", "\\s*", "\\s+", " *", " +", " ?", " "];
    spaces.iter().find_map(|space| regex.strip_prefix(space)).unwrap_or(regex)
}

/// The same, and empty where it matches everything.
fn any_or(regex: &str) -> &str {
    let value = spaced(regex);
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
