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
    /// `flt`: so many millionths.
    Micros(u64),
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
            Self::Micros(_) => "flt",
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
            Self::Micros(number) => match number % 1_000_000 {
                0 => (number / 1_000_000).fmt(f),
                fraction => {
                    let digits = format!("{fraction:06}");
                    write!(f, "{}.{}", number / 1_000_000, digits.trim_end_matches('0'))
                }
            },
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
            Self::Micros(number) if number % 1_000_000 == 0 => {
                fields.serialize_field("value", &(number / 1_000_000))?;
            }
            #[allow(clippy::cast_precision_loss)] // JSON's numbers are no more precise
            Self::Micros(number) => fields.serialize_field("value", &(*number as f64 / 1e6))?,
            Self::Text(text) => fields.serialize_field("value", text)?,
        }
        fields.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fractions_have_no_more_digits_than_they_need() {
        for (micros, text) in [(0, "0"), (2_000_000, "2"), (1_307_000, "1.307"), (1_000_001, "1.000001")] {
            assert_eq!(Value::Micros(micros).to_string(), text);
            let json = format!("{{\"type\":\"flt\",\"value\":{text}}}");
            assert_eq!(serde_json::to_string(&Value::Micros(micros)).unwrap(), json);
        }
    }
}
