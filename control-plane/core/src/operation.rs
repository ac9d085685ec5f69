//! What somebody asks for on a proxy's statistics page: its validated parts.

use sluicegate_proto::id::{InvalidId, ObjectKey};
use sluicegate_proto::limits::{MAX_NAME_BYTES, MAX_OPERATION_BYTES, MAX_OPERATION_ENDPOINTS};
use sluicegate_proto::v1::{self, Kind, OperationAction as Action};

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operation {
    /// Of which backend.
    pub backend: ObjectKey,
    /// Names of its endpoints, known or not; at least one.
    pub endpoints: Vec<String>,
    /// What is to be done to each of them.
    pub action: Action,
}

/// Why it is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidOperation {
    /// No backend is named.
    #[error("an operation names no backend")]
    NoBackend,
    /// What is named is no id.
    #[error("an operation names a backend by what is no id: {0}")]
    Id(#[from] InvalidId),
    /// Something else is named.
    #[error("an operation names {0} as its backend")]
    NotBackend(ObjectKey),
    /// None, or more than are taken.
    #[error("an operation names {0} endpoints, 1 to {MAX_OPERATION_ENDPOINTS} are taken")]
    Endpoints(usize),
    /// One name, or all of them, are too long.
    #[error("the names of the endpoints of an operation are longer than the limit")]
    TooLong,
    /// Nothing that this build knows.
    #[error("an operation asks for what is not known here")]
    Action,
}

impl TryFrom<v1::Operation> for Operation {
    type Error = InvalidOperation;

    fn try_from(wire: v1::Operation) -> Result<Self, InvalidOperation> {
        let v1::Operation { id: _, backend, endpoints, action } = wire;
        let backend = ObjectKey::try_from(&backend.ok_or(InvalidOperation::NoBackend)?)?;
        if backend.kind() != Kind::Backend {
            return Err(InvalidOperation::NotBackend(backend));
        }
        if endpoints.is_empty() || endpoints.len() > MAX_OPERATION_ENDPOINTS {
            return Err(InvalidOperation::Endpoints(endpoints.len()));
        }
        let bytes: usize = endpoints.iter().map(String::len).sum();
        if bytes > MAX_OPERATION_BYTES || endpoints.iter().any(|name| name.len() > MAX_NAME_BYTES) {
            return Err(InvalidOperation::TooLong);
        }
        let action = Action::try_from(action).ok().filter(|action| *action != Action::Unspecified);
        Ok(Self { backend, endpoints, action: action.ok_or(InvalidOperation::Action)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wire() -> v1::Operation {
        let backend = ObjectKey::new("haproxy", "", Kind::Backend, "app").unwrap();
        v1::Operation {
            id: 7,
            backend: Some((&backend).into()),
            endpoints: vec!["one".into()],
            action: Action::Maint.into(),
        }
    }

    #[test]
    fn what_is_no_operation_is_refused() {
        assert!(Operation::try_from(wire()).is_ok());
        let spoiled = |spoil: fn(&mut v1::Operation)| {
            let mut wire = wire();
            spoil(&mut wire);
            Operation::try_from(wire).unwrap_err()
        };
        assert_eq!(spoiled(|wire| wire.backend = None), InvalidOperation::NoBackend);
        assert_eq!(spoiled(|wire| wire.endpoints.clear()), InvalidOperation::Endpoints(0));
        assert_eq!(
            spoiled(|wire| wire.endpoints = vec![String::new(); MAX_OPERATION_ENDPOINTS + 1]),
            InvalidOperation::Endpoints(MAX_OPERATION_ENDPOINTS + 1)
        );
        let long = |wire: &mut v1::Operation| wire.endpoints = vec!["a".repeat(MAX_NAME_BYTES + 1)];
        assert_eq!(spoiled(long), InvalidOperation::TooLong);
        let many = |wire: &mut v1::Operation| wire.endpoints = vec!["a".repeat(MAX_NAME_BYTES); 17];
        assert_eq!(spoiled(many), InvalidOperation::TooLong);
        assert_eq!(spoiled(|wire| wire.action = 0), InvalidOperation::Action);
        assert_eq!(spoiled(|wire| wire.action = 99), InvalidOperation::Action);
        let listener = |wire: &mut v1::Operation| {
            wire.backend = wire.backend.take().map(|id| v1::ObjectId { kind: Kind::Listener.into(), ..id });
        };
        assert!(matches!(spoiled(listener), InvalidOperation::NotBackend(_)));
        let nameless = |wire: &mut v1::Operation| wire.backend = Some(v1::ObjectId::default());
        assert!(matches!(spoiled(nameless), InvalidOperation::Id(_)));
    }
}
