//! Which endpoint an exchange belongs to, whatever the balance says: what both modes share.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use sluicegate_balance::rdp_cookie;
use sluicegate_model::persistence::{Assignment, Persistence, PersistenceEffect};
use sluicegate_rules::{Message, Scratch, Style, Variables, matches, render};

use crate::cookie::{Asked, Dates, Given};
use crate::live::{EndpointState, LiveBackend, Terms, Ticket};

/// How an exchange stands to the endpoints of its backend.
#[derive(Debug, Default)]
pub struct Belonging {
    /// Where it goes, as long as that takes it; `None`: it takes its turn.
    pub endpoint: Option<Arc<EndpointState>>,
    /// Where it goes if that takes it at once, or has a queue: the one before on its connection did.
    pub(crate) preferred: Option<Arc<EndpointState>>,
    /// Whether that has to be well.
    pub(crate) terms: Terms,
    /// It goes there or nowhere.
    pub forced: bool,
    /// No cookie is looked at, nor given.
    pub ignored: bool,
    /// What became of the request's cookie.
    pub asked: Asked,
    /// What became of the answer's.
    pub given: Given,
    /// What the request's cookie says of its age.
    pub dates: Dates,
}

impl Belonging {
    /// What the rules of a backend say of an exchange: whether it is kept at all, and who is its endpoint before any cookie.
    pub(crate) fn of<M: Message + Variables>(
        persistence: &Persistence,
        backend: &LiveBackend,
        message: &M,
        scratch: &mut Scratch,
    ) -> Self {
        let rule = persistence.rules.iter().find(|rule| matches(&rule.when, message, scratch));
        let effect = rule.map(|rule| rule.effect);
        let mut belonging = Self {
            forced: effect == Some(PersistenceEffect::Force),
            ignored: effect == Some(PersistenceEffect::Ignore),
            ..Self::default()
        };
        let terms = belonging.terms_for(persistence);
        let assigned = persistence.assignments.iter().find_map(|assignment| {
            let asked = matches(&assignment.when, message, scratch);
            asked.then(|| endpoint(assignment, (backend, terms), message, scratch)).flatten()
        });
        if let Some(endpoint) = assigned {
            belonging.settle(endpoint, terms);
        }
        belonging
    }

    /// Whether an endpoint that it is to be kept with has to be well.
    pub(crate) fn terms_for(&self, persistence: &Persistence) -> Terms {
        if self.forced || persistence.when_down { Terms::Forced } else { Terms::Kept }
    }

    pub(crate) fn settle(&mut self, endpoint: Arc<EndpointState>, terms: Terms) {
        (self.endpoint, self.terms) = (Some(endpoint), terms);
    }

    /// For another attempt at the endpoint that it was sent to.
    pub(crate) fn terms_again(&self) -> Terms {
        if self.is_direct() { self.terms } else { Terms::Kept }
    }

    /// An RDP client names the endpoint that it was with, by its address (HAProxy: persist rdp-cookie).
    pub(crate) fn find_by_rdp_cookie(
        &mut self,
        persistence: &Persistence,
        backend: &LiveBackend,
        first: Option<&[u8]>,
    ) {
        let (Some(name), Some(first)) = (&persistence.rdp_cookie, first) else { return };
        let address = rdp_cookie(first, name).and_then(rdp_address);
        let Some(address) = address.filter(|_| !self.ignored && !self.is_direct()) else { return };
        let terms = self.terms_for(persistence);
        if let Some(endpoint) = backend.at_address(address, terms) {
            self.settle(endpoint, terms);
        }
    }

    /// It went to another endpoint than its cookie says.
    pub(crate) fn moved(&mut self) {
        if self.asked == Asked::Valid {
            self.asked = Asked::Down;
        }
    }

    /// Whether it goes to one endpoint in particular.
    pub fn is_direct(&self) -> bool {
        self.endpoint.is_some()
    }

    /// Its first wish for a place.
    pub(crate) fn ticket(&self, hash: Option<u32>) -> Ticket {
        match (&self.endpoint, &self.preferred) {
            (Some(endpoint), _) => Ticket::pinned(endpoint, self.terms),
            (None, Some(endpoint)) => Ticket::pinned(endpoint, Terms::InTurn),
            (None, None) => Ticket::new().by(hash),
        }
    }

    /// It takes its turn from here on, where it may. Says whether it goes on so.
    pub(crate) fn let_go(&mut self) -> bool {
        !self.forced && self.endpoint.take().is_some()
    }
}

/// What the cookie of a terminal server says: its address and port as decimal numbers in the order of the wire, read as a
/// little-endian machine would (`16842879.15629.0000` is 127.0.1.1:3389).
fn rdp_address(value: &[u8]) -> Option<SocketAddr> {
    let mut numbers =
        value.split(|byte| *byte == b'.').map(|part| std::str::from_utf8(part).ok()?.parse().ok());
    let mut number = || -> Option<u32> { numbers.next()? };
    let ip = Ipv4Addr::from(number()?.swap_bytes());
    let port = u16::try_from(number()?).ok()?.swap_bytes();
    Some(SocketAddr::from((ip, port)))
}

/// The endpoint that an assignment names.
fn endpoint<M: Message + Variables>(
    assignment: &Assignment,
    (backend, terms): (&LiveBackend, Terms),
    message: &M,
    scratch: &mut Scratch,
) -> Option<Arc<EndpointState>> {
    if let Some(name) = assignment.endpoint.literal() {
        return backend.named(name, terms).cloned();
    }
    let mut name = Vec::new();
    render(&assignment.endpoint, message, Style::Body, scratch, &mut name);
    backend.named(&name, terms).cloned()
}
