//! One connection: bytes in, commands and bytes out (HAProxy management guide 9.3).

use std::time::Duration;

use crate::answer::{Answer, Severity};
use crate::command::Command;
use crate::level::Level;
use crate::limits::{IDLE_LIMIT, MAX_COMMAND_BYTES, MAX_IDLE_LIMIT, MAX_WORDS};
use crate::run::delay;
use crate::table::{Act, SessionVerb, Spec, find, help};
use crate::words::{Malformed, Words};

/// What its owner has to do next.
#[derive(Debug, PartialEq)]
pub enum Step {
    /// Read, and hand over what came ([`Session::receive`], [`Session::end`]).
    Read,
    /// Write.
    Say(Vec<u8>),
    /// Do the command; then [`Session::answer`] makes bytes of what is answered.
    Do(Box<Command>),
    /// Write the last bytes, if any, and close. `unread`: more was sent than is taken; its sender should get to read why.
    Close {
        /// A command was refused for its length.
        unread: bool,
    },
}

/// Whether messages say how grave they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Graveness {
    #[default]
    Untold,
    Number,
    Name,
}

/// A command whose payload is not complete.
#[derive(Debug)]
struct Waiting {
    words: Words,
    /// The line that ends it.
    ends: String,
    text: String,
}

/// A connection to the console.
///
/// A line is a command, `;` parts several in one line. Without `prompt` the connection closes when what came with the
/// first command is answered.
#[derive(Debug)]
pub struct Session {
    level: Level,
    interactive: bool,
    graveness: Graveness,
    expert: bool,
    experimental: bool,
    idle_limit: Duration,
    input: Vec<u8>,
    /// Bytes of `input` that have been looked at and hold no end of a command.
    seen: usize,
    waiting: Option<Waiting>,
    /// Something was answered.
    answered: bool,
    /// Nothing more will come.
    ended: bool,
    closing: Option<bool>,
}

impl Session {
    /// A connection that may do so much, and may be silent for so long; `None`: [`IDLE_LIMIT`].
    pub fn new(level: Level, idle_limit: Option<Duration>) -> Self {
        Self {
            level,
            interactive: false,
            graveness: Graveness::default(),
            expert: false,
            experimental: false,
            idle_limit: idle_limit.unwrap_or(IDLE_LIMIT),
            input: Vec::new(),
            seen: 0,
            waiting: None,
            answered: false,
            ended: false,
            closing: None,
        }
    }

    /// How long it may be silent.
    pub fn idle_limit(&self) -> Duration {
        self.idle_limit
    }

    /// What it may do.
    pub fn level(&self) -> Level {
        self.level
    }

    /// Takes what was read.
    pub fn receive(&mut self, bytes: &[u8]) {
        self.input.extend_from_slice(bytes);
    }

    /// Nothing more comes: what is not a whole line is no command.
    pub fn end(&mut self) {
        self.ended = true;
    }

    /// What to do next. After [`Step::Do`], only once the command has been answered.
    pub fn advance(&mut self) -> Step {
        loop {
            if let Some(unread) = self.closing {
                return Step::Close { unread };
            }
            let step = match self.line() {
                Ok(Some(line)) => self.obey(&line),
                Err(TooLong) => {
                    self.closing = Some(true);
                    let refusal = format!("The command is longer than {MAX_COMMAND_BYTES} bytes.");
                    Some(self.say(&Answer::error(&refusal)))
                }
                Ok(None) if self.ended || self.is_answered() => Some(self.close()),
                Ok(None) => Some(Step::Read),
            };
            if let Some(step) = step {
                return step;
            }
        }
    }

    /// The bytes of an answer.
    pub fn answer(&mut self, answer: &Answer) -> Vec<u8> {
        self.answered = true;
        let prefix = match (self.graveness, answer.severity) {
            (Graveness::Number, Some(severity)) => format!("[{}]: ", severity.number()),
            (Graveness::Name, Some(severity)) => format!("[{}]: ", severity.name()),
            _ => String::new(),
        };
        let end = if self.interactive { "\n> " } else { "\n" };
        [prefix.as_str(), &answer.text, end].concat().into_bytes()
    }

    fn is_answered(&self) -> bool {
        self.answered && !self.interactive && self.waiting.is_none() && self.input.is_empty()
    }

    fn close(&mut self) -> Step {
        self.closing = Some(false);
        Step::Close { unread: false }
    }

    /// Takes the next whole line.
    fn line(&mut self) -> Result<Option<Vec<u8>>, TooLong> {
        let in_payload = self.waiting.is_some();
        let mut at = self.seen;
        while let Some(&byte) = self.input.get(at) {
            match byte {
                b'\n' => break,
                b';' if !in_payload => break,
                // What follows is no end; where it has not come yet, it is looked at again.
                b'\\' if !in_payload => at += 2,
                _ => at += 1,
            }
        }
        let taken = self.waiting.as_ref().map_or(0, |waiting| waiting.text.len());
        if at.min(self.input.len()) + taken > MAX_COMMAND_BYTES {
            return Err(TooLong);
        }
        if at >= self.input.len() {
            self.seen = if at > self.input.len() { self.input.len() - 1 } else { at };
            return Ok(None);
        }
        let mut line: Vec<u8> = self.input.drain(..=at).collect();
        self.seen = 0;
        let end = line.pop();
        if end == Some(b'\n') && line.last() == Some(&b'\r') {
            line.pop();
        }
        Ok(Some(line))
    }

    /// `None`: there is nothing to do for this line alone.
    fn obey(&mut self, line: &[u8]) -> Option<Step> {
        if let Some(mut waiting) = self.waiting.take() {
            let line = String::from_utf8_lossy(line);
            if line == waiting.ends {
                waiting.words.payload = Some(waiting.text);
                return Some(self.act(waiting.words));
            }
            waiting.text.push_str(&line);
            waiting.text.push('\n');
            self.waiting = Some(waiting);
            return self.more();
        }
        match Words::read(line) {
            Ok((words, None)) => Some(self.act(words)),
            Ok((words, Some(ends))) => {
                self.waiting = Some(Waiting { words, ends, text: String::new() });
                self.more()
            }
            Err(Malformed::TooMany) => {
                Some(self.say(&Answer::error(&format!("A command has {MAX_WORDS} words at most."))))
            }
            Err(Malformed::Pattern) => Some(self.say(&Answer::error("The payload pattern is too big."))),
        }
    }

    /// More of a payload is wanted.
    fn more(&self) -> Option<Step> {
        self.interactive.then(|| Step::Say(b"+ ".to_vec()))
    }

    fn say(&mut self, answer: &Answer) -> Step {
        Step::Say(self.answer(answer))
    }

    fn act(&mut self, mut words: Words) -> Step {
        let Some(spec) = find(words.all()) else {
            let text = help(words.all(), self.level, true);
            return self.say(&Answer::message(Severity::Info, text));
        };
        if spec.level > self.level {
            return self.say(&Answer::error("Permission denied"));
        }
        words.name(spec.name.split(' ').count());
        match &spec.act {
            Act::Read(read) => match read(&words) {
                Ok(verb) => Step::Do(Box::new(Command(verb))),
                Err(answer) => self.say(&answer),
            },
            Act::Missing(why) => self.say(&missing(spec, why)),
            Act::Session(SessionVerb::Quit) => self.close(),
            Act::Session(verb) => {
                let answer = self.mind(*verb, &words);
                self.say(&answer)
            }
        }
    }

    /// Does what is about the connection itself.
    fn mind(&mut self, verb: SessionVerb, words: &Words) -> Answer {
        match verb {
            SessionVerb::Help => {
                return Answer::message(Severity::Info, help(words.arguments(), self.level, false));
            }
            SessionVerb::Prompt => self.interactive = !self.interactive,
            SessionVerb::Lower(level) => self.level = self.level.min(level),
            SessionVerb::ShowLevel => {
                return Answer::message(Severity::Info, format!("{}\n", self.level));
            }
            SessionVerb::Timeout => return self.set_timeout(words),
            SessionVerb::Severity => match words.argument(0) {
                "none" => self.graveness = Graveness::Untold,
                "number" => self.graveness = Graveness::Number,
                "string" => self.graveness = Graveness::Name,
                _ => return Answer::error("one of 'none', 'number', 'string' is a required argument"),
            },
            SessionVerb::Expert => return toggle("expert-mode", &mut self.expert, words),
            SessionVerb::Experimental => return toggle("experimental-mode", &mut self.experimental, words),
            SessionVerb::Quit => {}
        }
        Answer::done()
    }

    fn set_timeout(&mut self, words: &Words) -> Answer {
        match (words.argument(0), words.argument(1)) {
            ("cli", "") => Answer::error("Expects an integer value."),
            ("cli", text) => match delay(text, 1_000).filter(|time| !time.is_zero()) {
                Some(time) => {
                    self.idle_limit = time.min(MAX_IDLE_LIMIT);
                    Answer::done()
                }
                None => Answer::error("Invalid timeout value."),
            },
            _ => Answer::error("'set timeout' only supports 'cli'."),
        }
    }
}

/// A command over [`MAX_COMMAND_BYTES`].
struct TooLong;

fn missing(spec: &Spec, why: &str) -> Answer {
    Answer::error(&format!("'{}' is not here: {why}.", spec.name))
}

fn toggle(name: &str, state: &mut bool, words: &Words) -> Answer {
    match words.argument(0) {
        "" => Answer::message(Severity::Info, format!("{name} is {}\n", if *state { "ON" } else { "OFF" })),
        word => {
            *state = word == "on";
            Answer::done()
        }
    }
}

#[cfg(test)]
mod tests;
