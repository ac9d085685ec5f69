//! Manifests: frontends and backends in YAML, with HAProxy's expression language for conditions.

mod balance;
mod lower;
mod protocol;
mod schema;
mod tls;

use serde::Deserialize as _;
use sluicegate_proto::v1;

pub use lower::PROVIDER;
use schema::Manifest;

/// Most documents of one file.
const MAX_DOCUMENTS: usize = 10_000;
/// Longest file, in bytes.
const MAX_BYTES: usize = 8 << 20;
/// Most `[` and `{` that are open at once in a document: the YAML scanner's work grows with their square.
const MAX_NESTING: usize = 128;

/// What is wrong with a manifest.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{path}:{line}:{column}: {message}")]
pub struct InvalidManifest {
    /// The file, as given.
    pub path: String,
    /// From 1; where the document begins, if its text does not tell better.
    pub line: usize,
    /// From 1.
    pub column: usize,
    /// In an operator's words.
    pub message: String,
}

/// A document and where it begins.
struct Document<'a> {
    text: &'a str,
    first_line: usize,
}

/// Reads all documents of a file.
///
/// # Errors
/// All that is wrong with them; one error a document.
pub fn load(path: &str, bytes: &[u8]) -> Result<Vec<v1::Resource>, Vec<InvalidManifest>> {
    let fail =
        |line, message: String| vec![InvalidManifest { path: path.to_owned(), line, column: 1, message }];
    if bytes.len() > MAX_BYTES {
        return Err(fail(1, format!("{} bytes is more than a manifest may have ({MAX_BYTES})", bytes.len())));
    }
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let line = bytes[..error.valid_up_to()].iter().filter(|byte| **byte == b'\n').count() + 1;
        fail(line, "not UTF-8".to_owned())
    })?;
    let (mut resources, mut errors) = (Vec::new(), Vec::new());
    for (number, document) in documents(text).into_iter().enumerate() {
        if number == MAX_DOCUMENTS {
            errors.extend(fail(document.first_line, format!("more than {MAX_DOCUMENTS} documents")));
            break;
        }
        match read(&document) {
            Ok(None) => {}
            Ok(Some(manifest)) => match lower::lower(path, document.first_line, manifest) {
                Ok(made) => resources.extend(made),
                Err(messages) => {
                    errors.extend(messages.into_iter().flat_map(|message| fail(document.first_line, message)))
                }
            },
            Err((line, column, message)) => {
                errors.push(InvalidManifest { path: path.to_owned(), line, column, message });
            }
        }
    }
    if errors.is_empty() { Ok(resources) } else { Err(errors) }
}

/// Cuts at the lines `---`, so that each document keeps its place in the file.
fn documents(text: &str) -> Vec<Document<'_>> {
    let (mut found, mut start, mut first_line, mut at) = (Vec::new(), 0, 1, 0);
    for (index, line) in text.split_inclusive('\n').enumerate() {
        at += line.len();
        if line.trim_end() == "---" {
            found.push(Document { text: &text[start..at - line.len()], first_line });
            (start, first_line) = (at, index + 2);
        }
    }
    found.push(Document { text: &text[start..], first_line });
    found
}

/// The line, from 0, where flow collections are nested too deep; brackets in strings count too.
fn too_deep(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    text.lines().position(|line| {
        line.bytes().any(|byte| {
            match byte {
                b'[' | b'{' => depth += 1,
                b']' | b'}' => depth = depth.saturating_sub(1),
                _ => {}
            }
            depth > MAX_NESTING
        })
    })
}

fn read(document: &Document<'_>) -> Result<Option<Manifest>, (usize, usize, String)> {
    let blank = |line: &str| line.trim().is_empty() || line.trim_start().starts_with('#');
    if document.text.lines().all(blank) {
        return Ok(None);
    }
    if let Some(line) = too_deep(document.text) {
        let message = format!("more than {MAX_NESTING} `[` and `{{` are open");
        return Err((document.first_line + line, 1, message));
    }
    let parsed = Manifest::deserialize(serde_yaml::Deserializer::from_str(document.text));
    parsed.map(Some).map_err(|error| {
        let (line, column) = error.location().map_or((1, 1), |place| (place.line(), place.column()));
        let message = error.to_string();
        // The place stands in front already, counted from the start of the file.
        let message = message.split(" at line ").next().unwrap_or_default().to_owned();
        (document.first_line + line - 1, column, message)
    })
}

#[cfg(test)]
mod tests;
