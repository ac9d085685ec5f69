//! What another program does, and is not done here.

/// A label or variable of another program that is not done as it says. The rest of its container is served.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{label}{}': {what}{}", value.as_ref().map(|value| format!("={value}")).unwrap_or_default(), instead.as_ref().map(|instead| format!("; {instead}")).unwrap_or_default())]
pub struct Unmet {
    /// The label or the variable.
    pub label: String,
    /// Its value, but for passwords.
    pub value: Option<String>,
    /// What is not done.
    pub what: String,
    /// What does it.
    pub instead: Option<String>,
}

impl Unmet {
    /// One with nothing in its place.
    pub(crate) fn new((label, value): (&str, &str), what: impl Into<String>) -> Self {
        Self { label: label.to_owned(), value: Some(value.to_owned()), what: what.into(), instead: None }
    }

    /// With what does it instead.
    pub(crate) fn instead(self, instead: impl Into<String>) -> Self {
        Self { instead: Some(instead.into()), ..self }
    }

    /// Without the value, which may be a password.
    pub(crate) fn secret(self) -> Self {
        Self { value: None, ..self }
    }
}
