//! What agents say of their endpoints (HAProxy: agent-check): one line of words in any order, then a description.

use crate::evidence::Status;
use crate::outcome::Outcome;

/// What one line says. Of words of one kind the last one counts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reply {
    /// How the endpoint is.
    pub health: Option<Said>,
    /// Whether it is to be in service.
    pub admin: Option<Admin>,
    /// Its weight, in percent of the configured one.
    pub weight_percent: Option<u32>,
    /// Its exchanges at one time; 0: no limit.
    pub max_connections: Option<u32>,
}

/// How an agent says that its endpoint is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Said {
    /// `up`
    Up,
    /// `down`
    Down,
    /// `stopped`
    Stopped,
    /// `fail`
    Failed,
}

/// What an agent wants of its endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admin {
    /// It takes traffic.
    Ready,
    /// It takes nothing new.
    Drain,
    /// It is out of service.
    Maint,
}

impl Said {
    fn status(self) -> Status {
        if self == Self::Up { Status::L7Ok } else { Status::L7Status }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Up => "up",
            Self::Down => "down",
            Self::Stopped => "stopped",
            Self::Failed => "fail",
        }
    }
}

/// Hears what has come; `None`: more is needed. `last`: nothing more comes.
pub(crate) fn hear(input: &[u8], last: bool) -> Option<Outcome> {
    match input.iter().position(|byte| matches!(byte, b'\n' | b'\r')) {
        Some(end) => Some(Line::read(&input[..end]).outcome()),
        // A line that does not end may say something else than was meant.
        None if last => Some(Outcome::new(Status::NoChange, None, b"Ignoring incomplete line from agent")),
        None => None,
    }
}

/// A line, and what is wrong with it.
#[derive(Debug, Default)]
struct Line<'a> {
    reply: Reply,
    description: &'a [u8],
    /// The first word that is none.
    unknown: Option<&'a [u8]>,
    warning: Option<&'static str>,
}

impl<'a> Line<'a> {
    fn read(line: &'a [u8]) -> Self {
        let mut read = Self::default();
        let mut rest = line;
        while let Some(start) = rest.iter().position(|byte| !is_separator(*byte)) {
            rest = &rest[start..];
            if let Some(description) = rest.strip_prefix(b"#") {
                read.description = description.trim_ascii_start();
                break;
            }
            let end = rest.iter().position(|byte| is_separator(*byte)).unwrap_or(rest.len());
            read.word(&rest[..end]);
            rest = &rest[end..];
        }
        read
    }

    fn word(&mut self, word: &'a [u8]) {
        let limit = word.get(..8).filter(|start| start.eq_ignore_ascii_case(b"maxconn:"));
        match word.to_ascii_lowercase().as_slice() {
            b"up" => self.reply.health = Some(Said::Up),
            b"down" => self.reply.health = Some(Said::Down),
            b"stopped" => self.reply.health = Some(Said::Stopped),
            b"fail" => self.reply.health = Some(Said::Failed),
            b"ready" => self.reply.admin = Some(Admin::Ready),
            b"drain" => self.reply.admin = Some(Admin::Drain),
            b"maint" => self.reply.admin = Some(Admin::Maint),
            _ if word[0].is_ascii_digit() && word.contains(&b'%') => match number(word) {
                (percent, b"%") => self.reply.weight_percent = percent,
                _ => self.warn("Trailing garbage in weight string"),
            },
            _ if limit.is_some() => match number(&word[8..]) {
                (Some(limit), b"") => self.reply.max_connections = Some(limit),
                (None, _) => self.warn("maxconn string empty or preceded by garbage"),
                _ => self.warn("Trailing garbage in maxconn string"),
            },
            _ => {
                self.unknown.get_or_insert(word);
            }
        }
    }

    fn warn(&mut self, warning: &'static str) {
        self.warning.get_or_insert(warning);
    }

    /// As HAProxy tells it: what is wrong with a line is told where it leaves room.
    fn outcome(self) -> Outcome {
        let Self { reply, description, unknown, warning } = self;
        let odd = unknown.or(warning.map(str::as_bytes));
        let (status, info) = match (reply.health, unknown, warning) {
            (Some(said), ..) => {
                let leaves_room = said == Said::Up || description.is_empty();
                let told = odd.filter(|_| leaves_room).unwrap_or(description);
                let told = if told.is_empty() { Vec::new() } else { [b" (", told, b")"].concat() };
                (said.status(), [b"via agent : ", said.word().as_bytes(), &told].concat())
            }
            (None, Some(unknown), _) => (Status::NoChange, [b"agent reports an error : ", unknown].concat()),
            (None, None, Some(warning)) => {
                (Status::NoChange, [b"agent warns : ", warning.as_bytes()].concat())
            }
            (None, None, None) => (Status::NoChange, Vec::new()),
        };
        Outcome { reply: Some(Box::new(reply)), ..Outcome::new(status, None, &info) }
    }
}

fn is_separator(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b',')
}

/// The number that a text begins with, the largest there is where it is larger, and what is behind it.
fn number(text: &[u8]) -> (Option<u32>, &[u8]) {
    let end = text.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(text.len());
    let add = |sum: u32, digit: &u8| sum.saturating_mul(10).saturating_add(u32::from(digit - b'0'));
    let (digits, rest) = text.split_at(end);
    ((!digits.is_empty()).then(|| digits.iter().fold(0, add)), rest)
}

#[cfg(test)]
mod tests;
