//! Commands about the agent of a server.

use std::net::IpAddr;

use sluicegate_core::overrides::Value;
use sluicegate_model::Endpoint;

use super::server::{one, port, unended};
use crate::answer::{Answer, Outcome};
use crate::view::View;

/// `enable|disable agent`
pub(super) fn ask(view: &View<'_>, name: &str, on: bool) -> Result<Outcome, Answer> {
    let (_, endpoint) = view.server(name)?;
    match (&endpoint.agent, on) {
        (Some(_), on) => Ok(one(endpoint, Value::Agent(on))),
        (None, false) => Ok(Answer::done().into()),
        (None, true) => Err(Answer::error("Agent was not configured on this server, cannot enable.")),
    }
}

/// `set server <server> agent…`
pub(super) fn set(endpoint: &Endpoint, field: &str, arguments: &[String]) -> Result<Outcome, Answer> {
    let first = arguments.first().map_or("", String::as_str);
    if endpoint.agent.as_ref().is_none_or(|agent| agent.paused) {
        let message = "agent checks are not enabled on this server";
        return Err(match field {
            "agent" | "agent-send" => Answer::error(&format!("{message}.")),
            _ => unended(message),
        });
    }
    Ok(match field {
        "agent" => match first {
            "up" => one(endpoint, Value::AgentHealth(true)),
            "down" => one(endpoint, Value::AgentHealth(false)),
            _ => return Err(Answer::error("'set server <srv> agent' expects 'up' or 'down'.")),
        },
        "agent-addr" => return set_address(endpoint, arguments),
        "agent-port" if first.is_empty() => {
            return Err(Answer::error("set server <b>/<s> agent-port requires a port."));
        }
        "agent-port" => one(endpoint, Value::AgentPort(agent_port(first)?)),
        _ => one(endpoint, Value::AgentSend(first.as_bytes().to_vec())),
    })
}

/// `agent-addr <ip> [port <port>]`
fn set_address(endpoint: &Endpoint, arguments: &[String]) -> Result<Outcome, Answer> {
    let text = |index: usize| arguments.get(index).map_or("", String::as_str);
    if text(0).is_empty() {
        return Err(Answer::error(
            "set server <b>/<s> agent-addr requires an address and optionally a port.",
        ));
    }
    let ip: IpAddr = text(0).parse().map_err(|_| unended(&format!("invalid addr '{}'", text(0))))?;
    let mut values = vec![(endpoint.key.clone(), Value::AgentAddress(ip))];
    if text(1) == "port" {
        values.push((endpoint.key.clone(), Value::AgentPort(agent_port(text(2))?)));
    }
    Ok(Outcome::Set(values, Answer::done()))
}

/// Nobody listens at port 0, which HAProxy takes.
fn agent_port(text: &str) -> Result<u16, Answer> {
    match port(text)? {
        0 => Err(unended("provided port is invalid")),
        port => Ok(port),
    }
}
