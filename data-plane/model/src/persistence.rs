//! Which endpoint a request belongs to, whatever the balance says.

use std::num::NonZeroU32;

use crate::expr::{Condition, Format};

/// All that takes a request past the balance of its backend.
#[derive(Debug)]
pub struct Persistence {
    /// Requests with an endpoint of their own: the first whose condition holds and whose endpoint takes traffic counts, before
    /// any cookie (HAProxy: use-server).
    pub assignments: Vec<Assignment>,
    /// What answers gave clients.
    pub cookie: Option<Cookie>,
    /// The first whose condition holds counts.
    pub rules: Vec<PersistenceRule>,
    /// A request goes to its endpoint though that is down (HAProxy: option persist).
    pub when_down: bool,
    /// In TCP mode, the cookie of an RDP client's first message (HAProxy: persist rdp-cookie).
    pub rdp_cookie: Option<Box<[u8]>>,
    /// A request goes where the one before on its connection went (HAProxy: option prefer-last-server).
    pub prefer_last: bool,
    /// Where it would wait there behind so many, it takes its turn instead (HAProxy: max-keep-alive-queue); `None`: it waits.
    pub most_before_last: Option<u32>,
}

/// Requests with an endpoint of their own.
#[derive(Debug)]
pub struct Assignment {
    /// Which.
    pub when: Condition,
    /// The endpoint's name.
    pub endpoint: Format,
}

/// Whether requests stay with their endpoint.
#[derive(Debug)]
pub struct PersistenceRule {
    /// Which.
    pub when: Condition,
    /// How.
    pub effect: PersistenceEffect,
}

/// How.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PersistenceEffect {
    /// With it, though it is down, and with no other (HAProxy: force-persist).
    Force,
    /// They take their turn (HAProxy: ignore-persist).
    Ignore,
}

/// Keeps clients with an endpoint by what answers gave them (HAProxy: cookie).
#[derive(Debug)]
pub struct Cookie {
    /// A cookie-name (RFC 6265 4.1.1).
    pub name: Box<[u8]>,
    /// Who gives it to clients.
    pub mode: CookieMode,
    /// Neither endpoints see it, nor clients that have the right one a new one.
    pub indirect: bool,
    /// Answers that carry it are not to be cached.
    pub no_cache: bool,
    /// Only answers to POST carry it.
    pub post_only: bool,
    /// An endpoint's own cookie of this name stays.
    pub preserve: bool,
    /// What stands behind its value, with its leading semicolon: `; path=/`, domains, HttpOnly ...
    pub attributes: Box<[u8]>,
    /// It counts no more when it was not seen for so long.
    pub max_idle_seconds: Option<NonZeroU32>,
    /// It counts no more so long after it was given.
    pub max_life_seconds: Option<NonZeroU32>,
    /// What endpoints without a value of their own get one from, with their address.
    pub dynamic_key: Option<Box<[u8]>>,
}

/// Who gives a cookie to clients.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CookieMode {
    /// Somebody else.
    Read,
    /// This proxy.
    Insert,
    /// Endpoints; the value is replaced.
    Rewrite,
    /// Endpoints; the value gets a prefix.
    Prefix,
}

impl Cookie {
    /// The header that carries it to endpoints.
    pub const REQUEST: &'static str = "Cookie";
    /// The header that carries it to clients.
    pub const RESPONSE: &'static str = "Set-Cookie";

    /// Whether its value carries dates.
    pub fn is_dated(&self) -> bool {
        self.max_idle_seconds.is_some() || self.max_life_seconds.is_some()
    }
}
