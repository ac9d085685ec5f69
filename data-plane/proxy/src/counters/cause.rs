//! Why connections of clients end.

/// Why a client connection was closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(usize)]
pub enum CloseCause {
    /// The exchange came to its end, and one side wanted the connection closed after it (in TCP mode: both sides).
    Finished,
    /// The client closed or reset it.
    Client,
    /// The client was silent for too long, while idle or within a request.
    ClientTimeout,
    /// What the client sent could not be understood.
    BadRequest,
    /// The endpoint failed, after which the connection's state is unknown.
    Endpoint,
    /// A rule or an option asked for it.
    Rule,
    /// The configuration removed its frontend.
    FrontendRemoved,
    /// The process was told to stop when its work is done.
    SoftStop,
    /// The process was told to stop at once.
    HardStop,
    /// The connection's task panicked.
    Panic,
    /// An operator asked for it (HAProxy: shutdown session).
    Operator,
}

impl CloseCause {
    /// All causes, in the order of their numbers.
    pub const ALL: [Self; 11] = [
        Self::Finished,
        Self::Client,
        Self::ClientTimeout,
        Self::BadRequest,
        Self::Endpoint,
        Self::Rule,
        Self::FrontendRemoved,
        Self::SoftStop,
        Self::HardStop,
        Self::Panic,
        Self::Operator,
    ];

    /// Its name in reports and metrics.
    pub fn name(self) -> &'static str {
        match self {
            Self::Finished => "finished",
            Self::Client => "client",
            Self::ClientTimeout => "client_timeout",
            Self::BadRequest => "bad_request",
            Self::Endpoint => "endpoint",
            Self::Rule => "rule",
            Self::FrontendRemoved => "frontend_removed",
            Self::SoftStop => "soft_stop",
            Self::HardStop => "hard_stop",
            Self::Panic => "panic",
            Self::Operator => "operator",
        }
    }
}
