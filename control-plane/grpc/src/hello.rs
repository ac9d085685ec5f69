//! What a proxy says first, checked.

use std::collections::BTreeSet;

use sluicegate_core::fleet::Introduction;
use sluicegate_proto::generation::Generation;
use sluicegate_proto::hash::InvalidHash;
use sluicegate_proto::identity::{MAX_SCOPE_BYTES, is_scope};
use sluicegate_proto::v1::Hello;

const MAX_PROXY_ID_BYTES: usize = 128;
const MAX_VERSION_BYTES: usize = 128;
const MAX_CAPABILITIES: usize = 4_096;
const MAX_CAPABILITY_BYTES: usize = 128;

/// A Hello that no proxy of ours would say.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum InvalidHello {
    #[error("the id of the proxy must have 1 to {MAX_PROXY_ID_BYTES} bytes and no control characters")]
    ProxyId,
    #[error("a scope must have 1 to {MAX_SCOPE_BYTES} letters, digits, dots, dashes or underscores")]
    Scope,
    #[error("the version must have at most {MAX_VERSION_BYTES} bytes and no control characters")]
    Version,
    #[error("at most {MAX_CAPABILITIES} capabilities of at most {MAX_CAPABILITY_BYTES} bytes")]
    Capabilities,
    #[error("the generation: {0}")]
    Generation(#[from] InvalidHash),
}

pub(crate) fn validate(hello: Hello) -> Result<Introduction, InvalidHello> {
    let printable = |text: &str| !text.chars().any(char::is_control);
    if !(1..=MAX_PROXY_ID_BYTES).contains(&hello.proxy_id.len()) || !printable(&hello.proxy_id) {
        return Err(InvalidHello::ProxyId);
    }
    if !is_scope(&hello.scope) {
        return Err(InvalidHello::Scope);
    }
    if hello.version.len() > MAX_VERSION_BYTES || !printable(&hello.version) {
        return Err(InvalidHello::Version);
    }
    if hello.capabilities.len() > MAX_CAPABILITIES
        || hello.capabilities.iter().any(|name| name.len() > MAX_CAPABILITY_BYTES || !printable(name))
    {
        return Err(InvalidHello::Capabilities);
    }
    Ok(Introduction {
        held: hello.generation.as_ref().map(Generation::try_from).transpose()?,
        proxy_id: hello.proxy_id,
        scope: hello.scope,
        boot_epoch: hello.boot_epoch,
        schema: hello.schema,
        version: hello.version,
        capabilities: BTreeSet::from_iter(hello.capabilities),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use sluicegate_proto::v1;

    fn hello() -> Hello {
        Hello { proxy_id: "p1".into(), scope: "edge".into(), version: "0.1.0".into(), ..Hello::default() }
    }

    #[test]
    fn a_good_hello_is_taken() {
        let taken = validate(Hello { capabilities: vec!["b".into(), "a".into()], ..hello() }).unwrap();
        assert_eq!((taken.proxy_id.as_str(), taken.capabilities.len(), taken.held), ("p1", 2, None));
    }

    #[test]
    fn bad_ones_are_refused() {
        let generation = Some(v1::Generation { hash: vec![1; 31].into(), ..Default::default() });
        for (bad, why) in [
            (Hello { proxy_id: String::new(), ..hello() }, InvalidHello::ProxyId),
            (Hello { proxy_id: "a\nb".into(), ..hello() }, InvalidHello::ProxyId),
            (Hello { proxy_id: "x".repeat(129), ..hello() }, InvalidHello::ProxyId),
            (Hello { scope: "a/b".into(), ..hello() }, InvalidHello::Scope),
            (Hello { version: "x".repeat(129), ..hello() }, InvalidHello::Version),
            (Hello { capabilities: vec!["x".into(); 4_097], ..hello() }, InvalidHello::Capabilities),
            (Hello { capabilities: vec!["x".repeat(129)], ..hello() }, InvalidHello::Capabilities),
            (Hello { generation, ..hello() }, InvalidHello::Generation(InvalidHash)),
        ] {
            assert_eq!(validate(bad).err(), Some(why));
        }
    }
}
