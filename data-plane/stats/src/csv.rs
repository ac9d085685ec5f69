//! Comma-separated values, as `show stat` and `;csv` print them.

use crate::field::Field;
use crate::rows::Table;
use crate::value::Value;

impl Table {
    /// A line of names, then a line for each row. Every line ends in a comma, as HAProxy's does.
    pub fn csv(&self) -> String {
        let mut out = String::from("# ");
        for field in Field::ALL {
            out.push_str(field.name());
            out.push(',');
        }
        for row in &self.rows {
            out.push('\n');
            for field in Field::ALL {
                match row.cell(*field) {
                    _ if *field == Field::Modules => out.push('-'),
                    Some(Value::Text(text)) => push_text(text, &mut out),
                    Some(number) => out.push_str(&number.to_string()),
                    None => {}
                }
                out.push(',');
            }
        }
        out.push('\n');
        out
    }
}

/// RFC 4180: what has a comma, a quote or a line end stands in quotes.
fn push_text(text: &str, out: &mut String) {
    if !text.contains([',', '"', '\n', '\r']) {
        return out.push_str(text);
    }
    out.push('"');
    for part in text.split_inclusive('"') {
        out.push_str(part);
        if part.ends_with('"') {
            out.push('"');
        }
    }
    out.push('"');
}
