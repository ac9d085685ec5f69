//! Where a person wrote an object, in words.

use std::fmt;

use crate::v1::{Origin, Provenance, Resource, origin};

/// `path:line`, `container web, label sluicegate.http.web.host`, `option --entrypoint web=:80`.
impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            None => f.write_str("unknown origin"),
            Some(origin::Place::File(file)) if file.line == 0 => f.write_str(&file.path),
            Some(origin::Place::File(file)) => write!(f, "{}:{}", file.path, file.line),
            Some(origin::Place::Container(container)) => {
                let name = if container.name.is_empty() { &container.id } else { &container.name };
                write!(f, "container {name}")?;
                if container.label.is_empty() { Ok(()) } else { write!(f, ", label {}", container.label) }
            }
            Some(origin::Place::Option(option)) => write!(f, "option {option}"),
        }
    }
}

/// Of an object without rules.
impl From<Origin> for Provenance {
    fn from(origin: Origin) -> Self {
        Self { origin: Some(origin), ..Self::default() }
    }
}

impl Resource {
    /// Where a person wrote the object, where that is told.
    pub fn origin(&self) -> Option<&Origin> {
        self.provenance.as_ref()?.origin.as_ref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_in_words() {
        let file = origin::File { path: "haproxy.cfg".into(), line: 7 };
        assert_eq!(Origin { place: Some(origin::Place::File(file)) }.to_string(), "haproxy.cfg:7");
        let container =
            origin::Container { id: "f00".into(), name: "web".into(), label: "sluicegate.x".into() };
        let origin = Origin { place: Some(origin::Place::Container(container)) };
        assert_eq!(origin.to_string(), "container web, label sluicegate.x");
        let option = Origin { place: Some(origin::Place::Option("--docker".into())) };
        assert_eq!(option.to_string(), "option --docker");
        assert_eq!(Origin { place: None }.to_string(), "unknown origin");
    }
}
