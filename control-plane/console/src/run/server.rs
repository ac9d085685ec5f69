//! Commands about one server (HAProxy management guide 9.3: set server).

use std::net::{IpAddr, SocketAddr};

use sluicegate_core::overrides::{Admin, Forced, Value};
use sluicegate_model::endpoint::EndpointAddress;
use sluicegate_model::resolvers::Resolution;
use sluicegate_model::{Backend, Endpoint};
use sluicegate_proto::build;
use sluicegate_stats::Field;

use super::servers::configured_weight;
use super::{agent, leading_number};
use crate::answer::{Answer, Outcome, Severity};
use crate::view::View;

/// What HAProxy says at the end of each message about an address.
const BY: &str = " by 'stats socket command'\n";
const FIELDS: &str = "usage: set server <backend>/<server> addr | agent | agent-addr | agent-port | agent-send | \
                      check-addr | check-port | fqdn | health | ssl | state | weight";

pub(super) fn weight(view: &View<'_>, name: &str) -> Result<Answer, Answer> {
    let (_, endpoint) = view.server(name)?;
    let initial = configured_weight(view, endpoint);
    let row = view.table().rows.into_iter().find(|row| row.key == endpoint.key);
    let now = row.and_then(|row| row.cell(Field::Uweight).map(ToString::to_string)).unwrap_or_default();
    Ok(Answer::of(format!("{now} (initial {initial})\n")))
}

pub(super) fn set_weight(view: &View<'_>, name: &str, text: &str) -> Result<Outcome, Answer> {
    let (_, endpoint) = view.server(name)?;
    let weight = parse_weight(text, configured_weight(view, endpoint))?;
    Ok(one(endpoint, Value::Weight(weight)))
}

fn parse_weight(text: &str, configured: u32) -> Result<u32, Answer> {
    const MOST: i64 = 256;
    if text.is_empty() {
        return Err(Answer::error("Require <weight> or <weight%>."));
    }
    let (number, rest) =
        leading_number(text).ok_or_else(|| unended("Empty weight string empty or preceded by garbage"))?;
    let weight = match rest {
        "%" if number < 0 => return Err(Answer::error("Relative weight must be positive.")),
        "%" => (i64::from(configured) * number.min(100 * MOST) / 100).min(MOST),
        "" if (0..=MOST).contains(&number) => number,
        "" => return Err(Answer::error("Absolute weight can only be between 0 and 256 inclusive.")),
        _ => return Err(unended("Trailing garbage in weight string")),
    };
    u32::try_from(weight).map_err(|_| Answer::error("Relative weight must be positive."))
}

pub(super) fn enable(view: &View<'_>, name: &str, on: bool) -> Result<Outcome, Answer> {
    let (_, endpoint) = view.server(name)?;
    Ok(one(endpoint, Value::Admin(if on { Admin::Ready } else { Admin::Maint })))
}

pub(super) fn checks(view: &View<'_>, name: &str, on: bool) -> Result<Outcome, Answer> {
    let (_, endpoint) = view.server(name)?;
    match (&endpoint.check, on) {
        (Some(_), on) => Ok(one(endpoint, Value::Checks(on))),
        (None, false) => Ok(Answer::done().into()),
        (None, true) => Err(Answer::error("Health check was not configured on this server, cannot enable.")),
    }
}

pub(super) fn set(view: &View<'_>, name: &str, field: &str, arguments: &[String]) -> Result<Outcome, Answer> {
    let (backend, endpoint) = view.server(name)?;
    let first = arguments.first().map_or("", String::as_str);
    let value = match field {
        "weight" => return set_weight(view, name, first),
        "state" => match first {
            "ready" => Value::Admin(Admin::Ready),
            "drain" => Value::Admin(Admin::Drain),
            "maint" => Value::Admin(Admin::Maint),
            _ => return Err(Answer::error("'set server <srv> state' expects 'ready', 'drain' and 'maint'.")),
        },
        "health" => match first {
            "up" => Value::Health(Forced::Up),
            "stopping" => Value::Health(Forced::Stopping),
            "down" => Value::Health(Forced::Down),
            _ => {
                return Err(Answer::error("'set server <srv> health' expects 'up', 'stopping', or 'down'."));
            }
        },
        "addr" => return set_address(endpoint, arguments),
        "check-addr" => return set_check_address(endpoint, arguments),
        "check-port" => Value::CheckPort(check_port(endpoint, first)?),
        "agent" | "agent-addr" | "agent-port" | "agent-send" => {
            return agent::set(endpoint, field, arguments);
        }
        "fqdn" => return set_name(backend, endpoint, first),
        "ssl" => {
            return Err(Answer::error(
                "'set server <srv> ssl' cannot be set.  default-server should define ssl settings",
            ));
        }
        _ => return Err(Answer::error(FIELDS)),
    };
    Ok(one(endpoint, value))
}

/// `addr <ip> [port <port>]`
fn set_address(endpoint: &Endpoint, arguments: &[String]) -> Result<Outcome, Answer> {
    let text = |index: usize| arguments.get(index).map_or("", String::as_str);
    if text(0).is_empty() {
        return Err(Answer::error("set server <b>/<s> addr requires an address and optionally a port."));
    }
    let Ok(ip) = text(0).parse::<IpAddr>() else {
        let said = format!("Invalid addr '{}'{BY}", text(0));
        return Err(Answer::message(Severity::Warning, said));
    };
    let (before, port_before) = match &endpoint.address {
        EndpointAddress::Ip(address) => (Some(address.ip()), address.port()),
        EndpointAddress::Host(host) => (None, host.port),
        EndpointAddress::Unix(_) => {
            return Err(Answer::error("a server on a unix socket keeps its address."));
        }
    };
    let mut said = match before {
        Some(before) if before == ip => "no need to change the addr".to_owned(),
        Some(before) => format!("IP changed from '{before}' to '{ip}'"),
        None => format!("IP changed from '{}' to '{ip}'", endpoint.address),
    };
    let mut port = port_before;
    if text(1) == "port" {
        let refuse = |said: &str, why: &str| Answer::message(Severity::Warning, format!("{said}, {why}{BY}"));
        port = match text(2).parse::<i64>() {
            _ if text(2).starts_with(['+', '-']) => {
                return Err(refuse(&said, "a port that depends on the client's is not supported"));
            }
            Err(_) => {
                let why = format!("problem converting port '{}' to an int", text(2));
                return Err(refuse(&said, &why));
            }
            Ok(number) => match u16::try_from(number) {
                Ok(port) if port > 0 => port,
                _ => return Err(refuse(&said, "provided port is out of range")),
            },
        };
        said += &if port == port_before {
            ", no need to change the port".to_owned()
        } else {
            let before = match endpoint.client_port {
                Some(port) => format!("+{}", port.offset.rem_euclid(1 << 16)),
                None => port_before.to_string(),
            };
            format!(", port changed from '{before}' to '{port}'")
        };
    }
    said += BY;
    let value = Value::Address(SocketAddr::new(ip, port));
    Ok(Outcome::Set(vec![(endpoint.key.clone(), value)], Answer::message(Severity::Warning, said)))
}

/// `fqdn <name>`
fn set_name(backend: &Backend, endpoint: &Endpoint, name: &str) -> Result<Outcome, Answer> {
    let refuse = |why: &str| Err(Answer::error(&format!("set server <b>/<s> fqdn {why}.")));
    if name.is_empty() {
        return refuse("requires a FQDN");
    }
    match endpoint.resolution.as_deref() {
        Some(resolution) if resolution.service => {
            return refuse("failed because SRV resolution is configured");
        }
        Some(Resolution { resolvers: Some(_), .. }) => {}
        _ => return refuse("failed because no resolution is configured"),
    }
    let say = |text: String| Answer::message(Severity::Warning, text + BY);
    let (before, port) = match &endpoint.address {
        EndpointAddress::Host(host) if *host.name == *name => {
            return Err(say("no need to change the FDQN".to_owned()));
        }
        EndpointAddress::Host(host) => (host.name.to_string(), host.port),
        EndpointAddress::Ip(address) => (address.ip().to_string(), address.port()),
        EndpointAddress::Unix(_) => return refuse("failed because no resolution is configured"),
    };
    let server = format!("{}/{}", backend.key().name(), endpoint.name);
    // What begins with an underscore would be one of services; the port may be the client's.
    let labels = name.strip_suffix('.').unwrap_or(name).split('.');
    let fits = labels.into_iter().all(|label| (1..=63).contains(&label.len()));
    if name.starts_with('_') || !fits || build::host_address(name, port.max(1)).is_err() {
        return Err(say(format!("could not update {server} FQDN")));
    }
    let value = Value::Name(name.to_owned(), port);
    let said = say(format!("{server} changed its FQDN from {before} to {name}"));
    Ok(Outcome::Set(vec![(endpoint.key.clone(), value)], said))
}

/// `check-addr <ip> [port <port>]`
fn set_check_address(endpoint: &Endpoint, arguments: &[String]) -> Result<Outcome, Answer> {
    let text = |index: usize| arguments.get(index).map_or("", String::as_str);
    if text(0).is_empty() {
        return Err(Answer::error(
            "set server <b>/<s> check-addr requires an address and optionally a port.",
        ));
    }
    if endpoint.check.is_none() {
        return Err(unended("health checks are not enabled on this server"));
    }
    let ip: IpAddr = text(0).parse().map_err(|_| unended(&format!("invalid addr '{}'", text(0))))?;
    let mut values = vec![(endpoint.key.clone(), Value::CheckAddress(ip))];
    if text(1) == "port" {
        values.push((endpoint.key.clone(), Value::CheckPort(port(text(2))?)));
    }
    Ok(Outcome::Set(values, Answer::done()))
}

fn check_port(endpoint: &Endpoint, text: &str) -> Result<u16, Answer> {
    if text.is_empty() {
        return Err(Answer::error("set server <b>/<s> check-port requires a port."));
    }
    if endpoint.check.is_none() {
        return Err(unended("health checks are not enabled on this server"));
    }
    port(text)
}

/// 0: the server's own.
pub(super) fn port(text: &str) -> Result<u16, Answer> {
    let number: i64 = text.parse().map_err(|_| unended("provided port is not an integer"))?;
    u16::try_from(number).map_err(|_| unended("provided port is invalid"))
}

pub(super) fn one(endpoint: &Endpoint, value: Value) -> Outcome {
    Outcome::Set(vec![(endpoint.key.clone(), value)], Answer::done())
}

/// One of HAProxy's messages that have no line end of their own.
pub(super) fn unended(text: &str) -> Answer {
    Answer::message(Severity::Error, text)
}
