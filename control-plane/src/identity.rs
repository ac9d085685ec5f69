//! Whom the process runs as once everything is bound (HAProxy: user, group, uid, gid).

use nix::unistd::{Gid, Group, Uid, User, getegid, geteuid};
use sluicegate_haproxy::program::{Account, AccountId, Program};
use sluicegate_proto::v1::{self, listener, origin, resource::Body};
use sluicegate_provider_file::load::Loaded;

/// A user and a group of this host.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Identity {
    /// `None`: the one that the process has.
    pub(crate) user: Option<Uid>,
    /// The same.
    pub(crate) group: Option<Gid>,
}

/// The owners of sockets that this host does not know, each as an error. A number is its own name.
pub(crate) fn unknown_owners(loaded: &Loaded) -> Vec<String> {
    let mut asked: Vec<(String, &str, &str)> = Vec::new();
    for socket in &loaded.program.console.sockets {
        asked.push((socket.place.clone(), &socket.user, &socket.group));
    }
    for made in loaded.fragments.iter().flat_map(|fragment| &fragment.resources) {
        if let Some(Body::Listener(listener)) = &made.body
            && let Some(listener::Address::Unix(unix)) = &listener.address
        {
            let origin = made.provenance.as_ref().and_then(|provenance| provenance.origin.as_ref());
            asked.push((origin.map(place).unwrap_or_default(), &unix.user, &unix.group));
        }
    }
    let is_name = |name: &&str| !name.is_empty() && name.parse::<u32>().is_err();
    let mut unknown = Vec::new();
    for (place, user, group) in asked {
        let has_user = |name: &&str| User::from_name(name).is_ok_and(|found| found.is_some());
        let has_group = |name: &&str| Group::from_name(name).is_ok_and(|found| found.is_some());
        let user = Some(user).filter(is_name).filter(|name| !has_user(name)).map(|name| ("user", name));
        let group = Some(group).filter(is_name).filter(|name| !has_group(name)).map(|name| ("group", name));
        for (kind, name) in [user, group].into_iter().flatten() {
            unknown.push(Unknown { place: place.clone(), kind, name: name.to_owned() }.to_string());
        }
    }
    unknown
}

fn place(origin: &v1::Origin) -> String {
    match &origin.place {
        Some(origin::Place::File(file)) => format!("{}:{}", file.path, file.line),
        _ => String::new(),
    }
}

/// A user or group that this host does not have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("error: {place}: there is no {kind} `{name}` on this host")]
pub(crate) struct Unknown {
    place: String,
    kind: &'static str,
    name: String,
}

impl Identity {
    /// Looks both up.
    ///
    /// # Errors
    /// All that are unknown.
    pub(crate) fn of(program: &Program) -> Result<Self, Vec<Unknown>> {
        let by_name = |name: &str| User::from_name(name).ok().flatten().map(|user| user.uid);
        let user = find(program.user.as_ref(), "user", by_name, Uid::from_raw);
        let by_name = |name: &str| Group::from_name(name).ok().flatten().map(|group| group.gid);
        let group = find(program.group.as_ref(), "group", by_name, Gid::from_raw);
        match (user, group) {
            (Ok(user), Ok(group)) => Ok(Self {
                // As in HAProxy, root is the one who is not told apart from nobody in particular.
                user: user.filter(|user| !user.is_root()),
                group: group.filter(|group| group.as_raw() != 0),
            }),
            (user, group) => Err([user.err(), group.err()].into_iter().flatten().collect()),
        }
    }

    /// Whether the process is another now.
    pub(crate) fn is_news(self) -> bool {
        self.user.is_some_and(|user| user != geteuid()) || self.group.is_some_and(|group| group != getegid())
    }
}

fn find<T>(
    account: Option<&Account>,
    kind: &'static str,
    by_name: impl Fn(&str) -> Option<T>,
    by_number: impl Fn(u32) -> T,
) -> Result<Option<T>, Unknown> {
    let Some(account) = account else { return Ok(None) };
    match &account.id {
        AccountId::Number(number) => Ok(Some(by_number(*number))),
        AccountId::Name(name) => match by_name(name) {
            Some(found) => Ok(Some(found)),
            None => Err(Unknown { place: account.place.clone(), kind, name: name.clone() }),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(id: AccountId) -> Option<Account> {
        Some(Account { id, place: "a.cfg:2".to_owned() })
    }

    #[test]
    fn names_and_numbers_are_found_and_root_is_no_change() {
        let root = Program { user: account(AccountId::Name("root".to_owned())), ..Program::default() };
        assert_eq!(Identity::of(&root).unwrap(), Identity::default());
        let number = Program { group: account(AccountId::Number(12_345)), ..Program::default() };
        assert_eq!(Identity::of(&number).unwrap().group, Some(Gid::from_raw(12_345)));
    }

    #[test]
    fn every_unknown_name_is_told() {
        let name = || account(AccountId::Name("no such account".to_owned()));
        let program = Program { user: name(), group: name(), ..Program::default() };
        let told: Vec<_> = Identity::of(&program).unwrap_err().iter().map(Unknown::to_string).collect();
        assert_eq!(
            told,
            [
                "error: a.cfg:2: there is no user `no such account` on this host",
                "error: a.cfg:2: there is no group `no such account` on this host"
            ]
        );
    }
}
