//! How an exchange ended, in the two letters that logs show (HAProxy: configuration manual 8.5).

use std::fmt;

/// The first event that ended the exchange.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Cause {
    /// `-`: both sides came to their end.
    #[default]
    Normal,
    /// `C`: the client aborted.
    Client,
    /// `S`: the endpoint aborted or refused.
    Server,
    /// `P`: the proxy refused (a rule, a limit, a protocol error).
    Proxy,
    /// `L`: the proxy answered by itself.
    Local,
    /// `R`: a resource of the proxy was exhausted.
    Resource,
    /// `I`: a defect of the proxy.
    Internal,
    /// `D`: the endpoint went down and its sessions were to be closed.
    Down,
    /// `U`: an endpoint came up and the sessions of backups were to be closed.
    Up,
    /// `K`: an operator closed it.
    Killed,
    /// `c`: the client's time-out.
    ClientTimeout,
    /// `s`: the endpoint's time-out.
    ServerTimeout,
}

impl Cause {
    /// Its letter.
    pub fn letter(self) -> u8 {
        match self {
            Self::Normal => b'-',
            Self::Client => b'C',
            Self::Server => b'S',
            Self::Proxy => b'P',
            Self::Local => b'L',
            Self::Resource => b'R',
            Self::Internal => b'I',
            Self::Down => b'D',
            Self::Up => b'U',
            Self::Killed => b'K',
            Self::ClientTimeout => b'c',
            Self::ServerTimeout => b's',
        }
    }
}

/// What the exchange was doing when it ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Phase {
    /// `-`: it was over.
    #[default]
    Done,
    /// `R`: waiting for a complete request.
    Request,
    /// `Q`: in a queue.
    Queue,
    /// `C`: connecting to an endpoint.
    Connect,
    /// `H`: waiting for a complete response head.
    Headers,
    /// `D`: passing data.
    Data,
    /// `L`: sending the last data to the client, the endpoint being done.
    Last,
    /// `T`: in a tarpit.
    Tarpit,
}

impl Phase {
    /// Its letter.
    pub fn letter(self) -> u8 {
        match self {
            Self::Done => b'-',
            Self::Request => b'R',
            Self::Queue => b'Q',
            Self::Connect => b'C',
            Self::Headers => b'H',
            Self::Data => b'D',
            Self::Last => b'L',
            Self::Tarpit => b'T',
        }
    }
}

/// Both.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Termination {
    /// What ended it.
    pub cause: Cause,
    /// When.
    pub phase: Phase,
}

impl Termination {
    /// The proxy answered by itself: `LR`.
    pub const LOCAL: Self = Self { cause: Cause::Local, phase: Phase::Request };
    /// A rule refused: `PR`.
    pub const REFUSED: Self = Self { cause: Cause::Proxy, phase: Phase::Request };

    /// Whether the client broke it off, and whether the endpoint did, amid its answer.
    pub fn aborted(self) -> (bool, bool) {
        (self.cause == Cause::Client, self.cause == Cause::Server && self.phase == Phase::Data)
    }
}

impl fmt::Display for Termination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", char::from(self.cause.letter()), char::from(self.phase.letter()))
    }
}
