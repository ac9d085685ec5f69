//! What checks expect.

use std::ops::RangeInclusive;
use std::sync::Arc;

use sluicegate_health::Status;
use sluicegate_health::script::{
    CodeOf, Expect, Handshake, HeaderPattern, How, Pattern, Piece, Regex, TextKind, TextMatch,
};
use sluicegate_proto::v1::{self, CheckStatus, Match};

use super::super::matcher::regex;
use super::super::part::optional;
use super::super::reason::Fault;
use super::super::scope::Scope;
use super::bounded;
use super::formula::Made;
use crate::check::Compiled;

/// Status ranges of one step, and pieces of one text.
const MAX_LIST: usize = 256;

/// No ranges: 200 to 399.
pub(super) fn statuses(wire: &[v1::StatusRange], scope: &mut Scope<'_>) -> Option<Vec<RangeInclusive<u16>>> {
    scope.count("expected", wire.len(), MAX_LIST)?;
    let ranges = scope.each("expected", wire, |scope, range| status_range(range, scope))?;
    Some(if ranges.is_empty() { vec![200..=399] } else { ranges })
}

fn status_range(wire: &v1::StatusRange, scope: &mut Scope<'_>) -> Option<RangeInclusive<u16>> {
    let first = scope.range("first", wire.first, 0, u16::MAX.into())?;
    let last = scope.range("last", wire.last, first, u16::MAX.into())?;
    Some(u16::try_from(first).ok()?..=u16::try_from(last).ok()?)
}

/// Whether the pattern can be looked for in answers of this kind.
pub(super) fn fits(expect: &Expect, http: bool) -> bool {
    match &expect.pattern {
        Pattern::Text(_, TextKind::String | TextKind::Formatted) | Pattern::Regex(_) => true,
        Pattern::Made(_, kind) => !http || *kind == TextKind::Formatted,
        Pattern::Text(_, TextKind::Binary | TextKind::FormattedBinary) => !http,
        Pattern::HexRegex(_) | Pattern::Handshake(_) => !http,
        Pattern::Status(_) | Pattern::StatusRegex(_) | Pattern::Header(_) | Pattern::Serving => http,
    }
}

pub(super) fn expect(wire: &v1::CheckExpect, scope: &mut Scope<'_>, made: &mut Made) -> Option<Expect> {
    let pattern = pattern(wire, scope, made);
    let least = optional(wire.min_bytes, |bytes| scope.range("min_bytes", bytes, 0, i32::MAX.into()));
    let passed = status("passed", wire.passed, scope);
    let failed = status("failed", wire.failed, scope);
    let late = status("late", wire.late, scope);
    let on_success = optional(wire.on_success.as_ref(), |text| pieces("on_success", text, scope, made));
    let on_error = optional(wire.on_error.as_ref(), |text| pieces("on_error", text, scope, made));
    let code = match (&wire.made_code, wire.has_code) {
        (Some(_), true) => scope.fault(Fault::Meaningless { what: "made_code beside has_code" }),
        (Some(sample), false) => made.value(sample, scope).map(CodeOf::Made),
        (None, true) => Some(CodeOf::Start),
        (None, false) => Some(CodeOf::Status),
    };
    Some(Expect {
        negated: wire.negated,
        pattern: pattern?,
        min_bytes: least?.and_then(|bytes| u32::try_from(bytes).ok()),
        passed: passed?,
        failed: failed?,
        late: late?,
        on_success: on_success?,
        on_error: on_error?,
        code: code?,
    })
}

fn pattern(wire: &v1::CheckExpect, scope: &mut Scope<'_>, made: &mut Made) -> Option<Pattern> {
    use v1::check_expect::Pattern as Wire;
    let text = |bytes: &[u8], kind, scope: &mut Scope<'_>| {
        bounded("text", bytes, scope)?;
        Some(Pattern::Text(bytes.into(), kind))
    };
    match wire.pattern.as_ref() {
        None => scope.fault(Fault::Unset("pattern")),
        Some(Wire::Text(bytes)) => text(bytes, TextKind::String, scope),
        Some(Wire::Binary(bytes)) => text(bytes, TextKind::Binary, scope),
        Some(Wire::Formatted(bytes)) => text(bytes, TextKind::Formatted, scope),
        Some(Wire::FormattedBinary(bytes)) => text(bytes, TextKind::FormattedBinary, scope),
        Some(Wire::Regex(source)) => expression(source, false, scope).map(Pattern::Regex),
        Some(Wire::HexRegex(source)) => expression(source, false, scope).map(Pattern::HexRegex),
        Some(Wire::Status(wire)) => statuses(&wire.ranges, scope).map(Pattern::Status),
        Some(Wire::StatusRegex(source)) => expression(source, false, scope).map(Pattern::StatusRegex),
        Some(Wire::Made(format)) => {
            made.format(format, scope).map(|formula| Pattern::Made(formula, TextKind::Formatted))
        }
        Some(Wire::MadeBinary(format)) => {
            made.format(format, scope).map(|formula| Pattern::Made(formula, TextKind::FormattedBinary))
        }
        Some(Wire::Header(wire)) => header(wire, scope, made).map(Pattern::Header),
        Some(Wire::Handshake(number)) => handshake(*number, scope).map(Pattern::Handshake),
    }
}

fn header(wire: &v1::HeaderPattern, scope: &mut Scope<'_>, made: &mut Made) -> Option<HeaderPattern> {
    let name = match &wire.name {
        Some(name) => scope.at("name", |scope| header_text(name, true, scope, made)),
        None => scope.fault(Fault::Unset("name")),
    };
    let value = optional(wire.value.as_ref(), |value| {
        scope.at("value", |scope| header_text(value, false, scope, made))
    });
    Some(HeaderPattern { name: name?, value: value?, whole_lines: wire.whole_lines })
}

fn header_text(
    wire: &v1::HeaderText,
    fold: bool,
    scope: &mut Scope<'_>,
    made: &mut Made,
) -> Option<TextMatch> {
    let how = scope.known::<Match>("match", wire.r#match)?;
    if let Some(format) = &wire.made {
        let how = match how {
            Match::Str => How::Is,
            Match::Beg => How::Begins,
            Match::End => How::Ends,
            Match::Sub => How::Contains,
            _ => return scope.fault(Fault::Meaningless { what: how.as_str_name() }),
        };
        return made.format(format, scope).map(|formula| TextMatch::Made(how, formula));
    }
    bounded("text", &wire.text, scope)?;
    let text = || wire.text[..].into();
    match how {
        Match::Str => Some(TextMatch::Is(text())),
        Match::Beg => Some(TextMatch::Begins(text())),
        Match::End => Some(TextMatch::Ends(text())),
        Match::Sub => Some(TextMatch::Contains(text())),
        Match::Reg => {
            let regex = regex(&wire.text, fold, scope)?;
            Some(TextMatch::Regex(Regex(Arc::new(Compiled(regex)))))
        }
        _ => scope.fault(Fault::Meaningless { what: how.as_str_name() }),
    }
}

fn expression(source: &str, fold: bool, scope: &mut Scope<'_>) -> Option<Regex> {
    bounded("regex", source.as_bytes(), scope)?;
    let regex = regex(source.as_bytes(), fold, scope)?;
    Some(Regex(Arc::new(Compiled(regex))))
}

fn handshake(number: i32, scope: &mut Scope<'_>) -> Option<Handshake> {
    use v1::CheckHandshake as Wire;
    match scope.known::<Wire>("handshake", number)? {
        Wire::MysqlGreeting => Some(Handshake::MysqlGreeting),
        Wire::MysqlLogin => Some(Handshake::MysqlLogin),
        Wire::LdapBind => Some(Handshake::LdapBind),
        Wire::Unspecified => scope.fault(Fault::Unset("handshake")),
    }
}

/// 0: nothing is said.
fn status(what: &'static str, number: i32, scope: &mut Scope<'_>) -> Option<Option<Status>> {
    if number == 0 {
        return Some(None);
    }
    let status = match scope.known::<CheckStatus>(what, number)? {
        CheckStatus::L4ok => Status::L4Ok,
        CheckStatus::L4tout => Status::L4Timeout,
        CheckStatus::L4con => Status::L4Connection,
        CheckStatus::L6ok => Status::L6Ok,
        CheckStatus::L6tout => Status::L6Timeout,
        CheckStatus::L6rsp => Status::L6Response,
        CheckStatus::L7ok => Status::L7Ok,
        CheckStatus::L7okc => Status::L7OkConditional,
        CheckStatus::L7tout => Status::L7Timeout,
        CheckStatus::L7rsp => Status::L7Response,
        CheckStatus::L7sts => Status::L7Status,
        CheckStatus::Unspecified => return Some(None),
    };
    Some(Some(status))
}

fn pieces(
    what: &'static str,
    wire: &v1::CheckText,
    scope: &mut Scope<'_>,
    made: &mut Made,
) -> Option<Vec<Piece>> {
    use v1::check_text_piece::Piece as Wire;
    scope.count(what, wire.pieces.len(), MAX_LIST)?;
    scope.each(what, &wire.pieces, |scope, piece| match &piece.piece {
        None => scope.fault(Fault::Unset("piece")),
        Some(Wire::Literal(text)) => {
            scope.length("literal", text)?;
            Some(Piece::Literal(text[..].into()))
        }
        Some(Wire::Answer(part)) => Some(Piece::Answer {
            skip: usize::try_from(part.skip_bytes).unwrap_or(usize::MAX),
            trimmed: part.trimmed,
            first_line: part.first_line,
        }),
        Some(Wire::Made(format)) => made.format(format, scope).map(Piece::Made),
    })
}
