//! `sluicegate.backend.*`, `sluicegate.server.*` and `sluicegate.rules.*`: the lines of a backend and the options of a server.

use std::collections::BTreeMap;
use std::time::Duration;

use sluicegate_haproxy::keywords::{Found, Keyword, Place, lookup, named};

use super::{Said, flag, line, refused};
use crate::problem::InvalidLabel;
use crate::wanted::{Line, Mode};

/// A request waits no longer for a container that is made anew.
const LONGEST_HOLD: Duration = Duration::from_secs(3600);
/// Lines that would lead somewhere else than to the containers.
const CLOSED: [&str; 4] = ["server", "server-template", "dispatch", "default-server"];

/// What containers say of their backend and of themselves, apart from routes.
#[derive(Default)]
pub(super) struct Settings {
    backend: Vec<Line>,
    server: Vec<Line>,
    rules: BTreeMap<u32, Line>,
    /// `GET /health` and its label.
    check_path: Option<Line>,
    sticky: Option<Line>,
    network: Option<String>,
    v6: bool,
    hold: Option<Duration>,
}

/// An error of its own, or none where the label is not known.
type Taken = Result<(), Option<InvalidLabel>>;

impl Settings {
    /// `sluicegate.backend.KEY`
    pub(super) fn backend(&mut self, key: &str, said: Said<'_>) -> Taken {
        let (label, value) = said;
        match key {
            "network" => self.network = Some(value.trim().to_owned()),
            "address" => {
                self.v6 = match value.trim() {
                    "ipv4" => false,
                    "ipv6" => true,
                    _ => return Err(Some(refused(said, "'ipv4' or 'ipv6'"))),
                };
            }
            "hold" => self.hold = Some(time(said)?),
            "sticky" => {
                if flag(said)? {
                    let cookie = "cookie SLUICEGATE insert indirect nocache httponly".to_owned();
                    self.sticky = Some(line(label, cookie));
                }
            }
            "check" => self.flag("check", said)?,
            "check.path" => self.check_path = Some(line(label, format!("option httpchk GET {value}"))),
            "check.interval" => self.server.push(line(label, format!("inter {value}"))),
            "check.rise" | "check.fall" | "check.port" => {
                let option = key.trim_start_matches("check.");
                self.server.push(line(label, format!("{option} {value}")));
            }
            _ => return self.keyword(key, said),
        }
        Ok(())
    }

    /// A keyword of a backend, or of a server of it.
    fn keyword(&mut self, key: &str, said: Said<'_>) -> Taken {
        let words: Vec<&str> = key.split('.').collect();
        match lookup(Place::Backend, &words) {
            Found::Here(keyword) if keyword.name == words.join(" ") && !CLOSED.contains(&keyword.name) => {
                let text = spoken(keyword, said)?;
                self.backend.extend(text.map(|text| line(said.0, text)));
                Ok(())
            }
            _ => self.server(key, said),
        }
    }

    /// `sluicegate.server.KEY`
    pub(super) fn server(&mut self, key: &str, said: Said<'_>) -> Taken {
        let Some(keyword) = named(Place::ServerOption, key) else { return Err(None) };
        let text = spoken(keyword, said)?;
        self.server.extend(text.map(|text| line(said.0, text)));
        Ok(())
    }

    fn flag(&mut self, word: &str, said: Said<'_>) -> Taken {
        if flag(said)? {
            self.server.push(line(said.0, word.to_owned()));
        }
        Ok(())
    }

    /// `sluicegate.rules.N`
    pub(super) fn rule(&mut self, number: &str, said: Said<'_>) -> Taken {
        let Ok(number) = number.parse() else { return Err(None) };
        if !is_backend_line(said.1) {
            return Err(Some(refused(
                said,
                "a line that a backend may have, such as 'http-request deny if { path /private }'",
            )));
        }
        self.rules.insert(number, line(said.0, said.1.trim().to_owned()));
        Ok(())
    }

    pub(super) fn network(&self) -> Option<&str> {
        self.network.as_deref()
    }

    pub(super) fn v6(&self) -> bool {
        self.v6
    }

    pub(super) fn hold(&self) -> Option<Duration> {
        self.hold
    }

    /// What stands in the backend of a route, rules last and in their order.
    pub(super) fn backend_lines(&self, mode: Mode) -> Vec<Line> {
        let of_http = [&self.check_path, &self.sticky].into_iter().flatten().filter(|_| mode == Mode::Http);
        of_http.chain(&self.backend).chain(self.rules.values()).cloned().collect()
    }

    /// What stands behind the address of the server.
    pub(super) fn server_words(&self) -> Vec<Line> {
        let checks = self.server.iter().any(|word| word.text == "check");
        let implied =
            self.check_path.as_ref().filter(|_| !checks).map(|path| line(&path.label, "check".to_owned()));
        implied.into_iter().chain(self.server.iter().cloned()).collect()
    }
}

/// Whether a line may stand in a backend, and leads nowhere but to its containers.
pub(crate) fn is_backend_line(text: &str) -> bool {
    let words: Vec<&str> = text.split_whitespace().collect();
    matches!(lookup(Place::Backend, &words), Found::Here(keyword) if !CLOSED.contains(&keyword.name))
}

/// A keyword and what follows it. One without arguments is there or not: `None` where it is not.
fn spoken(keyword: &Keyword, said: Said<'_>) -> Result<Option<String>, InvalidLabel> {
    let (words, value) = (keyword.name, said.1.trim());
    if keyword.args.max == 0 {
        return Ok(match (flag(said)?, keyword.negatable) {
            (true, _) => Some(words.to_owned()),
            (false, true) => Some(format!("no {words}")),
            (false, false) => None,
        });
    }
    // What may stand alone is there or not too, where that is all that is said of it.
    if keyword.args.min == 0 && matches!(value, "true" | "false") {
        return Ok((value == "true").then(|| words.to_owned()));
    }
    Ok(Some(format!("{words} {value}")))
}

fn time(said: Said<'_>) -> Result<Duration, InvalidLabel> {
    let text = said.1.trim();
    let split = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(split);
    let unit = match unit {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        _ => 0,
    };
    let milliseconds =
        number.parse::<u64>().ok().and_then(|number| number.checked_mul(unit)).filter(|_| unit > 0);
    let time = milliseconds.map(Duration::from_millis).filter(|time| *time <= LONGEST_HOLD);
    time.ok_or_else(|| refused(said, "a time of at most an hour, such as '500ms', '15s' or '2m'"))
}
