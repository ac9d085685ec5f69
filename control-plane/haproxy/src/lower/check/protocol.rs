//! Checks of protocols: `option mysql-check` and its like. They send what HAProxy 2.6 sends, and expect what it expects.

use sluicegate_proto::v1::{
    self, CheckHandshake, CheckStatus, check_expect::Pattern, check_step::Action, check_text_piece::Piece,
};

use super::super::Lowering;
use super::steps::{Draft, steps};
use crate::ast::Directive;
use crate::diagnostic::{Code, Diagnostic};
use crate::word::Word;

impl<'a> Lowering<'a> {
    /// The script of an option; `None` where the option is wrong.
    pub(super) fn protocol_check(&mut self, line: &'a Directive) -> Option<v1::CheckScript> {
        let actions = match line.name() {
            "option ldap-check" => ldap(),
            "option mysql-check" => self.mysql(line)?,
            "option pgsql-check" => self.pgsql(line)?,
            "option redis-check" => redis(),
            "option smtpchk" => smtp(line),
            _ => ssl_hello(),
        };
        let drafts = (1..).zip(actions).map(|(number, action)| Draft::step(number, action)).collect();
        Some(v1::CheckScript { steps: steps(drafts), ..v1::CheckScript::default() })
    }

    /// `user <name>`
    fn check_user<'w>(&mut self, words: &'w [Word]) -> Option<(&'w Word, &'w [Word])> {
        match words {
            [user, name, rest @ ..] if user.text() == "user" => Some((name, rest)),
            [user] if user.text() == "user" => {
                self.incomplete(user, "a name");
                None
            }
            [other, ..] => {
                self.not_one_of(other, "an argument of this option", &["user"]);
                None
            }
            [] => None,
        }
    }

    /// `[user <name> [post-41 | pre-41]]`: the greeting, and with a user a log-in that is given up at once.
    fn mysql(&mut self, line: &'a Directive) -> Option<Vec<Action>> {
        let handshake = |which: CheckHandshake| expect(Pattern::Handshake(which.into()));
        let greeting = handshake(CheckHandshake::MysqlGreeting);
        if line.args().is_empty() {
            return Some(vec![lingering(), Action::Expect(greeting)]);
        }
        let (user, rest) = self.check_user(line.args())?;
        let old = match rest {
            [] => false,
            [age] if matches!(age.text(), "post-41" | "pre-41") => age.text() == "pre-41",
            [age, ..] => {
                self.not_one_of(age, "an age of the protocol", &["post-41", "pre-41"]);
                return None;
            }
        };
        let login = Action::Send(data(mysql_login(user.text().as_bytes(), old)));
        let answer = Action::Expect(handshake(CheckHandshake::MysqlLogin));
        Some(vec![lingering(), login, Action::Expect(greeting), answer])
    }

    /// `user <name>`: a start-up message, and any answer that is no error.
    fn pgsql(&mut self, line: &'a Directive) -> Option<Vec<Action>> {
        let (user, rest) = self.check_user(line.args())?;
        if let Some(word) = rest.first() {
            self.unexpected(word, "the form is `option pgsql-check user <name>`");
            return None;
        }
        let user = user.text().as_bytes();
        let Ok(length) = u32::try_from(15 + user.len()) else {
            let message = "this name is too long";
            self.report(Diagnostic::error(Code::BadValue, line.span, message));
            return None;
        };
        let start = [&length.to_be_bytes()[..], b"\0\x03\0\0user\0", user, b"\0\0"].concat();
        let no_error = v1::CheckExpect {
            negated: true,
            min_bytes: Some(5),
            failed: CheckStatus::L7rsp.into(),
            on_error: Some(told(vec![answer(6, false, false)])),
            ..expect(Pattern::Regex("^E".into()))
        };
        let asks_for_password = v1::CheckExpect {
            min_bytes: Some(9),
            failed: CheckStatus::L7sts.into(),
            on_success: Some(said("PostgreSQL server is ok")),
            on_error: Some(said("PostgreSQL unknown error")),
            ..expect(Pattern::HexRegex("^52000000(08|0A|0C)000000(00|02|03|04|05|06)".into()))
        };
        let expects = [no_error, asks_for_password].map(Action::Expect);
        Some([lingering(), Action::Send(data(start))].into_iter().chain(expects).collect())
    }
}

fn mysql_login(user: &[u8], old: bool) -> Vec<u8> {
    // Capabilities, the longest packet, and since 4.1 the character set and 23 bytes of nothing.
    let head: &[u8] = if old { b"\x00\x80\x00\x00\x01" } else { b"\x00\x82\x00\x00\x00\x80\x00\x01\x21" };
    let filler: &[u8] = if old { b"" } else { &[0; 23] };
    let body = [head, filler, user, b"\0\0"].concat();
    let length = u32::try_from(body.len()).unwrap_or(u32::MAX).to_le_bytes();
    // Behind it a packet that says good-bye.
    [&length[..3], b"\x01", &body, b"\x01\0\0\0\x01"].concat()
}

fn redis() -> Vec<Action> {
    let pong = v1::CheckExpect {
        failed: CheckStatus::L7sts.into(),
        on_error: Some(told(vec![answer(0, false, true)])),
        on_success: Some(said("Redis server is ok")),
        ..expect(Pattern::Text((&b"+PONG\r\n"[..]).into()))
    };
    vec![Action::Send(data(b"*1\r\n$4\r\nPING\r\n".to_vec())), Action::Expect(pong)]
}

/// `[{ HELO | EHLO } <host>]`: greeting, hello and good-bye.
fn smtp(line: &Directive) -> Vec<Action> {
    let hello = match line.args() {
        [command, host] if matches!(command.text(), "HELO" | "EHLO") => {
            format!("{} {}\r\n", command.text(), host.text())
        }
        _ => "HELO localhost\r\n".to_owned(),
    };
    let reply = || told(vec![answer(4, true, true)]);
    let code = |regex: &str, least: Option<u32>| v1::CheckExpect {
        min_bytes: least,
        failed: CheckStatus::L7sts.into(),
        on_error: Some(reply()),
        on_success: Some(reply()),
        has_code: true,
        ..expect(Pattern::Regex(regex.into()))
    };
    let spoken = v1::CheckExpect {
        min_bytes: Some(4),
        failed: CheckStatus::L7rsp.into(),
        on_error: Some(told(vec![answer(0, false, true)])),
        ..expect(Pattern::Regex("^[0-9]{3}[ \\r]".into()))
    };
    vec![
        lingering(),
        Action::Expect(spoken),
        Action::Expect(code("^2[0-9]{2}[ \\r]", Some(4))),
        Action::Send(data(hello.into_bytes())),
        Action::Expect(code("^(2[0-9]{2}-[^\\r]*\\r\\n)*2[0-9]{2}[ \\r]", None)),
        Action::Send(data(b"QUIT\r\n".to_vec())),
        Action::Expect(code("^2[0-9]{2}[- \\r]", Some(4))),
    ]
}

/// An anonymous bind.
fn ldap() -> Vec<Action> {
    let bind = b"\x30\x0c\x02\x01\x01\x60\x07\x02\x01\x03\x04\x00\x80\x00".to_vec();
    let message = v1::CheckExpect {
        min_bytes: Some(14),
        on_error: Some(said("Not LDAPv3 protocol")),
        ..expect(Pattern::HexRegex("^30".into()))
    };
    let success = expect(Pattern::Handshake(CheckHandshake::LdapBind.into()));
    vec![Action::Send(data(bind)), Action::Expect(message), Action::Expect(success)]
}

/// A hello of SSLv3 with 39 ciphers; an answer of the protocol, be it an alert, is good.
fn ssl_hello() -> Vec<Action> {
    let mut hello = b"\x16\x03\x00\x00\x79\x01\x00\x00\x75\x03\x00".to_vec();
    let time_at = u32::try_from(hello.len()).unwrap_or_default();
    hello.extend_from_slice(b"\0\0\0\0HAPROXYSSLCHK\nHAPROXYSSLCHK\n\0\0\x4e");
    let ciphers = (0x01..=0x1b).chain(0x2f..=0x3a);
    hello.extend(ciphers.flat_map(|cipher| [0, cipher]));
    hello.extend_from_slice(b"\x01\0");
    let answer = v1::CheckExpect {
        min_bytes: Some(5),
        passed: CheckStatus::L6ok.into(),
        failed: CheckStatus::L6rsp.into(),
        late: CheckStatus::L6tout.into(),
        ..expect(Pattern::HexRegex("^1[56]".into()))
    };
    let send = v1::CheckSend { unix_time_at: Some(time_at), ..data(hello) };
    vec![Action::Send(send), Action::Expect(answer)]
}

/// A connection that is closed in order: servers would count a reset as an attack, or log it.
fn lingering() -> Action {
    Action::Connect(v1::CheckConnect { linger: true, as_endpoint: true, ..v1::CheckConnect::default() })
}

fn data(data: Vec<u8>) -> v1::CheckSend {
    v1::CheckSend { data: data.into(), ..v1::CheckSend::default() }
}

fn expect(pattern: Pattern) -> v1::CheckExpect {
    v1::CheckExpect { pattern: Some(pattern), ..v1::CheckExpect::default() }
}

fn told(pieces: Vec<v1::CheckTextPiece>) -> v1::CheckText {
    v1::CheckText { pieces }
}

fn said(text: &'static str) -> v1::CheckText {
    told(vec![v1::CheckTextPiece { piece: Some(Piece::Literal(text.into())) }])
}

fn answer(skip_bytes: u32, trimmed: bool, first_line: bool) -> v1::CheckTextPiece {
    v1::CheckTextPiece { piece: Some(Piece::Answer(v1::AnswerPart { skip_bytes, trimmed, first_line })) }
}
