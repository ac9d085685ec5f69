//! `errorfile`: whole HTTP responses in files.

use std::collections::BTreeMap;

use sluicegate_proto::v1;

use super::Lowering;
use super::settings::Lines;
use crate::diagnostic::{Code, Diagnostic};
use crate::expr::is_token;
use crate::word::Word;

/// The longest error file, in bytes. HAProxy takes what fits in a buffer, 16384 bytes by default.
const MAX_ERROR_FILE_BYTES: usize = 64 * 1024;

/// The statuses that an error file may be for (manual 4.2, errorfile).
pub(super) const STATUSES: [u32; 19] =
    [200, 400, 401, 403, 404, 405, 407, 408, 410, 413, 414, 425, 429, 431, 500, 501, 502, 503, 504];

/// A response in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Response {
    pub(super) status: u32,
    pub(super) reason: String,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
}

/// Why a file is no response.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum InvalidResponse {
    /// No empty line.
    #[error("there is no empty line after the headers")]
    NoHead,
    /// The head has bytes that are no text.
    #[error("the headers are not text")]
    NotText,
    /// The first line.
    #[error("the first line is `{0}`, not a status line like `HTTP/1.0 503 Service Unavailable`")]
    StatusLine(String),
    /// A line without a colon.
    #[error("line {line} is not a header: `{text}`")]
    Header {
        /// Line, from 1.
        line: usize,
        /// As written.
        text: String,
    },
    /// The length is not that of the body.
    #[error("Content-Length says {said}, and the body has {found} bytes")]
    Length {
        /// In the header.
        said: String,
        /// Of the body.
        found: usize,
    },
}

impl Response {
    /// Reads a response; lines may end with or without a carriage return.
    pub(super) fn parse(data: &[u8]) -> Result<Self, InvalidResponse> {
        let (head, body) = split(data).ok_or(InvalidResponse::NoHead)?;
        let head = std::str::from_utf8(head).map_err(|_| InvalidResponse::NotText)?;
        let mut lines = head.lines();
        let first = lines.next().unwrap_or_default();
        let (status, reason) = status_line(first)
            .ok_or_else(|| InvalidResponse::StatusLine(first.chars().take(80).collect()))?;
        let mut headers = Vec::new();
        for (index, text) in lines.enumerate() {
            let header = text.split_once(':').filter(|(name, _)| is_token(name.as_bytes()));
            let Some((name, value)) = header else {
                return Err(InvalidResponse::Header {
                    line: index + 2,
                    text: text.chars().take(80).collect(),
                });
            };
            let value = value.trim();
            if name.eq_ignore_ascii_case("content-length") {
                if value.parse() != Ok(body.len()) {
                    return Err(InvalidResponse::Length { said: value.to_owned(), found: body.len() });
                }
                continue;
            }
            headers.push((name.to_owned(), value.to_owned()));
        }
        Ok(Self { status, reason, headers, body: body.to_vec() })
    }

    /// The response as it is sent: strict line ends, and the length of the body.
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = format!("HTTP/1.1 {} {}\r\n", self.status, self.reason).into_bytes();
        for (name, value) in &self.headers {
            bytes.extend_from_slice(format!("{name}: {value}\r\n").as_bytes());
        }
        bytes.extend_from_slice(format!("Content-Length: {}\r\n\r\n", self.body.len()).as_bytes());
        bytes.extend_from_slice(&self.body);
        bytes
    }
}

fn split(data: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut start = 0;
    while let Some(length) = data[start..].iter().position(|byte| *byte == b'\n') {
        let line = &data[start..start + length];
        if (line.is_empty() || line == b"\r") && start > 0 {
            return Some((&data[..start], &data[start + length + 1..]));
        }
        start += length + 1;
    }
    None
}

fn status_line(line: &str) -> Option<(u32, String)> {
    let rest = line.strip_prefix("HTTP/1.0 ").or_else(|| line.strip_prefix("HTTP/1.1 "))?;
    let (status, reason) = rest.split_once(' ').unwrap_or((rest, ""));
    let status = status.parse().ok().filter(|status| (100..=599).contains(status))?;
    Some((status, reason.trim_end().to_owned()))
}

impl<'a> Lowering<'a> {
    /// The error pages that count for a proxy; for each status the last one.
    pub(super) fn error_pages(&mut self, lines: &Lines<'a>) -> Vec<v1::ErrorPage> {
        let mut pages = BTreeMap::new();
        for line in lines.all("errorfile") {
            let [status, path] = line.args() else { continue };
            let Some(status) = self.error_status(status) else { continue };
            // Nothing is sent, the connection is closed.
            if path.text() == "/dev/null" {
                pages.insert(status, String::new());
                continue;
            }
            let Some(response) = self.response_file(path) else { continue };
            let blob = self.reader.blobs().add(response.to_bytes());
            self.expression_findings(line.args(), line.span);
            pages.insert(status, blob);
        }
        pages.into_iter().map(|(status, blob)| v1::ErrorPage { status, blob }).collect()
    }

    fn error_status(&mut self, word: &Word) -> Option<u32> {
        let status = word.text().parse().ok().filter(|status| STATUSES.contains(status));
        if status.is_none() {
            let message = format!("`{}` is not a status that can have a page of its own", word.text());
            let allowed = STATUSES.map(|status| status.to_string()).join(", ");
            let diagnostic = Diagnostic::error(Code::BadValue, word.span(), message);
            self.report(diagnostic.help(format!("allowed are {allowed}")));
        }
        status
    }

    /// A file that holds a whole response.
    pub(super) fn response_file(&mut self, path: &Word) -> Option<Response> {
        let data = self.named_file(path, MAX_ERROR_FILE_BYTES)?;
        match Response::parse(&data) {
            Ok(response) => Some(response),
            Err(error) => {
                let message = format!("{} is not an HTTP response: {error}", path.text());
                self.report(
                    Diagnostic::error(Code::BadFile, path.span(), message)
                        .help("an error file starts with a status line, headers and an empty line"),
                );
                None
            }
        }
    }

    /// The contents of a file that a word names.
    pub(super) fn named_file(&mut self, path: &Word, limit: usize) -> Option<Vec<u8>> {
        match self.reader.loader().load(path.text(), limit) {
            Ok(data) => Some(data),
            Err(error) => {
                let message = format!("{}: {error}", path.text());
                self.report(Diagnostic::error(Code::BadFile, path.span(), message));
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn responses_are_read_and_made_strict() {
        let response = Response::parse(b"HTTP/1.0 503 Gone Fishing\nServer: x\n\nback soon\n").unwrap();
        assert_eq!((response.status, response.reason.as_str()), (503, "Gone Fishing"));
        assert_eq!(
            response.to_bytes(),
            b"HTTP/1.1 503 Gone Fishing\r\nServer: x\r\nContent-Length: 10\r\n\r\nback soon\n"
        );
        let again = Response::parse(&response.to_bytes()).unwrap();
        assert_eq!(again, response);
    }

    #[test]
    fn other_files_are_refused() {
        let cases: [(&[u8], &str); 6] = [
            (b"", "there is no empty line after the headers"),
            (b"<html>\n</html>\n", "there is no empty line after the headers"),
            (
                b"<html>\n\nx",
                "the first line is `<html>`, not a status line like `HTTP/1.0 503 Service Unavailable`",
            ),
            (b"HTTP/1.0 503 x\nno header\n\n", "line 2 is not a header: `no header`"),
            (b"HTTP/1.0 503 x\nContent-Length: 5\n\nabc", "Content-Length says 5, and the body has 3 bytes"),
            (b"HTTP/1.0 503 \xff\n\nabc", "the headers are not text"),
        ];
        for (data, expected) in cases {
            assert_eq!(Response::parse(data).unwrap_err().to_string(), expected);
        }
    }
}
