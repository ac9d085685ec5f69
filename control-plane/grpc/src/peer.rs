//! Who is at the other end of a connection, and what it may ask for.

use std::fmt;
use std::sync::Arc;

use sluicegate_proto::identity::Identity;

/// The other end of a connection.
#[derive(Debug, Clone)]
pub(crate) enum Peer {
    /// Over a unix socket: its permissions say who may connect.
    Local,
    /// Over plain TCP, which the operator asked for.
    Anyone,
    /// Over mutual TLS.
    Certified(Arc<[Identity]>),
}

impl Peer {
    /// Whether it may serve what this Scope gets.
    pub(crate) fn may_join(&self, scope: &str) -> bool {
        self.has(|identity| matches!(identity, Identity::Scope(own) if own == scope))
    }

    /// Whether nobody else can read what it is sent: private keys are.
    pub(crate) fn may_have_secrets(&self) -> bool {
        !matches!(self, Self::Anyone)
    }

    /// Whether it may read the status of this Scope.
    pub(crate) fn may_read(&self, scope: &str) -> bool {
        self.may_read_all() || self.may_join(scope)
    }

    /// Whether it may read the status of providers and of all Scopes.
    pub(crate) fn may_read_all(&self) -> bool {
        self.has(|identity| matches!(identity, Identity::Control | Identity::Operator))
    }

    fn has(&self, wanted: impl Fn(&Identity) -> bool) -> bool {
        match self {
            Self::Local | Self::Anyone => true,
            Self::Certified(identities) => identities.iter().any(wanted),
        }
    }
}

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Local => f.write_str("a local process"),
            Self::Anyone => f.write_str("a client without a certificate"),
            Self::Certified(identities) if identities.is_empty() => {
                f.write_str("a certificate without a sluicegate:// URI")
            }
            Self::Certified(identities) => {
                f.write_str("a certificate for")?;
                identities.iter().try_for_each(|identity| write!(f, " {identity}"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificate_allows_what_it_says() {
        let proxy = Peer::Certified(Arc::new([Identity::Scope("edge".into())]));
        assert!(proxy.may_join("edge") && proxy.may_read("edge"));
        assert!(!proxy.may_join("inner") && !proxy.may_read("inner") && !proxy.may_read_all());
        let operator = Peer::Certified(Arc::new([Identity::Operator]));
        assert!(operator.may_read("edge") && !operator.may_join("edge"));
        let stranger = Peer::Certified(Arc::new([]));
        assert!(!stranger.may_join("edge") && !stranger.may_read("edge"));
        assert!(Peer::Local.may_join("edge") && Peer::Anyone.may_read_all());
        assert!(
            Peer::Local.may_have_secrets() && stranger.may_have_secrets() && !Peer::Anyone.may_have_secrets()
        );
    }
}
