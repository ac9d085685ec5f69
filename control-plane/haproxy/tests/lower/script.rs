//! Scripts of checks as text: one line a step.

use sluicegate_proto::v1::{
    self, CheckHandshake, CheckStatus, Match, check_expect::Pattern, check_step::Action,
    check_text_piece::Piece,
};

use super::{Out, http_probe, ip};

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
        };
        out.line(&format!("{}: {text}{comment}", step.number));
    }
}

fn connect(it: &v1::CheckConnect) -> String {
    let mut text = "connect".to_owned();
    if let Some(address) = &it.address {
        text.push_str(&format!(" to {}", ip(address)));
    }
    if it.port > 0 {
        text.push_str(&format!(" port {}", it.port));
    }
    for (flag, word) in [(it.linger, "linger"), (it.send_proxy, "send-proxy"), (it.as_endpoint, "default")] {
        if flag {
            text.push_str(&format!(" {word}"));
        }
    }
    text
}

fn send(it: &v1::CheckSend) -> String {
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
    text
}

fn compared(text: &v1::HeaderText) -> String {
    format!("{} {:?}", Match::try_from(text.r#match).unwrap().as_str_name(), text.text)
}

fn piece(piece: &v1::CheckTextPiece) -> String {
    match piece.piece.as_ref().unwrap() {
        Piece::Literal(text) => format!("{text:?}"),
        Piece::Answer(part) => {
            let trimmed = if part.trimmed { " trimmed" } else { "" };
            let line = if part.first_line { " line" } else { "" };
            format!("<answer from {}{trimmed}{line}>", part.skip_bytes)
        }
    }
}
