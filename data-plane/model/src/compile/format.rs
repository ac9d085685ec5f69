//! Log-format strings.

use sluicegate_proto::limits::MAX_FORMAT_PIECES;
use sluicegate_proto::v1::{self, format_piece};

use super::call;
use super::reason::Fault;
use super::scope::Scope;
use crate::expr::{Alias, Format, Piece, Value};

pub(super) fn format(wire: &v1::Format, scope: &mut Scope<'_>) -> Option<Format> {
    scope.count("pieces", wire.pieces.len(), MAX_FORMAT_PIECES)?;
    let pieces = scope.each("piece", &wire.pieces, |scope, wire| piece(wire, scope))?;
    let mut joined: Vec<Piece> = Vec::with_capacity(pieces.len());
    for piece in pieces {
        match (joined.last_mut().map(|last| &mut last.value), &piece.value) {
            (Some(Value::Literal(before)), Value::Literal(after)) => {
                *before = [&**before, after].concat().into()
            }
            _ => joined.push(piece),
        }
    }
    Some(Format { pieces: joined.into_boxed_slice() })
}

/// Quoting a literal means nothing, and is dropped with it: literals are joined.
fn piece(wire: &v1::FormatPiece, scope: &mut Scope<'_>) -> Option<Piece> {
    let (quote, hexadecimal) = (wire.quote, wire.hexadecimal);
    match &wire.piece {
        None => scope.fault(Fault::Unset("piece")),
        Some(format_piece::Piece::Literal(text)) => {
            scope.length("literal", text)?;
            let value = Value::Literal(text.as_ref().into());
            Some(Piece { value, quote: false, hexadecimal: false })
        }
        Some(format_piece::Piece::Alias(name)) => match Alias::named(name) {
            Some(alias) => Some(Piece { value: Value::Alias(alias), quote, hexadecimal }),
            None => scope.fault(Fault::UnknownAlias(call::shown(name.as_bytes()))),
        },
        Some(format_piece::Piece::Sample(wire)) => {
            let sample = call::sample(Some(wire), scope)?;
            Some(Piece { value: Value::Sample(sample), quote, hexadecimal })
        }
    }
}
