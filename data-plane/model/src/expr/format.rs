use super::{Alias, Sample};

/// A log-format string.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Format {
    pub(crate) pieces: Box<[Piece]>,
}

impl Format {
    /// In order.
    pub fn pieces(&self) -> &[Piece] {
        &self.pieces
    }

    /// The texts that do not depend on a message.
    pub(crate) fn literals(&self) -> impl Iterator<Item = &[u8]> {
        self.pieces.iter().filter_map(|piece| match &piece.value {
            Value::Literal(text) => Some(&**text),
            Value::Alias(_) | Value::Sample(_) => None,
        })
    }

    /// The text itself where nothing in it depends on a message.
    pub fn literal(&self) -> Option<&[u8]> {
        match &*self.pieces {
            [] => Some(b""),
            [Piece { value: Value::Literal(text), .. }] => Some(text),
            _ => None,
        }
    }
}

/// A piece of a format.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// Where its text comes from.
    pub value: Value,
    /// `%{+Q}`: in double quotes.
    pub quote: bool,
    /// `%{+X}`: addresses and numbers in hexadecimal.
    pub hexadecimal: bool,
}

/// Where the text of a piece comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// Itself. No two literals stand side by side.
    Literal(Box<[u8]>),
    /// What the exchange knows.
    Alias(Alias),
    /// What a message says.
    Sample(Sample),
}
