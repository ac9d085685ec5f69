//! Words as they must be written to be read again.

/// `text` as one word of a line: as it is where that reads the same, in strong quotes otherwise.
pub(super) fn quoted(text: &str) -> String {
    let plain = |c: char| !c.is_whitespace() && !c.is_control() && !matches!(c, '"' | '\'' | '#' | '\\');
    // A backslash stands for itself where no escape begins with it.
    let escape = |next: Option<char>| {
        next.is_none_or(|c| matches!(c, ' ' | '\\' | '#' | '"' | '\'' | 'r' | 'n' | 't' | 'x'))
    };
    let mut chars = text.chars().peekable();
    let mut bare = !text.is_empty();
    while let Some(c) = chars.next() {
        bare &= plain(c) || (c == '\\' && !escape(chars.peek().copied()));
    }
    if text.contains(['\r', '\n']) {
        return doubly(text);
    }
    if bare { text.to_owned() } else { format!("'{}'", text.replace('\'', "'\\''")) }
}

/// Line ends can be written in weak quotes alone.
fn doubly(text: &str) -> String {
    let mut quoted = String::from('"');
    for c in text.chars() {
        match c {
            '\r' => quoted.push_str("\\r"),
            '\n' => quoted.push_str("\\n"),
            '"' | '\\' | '$' => quoted.extend(['\\', c]),
            other => quoted.push(other),
        }
    }
    quoted.push('"');
    quoted
}
