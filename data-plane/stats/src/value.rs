//! One cell.

use std::borrow::Cow;
use std::fmt;

use serde::ser::{Serialize, SerializeStruct as _, Serializer};

/// What stands in a cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// `u32`; larger numbers stop at its end.
    U32(u32),
    /// `u64`
    U64(u64),
    /// `s32`
    S32(i32),
    /// `str`
    Text(Cow<'static, str>),
}

impl Value {
    /// A number of 32 bits, which larger ones stop at.
    pub(crate) fn short(number: u64) -> Self {
        Self::U32(u32::try_from(number).unwrap_or(u32::MAX))
    }

    /// Its type as `typed` and JSON name it.
    pub fn type_name(&self) -> &'static str {
        match self {
            Self::U32(_) => "u32",
            Self::U64(_) => "u64",
            Self::S32(_) => "s32",
            Self::Text(_) => "str",
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(Cow::Owned(text.to_owned()))
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::U32(number) => number.fmt(f),
            Self::U64(number) => number.fmt(f),
            Self::S32(number) => number.fmt(f),
            Self::Text(text) => f.write_str(text),
        }
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_struct("Value", 2)?;
        fields.serialize_field("type", self.type_name())?;
        match self {
            Self::U32(number) => fields.serialize_field("value", number)?,
            Self::U64(number) => fields.serialize_field("value", number)?,
            Self::S32(number) => fields.serialize_field("value", number)?,
            Self::Text(text) => fields.serialize_field("value", text)?,
        }
        fields.end()
    }
}
