//! What only the proxies can tell or do, and the question that it makes.

use std::fmt;

use sluicegate_proto::id::ObjectKey;
use sluicegate_proto::limits::{MAX_TOLD_RESPONSES, MAX_TOLD_SESSIONS};
use sluicegate_proto::v1::question::Ask as Wire;
use sluicegate_proto::v1::{
    ClearCounters, EndSessions, ListCaches, ListErrors, ListResolvers, ListSessions, end_sessions,
};

use crate::limits::{MAX_LISTED_RESPONSES, MAX_LISTED_SESSIONS};

/// What only the proxies can tell or do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ask {
    /// Their sessions (HAProxy: show sess).
    Sessions(Listed),
    /// The last messages that could not be read (HAProxy: show errors).
    Errors(Filter),
    /// To end a session (HAProxy: shutdown session).
    ShutDownSession(SessionName),
    /// To end the sessions of an endpoint (HAProxy: shutdown sessions server).
    ShutDownEndpoint {
        /// Which.
        endpoint: ObjectKey,
    },
    /// To begin the counters anew: the highest values seen, or all of them.
    ClearCounters {
        /// All of them.
        all: bool,
    },
    /// What came of asking name servers (HAProxy: show resolvers).
    Resolvers {
        /// Those of this section; `None`: all.
        section: Option<String>,
    },
    /// What caches have (HAProxy: show cache).
    Caches,
}

/// Which sessions, and how much of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Listed {
    /// A line for each.
    Lines,
    /// Everything about each.
    Details,
    /// Everything about one.
    One(SessionName),
}

/// Which malformed messages.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Filter {
    /// Those that one of these objects had to do with; `None`: all.
    pub objects: Option<Vec<ObjectKey>>,
    /// `Some(true)`: responses alone; `Some(false)`: requests alone.
    pub responses: Option<bool>,
}

/// How an operator names a session: `0x1f`, and where several proxies are connected `0x1f@proxy`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionName {
    /// Within its proxy; never 0.
    pub id: u64,
    /// Whose.
    pub proxy: Option<String>,
}

impl SessionName {
    /// Reads one as C reads a number: what follows the digits is not looked at, but for the name of a proxy. `None`: it
    /// is no number, or 0.
    pub(crate) fn read(text: &str) -> Option<Self> {
        let (number, proxy) = match text.split_once('@') {
            Some((number, proxy)) => (number, Some(proxy.to_owned())),
            None => (text, None),
        };
        let digits = number.strip_prefix("0x").or_else(|| number.strip_prefix("0X"));
        let (digits, radix) = digits.map_or((number, 10), |digits| (digits, 16));
        let end = digits.find(|c: char| !c.is_digit(radix)).unwrap_or(digits.len());
        let id = u64::from_str_radix(&digits[..end], radix).ok().filter(|id| *id != 0)?;
        Some(Self { id, proxy })
    }
}

impl fmt::Display for SessionName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#x}", self.id)?;
        self.proxy.as_ref().map_or(Ok(()), |proxy| write!(f, "@{proxy}"))
    }
}

impl Ask {
    /// The session that it is about.
    pub fn session(&self) -> Option<&SessionName> {
        match self {
            Self::Sessions(Listed::One(name)) | Self::ShutDownSession(name) => Some(name),
            _ => None,
        }
    }

    /// The question for each of so many proxies.
    pub fn question(&self, proxies: usize) -> Wire {
        match self {
            Self::Sessions(listed) => {
                let share = (MAX_LISTED_SESSIONS / proxies.max(1)).clamp(1, MAX_TOLD_SESSIONS) as u64;
                Wire::ListSessions(match listed {
                    Listed::Lines => ListSessions { id: 0, most: share, detailed: false },
                    Listed::Details => ListSessions { id: 0, most: share, detailed: true },
                    Listed::One(name) => ListSessions { id: name.id, most: 1, detailed: true },
                })
            }
            Self::Errors(_) => Wire::ListErrors(ListErrors {}),
            Self::ShutDownSession(name) => {
                Wire::EndSessions(EndSessions { which: Some(end_sessions::Which::Id(name.id)) })
            }
            Self::ShutDownEndpoint { endpoint } => {
                let which = Some(end_sessions::Which::Endpoint(endpoint.into()));
                Wire::EndSessions(EndSessions { which })
            }
            Self::ClearCounters { all } => Wire::ClearCounters(ClearCounters { all: *all }),
            Self::Caches => {
                let most = (MAX_LISTED_RESPONSES / proxies.max(1)).clamp(1, MAX_TOLD_RESPONSES) as u64;
                Wire::ListCaches(ListCaches { most })
            }
            Self::Resolvers { section } => {
                Wire::ListResolvers(ListResolvers { name: section.clone().unwrap_or_default() })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sessions_are_named_as_they_were_told() {
        let name = |id, proxy: Option<&str>| Some(SessionName { id, proxy: proxy.map(str::to_owned) });
        assert_eq!(SessionName::read("0x1f"), name(31, None));
        assert_eq!(SessionName::read("0x1f@edge-1@b"), name(31, Some("edge-1@b")));
        assert_eq!(SessionName::read("12"), name(12, None));
        assert_eq!(SessionName::read("0x1g"), name(1, None));
        for nothing in ["", "0", "0x", "0xzz", "all", "-1", "0x11111111111111111"] {
            assert_eq!(SessionName::read(nothing), None, "{nothing}");
        }
        assert_eq!(SessionName { id: 31, proxy: Some("a".into()) }.to_string(), "0x1f@a");
    }

    #[test]
    fn many_proxies_share_what_is_listed() {
        let most = |proxies| match Ask::Sessions(Listed::Lines).question(proxies) {
            Wire::ListSessions(list) => list.most,
            other => panic!("{other:?}"),
        };
        assert_eq!((most(0), most(1), most(20), most(10_000_000)), (10_000, 10_000, 5_000, 1));
    }
}
