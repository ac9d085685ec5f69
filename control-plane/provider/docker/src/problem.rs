//! What is wrong with labels and containers, and what would be right.

use std::collections::BTreeSet;

use crate::container::{Container, MAX_LABEL_BYTES, MAX_LABELS};
use crate::vocabulary::Unmet;

/// Why a container, or one of its routes, is not served, or not as it says. The rest goes on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("container '{container}': {reason}")]
pub struct Problem {
    /// Its id.
    pub id: String,
    /// Its name.
    pub container: String,
    /// What is wrong.
    pub reason: Reason,
}

impl Problem {
    pub(crate) fn of(container: &Container, reason: Reason) -> Self {
        Self { id: container.id.clone(), container: container.name.clone(), reason }
    }
}

/// What is wrong with a container.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// A label.
    #[error(transparent)]
    Label(#[from] InvalidLabel),
    /// Another program's word.
    #[error(transparent)]
    Unmet(#[from] Unmet),
    /// Two containers say different things of one route; the one that was there first has it.
    #[error(
        "route '{route}' is claimed differently by container '{other}': '{label}' has to be equal for all that share it"
    )]
    Conflict {
        /// The route.
        route: String,
        /// The container that has it.
        other: String,
        /// What differs.
        label: String,
    },
    /// No such entry point.
    #[error("there is no entry point '{name}'; there are: {}", listed(known))]
    EntryPoint {
        /// As the label has it.
        name: String,
        /// What there is.
        known: BTreeSet<String>,
    },
    /// One that speaks something else.
    #[error("route '{route}' is of {wanted}, and entry point '{name}' of {is}")]
    Mode {
        /// The route.
        route: String,
        /// What the route is of.
        wanted: &'static str,
        /// The entry point.
        name: String,
        /// What that is of.
        is: &'static str,
    },
    /// No network, or not one that is reached.
    #[error("{wanted}; the container is in: {}", if networks.is_empty() { "no network with an address".to_owned() } else { networks.join(", ") })]
    Network {
        /// What was looked for.
        wanted: String,
        /// What there is.
        networks: Vec<String>,
    },
    /// The configuration language does not take what a label says.
    #[error("label '{label}': '{value}': {message}{}", help.iter().map(|help| format!("; {help}")).collect::<String>())]
    Language {
        /// The label.
        label: String,
        /// What it comes to.
        value: String,
        /// What is wrong.
        message: String,
        /// What would be right.
        help: Vec<String>,
    },
    /// The same, where the container is served without it.
    #[error("warning: label '{label}': {message}")]
    Doubt {
        /// The label.
        label: String,
        /// What is not done.
        message: String,
    },
}

/// A text of one line, whatever labels put into it: a terminal takes nothing in it for orders.
pub fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { char::REPLACEMENT_CHARACTER } else { c }).collect()
}

impl Reason {
    /// The label that it is about, as the container has it.
    pub(crate) fn label(&self) -> Option<&str> {
        match self {
            Self::Label(InvalidLabel::Unknown { label, .. } | InvalidLabel::Value { label, .. })
            | Self::Conflict { label, .. }
            | Self::Language { label, .. }
            | Self::Doubt { label, .. }
            | Self::Unmet(Unmet { label, .. }) => Some(label),
            Self::Label(_) | Self::EntryPoint { .. } | Self::Mode { .. } | Self::Network { .. } => None,
        }
    }

    /// The label that was probably meant.
    pub(crate) fn nearest(&self) -> Option<&str> {
        match self {
            Self::Label(InvalidLabel::Unknown { nearest, .. }) => nearest.as_deref(),
            _ => None,
        }
    }

    /// Whether the container is served all the same.
    pub(crate) fn is_warning(&self) -> bool {
        matches!(self, Self::Doubt { .. } | Self::Unmet(_))
    }
}

/// A label that cannot be taken; the container is left out for it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidLabel {
    /// Not in the vocabulary.
    #[error("unknown label '{label}={value}'{}", nearest.as_ref().map(|name| format!("; did you mean '{name}'?")).unwrap_or_default())]
    Unknown {
        /// As written.
        label: String,
        /// Its value.
        value: String,
        /// The closest label that exists.
        nearest: Option<String>,
    },
    /// A value of the wrong form.
    #[error("label '{label}': '{value}' is not {wanted}")]
    Value {
        /// The label.
        label: String,
        /// Its value.
        value: String,
        /// What would be right.
        wanted: &'static str,
    },
    /// No port, and no only one to take instead.
    #[error(
        "route '{route}' needs the label '{}{mode}.{route}.port': the container exposes {}",
        crate::PREFIX,
        ports(exposed)
    )]
    Port {
        /// The route.
        route: String,
        /// http, tcp or udp.
        mode: &'static str,
        /// What the container exposes.
        exposed: Vec<u16>,
    },
    /// Enabled, and nothing to serve.
    #[error(
        "the container is enabled but has no label '{0}http.NAME.host', '{0}tcp.NAME.port' or '{0}udp.NAME.port'",
        crate::PREFIX
    )]
    NoRoute,
    /// Neither host nor path nor rule.
    #[error("route '{0}' would take every request: give it the label '{prefix}http.{0}.host', '.path' or '.rule'", prefix = crate::PREFIX)]
    CatchAll(String),
    /// Too many labels, or one too long.
    #[error("more than {MAX_LABELS} labels, or one of more than {MAX_LABEL_BYTES} bytes")]
    TooLarge,
}

fn ports(exposed: &[u16]) -> String {
    match exposed {
        [] => "none".to_owned(),
        ports => ports.iter().map(u16::to_string).collect::<Vec<_>>().join(", "),
    }
}

fn listed(names: &BTreeSet<String>) -> String {
    names.iter().map(String::as_str).collect::<Vec<_>>().join(", ")
}
