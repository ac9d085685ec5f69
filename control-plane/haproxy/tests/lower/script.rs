//! Scripts of checks as text: one line a step.

use sluicegate_proto::v1::{
    self, CheckHandshake, CheckStatus, Match, VariableCondition, check_expect::Pattern, check_step::Action,
    check_text_piece::Piece, program_probe::Listens, set_check_variable::Value,
};

use super::{Out, ip};
use crate::phrase::{format as made, sample};

pub(super) fn script(out: &mut Out, script: &v1::CheckScript) {
    out.flag("http", script.http);
    out.flag("explained", script.explained);
    out.flag("disable_on_404", script.disable_on_404);
    out.flag("send_state", script.send_state);
    for step in &script.steps {
        let comment =
            if step.comment.is_empty() { String::new() } else { format!(" comment {:?}", step.comment) };
        let text = match step.action.as_ref().unwrap() {
            Action::Connect(it) => connect(it),
            Action::Send(it) => send(it),
            Action::Request(it) => {
                out.line(&format!("{}: request{comment}", step.number));
                out.inside("with", |out| http_probe(out, it));
                continue;
            }
            Action::Expect(it) => expect(it),
            Action::Set(it) => set(it),
            Action::Unset(name) => format!("unset {name}"),
        };
        out.line(&format!("{}: {text}{comment}", step.number));
    }
}

pub(super) fn program(out: &mut Out, program: &v1::ProgramProbe) {
    out.text("command", &program.command);
    out.text("path", &program.path);
    match &program.listens {
        None => {}
        Some(Listens::Ip(address)) => out.value("listens", ip(address)),
        Some(Listens::Unix(unix)) => out.value("listens", format!("{:?}", unix.path)),
    }
    out.flag("keeps_environment", program.keeps_environment);
}

pub(super) fn grpc(out: &mut Out, probe: &v1::GrpcProbe) {
    out.line("grpc:");
    out.text("service", &probe.service);
    out.text("authority", &probe.authority);
}

pub(super) fn http_probe(out: &mut Out, probe: &v1::HttpProbe) {
    let uri =
        probe.made_uri.as_ref().map_or_else(|| probe.uri.clone(), |format| format!("made {}", made(format)));
    out.line(&format!("request: {} {uri} {}", probe.method, probe.version));
    for header in &probe.headers {
        let text = String::from_utf8_lossy(&header.value).into_owned();
        let value = header.made.as_ref().map_or(text, |format| format!("made {}", made(format)));
        out.line(&format!("header: {}: {value}", header.name));
    }
    out.text("body", &String::from_utf8_lossy(&probe.body));
    if let Some(format) = &probe.made_body {
        out.value("made_body", made(format));
    }
    for range in &probe.expected {
        out.value("expected", format!("{}-{}", range.first, range.last));
    }
}

fn set(it: &v1::SetCheckVariable) -> String {
    let condition = |known: &i32| VariableCondition::try_from(*known).unwrap().as_str_name();
    let when: Vec<_> = it.when.iter().map(condition).collect();
    let when = if when.is_empty() { String::new() } else { format!(" when {}", when.join(" and ")) };
    let value = match it.value.as_ref().unwrap() {
        Value::Sample(value) => sample(value),
        Value::Format(format) => format!("format {}", made(format)),
    };
    format!("set {}{when} to {value}", it.name)
}

fn connect(it: &v1::CheckConnect) -> String {
    let mut text = "connect".to_owned();
    if let Some(address) = &it.address {
        text.push_str(&format!(" to {}", ip(address)));
    }
    if it.port > 0 {
        text.push_str(&format!(" port {}", it.port));
    }
    if let Some(port) = &it.made_port {
        text.push_str(&format!(" port made {}", sample(port)));
    }
    let flags = [
        (it.linger, "linger"),
        (it.send_proxy, "send-proxy"),
        (it.as_endpoint, "default"),
        (it.udp, "udp"),
        (it.http2, "http2"),
    ];
    for (flag, word) in flags {
        if flag {
            text.push_str(&format!(" {word}"));
        }
    }
    if it.tls {
        text.push_str(" over TLS");
    }
    if !it.server_name.is_empty() {
        text.push_str(&format!(" asking for {}", it.server_name));
    }
    for name in &it.protocols {
        text.push_str(&format!(" {}", String::from_utf8_lossy(name)));
    }
    text
}

fn send(it: &v1::CheckSend) -> String {
    if let Some(format) = &it.made {
        let digits = if it.hexadecimal { " of hexadecimal digits" } else { "" };
        return format!("send made {}{digits}", made(format));
    }
    let time = it.unix_time_at.map(|at| format!(" time at {at}")).unwrap_or_default();
    format!("send {:?}{time}", it.data)
}

fn expect(it: &v1::CheckExpect) -> String {
    let mut text = "expect".to_owned();
    if it.negated {
        text.push_str(" not");
    }
    text.push_str(&match it.pattern.as_ref().unwrap() {
        Pattern::Text(bytes) => format!(" text {bytes:?}"),
        Pattern::Binary(bytes) => format!(" binary {bytes:?}"),
        Pattern::Formatted(bytes) => format!(" formatted {bytes:?}"),
        Pattern::FormattedBinary(bytes) => format!(" formatted-binary {bytes:?}"),
        Pattern::Made(format) => format!(" made {}", made(format)),
        Pattern::MadeBinary(format) => format!(" made-binary {}", made(format)),
        Pattern::Regex(regex) => format!(" regex {regex:?}"),
        Pattern::HexRegex(regex) => format!(" hex-regex {regex:?}"),
        Pattern::StatusRegex(regex) => format!(" status-regex {regex:?}"),
        Pattern::Status(status) => {
            let ranges: Vec<_> = status.ranges.iter().map(|it| format!("{}-{}", it.first, it.last)).collect();
            format!(" status {}", ranges.join(","))
        }
        Pattern::Header(header) => {
            let lines = if header.whole_lines { " lines" } else { "" };
            let value = header.value.as_ref().map(|value| format!(" value {}", compared(value)));
            format!(" header {}{}{lines}", compared(header.name.as_ref().unwrap()), value.unwrap_or_default())
        }
        Pattern::Handshake(number) => {
            format!(" {}", CheckHandshake::try_from(*number).unwrap().as_str_name())
        }
    });
    if let Some(bytes) = it.min_bytes {
        text.push_str(&format!(" of {bytes} bytes"));
    }
    for (name, status) in [("ok", it.passed), ("error", it.failed), ("late", it.late)] {
        if status != 0 {
            let status = CheckStatus::try_from(status).unwrap().as_str_name();
            text.push_str(&format!(" {name}={}", status.trim_start_matches("CHECK_STATUS_")));
        }
    }
    for (name, said) in [("on-success", &it.on_success), ("on-error", &it.on_error)] {
        if let Some(said) = said {
            text.push_str(&format!(
                " {name} {}",
                said.pieces.iter().map(piece).collect::<Vec<_>>().join(" ")
            ));
        }
    }
    text.push_str(if it.has_code { " has-code" } else { "" });
    if let Some(code) = &it.made_code {
        text.push_str(&format!(" code {}", sample(code)));
    }
    text
}

fn compared(text: &v1::HeaderText) -> String {
    let how = Match::try_from(text.r#match).unwrap().as_str_name();
    match &text.made {
        Some(format) => format!("{how} made {}", made(format)),
        None => format!("{how} {:?}", text.text),
    }
}

fn piece(piece: &v1::CheckTextPiece) -> String {
    match piece.piece.as_ref().unwrap() {
        Piece::Literal(text) => format!("{text:?}"),
        Piece::Made(format) => format!("made {}", made(format)),
        Piece::Answer(part) => {
            let trimmed = if part.trimmed { " trimmed" } else { "" };
            let line = if part.first_line { " line" } else { "" };
            format!("<answer from {}{trimmed}{line}>", part.skip_bytes)
        }
    }
}
