//! Commands → what comes of them.

mod agent;
mod frontend;
mod limits;
mod patterns;
mod server;
mod servers;
mod show;
#[cfg(test)]
mod tests;

use std::time::Duration;

use crate::answer::{Answer, Outcome, Severity};
use crate::ask::Ask;
use crate::command::{Command, Verb};
use crate::view::View;

/// What comes of a command, by what is seen now.
pub fn run(command: &Command, view: &View<'_>) -> Outcome {
    outcome(&command.0, view).unwrap_or_else(Outcome::Answer)
}

/// The error is an answer too: that of a command that is not done.
fn outcome(verb: &Verb, view: &View<'_>) -> Result<Outcome, Answer> {
    let answer = match verb {
        Verb::ShowInfo { form, described, precision } => show::info(view, *form, *described, *precision),
        Verb::ShowStat(query) => show::stat(view, query)?,
        Verb::ShowServersState(backend) => servers::state(view, backend.as_deref())?,
        Verb::ShowServersConn(backend) => servers::connections(view, backend.as_deref())?,
        Verb::ShowBackend => show::backends(view),
        Verb::ShowSchema => Answer::of(sluicegate_stats::json_schema() + "\n"),
        Verb::ShowVersion => Answer::message(Severity::Info, format!("{}\n", view.facts.version)),
        Verb::ShowSockets => show::sockets(view),
        Verb::ShowEnv(name) => show::environment(view, name.as_deref())?,
        Verb::ShowTable(None) => Answer::done(),
        Verb::ShowTable(Some(_)) => return Err(Answer::error("No such table")),
        Verb::ShowSessions(listed) => return Ok(Outcome::Ask(Ask::Sessions(listed.clone()))),
        Verb::ShowErrors { proxy, responses } => return show::errors(view, proxy.as_deref(), *responses),
        Verb::ShowCache => return Ok(Outcome::Ask(Ask::Caches)),
        Verb::ShowResolvers(section) => return show::resolvers(view, section.as_deref()),
        Verb::GetWeight(name) => server::weight(view, name)?,
        Verb::SetWeight { server, weight } => return server::set_weight(view, server, weight),
        Verb::SetServer { server, field, arguments } => return server::set(view, server, field, arguments),
        Verb::Server { server, on } => return server::enable(view, server, *on),
        Verb::Health { server, on } => return server::checks(view, server, *on),
        Verb::Agent { server, on } => return agent::ask(view, server, *on),
        Verb::Frontend { frontend, to } => return frontend::set(view, frontend, *to),
        Verb::LimitServer { server, limit } => return limits::server(view, server, limit),
        Verb::LimitFrontend { frontend, limit } => return limits::frontend(view, frontend, limit),
        Verb::LimitProcess(limit) => return limits::process(view, limit),
        Verb::ClearCounters { all } => return Ok(Outcome::Ask(Ask::ClearCounters { all: *all })),
        Verb::ShutDownSession(id) => return Ok(Outcome::Ask(Ask::ShutDownSession(id.clone()))),
        Verb::ShutDownServer(name) => {
            let endpoint = view.server(name)?.1.key.clone();
            return Ok(Outcome::Ask(Ask::ShutDownEndpoint { endpoint }));
        }
        Verb::Patterns { which, verb, version, list, arguments, payload } => {
            let (payload, version) = (payload.as_deref(), *version);
            let request = patterns::Request { which: *which, verb: *verb, version, list, arguments, payload };
            return patterns::patterns(view, &request);
        }
        Verb::Echo(text) => Answer::message(Severity::Info, format!("{text}\n")),
        Verb::Wait(time) => return Ok(Outcome::Wait(*time)),
    };
    Ok(answer.into())
}

/// A time as HAProxy writes it: a number with `us`, `ms`, `s`, `m`, `h` or `d`, or of so many milliseconds.
pub(crate) fn delay(text: &str, plain_ms: u64) -> Option<Duration> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    let number: u64 = number.parse().ok()?;
    let microseconds = match unit {
        "" => plain_ms.checked_mul(1_000)?,
        "us" => 1,
        "ms" => 1_000,
        "s" => 1_000_000,
        "m" => 60_000_000,
        "h" => 3_600_000_000,
        "d" => 86_400_000_000,
        _ => return None,
    };
    Some(Duration::from_micros(number.checked_mul(microseconds)?))
}

/// A number at the beginning of a text, as C reads it, and what follows it; `None`: there is none.
fn leading_number(text: &str) -> Option<(i64, &str)> {
    let signed = text.strip_prefix(['-', '+']).unwrap_or(text);
    let digits = signed.bytes().take_while(u8::is_ascii_digit).count();
    let (number, rest) = text.split_at(text.len() - signed.len() + digits);
    if digits == 0 {
        return None;
    }
    // What is too long for a number is the largest there is: the ranges below refuse it.
    Some((number.parse().unwrap_or(i64::MAX), rest))
}
