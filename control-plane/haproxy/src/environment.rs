//! The environment that a configuration sees. It is an argument: nothing here asks the process for it.

#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;

/// The longest that an address may become by its variables.
const MAX_ADDRESS_BYTES: usize = 64 * 1024;

/// Names and values, as the process was given them and as `setenv`, `presetenv`, `unsetenv` and `resetenv` change them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Environment {
    values: BTreeMap<String, String>,
}

impl Environment {
    /// The value of `name`.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(String::as_str)
    }

    /// All of them, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.values.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// `setenv`: sets `name`, whatever it was.
    pub fn set(&mut self, name: &str, value: &str) {
        self.values.insert(name.to_owned(), value.to_owned());
    }

    /// `presetenv`: sets `name` unless it is set.
    pub fn preset(&mut self, name: &str, value: &str) {
        self.values.entry(name.to_owned()).or_insert_with(|| value.to_owned());
    }

    /// `unsetenv`: removes `name`.
    pub fn unset(&mut self, name: &str) {
        self.values.remove(name);
    }

    /// `resetenv`: removes all but `names`.
    pub fn retain(&mut self, names: &[&str]) {
        self.values.retain(|name, _| names.contains(&name.as_str()));
    }

    /// Expands the `$NAME` and `${NAME}` that are left in a decoded word, as HAProxy does in addresses whether they
    /// were quoted or not.
    ///
    /// # Errors
    /// A `$` that starts no name, an open `{`, a name that is not set, or a result beyond all addresses, with its
    /// place in `text`.
    pub fn expand_address<'a>(&self, text: &'a str) -> Result<Cow<'a, str>, InvalidVariable> {
        if !text.contains('$') {
            return Ok(Cow::Borrowed(text));
        }
        let mut out = String::with_capacity(text.len());
        let mut rest = 0;
        while let Some(found) = text[rest..].find('$') {
            let at = rest + found;
            out.push_str(&text[rest..at]);
            let variable = Variable::parse(text, at)?;
            match self.get(variable.name).or(variable.default) {
                Some(value) => out.push_str(value),
                None => {
                    return Err(InvalidVariable::Unset {
                        name: variable.name.to_owned(),
                        at: variable.range,
                    });
                }
            }
            if out.len() > MAX_ADDRESS_BYTES {
                return Err(InvalidVariable::TooLong { at: variable.range });
            }
            rest = variable.range.end;
        }
        out.push_str(&text[rest..]);
        Ok(Cow::Owned(out))
    }
}

impl<K: Into<String>, V: Into<String>> FromIterator<(K, V)> for Environment {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(pairs: I) -> Self {
        Self { values: pairs.into_iter().map(|(name, value)| (name.into(), value.into())).collect() }
    }
}

/// A reference to a variable that cannot be followed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidVariable {
    /// After `$` stands no letter, underscore or brace.
    #[error("`$` is not followed by the name of an environment variable")]
    NoName {
        /// The bytes at fault.
        at: Range<usize>,
    },
    /// `${NAME` without `}`.
    #[error("`${{{name}` is not closed by `}}`")]
    Open {
        /// The name.
        name: String,
        /// The bytes at fault.
        at: Range<usize>,
    },
    /// The variable is not set and has no default.
    #[error("the environment variable `{name}` is not set")]
    Unset {
        /// The name.
        name: String,
        /// The bytes at fault.
        at: Range<usize>,
    },
    /// The text has grown beyond what an address can be.
    #[error("the address is longer than {MAX_ADDRESS_BYTES} bytes once its variables are expanded")]
    TooLong {
        /// The variable that went over.
        at: Range<usize>,
    },
}

impl InvalidVariable {
    /// The bytes at fault, in the text that was expanded.
    pub fn at(&self) -> Range<usize> {
        match self {
            Self::NoName { at } | Self::Open { at, .. } | Self::Unset { at, .. } | Self::TooLong { at } => {
                at.clone()
            }
        }
    }
}

/// A reference: `$NAME`, `${NAME}`, `${NAME-default}`, `${NAME[*]}`.
pub(crate) struct Variable<'a> {
    pub(crate) name: &'a str,
    pub(crate) default: Option<&'a str>,
    /// `[*]`: every word of the value is a word of the line.
    pub(crate) words: bool,
    /// From the `$` to the end.
    pub(crate) range: Range<usize>,
}

impl<'a> Variable<'a> {
    /// The reference whose `$` is at `at`. It never reaches past the end of the line.
    pub(crate) fn parse(text: &'a str, at: usize) -> Result<Self, InvalidVariable> {
        let braced = text[at + 1..].starts_with('{');
        let start = at + 1 + usize::from(braced);
        let rest = &text[start..];
        let first = rest.bytes().next();
        if !first.is_some_and(|byte| byte.is_ascii_alphabetic() || byte == b'_' || byte == b'.') {
            return Err(InvalidVariable::NoName { at: at..start });
        }
        let tail = rest[1..].find(|c: char| !c.is_ascii_alphanumeric() && c != '_');
        let end = start + tail.map_or(rest.len(), |tail| tail + 1);
        let name = &text[start..end];
        if !braced {
            return Ok(Self { name, default: None, words: false, range: at..end });
        }
        Self::parse_braced(text, at, start..end)
    }

    fn parse_braced(text: &'a str, at: usize, name: Range<usize>) -> Result<Self, InvalidVariable> {
        let open = |end| InvalidVariable::Open { name: text[name.clone()].to_owned(), at: at..end };
        let mut end = name.end;
        let words = text[end..].starts_with("[*]");
        end += if words { 3 } else { 0 };
        let mut default = None;
        if text[end..].starts_with('-') {
            let start = end + 1;
            let close = text[start..].find(['}', '\n', '\r']).map_or(text.len(), |len| start + len);
            default = Some(&text[start..close]);
            end = close;
        }
        if !text[end..].starts_with('}') {
            return Err(open(end));
        }
        Ok(Self { name: &text[name.clone()], default, words, range: at..end + 1 })
    }
}
