//! What is never shown.

use std::fmt;

use crate::v1::Blob;

impl fmt::Debug for Blob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Blob");
        if self.secret {
            shown.field("secret", &format_args!("{} bytes", self.data.len()));
        } else {
            shown.field("data", &self.data);
        }
        shown.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_not_printed() {
        let blob = |secret| Blob { data: b"top secret"[..].into(), secret };
        assert_eq!(format!("{:?}", blob(true)), "Blob { secret: 10 bytes }");
        assert_eq!(format!("{:?}", blob(false)), r#"Blob { data: b"top secret" }"#);
    }
}
