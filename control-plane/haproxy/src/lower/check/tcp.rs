//! `tcp-check connect|send|…`, and `http-check connect`, which is the same.

use sluicegate_proto::v1::{self, check_step::Action, health_check::Probe};

use super::super::Lowering;
use super::super::rule::Args;
use super::super::server_tls::{IN_HTTP1, IN_HTTP2};
use super::super::settings::Lines;
use super::steps::{Draft, Kind, steps};
use super::written::Written;
use crate::ast::Directive;
use crate::diagnostic::{Code, Diagnostic};

/// A step, and its own comment.
pub(super) type Commented<T> = (T, String);

impl<'a> Lowering<'a> {
    /// `option tcp-check`. `None` where it cannot be made as it is written.
    pub(super) fn tcp_check(&mut self, lines: &Lines<'a>) -> Option<Probe> {
        let rules = tcp_rules(lines);
        self.few_steps(&rules)?;
        let drafts: Vec<_> =
            (1..).zip(&rules).map(|(number, line)| self.tcp_check_rule(number, line)).collect();
        let drafts: Vec<Draft> = drafts.into_iter().collect::<Option<_>>()?;
        self.connection_first(&rules, &drafts);
        let script = v1::CheckScript { steps: steps(drafts), explained: true, ..v1::CheckScript::default() };
        Some(Probe::Script(script))
    }

    fn tcp_check_rule(&mut self, number: u32, line: &'a Directive) -> Option<Draft> {
        let (action, comment) = match line.name() {
            "tcp-check comment" => {
                return Some(Draft { number, comment: self.check_comment(line)?, kind: Kind::Comment });
            }
            "tcp-check connect" => {
                let (connect, comment) = self.check_connect(line)?;
                (Action::Connect(connect), comment)
            }
            "tcp-check expect" => {
                let (expect, comment) = self.check_expect(line, false)?;
                (Action::Expect(expect), comment)
            }
            "tcp-check send" | "tcp-check send-lf" | "tcp-check send-binary" | "tcp-check send-binary-lf" => {
                let (send, comment) = self.check_data(line)?;
                (Action::Send(send), comment)
            }
            _ => return self.check_variable(number, line),
        };
        Some(Draft { comment, ..Draft::step(number, action) })
    }

    /// Where there are connections, the first step is one.
    fn connection_first(&mut self, rules: &[&'a Directive], drafts: &[Draft]) {
        let connects = |draft: &Draft| matches!(draft.action(), Some(Action::Connect(_)));
        let first = drafts.iter().find(|draft| draft.action().is_some());
        let at = drafts.iter().position(connects);
        if let Some(at) = at.filter(|_| !first.is_some_and(connects)) {
            let message = "where a check connects, its first step has to connect";
            self.report(
                Diagnostic::error(Code::BadValue, rules[at].keyword_span(), message)
                    .help("write `tcp-check connect` above the other steps"),
            );
        }
    }

    /// `<data> [comment <text>]`
    fn check_data(&mut self, line: &'a Directive) -> Option<Commented<v1::CheckSend>> {
        let mut args = Args::new(line.args(), line.end());
        let Some(word) = args.value() else { return self.missing(&args, "what to send") };
        let text = bytes::Bytes::from(word.text().to_owned());
        let hexadecimal = matches!(line.name(), "tcp-check send-binary" | "tcp-check send-binary-lf");
        let written = match line.name() {
            "tcp-check send-lf" | "tcp-check send-binary-lf" => self.check_format(word, &args)?,
            _ => Written::Is(text),
        };
        let send = match written {
            Written::Made(made) => {
                v1::CheckSend { made: Some(made), hexadecimal, ..v1::CheckSend::default() }
            }
            Written::Is(text) => {
                let data = if hexadecimal { self.hexadecimal(word, &text)? } else { text };
                v1::CheckSend { data, ..v1::CheckSend::default() }
            }
        };
        let mut comment = String::new();
        while let Some(word) = args.value() {
            match word.text() {
                "comment" => comment = self.comment_of(&mut args)?,
                _ => {
                    self.unexpected(word, "the form is `tcp-check send <data> [comment <text>]`");
                    return None;
                }
            }
        }
        Some((send, comment))
    }

    /// `connect [default] [port <port>] [addr <address>] [send-proxy] [linger] [ssl] [sni <sni>] [alpn <alpn>] …`
    ///
    /// `None` where it is wrong, and where it is a connection of a kind that is not made yet.
    pub(super) fn check_connect(&mut self, line: &'a Directive) -> Option<Commented<v1::CheckConnect>> {
        let mut args = Args::new(line.args(), line.end());
        let (mut connect, mut comment) = (v1::CheckConnect::default(), String::new());
        let (mut able, mut offered) = (true, None);
        while let Some(word) = args.value() {
            match word.text() {
                "default" => connect.as_endpoint = true,
                "linger" => connect.linger = true,
                "send-proxy" => connect.send_proxy = true,
                "comment" => comment = self.comment_of(&mut args)?,
                "port" => {
                    let Some(port) = args.value() else { return self.missing(&args, "a port") };
                    if port.text().starts_with(|first: char| first.is_ascii_digit()) {
                        connect.port = self.number(port, 1..=65_535)?;
                    } else {
                        connect.made_port = self.check_sample(&args);
                        able &= connect.made_port.is_some();
                    }
                }
                "addr" => {
                    let Some(address) = args.value() else { return self.missing(&args, "an address") };
                    connect.address = Some(self.check_address(address)?);
                }
                "ssl" => connect.tls = true,
                // It acts on servers with `socks4` alone, which stand disabled.
                "via-socks4" => {}
                "sni" => {
                    let Some(name) = args.value() else { return self.missing(&args, "a name") };
                    connect.server_name = self.plain(name)?;
                }
                "alpn" => {
                    let Some(names) = args.value() else { return self.missing(&args, "a protocol") };
                    offered = Some(names);
                }
                "proto" => {
                    let Some(protocol) = args.value() else { return self.missing(&args, "a protocol") };
                    let http = line.name() == "http-check connect";
                    let allowed: &[&str] = if http { &["h1", "h2"] } else { &["none"] };
                    if !allowed.contains(&protocol.text()) {
                        self.not_one_of(protocol, "a protocol of this check", allowed);
                        return None;
                    }
                    connect.http2 = protocol.text() == "h2";
                }
                _ => {
                    let allowed = [
                        "default",
                        "port",
                        "addr",
                        "send-proxy",
                        "via-socks4",
                        "linger",
                        "ssl",
                        "sni",
                        "alpn",
                        "proto",
                        "comment",
                    ];
                    self.not_one_of(word, "an argument of `connect`", &allowed);
                    return None;
                }
            }
        }
        if let Some(names) = offered {
            let asked: Vec<String> = names.text().split(',').map(str::to_owned).collect();
            let spoken = if connect.http2 { IN_HTTP2 } else { IN_HTTP1 };
            let spoken = line.name().starts_with("http-check").then_some(spoken);
            connect.protocols = self.offered_to_servers(&asked, spoken, names.span());
        }
        able.then_some((connect, comment))
    }
}

/// The rules that count: those of the section itself, else those of the `defaults` that chose this check.
fn tcp_rules<'a>(lines: &Lines<'a>) -> Vec<&'a Directive> {
    let own = lines.check_rules("tcp-check");
    if !own.is_empty() {
        return own;
    }
    let chose = |parent: &&Lines<'a>| {
        let chosen = parent.chosen_check().map(Directive::name);
        matches!(chosen, Some("option tcp-check" | "option udp-check"))
    };
    lines.parent().filter(chose).map(tcp_rules).unwrap_or_default()
}
