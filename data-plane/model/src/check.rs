//! What a probe does: `sluicegate-health` has the shape of it, here are its regular expressions.

pub use sluicegate_health::script::{Connect, Script};

use sluicegate_health::script::Expression;

use crate::expr::{Converter, Sample};

/// A compiled expression.
#[derive(Debug)]
pub(crate) struct Compiled(pub(crate) regex::bytes::Regex);

impl Expression for Compiled {
    fn is_match(&self, text: &[u8]) -> bool {
        self.0.is_match(text)
    }

    fn source(&self) -> &str {
        self.0.as_str()
    }
}

/// What is worked out for each probe, by the numbers that the script has.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Formulas(pub Box<[Formula]>);

/// An expression or a format over what a probe knows; an expression is one piece alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Formula {
    /// In order.
    pub pieces: Box<[Piece]>,
}

/// A piece of a format.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// As it is.
    Literal(Box<[u8]>),
    /// A value.
    Value {
        /// Which one.
        value: Given,
        /// In double quotes.
        quote: bool,
    },
}

/// A value over what a probe knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Given {
    /// As elsewhere, over the answer.
    Sample(Sample),
    /// Something that only probes have, and converters that it passes through.
    Own(Source, Box<[Converter]>),
}

/// What only probes have. The names are those of `sluicegate_proto::catalog::CHECK_FETCHES`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// var.
    Variable(Box<str>),
    /// be_id.
    BackendNumber,
    /// srv_name.
    EndpointName,
    /// srv_id.
    EndpointNumber,
    /// res.body.
    Body,
    /// res.len.
    Length,
    /// payload, res.payload.
    Payload {
        /// Bytes left out at the start.
        offset: usize,
        /// So many, which must have come; `None`: all the rest.
        length: Option<usize>,
    },
}
