//! What events say of one container.

use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr as _;

use bollard::models::{EventMessage, EventMessageTypeEnum};
use nix::sys::signal::Signal;

/// What a container does that changes whether and where it is reached.
const ACTIONS: [&str; 13] = [
    "create",
    "start",
    "die",
    "stop",
    "kill",
    "pause",
    "unpause",
    "destroy",
    "rename",
    "connect",
    "disconnect",
    "update",
    "restart",
];

/// What became of a container, as far as its state alone does not tell.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Course {
    /// As its state says.
    #[default]
    Plain,
    /// It was sent this signal, which may be the one that stops it.
    Signalled(i32),
    /// It ended by itself, with this status.
    Ended(i64),
    /// It ended as it was told to.
    Stopped,
}

/// What events of a short time say, by the id of their container: the last counts.
#[derive(Debug, Default)]
pub(crate) struct Happenings {
    courses: BTreeMap<String, Course>,
    /// Those that lists may still show as they were.
    early: BTreeSet<String>,
    /// Something about services or nodes of a swarm.
    swarm: bool,
}

impl Happenings {
    /// Takes an event in; false: it changes nothing.
    pub(crate) fn take(&mut self, event: EventMessage) -> bool {
        if matches!(event.typ, Some(EventMessageTypeEnum::SERVICE | EventMessageTypeEnum::NODE)) {
            self.swarm = true;
            return true;
        }
        let Some(action) = event.action else { return false };
        let matters = ACTIONS.contains(&action.as_str()) || action.starts_with("health_status");
        let Some(actor) = event.actor.filter(|_| matters) else { return false };
        let mut attributes = actor.attributes.unwrap_or_default();
        // An event of a network names its container among the attributes. Among those of a container are its labels,
        // whatever their names.
        let of_network = event.typ == Some(EventMessageTypeEnum::NETWORK);
        let id = if of_network { attributes.remove("container") } else { actor.id };
        let Some(id) = id else { return false };
        let number = |name: &str| attributes.get(name).and_then(|text| text.parse::<i64>().ok());
        // The engine says so before its lists do; a start or an end it does not.
        let early = of_network || matches!(action.as_str(), "pause" | "unpause");
        let ended = matches!(self.courses.get(&id), Some(Course::Ended(_) | Course::Stopped));
        if early && !ended {
            self.early.insert(id.clone());
        } else if matches!(action.as_str(), "start" | "die" | "destroy") {
            self.early.remove(&id);
        }
        let course = self.courses.entry(id).or_default();
        *course = match action.as_str() {
            "start" | "restart" => Course::Plain,
            "kill" => number("signal")
                .and_then(|signal| i32::try_from(signal).ok())
                .map_or(*course, Course::Signalled),
            "die" if matches!(course, Course::Signalled(_)) => Course::Stopped,
            "die" => Course::Ended(number("exitCode").unwrap_or_default()),
            "stop" => Course::Stopped,
            _ => *course,
        };
        true
    }

    /// The containers.
    pub(crate) fn ids(&self) -> impl Iterator<Item = &String> {
        self.courses.keys()
    }

    /// Those that lists may still show as they were: they froze, went on, joined a network or left one.
    pub(crate) fn early(&self) -> impl Iterator<Item = &str> {
        self.early.iter().map(String::as_str)
    }

    /// Whether services or nodes of a swarm are not what they were.
    pub(crate) fn is_of_swarm(&self) -> bool {
        self.swarm
    }

    /// Each container once.
    pub(crate) fn into_courses(self) -> impl Iterator<Item = (String, Course)> {
        self.courses.into_iter()
    }
}

/// Whether a signal is the one by which a container is stopped. `configured`: of its image or command; the engine takes
/// SIGTERM otherwise, and SIGKILL stops everything.
pub(crate) fn stops(signal: i32, configured: Option<&str>) -> bool {
    let configured = configured.unwrap_or("SIGTERM");
    let number = configured.parse().ok().or_else(|| {
        let name =
            if configured.starts_with("SIG") { configured.to_owned() } else { format!("SIG{configured}") };
        Signal::from_str(&name).ok().map(|signal| signal as i32)
    });
    signal == Signal::SIGKILL as i32 || Some(signal) == number
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use bollard::models::EventActor;

    use super::*;

    fn event(action: &str, attributes: &[(&str, &str)]) -> EventMessage {
        let attributes: HashMap<String, String> =
            attributes.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let actor = EventActor { id: Some("a".to_owned()), attributes: Some(attributes) };
        EventMessage { action: Some(action.to_owned()), actor: Some(actor), ..EventMessage::default() }
    }

    fn course(events: &[EventMessage]) -> Option<Course> {
        let mut happenings = Happenings::default();
        for event in events {
            happenings.take(event.clone());
        }
        happenings.into_courses().next().map(|(_, course)| course)
    }

    #[test]
    fn who_was_told_to_end_is_told_apart_from_who_did_by_itself() {
        let (kill, die, start) =
            (event("kill", &[("signal", "15")]), event("die", &[("exitCode", "137")]), event("start", &[]));
        assert_eq!(course(std::slice::from_ref(&kill)), Some(Course::Signalled(15)));
        assert_eq!(course(&[kill, die.clone()]), Some(Course::Stopped));
        assert_eq!(course(std::slice::from_ref(&die)), Some(Course::Ended(137)));
        assert_eq!(course(&[die, start]), Some(Course::Plain));
        assert_eq!(course(&[event("exec_start: sh", &[])]), None);
        assert_eq!(course(&[event("health_status: healthy", &[])]), Some(Course::Plain));
    }

    #[test]
    fn who_it_is_that_an_event_is_of_no_label_says() {
        let named = |typ| {
            let event = EventMessage { typ: Some(typ), ..event("connect", &[("container", "b")]) };
            let mut happenings = Happenings::default();
            happenings.take(event);
            happenings.into_courses().next().map(|(id, _)| id)
        };
        assert_eq!(named(EventMessageTypeEnum::NETWORK).as_deref(), Some("b"));
        assert_eq!(named(EventMessageTypeEnum::CONTAINER).as_deref(), Some("a"));
    }

    #[test]
    fn who_may_be_listed_as_it_was_is_told_apart() {
        let of_network = |action| EventMessage {
            typ: Some(EventMessageTypeEnum::NETWORK),
            ..event(action, &[("container", "a")])
        };
        let early = |events: &[EventMessage]| {
            let mut happenings = Happenings::default();
            for event in events {
                happenings.take(event.clone());
            }
            happenings.early().count()
        };
        assert_eq!(early(&[of_network("connect")]), 1);
        assert_eq!(early(&[of_network("connect"), event("start", &[])]), 0);
        assert_eq!(early(&[event("die", &[]), of_network("disconnect")]), 0);
        assert_eq!(early(&[event("start", &[]), of_network("connect")]), 1);
        assert_eq!(early(&[event("pause", &[]), event("unpause", &[])]), 1);
        assert_eq!(early(&[event("kill", &[("signal", "15")]), event("die", &[])]), 0);
    }

    #[test]
    fn signals_that_stop() {
        assert!(
            stops(15, None) && stops(9, Some("SIGUSR1")) && stops(10, Some("USR1")) && stops(3, Some("3"))
        );
        assert!(!stops(1, None) && !stops(15, Some("SIGQUIT")) && !stops(28, Some("nonsense")));
    }
}
