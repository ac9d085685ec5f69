//! Where a keyword may stand.

use std::fmt;
use std::ops::BitOr;

/// One kind of place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Place {
    /// A line of `global`.
    Global,
    /// A line of `defaults`.
    Defaults,
    /// A line of `frontend`.
    Frontend,
    /// A line of `listen`.
    Listen,
    /// A line of `backend`.
    Backend,
    /// An option after `bind <address>`.
    BindOption,
    /// An option after `server <name> <address>`, `default-server` or `server-template`.
    ServerOption,
    /// An action after `http-request`.
    HttpRequest,
    /// An action after `http-response`.
    HttpResponse,
    /// An action after `http-after-response`.
    HttpAfterResponse,
    /// An action after `tcp-request connection`.
    TcpConnection,
    /// An action after `tcp-request session`.
    TcpSession,
    /// An action after `tcp-request content`.
    TcpContent,
    /// An action after `tcp-response content`.
    TcpResponse,
    /// An action after `quic-initial`.
    QuicInitial,
    /// What an expression starts with.
    Fetch,
    /// A step of an expression.
    Converter,
    /// `%name` in a log format.
    Variable,
    /// A line of `ring`.
    Ring,
    /// A line of `resolvers`.
    Resolvers,
    /// A line of `crt-store`.
    CrtStore,
    /// A line of `cache`.
    Cache,
}

impl Place {
    /// Every place.
    pub const ALL: [Place; 22] = [
        Place::Global,
        Place::Defaults,
        Place::Frontend,
        Place::Listen,
        Place::Backend,
        Place::BindOption,
        Place::ServerOption,
        Place::HttpRequest,
        Place::HttpResponse,
        Place::HttpAfterResponse,
        Place::TcpConnection,
        Place::TcpSession,
        Place::TcpContent,
        Place::TcpResponse,
        Place::QuicInitial,
        Place::Fetch,
        Place::Converter,
        Place::Variable,
        Place::Ring,
        Place::Resolvers,
        Place::CrtStore,
        Place::Cache,
    ];

    /// The word that a configuration has for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Place::Global => "global",
            Place::Defaults => "defaults",
            Place::Frontend => "frontend",
            Place::Listen => "listen",
            Place::Backend => "backend",
            Place::BindOption => "bind",
            Place::ServerOption => "server",
            Place::HttpRequest => "http-request",
            Place::HttpResponse => "http-response",
            Place::HttpAfterResponse => "http-after-response",
            Place::TcpConnection => "tcp-request connection",
            Place::TcpSession => "tcp-request session",
            Place::TcpContent => "tcp-request content",
            Place::TcpResponse => "tcp-response content",
            Place::QuicInitial => "quic-initial",
            Place::Fetch => "expressions",
            Place::Converter => "expressions",
            Place::Variable => "log formats",
            Place::Ring => "ring",
            Place::Resolvers => "resolvers",
            Place::CrtStore => "crt-store",
            Place::Cache => "cache",
        }
    }

    /// Whether its names are words of lines, as opposed to parts of expressions.
    pub fn is_of_lines(self) -> bool {
        !matches!(self, Place::Fetch | Place::Converter | Place::Variable)
    }

    /// What a name in this place is: `keyword`, `option` or `action`.
    pub fn noun(self) -> &'static str {
        match self {
            Place::Global
            | Place::Defaults
            | Place::Frontend
            | Place::Listen
            | Place::Backend
            | Place::Ring
            | Place::Resolvers
            | Place::CrtStore
            | Place::Cache => "keyword",
            Place::BindOption | Place::ServerOption => "option",
            Place::Fetch => "fetch",
            Place::Converter => "converter",
            Place::Variable => "log variable",
            _ => "action",
        }
    }

    const fn bit(self) -> u32 {
        1 << self as u32
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A set of places.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Places(u32);

impl Places {
    /// The set of these places.
    pub const fn of(places: &[Place]) -> Self {
        let mut bits = 0;
        let mut index = 0;
        while index < places.len() {
            bits |= places[index].bit();
            index += 1;
        }
        Self(bits)
    }

    /// Whether `place` is one of them.
    pub const fn contains(self, place: Place) -> bool {
        self.0 & place.bit() != 0
    }

    /// Whether they are options of lines and nothing else.
    pub(crate) const fn options_only(self) -> bool {
        self.0 & !(Place::BindOption.bit() | Place::ServerOption.bit()) == 0
    }

    /// The places, in the order of [`Place`].
    pub fn iter(self) -> impl Iterator<Item = Place> {
        Place::ALL.into_iter().filter(move |place| self.contains(*place))
    }
}

impl BitOr for Places {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl fmt::Display for Places {
    /// The names, as in a sentence: `defaults, listen or backend`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.iter().map(Place::as_str).collect();
        match names.split_last() {
            None => Ok(()),
            Some((only, [])) => f.write_str(only),
            Some((last, rest)) => write!(f, "{} or {last}", rest.join(", ")),
        }
    }
}
