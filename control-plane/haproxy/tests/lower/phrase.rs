//! Rules, conditions and formats in a phrase each, expressions as HAProxy would write them.

use sluicegate_proto::v1::{self, argument, format_piece::Piece, op, reply::Content, rule::Action};

pub(crate) fn action(action: &Action) -> String {
    let header = |verb: &str, header: &v1::SetHeader| {
        format!("{verb} {}: {}", header.name, format(header.value.as_ref().unwrap()))
    };
    match action {
        Action::Return(answer) => reply("return", answer),
        Action::Deny(answer) => reply("deny", answer),
        Action::Redirect(redirect) => {
            let mut text = format!(
                "redirect {} {} {}",
                redirect.status,
                redirect.kind().as_str_name().trim_start_matches("REDIRECT_KIND_").to_lowercase(),
                format(redirect.target.as_ref().unwrap())
            );
            for (set, word) in [
                (redirect.drop_query, " drop_query"),
                (redirect.append_slash, " append_slash"),
                (redirect.ignore_empty, " ignore_empty"),
            ] {
                text += if set { word } else { "" };
            }
            if !redirect.set_cookie.is_empty() {
                text += &format!(" set_cookie {:?}", redirect.set_cookie);
            }
            text
        }
        Action::SetHeader(set) => header("set", set),
        Action::AddHeader(add) => header("add", add),
        Action::DeleteHeader(delete) => {
            format!("delete {} ({})", delete.name, method(delete.r#match()))
        }
        Action::Allow(_) => "allow".into(),
        Action::Rewrite(rewrite) => {
            let part = rewrite.part().as_str_name().trim_start_matches("PART_").to_lowercase();
            let pattern = rewrite.pattern.as_ref().map(|pattern| format!(" {pattern:?}")).unwrap_or_default();
            let of = if rewrite.name.is_empty() { String::new() } else { format!(" of {}", rewrite.name) };
            format!("rewrite {part}{of}{pattern} to {}", format(rewrite.value.as_ref().unwrap()))
        }
        Action::Normalize(normalize) => {
            let how = normalize.normalizer().as_str_name().trim_start_matches("NORMALIZER_").to_lowercase();
            format!("normalize {how}{}", if normalize.full { " full" } else { "" })
        }
        Action::Service(service) => match service.kind.as_ref().unwrap() {
            v1::service::Kind::Exporter(_) => "service exporter".into(),
            v1::service::Kind::Stats(page) => {
                let users: Vec<_> = page.users.iter().map(|user| user.user.as_str()).collect();
                let shown = [
                    (page.show_version, "version"),
                    (page.show_legends, "legends"),
                    (page.show_node, "node"),
                    (page.show_description, "description"),
                ];
                let shown: Vec<_> = shown.iter().filter(|(is, _)| *is).map(|(_, what)| *what).collect();
                let admin: Vec<_> = page.admin.iter().map(condition).collect();
                let admin =
                    if admin.is_empty() { String::new() } else { format!(" admin {}", admin.join(" or ")) };
                format!(
                    "service stats {} realm {:?} users {users:?} scope {:?} refresh {} shows {shown:?} {:?} {:?}{admin}",
                    page.uri, page.realm, page.scope, page.refresh_ms, page.node, page.description
                )
            }
        },
        Action::SetPriority(priority) => match priority.part.as_ref().unwrap() {
            v1::set_priority::Part::Class(value) => format!("priority class {}", sample(value)),
            v1::set_priority::Part::Offset(value) => format!("priority offset {}", sample(value)),
        },
        Action::CloseEndpoint(_) => "close the connection to the endpoint".into(),
        Action::SwitchToHttp(_) => "switch to HTTP".into(),
        Action::UseCache(cache) => format!("use cache {}", cache.name),
        Action::StoreInCache(cache) => format!("store in cache {}", cache.name),
        Action::DisableRetries(_) => "disable retries".into(),
        Action::SetRetries(value) => format!("retries {}", sample(value)),
        Action::SetStatus(line) => format!("status {} {:?}", line.status, line.reason),
    }
}

fn reply(verb: &str, reply: &v1::Reply) -> String {
    let content = match reply.content.as_ref().unwrap() {
        Content::Text(text) => format!("{:?}", String::from_utf8_lossy(text)),
        Content::Formatted(text) => format(text),
        Content::Blob(name) => format!("blob {}", &name[..8]),
        Content::ErrorPage(_) => "its error page".into(),
        Content::None(_) => "no body".into(),
    };
    let mut text = format!("{verb} {}", reply.status);
    if !reply.content_type.is_empty() {
        text += &format!(" {}", reply.content_type);
    }
    for header in &reply.headers {
        text += &format!(" [{}: {}]", header.name, format(header.value.as_ref().unwrap()));
    }
    format!("{text} with {content}")
}

pub(crate) fn format(line: &v1::Format) -> String {
    let piece = |piece: &v1::FormatPiece| {
        let flags = match (piece.quote, piece.hexadecimal) {
            (false, false) => "",
            (true, false) => "{+Q}",
            (false, true) => "{+X}",
            (true, true) => "{+Q,+X}",
        };
        match piece.piece.as_ref().unwrap() {
            Piece::Literal(text) => String::from_utf8_lossy(text).replace('%', "%%"),
            Piece::Alias(alias) => format!("%{flags}{alias}"),
            Piece::Sample(value) => format!("%{flags}[{}]", sample(value)),
        }
    };
    format!("{:?}", line.pieces.iter().map(piece).collect::<String>())
}

pub(crate) fn sample(value: &v1::Sample) -> String {
    let call = |call: &v1::Call| {
        let argument = |argument: &v1::Argument| match argument.value.as_ref().unwrap() {
            argument::Value::Text(text) => String::from_utf8_lossy(text).into_owned(),
            argument::Value::Integer(integer) => integer.to_string(),
            argument::Value::List(list) => list.name.clone(),
        };
        let arguments: Vec<_> = call.arguments.iter().map(argument).collect();
        if arguments.is_empty() {
            call.name.clone()
        } else {
            format!("{}({})", call.name, arguments.join(","))
        }
    };
    value.fetch.iter().chain(&value.converters).map(call).collect::<Vec<_>>().join(",")
}

fn method(method: v1::Match) -> String {
    method.as_str_name().trim_start_matches("MATCH_").to_lowercase()
}

fn test(test: &v1::Test) -> String {
    let mut text = format!("{} -m {}", sample(test.sample.as_ref().unwrap()), method(test.r#match()));
    if test.ignore_case {
        text += " -i";
    }
    for list in &test.pattern_lists {
        text += &format!(" -f {}", list.name);
    }
    for pattern in &test.patterns {
        text += &format!(" {}", String::from_utf8_lossy(pattern));
    }
    let name = if test.name.is_empty() { String::new() } else { format!("{}: ", test.name) };
    format!("{{ {name}{text} }}")
}

/// Infix, with all parentheses.
pub(crate) fn condition(condition: &v1::Condition) -> String {
    let mut stack: Vec<String> = Vec::new();
    for op in &condition.ops {
        match op.op.as_ref().unwrap() {
            op::Op::Test(index) => stack.push(test(&condition.tests[*index as usize])),
            op::Op::Operator(operator) => {
                let last = stack.pop().unwrap();
                let text = match v1::Operator::try_from(*operator).unwrap() {
                    v1::Operator::Not => format!("!{last}"),
                    v1::Operator::And => format!("({} and {last})", stack.pop().unwrap()),
                    v1::Operator::Or => format!("({} or {last})", stack.pop().unwrap()),
                    v1::Operator::Unspecified => panic!("an operator without a meaning"),
                };
                stack.push(text);
            }
        }
    }
    assert_eq!(stack.len(), 1);
    stack.remove(0)
}

pub(crate) fn source(source: &v1::Source) -> String {
    let address = source.address.as_ref().map(crate::dump::ip).unwrap_or_default();
    let foreign = source.foreign.as_ref().and_then(|it| it.of.as_ref()).map(foreign).unwrap_or_default();
    format!("source: {address:?} to {} by {:?}{foreign}", source.last_port, source.interface)
}

fn foreign(of: &v1::foreign_source::Of) -> String {
    use v1::foreign_source::Of;
    let of = match of {
        Of::Client(_) => "the client with its port".into(),
        Of::ClientAddress(_) => "the client".into(),
        Of::Address(address) => crate::dump::ip(address),
        Of::Told(value) => sample(value),
    };
    format!(" as {of}")
}
