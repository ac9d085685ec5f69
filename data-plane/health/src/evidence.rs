//! What a probe saw, in HAProxy's words.

use std::fmt;
use std::time::Duration;

/// Result of a probe (HAProxy management guide 9.1, `check_status`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Status {
    /// The connection opened, and nothing more was asked for.
    L4Ok,
    /// The connection did not open in time.
    L4Timeout,
    /// The connection was refused, or there is no way.
    L4Connection,
    /// A socket could not be had: no descriptors, no ports.
    SocketError,
    /// A handshake of a secure layer was answered.
    L6Ok,
    /// No answer to a handshake in time.
    L6Timeout,
    /// The answer to a handshake was none.
    L6Response,
    /// The answer was as wanted.
    L7Ok,
    /// The answer was good, and asks for nothing new.
    L7OkConditional,
    /// No whole answer in time.
    L7Timeout,
    /// The answer was none of the protocol.
    L7Response,
    /// The answer had another status than wanted.
    L7Status,
    /// The program said no, could not be run, or was ended by a signal.
    ProgramError,
    /// The program did not end in time.
    ProgramTimeout,
    /// The program said yes.
    ProgramOk,
    /// No probe: exchanges went wrong too often in a row.
    Observed,
    /// An agent said nothing about the health.
    NoChange,
}

impl Status {
    /// All results.
    pub const ALL: [Self; 17] = [
        Self::L4Ok,
        Self::L4Timeout,
        Self::L4Connection,
        Self::SocketError,
        Self::L6Ok,
        Self::L6Timeout,
        Self::L6Response,
        Self::L7Ok,
        Self::L7OkConditional,
        Self::L7Timeout,
        Self::L7Response,
        Self::L7Status,
        Self::ProgramError,
        Self::ProgramTimeout,
        Self::ProgramOk,
        Self::Observed,
        Self::NoChange,
    ];

    /// Whether the endpoint passed.
    pub fn passed(self) -> bool {
        matches!(self, Self::L4Ok | Self::L6Ok | Self::L7Ok | Self::L7OkConditional | Self::ProgramOk)
    }

    /// Whether a code is told with it, be it 0.
    pub fn has_code(self) -> bool {
        let answered = matches!(self, Self::L7Ok | Self::L7OkConditional | Self::L7Status);
        answered || matches!(self, Self::ProgramError | Self::ProgramTimeout | Self::ProgramOk)
    }

    /// As in statistics: `L4OK`.
    pub fn code(self) -> &'static str {
        match self {
            Self::L4Ok => "L4OK",
            Self::L4Timeout => "L4TOUT",
            Self::L4Connection => "L4CON",
            Self::SocketError => "SOCKERR",
            Self::L6Ok => "L6OK",
            Self::L6Timeout => "L6TOUT",
            Self::L6Response => "L6RSP",
            Self::L7Ok => "L7OK",
            Self::L7OkConditional => "L7OKC",
            Self::L7Timeout => "L7TOUT",
            Self::L7Response => "L7RSP",
            Self::L7Status => "L7STS",
            Self::ProgramError => "PROCERR",
            Self::ProgramTimeout => "PROCTOUT",
            Self::ProgramOk => "PROCOK",
            Self::Observed => "HANA",
            Self::NoChange => "CHECKED",
        }
    }

    /// As in log lines: `Layer4 check passed`.
    pub fn words(self) -> &'static str {
        match self {
            Self::L4Ok => "Layer4 check passed",
            Self::L4Timeout => "Layer4 timeout",
            Self::L4Connection => "Layer4 connection problem",
            Self::SocketError => "Socket error",
            Self::L6Ok => "Layer6 check passed",
            Self::L6Timeout => "Layer6 timeout",
            Self::L6Response => "Layer6 invalid response",
            Self::L7Ok => "Layer7 check passed",
            Self::L7OkConditional => "Layer7 check conditionally passed",
            Self::L7Timeout => "Layer7 timeout",
            Self::L7Response => "Layer7 invalid response",
            Self::L7Status => "Layer7 wrong status",
            Self::ProgramError => "External check error",
            Self::ProgramTimeout => "External check timeout",
            Self::ProgramOk => "External check passed",
            Self::Observed => "Health analyze",
            Self::NoChange => "No status change",
        }
    }
}

/// What one probe saw. Displays as `L7STS/503 in 4ms: Service Unavailable`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// Its result.
    pub status: Status,
    /// Code of the answer or of the program, where there was one; -1: a program that a signal ended.
    pub code: Option<i32>,
    /// The system's or the endpoint's own words; may be empty. Without control characters.
    pub info: Box<str>,
    /// From the start of the probe.
    pub took: Duration,
}

impl Evidence {
    /// For the line that tells of a change: `Layer4 connection problem, info: "Connection refused", check duration: 1ms`.
    pub fn reason(&self) -> String {
        let mut text = self.status.words().to_owned();
        if self.status.has_code() {
            text.push_str(&format!(", code: {}", self.code.unwrap_or(0)));
        }
        if !self.info.is_empty() {
            text.push_str(&format!(", info: \"{}\"", self.info));
        }
        if self.status != Status::Observed {
            text.push_str(&format!(", check duration: {}ms", self.took.as_millis()));
        }
        text
    }
}

impl fmt::Display for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.status.code())?;
        if let Some(code) = self.code.filter(|&code| code != 0) {
            write!(f, "/{code}")?;
        }
        write!(f, " in {}ms", self.took.as_millis())?;
        if self.info.is_empty() { Ok(()) } else { write!(f, ": {}", self.info) }
    }
}
