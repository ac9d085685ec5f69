//! What checks work out on the way.

use super::Needs;
use crate::v1::{
    CheckExpect, CheckSchedule, CheckStep, CheckText, Format, HttpProbe, InitialState, Sample, check_expect,
    check_step, check_text_piece, set_check_variable,
};

impl Needs {
    pub(super) fn schedule(&mut self, check: Option<&CheckSchedule>) {
        let Some(check) = check else { return };
        let asked = [
            (check.initial > InitialState::Up as i32, "check.initial-state"),
            (check.paused, "check.paused"),
            (check.send_proxy, "check.send-proxy"),
            (check.http2, "check.http2"),
            (check.tls.is_some(), "check.tls"),
        ];
        asked.into_iter().filter(|(asked, _)| *asked).for_each(|(_, name)| self.word(name));
        check.tls.iter().for_each(|tls| self.tls_client(tls));
    }

    pub(super) fn check_step(&mut self, step: &CheckStep) {
        match &step.action {
            None => {}
            Some(check_step::Action::Connect(connect)) => {
                if connect.tls {
                    self.word("check.tls");
                }
                if connect.udp {
                    self.word("check.udp");
                }
                self.made_value(connect.made_port.as_ref());
                if connect.http2 {
                    self.word("check.http2");
                }
            }
            Some(check_step::Action::Send(send)) => self.made(send.made.as_ref()),
            Some(check_step::Action::Request(request)) => self.request(request),
            Some(check_step::Action::Expect(expect)) => self.expect(expect),
            Some(check_step::Action::Set(set)) => match &set.value {
                None => {}
                Some(set_check_variable::Value::Sample(sample)) => self.made_value(Some(sample)),
                Some(set_check_variable::Value::Format(format)) => self.made(Some(format)),
            },
            Some(check_step::Action::Unset(_)) => self.word("check.formula"),
        }
    }

    pub(super) fn request(&mut self, request: &HttpProbe) {
        self.made(request.made_uri.as_ref());
        self.made(request.made_body.as_ref());
        request.headers.iter().for_each(|header| self.made(header.made.as_ref()));
    }

    fn expect(&mut self, expect: &CheckExpect) {
        match &expect.pattern {
            Some(check_expect::Pattern::Made(format) | check_expect::Pattern::MadeBinary(format)) => {
                self.made(Some(format));
            }
            Some(check_expect::Pattern::Header(header)) => {
                let texts = header.name.iter().chain(&header.value);
                texts.for_each(|text| self.made(text.made.as_ref()));
            }
            _ => {}
        }
        self.told(expect.on_success.as_ref());
        self.told(expect.on_error.as_ref());
        self.made_value(expect.made_code.as_ref());
    }

    fn told(&mut self, text: Option<&CheckText>) {
        for piece in text.into_iter().flat_map(|text| &text.pieces) {
            if let Some(check_text_piece::Piece::Made(format)) = &piece.piece {
                self.made(Some(format));
            }
        }
    }

    fn made(&mut self, format: Option<&Format>) {
        if format.is_some() {
            self.word("check.formula");
        }
        self.format(format);
    }

    fn made_value(&mut self, sample: Option<&Sample>) {
        if sample.is_some() {
            self.word("check.formula");
        }
        self.sample(sample);
    }
}
