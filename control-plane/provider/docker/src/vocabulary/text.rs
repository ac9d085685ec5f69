//! What is said by others, as words of the configuration language that it does not get out of.

use crate::wanted::Line;

/// A word, whatever it holds but line ends: see [`is_plain`].
pub(super) fn word(value: &str) -> String {
    format!("'{}'", value.replace('\'', r"'\''"))
}

/// A word that is a format, and says this and nothing else.
pub(super) fn format(value: &str) -> String {
    word(&value.replace('%', "%%"))
}

/// Whether a value can stand on a line.
pub(super) fn is_plain(value: &str) -> bool {
    !value.chars().any(char::is_control)
}

/// A line of a label.
pub(super) fn line(label: &str, text: impl Into<String>) -> Line {
    Line { label: label.to_owned(), text: text.into() }
}

/// A text as the name of a backend; others have other names.
pub(super) fn name(text: &str) -> String {
    const LONGEST: usize = 200;
    let good = |c: char| c.is_ascii_alphanumeric() || "-_.:".contains(c);
    if !text.is_empty() && text.len() <= LONGEST && text.chars().all(good) {
        return text.to_owned();
    }
    let shown: String = text.chars().take(LONGEST).map(|c| if good(c) { c } else { '_' }).collect();
    format!("{shown}:{:08x}", crate::groups::hash(text))
}
