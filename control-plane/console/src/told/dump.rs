//! Bytes of a message, in rows that a terminal can show.

use std::fmt::Write as _;

/// Columns of a row behind its offset: 80 with it.
const COLUMNS: usize = 70;

/// A row for each line, `+` behind the offset of one that continues its line. What is no letter of ASCII is escaped.
pub(super) fn dump(bytes: &[u8]) -> String {
    let (mut out, mut row) = (String::new(), String::new());
    let (mut start, mut continues) = (0, false);
    let mut flush = |row: &mut String, start: usize, continues: bool| {
        // Writing to a String does not fail.
        let _ = writeln!(out, "  {start:05}{} {row}", if continues { '+' } else { ' ' });
        row.clear();
    };
    for (at, byte) in bytes.iter().enumerate() {
        let shown = match byte {
            b'\t' => "\\t".to_owned(),
            b'\n' => "\\n".to_owned(),
            b'\r' => "\\r".to_owned(),
            0x1b => "\\e".to_owned(),
            b'\\' => "\\\\".to_owned(),
            b' '..=b'~' => char::from(*byte).to_string(),
            other => format!("\\x{other:02X}"),
        };
        if row.len() + shown.len() > COLUMNS {
            flush(&mut row, start, continues);
            (start, continues) = (at, true);
        }
        row.push_str(&shown);
        if *byte == b'\n' {
            flush(&mut row, start, continues);
            (start, continues) = (at + 1, false);
        }
    }
    if !row.is_empty() {
        flush(&mut row, start, continues);
    }
    out
}
