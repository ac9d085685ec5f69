//! Answers that the proxy makes itself: the arguments of `return` and `deny`.

use sluicegate_proto::limits::{MAX_BLOB_BYTES, MAX_REPLY_BYTES};
use sluicegate_proto::v1::{self, reply::Content};

use super::Lowering;
use super::error_page::{Response, STATUSES};
use super::rule::Args;
use crate::diagnostic::{Code, Diagnostic};
use crate::expr::{Scope, literal};
use crate::raw;
use crate::word::Word;

const PARAMETERS: [&str; 11] = [
    "status",
    "content-type",
    "string",
    "lf-string",
    "file",
    "lf-file",
    "errorfile",
    "errorfiles",
    "default-errorfiles",
    "hdr",
    "deny_status",
];

/// What the arguments have said so far.
#[derive(Default)]
struct Draft {
    status: Option<u32>,
    content_type: Option<String>,
    headers: Vec<v1::SetHeader>,
    content: Option<Content>,
    /// A whole response, from a file.
    response: Option<Response>,
}

impl<'a> Lowering<'a> {
    /// The arguments of `return` (whose default status is 200) and `deny` (403, for responses 502).
    pub(super) fn reply(
        &mut self,
        args: &mut Args<'a>,
        scope: Scope,
        default_status: u32,
    ) -> Option<v1::Reply> {
        let mut draft = Draft::default();
        while let Some(word) = args.parameter() {
            self.reply_parameter(word, args, scope, &mut draft)?;
        }
        let status = draft.status.unwrap_or(default_status);
        if let Some(response) = draft.response {
            return Some(whole(response));
        }
        let denies = default_status >= 400;
        let content = match draft.content {
            Some(content) => content,
            // A denial without words has the page of its status, an answer without words has no body.
            None if denies => Content::ErrorPage(v1::Empty {}),
            None => Content::None(v1::Empty {}),
        };
        let has_body = matches!(content, Content::Text(_) | Content::Formatted(_) | Content::Blob(_));
        if has_body && draft.content_type.is_none() {
            self.report(
                Diagnostic::error(Code::MissingArgument, args.end(), "a body needs a `content-type`")
                    .label("here")
                    .help("write `content-type text/plain` in front of the body"),
            );
            return None;
        }
        Some(v1::Reply {
            status,
            content_type: draft.content_type.filter(|_| has_body).unwrap_or_default(),
            content: Some(content),
            headers: draft.headers,
        })
    }

    fn reply_parameter(
        &mut self,
        word: &'a Word,
        args: &mut Args<'a>,
        scope: Scope,
        draft: &mut Draft,
    ) -> Option<()> {
        match word.text() {
            "default-errorfiles" => return self.content(word, draft, Content::ErrorPage(v1::Empty {})),
            "hdr" => {
                let header = self.set_header(args, scope)?;
                draft.headers.push(header);
                return Some(());
            }
            "errorfiles" => {
                let message = "`errorfiles` is not done yet: the page of the status is sent";
                let diagnostic = Diagnostic::warning(Code::DegradedValue, word.span(), message);
                self.report(diagnostic.help("name one file with `errorfile <path>`"));
                if args.value().is_none() {
                    self.incomplete(word, "a name");
                    return None;
                }
                return self.content(word, draft, Content::ErrorPage(v1::Empty {}));
            }
            name if !PARAMETERS.contains(&name) => {
                let allowed: Vec<_> = PARAMETERS[..10].to_vec();
                self.not_one_of(word, "an argument of this rule", &allowed);
                return None;
            }
            _ => {}
        }
        let Some(value) = args.value() else {
            self.incomplete(word, "a value");
            return None;
        };
        match word.text() {
            "status" => {
                draft.status = Some(self.number(value, 200..=599)?);
                Some(())
            }
            "deny_status" => {
                // Those that have an error page.
                let status = self.number(value, 200..=599).filter(|status| STATUSES.contains(status));
                if status.is_none() {
                    let message = format!("there is no error page for the status `{}`", value.text());
                    let finding = Diagnostic::error(Code::BadValue, value.span(), message);
                    self.report(finding.help("write `status` for any other"));
                }
                draft.status = Some(status?);
                Some(())
            }
            "content-type" => {
                draft.content_type = Some(self.plain(value)?);
                Some(())
            }
            "string" => {
                let text = raw::bytes(value.text()).into_owned();
                let content = self.body(text);
                self.content(word, draft, content)
            }
            "lf-string" => {
                let format = self.format(args, scope)?;
                self.content(word, draft, Content::Formatted(format))
            }
            "file" => {
                let data = self.named_file(value, MAX_BLOB_BYTES)?;
                let content = self.body(data);
                self.expression_findings(args.words(), word.span());
                self.content(word, draft, content)
            }
            "lf-file" => {
                let format = self.format_file(value, scope)?;
                self.content(word, draft, Content::Formatted(format))
            }
            _ => {
                draft.response = Some(self.response_file(value)?);
                self.content(word, draft, Content::None(v1::Empty {}))
            }
        }
    }

    /// Only one body.
    fn content(&mut self, word: &Word, draft: &mut Draft, content: Content) -> Option<()> {
        if draft.content.replace(content).is_some() {
            self.report(
                Diagnostic::error(Code::ExtraArgument, word.span(), "an answer has one body")
                    .label("a second one"),
            );
            return None;
        }
        Some(())
    }

    /// Small bodies travel in the rule, large ones by their hash.
    fn body(&mut self, data: Vec<u8>) -> Content {
        if data.len() > MAX_REPLY_BYTES {
            Content::Blob(self.reader.blobs().add(data))
        } else {
            Content::Text(data.into())
        }
    }

    fn format_file(&mut self, path: &Word, scope: Scope) -> Option<v1::Format> {
        let data = self.named_file(path, MAX_REPLY_BYTES)?;
        let text = raw::read(&data);
        let format = self.reader.format(&[&text], 0, scope);
        // Offsets are those of the file: the word that names it is the place.
        let findings = self.reader.take_findings();
        for finding in findings.into_iter().filter(|finding| finding.problem.is_error()) {
            let line = 1 + text.as_bytes()[..finding.place.start.min(text.len())]
                .iter()
                .filter(|b| **b == b'\n')
                .count();
            let message = format!("{}:{line}: {}", path.text(), finding.problem);
            self.report(Diagnostic::error(Code::BadFile, path.span(), message));
        }
        format
    }
}

/// A response of a file as an answer.
fn whole(response: Response) -> v1::Reply {
    let mut reply = v1::Reply { status: response.status, ..v1::Reply::default() };
    for (name, value) in response.headers {
        if name.eq_ignore_ascii_case("content-type") {
            reply.content_type = value;
        } else if !name.eq_ignore_ascii_case("connection") {
            reply.headers.push(v1::SetHeader { name, value: Some(literal(&value)) });
        }
    }
    reply.content = Some(match response.body {
        body if body.is_empty() => Content::None(v1::Empty {}),
        body => Content::Text(body.into()),
    });
    reply
}
