//! Columns of what is not here: there is no limit of a rate. 0 is told of them.

use super::{Kind, Row};
use crate::field::Field;
use crate::value::Value;

impl Row {
    /// Fills them.
    pub(super) fn absent(&mut self) {
        if self.kind == Kind::Frontend {
            self.set(Field::RateLim, Value::U32(0));
        }
    }
}
