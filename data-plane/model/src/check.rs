//! What a probe does: `sluicegate-health` has the shape of it, here are its regular expressions.

pub use sluicegate_health::script::{Connect, Script};

use sluicegate_health::script::Expression;

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
