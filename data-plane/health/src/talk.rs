//! One probe: a script and what has come of it so far.

mod grpc;
mod handshake;
mod http;
mod made;
mod tcp;

use std::sync::Arc;

use crate::agent;
use crate::evidence::Status;
use crate::formula::{Formulas, Variables};
use crate::outcome::Outcome;
use crate::script::{Action, Connect, Errand, Expect, Particulars, Script, Step};

/// Bytes of an answer that are looked at: with more the answer is judged by these (HAProxy: tune.bufsize).
pub const MAX_ANSWER_BYTES: usize = 16 << 10;

/// What is true when a probe begins.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Circumstances {
    /// The endpoint is down: an answer 404 is no excuse.
    pub down: bool,
    /// The endpoint's checks begin with a PROXY line.
    pub send_proxy: bool,
    /// The endpoint's checks speak TLS.
    pub over_tls: bool,
    /// Its checks of HTTP speak HTTP/2.
    pub http2: bool,
    /// What an endpoint is told of itself, where it is.
    pub state: String,
    /// Since 1970.
    pub unix_seconds: u32,
    /// What programs are told of the endpoint, where one is run.
    pub particulars: Box<Particulars>,
}

/// What a probe wants done next.
#[derive(Debug, PartialEq)]
pub enum Want {
    /// A connection, after the one there was is closed; then [`Talk::connected`] or [`Talk::refused`].
    Connect {
        /// Where to, and how it is closed.
        to: Connect,
        /// It begins with a PROXY line.
        send_proxy: bool,
        /// It speaks TLS, behind that.
        tls: bool,
        /// HTTP/2 is spoken over it: see [`Connect::http2`].
        http2: bool,
    },
    /// These bytes sent; then [`Talk::sent`] or [`Talk::broke`].
    Send(Vec<u8>),
    /// Something received; then [`Talk::received`], [`Talk::ended`] or [`Talk::broke`].
    Receive,
    /// This program run; it comes to [`Talk::exited`] or [`Talk::refused`].
    Run(Box<Errand>),
    /// Nothing more: this is what it came to.
    Over(Outcome),
}

/// One probe under way.
#[derive(Debug)]
pub struct Talk {
    script: Arc<Script>,
    circumstances: Circumstances,
    /// The step that it is at.
    at: usize,
    /// The connection speaks TLS.
    tls: bool,
    input: Vec<u8>,
    /// Something has to be received before it is judged.
    waits: bool,
    /// Nothing more comes over this connection.
    ended: bool,
    /// Why not.
    error: Option<String>,
    /// The connection speaks HTTP/2, where answers have no words for their status.
    http2: bool,
    /// Of the last answer.
    code: Option<i32>,
    variables: Variables,
    /// Who works out what the script leaves open.
    formulas: Option<Arc<dyn Formulas>>,
}

/// What became of an expectation.
enum Judged {
    Passed,
    /// More of the answer is needed.
    Waits,
    Failed(Outcome),
}

impl Talk {
    /// Begins with the first step.
    pub fn new(script: Arc<Script>, circumstances: Circumstances) -> Self {
        Self {
            script,
            circumstances,
            at: 0,
            tls: false,
            input: Vec::new(),
            waits: true,
            ended: false,
            error: None,
            http2: false,
            code: None,
            variables: Variables::default(),
            formulas: None,
        }
    }

    /// Has the formulas of the script worked out; without, they give nothing.
    #[must_use]
    pub fn with_formulas(self, formulas: Arc<dyn Formulas>) -> Self {
        Self { formulas: Some(formulas), ..self }
    }

    /// The index of the step that it is at; see [`Script::late`].
    pub fn step(&self) -> usize {
        self.at
    }

    /// What to do now. Each call after something was done goes on from there.
    pub fn want(&mut self) -> Want {
        let script = Arc::clone(&self.script);
        while let Some(step) = script.steps.get(self.at) {
            match &step.action {
                Action::Connect(to) => return self.connect(to),
                Action::Send(bytes) => {
                    let mut data = bytes.data.to_vec();
                    if let Some(place) = bytes.unix_time_at.and_then(|at| data.get_mut(at..at + 4)) {
                        place.copy_from_slice(&self.circumstances.unix_seconds.to_be_bytes());
                    }
                    return self.send(data);
                }
                Action::Request(request) => {
                    let state = script.send_state.then_some(&*self.circumstances.state);
                    let data = request.render(state, |text| self.text(text));
                    return self.send(data);
                }
                Action::SendMade { formula, hexadecimal } => match self.made_bytes(formula, *hexadecimal) {
                    Some(data) if data.is_empty() => self.at += 1,
                    Some(data) => return self.send(data),
                    None => return Want::Over(self.not_made()),
                },
                Action::Set(setting) => {
                    self.set(setting);
                    self.at += 1;
                }
                Action::Unset(name) => {
                    self.variables.unset(name);
                    self.at += 1;
                }
                Action::HearAgent => return self.hear_agent(),
                Action::Run(program) => {
                    return Want::Run(Box::new(program.errand(&self.circumstances.particulars)));
                }
                Action::Expect(expect) => {
                    if self.waits && !self.ended && self.input.len() < MAX_ANSWER_BYTES {
                        return Want::Receive;
                    }
                    self.waits = false;
                    match self.judge(step, expect) {
                        Judged::Passed => self.at += 1,
                        Judged::Waits => {
                            self.at = self.first_of_row();
                            self.waits = true;
                        }
                        Judged::Failed(outcome) => return Want::Over(outcome),
                    }
                }
            }
        }
        Want::Over(self.success())
    }

    /// The connection stands.
    pub fn connected(&mut self) {
        self.at += 1;
    }

    /// There is no connection, for this reason.
    pub fn refused(&self, status: Status, words: &str) -> Outcome {
        Outcome::new(status, None, &[words.as_bytes(), &self.script.place(self.at)].concat())
    }

    /// The program has ended with this code, -1 where a signal did that; `words` say why it could not be run.
    pub fn exited(&self, code: i32, words: &str) -> Outcome {
        let status = if code == 0 { Status::ProgramOk } else { Status::ProgramError };
        Outcome::new(status, Some(code), words.as_bytes())
    }

    /// All was sent.
    pub fn sent(&mut self) {
        self.at += 1;
    }

    /// These bytes have come; what is over [`MAX_ANSWER_BYTES`] is not looked at.
    pub fn received(&mut self, bytes: &[u8]) {
        let room = MAX_ANSWER_BYTES.saturating_sub(self.input.len()).min(bytes.len());
        self.input.extend_from_slice(&bytes[..room]);
        self.waits = false;
    }

    /// Nothing more comes.
    pub fn ended(&mut self) {
        self.ended = true;
        self.waits = false;
    }

    /// The connection is broken, in the system's words. What came before counts: an endpoint may answer and close before
    /// it has read all.
    pub fn broke(&mut self, words: &str) {
        self.error.get_or_insert_with(|| words.to_owned());
        let sending = self.script.steps.get(self.at).map(|step| &step.action);
        match sending {
            Some(Action::Send(_) | Action::SendMade { .. } | Action::Request(_)) => self.at += 1,
            _ => self.ended(),
        }
    }

    fn connect(&mut self, to: &Connect) -> Want {
        let to = Connect { port: to.port.or_else(|| self.made_port(to)), ..to.clone() };
        (self.waits, self.ended, self.error) = (true, false, None);
        self.input.clear();
        let send_proxy = to.send_proxy || (to.as_endpoint && self.circumstances.send_proxy);
        self.tls = to.tls || (to.as_endpoint && self.circumstances.over_tls);
        self.http2 = to.http2 || (to.as_endpoint && self.circumstances.http2 && self.script.http);
        Want::Connect { to, send_proxy, tls: self.tls, http2: self.http2 }
    }

    fn send(&mut self, data: Vec<u8>) -> Want {
        self.input.clear();
        self.waits = true;
        Want::Send(data)
    }

    fn hear_agent(&self) -> Want {
        let last = self.is_last();
        match &self.error {
            Some(words) if last && self.input.is_empty() => {
                Want::Over(self.refused(Status::SocketError, words))
            }
            _ => agent::hear(&self.input, last).map_or(Want::Receive, Want::Over),
        }
    }

    fn judge(&mut self, step: &Step, expect: &Expect) -> Judged {
        self.code = None;
        if self.input.is_empty() && self.ended {
            if let Some(words) = &self.error {
                return Judged::Failed(self.refused(Status::SocketError, words));
            }
            if !self.script.http {
                let status = expect.failed.unwrap_or(Status::L7Response);
                let words = step.heard_nothing();
                return Judged::Failed(Outcome::new(status, self.code, words.as_bytes()));
            }
        }
        if self.script.http { self.judge_http(step, expect) } else { self.judge_bytes(step, expect) }
    }

    /// No more than this will come.
    fn is_last(&self) -> bool {
        self.ended || self.input.len() >= MAX_ANSWER_BYTES
    }

    /// Where a row of expectations is judged anew from when more has come: the first of those before it that are
    /// negated, as they hold for all that comes.
    fn first_of_row(&self) -> usize {
        let mut first = self.at;
        for index in (0..self.at).rev() {
            match &self.script.steps[index].action {
                Action::Expect(expect) if expect.negated => first = index,
                Action::Expect(_) => {}
                _ => break,
            }
        }
        first
    }

    /// An expectation that failed. `said`: what is to be told, where that is clear already.
    fn failure(
        &self,
        step: &Step,
        expect: &Expect,
        (status, matched): (Status, bool),
        said: &[u8],
    ) -> Judged {
        let mut info = match &expect.on_error {
            _ if !said.is_empty() => said.to_vec(),
            Some(pieces) => crate::script::told(pieces, &self.input, |formula| self.made(formula)),
            None if self.script.explained => expect.mismatch(matched, step),
            None => Vec::new(),
        };
        if !step.comment.is_empty() {
            let end = info.iter().position(|&byte| byte == 0).unwrap_or(info.len());
            info.truncate(end);
            info.extend_from_slice(format!(" comment: {}", step.comment).as_bytes());
        }
        Judged::Failed(Outcome::new(status, self.code_of(expect), &info))
    }

    /// What an expectation looks for cannot be worked out.
    fn unsettled(&self, step: &Step, expect: &Expect, words: &[u8]) -> Judged {
        self.failure(step, expect, (Status::L7Response, false), words)
    }

    fn success(&self) -> Outcome {
        let told = if self.script.explained { "(tcp-check)" } else { "" };
        match self.script.steps.iter().rev().find(|step| step.is_exchange()) {
            Some(Step { action: Action::Expect(expect), .. }) => {
                if self.excused() {
                    return Outcome::new(Status::L7OkConditional, self.code, b"");
                }
                let info = match &expect.on_success {
                    Some(pieces) => crate::script::told(pieces, &self.input, |formula| self.made(formula)),
                    None => told.into(),
                };
                Outcome::new(expect.passed.unwrap_or(Status::L7Ok), self.code_of(expect), &info)
            }
            Some(Step { action: Action::Connect(_), number, .. }) => {
                let told = if *number == 0 { "" } else { "(tcp-check)" };
                let status = if self.tls { Status::L6Ok } else { Status::L4Ok };
                Outcome::new(status, None, told.as_bytes())
            }
            _ => Outcome::new(Status::L7Ok, None, b"(tcp-check)"),
        }
    }

    /// The answer is a 404 that takes the endpoint out without calling it down.
    fn excused(&self) -> bool {
        self.script.disable_on_404 && !self.circumstances.down && self.code == Some(404)
    }
}

#[cfg(test)]
mod tests;
