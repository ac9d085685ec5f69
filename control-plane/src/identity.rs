//! Whom the process runs as once everything is bound (HAProxy: user, group, uid, gid).

use std::fs;
use std::os::unix::fs::MetadataExt as _;

use nix::unistd::{Gid, Group, Uid, User};
use sluicegate_haproxy::program::{Account, AccountId, Program};
use sluicegate_proto::v1::{self, listener, origin, resource::Body};
use sluicegate_provider_file::load::Loaded;
use sluicegate_proxy_runtime::rights::Identity;

/// `--user`, for the command line that has no options of ours.
const USER: &str = "SLUICEGATE_USER";

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

/// Looks up whom the files name; where they name no user, `otherwise` counts: `--user`, a name or a number. It is for root
/// alone, so that an image may have it that others start as somebody else.
///
/// # Errors
/// All that are unknown.
pub(crate) fn of(program: &Program, otherwise: Option<&str>) -> Result<Identity, Vec<Unknown>> {
    let by_name = |name: &str| User::from_name(name).ok().flatten().map(|user| user.uid);
    let user = find(program.user.as_ref(), "user", by_name, Uid::from_raw);
    let by_name = |name: &str| Group::from_name(name).ok().flatten().map(|group| group.gid);
    let group = find(program.group.as_ref(), "group", by_name, Gid::from_raw);
    let otherwise = match otherwise.filter(|_| program.user.is_none()) {
        Some(name) => default(name).map_err(|unknown| vec![unknown]),
        None => Ok(Identity::default()),
    };
    match (user, group, otherwise) {
        (Ok(user), Ok(group), Ok(otherwise)) => Ok(Identity {
            // As in HAProxy, root is the one who is not told apart from nobody in particular.
            user: user.or(otherwise.user).filter(|user| !user.is_root()),
            group: group.or(otherwise.group).filter(|group| group.as_raw() != 0),
        }),
        (user, group, otherwise) => {
            let others = otherwise.err().unwrap_or_default();
            Err([user.err(), group.err()].into_iter().flatten().chain(others).collect())
        }
    }
}

/// Whom root becomes where nothing else says so.
///
/// # Errors
/// The host has no such user.
pub(crate) fn default(name: &str) -> Result<Identity, Unknown> {
    let unknown = || Unknown { place: "--user".to_owned(), kind: "user", name: name.to_owned() };
    Identity::for_root(name).ok_or_else(unknown)
}

/// What the environment says in place of `--user`.
pub(crate) fn default_of_environment() -> Option<String> {
    std::env::var(USER).ok()
}

/// The group that may talk to this engine, where it has a socket for a group: without it whoever the process becomes
/// cannot come back to an engine that was away.
pub(crate) fn group_of_engine(engine: &str) -> Option<Gid> {
    const READ_AND_WRITE: u32 = 0o060;
    let path = engine.strip_prefix("unix://").unwrap_or(engine);
    let found = fs::metadata(path).ok()?;
    (found.mode() & READ_AND_WRITE == READ_AND_WRITE).then(|| Gid::from_raw(found.gid()))
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
        assert_eq!(of(&root, None).unwrap(), Identity::default());
        let number = Program { group: account(AccountId::Number(12_345)), ..Program::default() };
        assert_eq!(of(&number, None).unwrap().group, Some(Gid::from_raw(12_345)));
    }

    #[test]
    fn what_the_file_says_comes_before_what_the_image_says() {
        let root = Program { user: account(AccountId::Name("root".to_owned())), ..Program::default() };
        assert_eq!(of(&root, Some("nobody")).unwrap(), Identity::default());
        let number = Program { user: account(AccountId::Number(12_345)), ..Program::default() };
        let expected = Identity { user: Some(Uid::from_raw(12_345)), group: None };
        assert_eq!(of(&number, Some("nobody")).unwrap(), expected);
        assert_eq!(of(&Program::default(), Some("")).unwrap(), Identity::default());
    }

    #[test]
    fn every_unknown_name_is_told() {
        let name = || account(AccountId::Name("no such account".to_owned()));
        let program = Program { user: name(), group: name(), ..Program::default() };
        let told: Vec<_> = of(&program, None).unwrap_err().iter().map(Unknown::to_string).collect();
        assert_eq!(
            told,
            [
                "error: a.cfg:2: there is no user `no such account` on this host",
                "error: a.cfg:2: there is no group `no such account` on this host"
            ]
        );
    }
}
