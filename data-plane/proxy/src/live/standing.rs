//! What is said of an endpoint, by whom, and what it comes to.

use super::health::Health;

/// All that is said of an endpoint at run time, beside its weight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// What its checks find, or a person has set, or what it tracks has.
    pub checked: Health,
    /// Its agent says that it is down.
    pub agent_down: bool,
    /// Its exchanges went wrong, and it is left out for a time.
    pub ejected: bool,
    /// What its agent wants of it, beside the configuration; `None`: nothing.
    pub admin: Option<Admin>,
    /// Its agent's limit of exchanges at one time, in place of the configured one; 0: none.
    pub limit: Option<u32>,
}

/// What an agent can want.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admin {
    /// It takes nothing new.
    Drain,
    /// It is out of service.
    Maint,
}

impl Standing {
    pub(super) fn begin() -> Self {
        Self { checked: Health::Unchecked, agent_down: false, ejected: false, admin: None, limit: None }
    }

    /// Its health: it is well where all say so.
    pub(super) fn health(&self) -> Health {
        match self.told() {
            Health::Unchecked | Health::Up | Health::Stopping if self.ejected => Health::Ejected,
            told => told,
        }
    }

    /// Its health as checks and agents tell it, whatever its exchanges come to.
    pub fn told(&self) -> Health {
        match self.checked {
            Health::Unchecked | Health::Up | Health::Stopping if self.agent_down => Health::Down,
            checked => checked,
        }
    }
}
