//! Texts of checks that are formats for HAProxy.

use sluicegate_proto::v1::{self, format_piece::Piece};

use super::super::Lowering;
use super::super::report::texts;
use super::super::rule::Args;
use crate::diagnostic::{Code, Diagnostic};
use crate::expr::Scope;
use crate::word::Word;

/// A text.
pub(super) enum Written {
    /// The same for each check.
    Is(bytes::Bytes),
    /// Worked out for each.
    Made(v1::Format),
}

impl Written {
    /// As a format, whether anything is worked out or not.
    pub(super) fn into_format(self) -> v1::Format {
        match self {
            Self::Is(text) => {
                let piece = Some(Piece::Literal(text));
                v1::Format { pieces: vec![v1::FormatPiece { piece, ..v1::FormatPiece::default() }] }
            }
            Self::Made(format) => format,
        }
    }
}

impl<'a> Lowering<'a> {
    /// The text of a format over what a check knows.
    pub(super) fn check_format(&mut self, word: &Word, args: &Args<'a>) -> Option<Written> {
        let format = self.reader.format(&texts(args.words()), args.last(), Scope::CHECK);
        self.expression_findings(args.words(), args.end());
        let mut pieces = format?.pieces;
        for piece in &mut pieces {
            // HAProxy writes numbers in decimal digits here whatever is said.
            piece.hexadecimal = false;
        }
        let all = pieces.len();
        pieces.retain(|piece| !matches!(piece.piece, Some(Piece::Alias(_))));
        if pieces.len() < all {
            let message = "variables of log lines give nothing in checks";
            self.report(Diagnostic::warning(Code::DegradedValue, word.span(), message));
        }
        let literal = |piece: &v1::FormatPiece| match &piece.piece {
            Some(Piece::Literal(text)) => Some(text.clone()),
            _ => None,
        };
        let literals: Option<Vec<_>> = pieces.iter().map(literal).collect();
        Some(match literals {
            Some(texts) => Written::Is(texts.concat().into()),
            None => Written::Made(v1::Format { pieces }),
        })
    }
}
