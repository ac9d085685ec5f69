//! Files of patterns, one entry a line, as HAProxy reads them (manual 7.1, `map`).

/// One entry of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Line<'a> {
    /// Number of its line, from 1.
    pub number: usize,
    /// What values are compared with; never empty.
    pub pattern: &'a [u8],
    /// Empty where the file is no map, and where nothing stands behind the key.
    pub value: &'a [u8],
}

/// The entries of a file, in order. `#` in the first column begins a comment, blanks before an entry do not count, a
/// carriage return ends a line. In a map the key ends at the first blank, and blanks around the value do not count; in
/// other files the pattern is all of the line.
pub fn entries(data: &[u8], map: bool) -> impl Iterator<Item = Line<'_>> {
    let lines = data.split(|&byte| byte == b'\n').enumerate();
    lines.filter_map(move |(index, line)| {
        let line = line.split(|&byte| byte == b'\r').next().unwrap_or_default();
        if line.starts_with(b"#") {
            return None;
        }
        let start = line.iter().position(|&byte| !is_blank(byte))?;
        let entry = &line[start..];
        let end = if map { entry.iter().position(|&byte| is_blank(byte)) } else { None };
        let (pattern, rest) = entry.split_at(end.unwrap_or(entry.len()));
        Some(Line { number: index + 1, pattern, value: trimmed(rest) })
    })
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

fn trimmed(text: &[u8]) -> &[u8] {
    let start = text.iter().position(|&byte| !is_blank(byte)).unwrap_or(text.len());
    let end = text.iter().rposition(|&byte| !is_blank(byte)).map_or(start, |last| last + 1);
    &text[start..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &[u8] = b"# comment\n/a\r\n\n  /b  c \n #d e\n\t\n/last";

    fn read(map: bool) -> Vec<(usize, String, String)> {
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        entries(FILE, map).map(|line| (line.number, text(line.pattern), text(line.value))).collect()
    }

    #[test]
    fn a_line_is_a_pattern() {
        let found = read(false);
        let patterns: Vec<_> = found.iter().map(|(number, pattern, _)| (*number, pattern.as_str())).collect();
        assert_eq!(patterns, [(2, "/a"), (4, "/b  c "), (5, "#d e"), (7, "/last")]);
        assert!(found.iter().all(|(.., value)| value.is_empty()));
    }

    #[test]
    fn a_line_of_a_map_is_a_key_and_its_value() {
        let expected = [(2, "/a", ""), (4, "/b", "c"), (5, "#d", "e"), (7, "/last", "")];
        assert_eq!(
            read(true),
            expected.map(|(number, key, value)| (number, key.to_owned(), value.to_owned()))
        );
    }
}
