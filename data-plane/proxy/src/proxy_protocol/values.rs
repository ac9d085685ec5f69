//! Values behind the addresses of a header: type, length, bytes (section 2.2.7).

/// Those of one header, in its order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Values(Box<[u8]>);

/// One of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Value<'a> {
    /// Its type ([`super::kind`]).
    pub kind: u8,
    /// Where its bytes begin among all.
    pub at: usize,
    /// They.
    pub bytes: &'a [u8],
}

impl Values {
    /// `None`: one is longer than what is there.
    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        let values = Self(bytes.into());
        let end = values.iter().last().map_or(0, |value| value.at + value.bytes.len());
        (end == bytes.len()).then_some(values)
    }

    /// Each of them.
    pub fn iter(&self) -> impl Iterator<Item = Value<'_>> {
        let mut next = 0;
        std::iter::from_fn(move || {
            let (&[kind, high, low], rest) = self.0.get(next..)?.split_first_chunk()?;
            let bytes = rest.get(..usize::from(u16::from_be_bytes([high, low])))?;
            let at = next + 3;
            next = at + bytes.len();
            Some(Value { kind, at, bytes })
        })
    }

    /// Those of one type.
    pub fn of(&self, kind: u8) -> impl Iterator<Item = &[u8]> {
        self.iter().filter(move |value| value.kind == kind).map(|value| value.bytes)
    }
}
