//! What the control plane asks of this proxy, answered within the bounds of an answer.

use std::net::SocketAddr;
use std::time::Duration;

use prost::Message;
use sluicegate_engine::cache::{Kept, Shown};
use sluicegate_engine::engine::Engine;
use sluicegate_engine::errors::Malformed;
use sluicegate_engine::sessions::{ClientSession, State, Which, Wish};
use sluicegate_engine::stream::Peer;
use sluicegate_proto::ask::Room;
use sluicegate_proto::build::ip_address;
use sluicegate_proto::id::ObjectKey;
use sluicegate_proto::limits::{
    MAX_TOLD_CACHES, MAX_TOLD_NAME_SERVERS, MAX_TOLD_RESPONSES, MAX_TOLD_SESSIONS,
};
use sluicegate_proto::v1::{
    Answered, CacheStats, CachedResponse, CapturedError, EndSessions, IpAddress, ListCaches, ListResolvers,
    ListSessions, SessionState, end_sessions,
};

use crate::names::Ledger;

pub(crate) async fn sessions(engine: &Engine, list: &ListSessions) -> Answered {
    let wish = Wish {
        only: (list.id != 0).then_some(list.id),
        most: usize::try_from(list.most).unwrap_or(usize::MAX).min(MAX_TOLD_SESSIONS),
        detailed: list.detailed,
    };
    let told = engine.sessions(wish).await;
    let (sessions, omitted) = fitting(told.sessions.into_iter().map(session));
    let silent_workers = told.silent_workers;
    Answered { sessions, omitted: told.omitted + omitted, silent_workers, ..Answered::default() }
}

pub(crate) async fn end(engine: &Engine, end: &EndSessions) -> Answered {
    let which = match &end.which {
        Some(end_sessions::Which::Id(id)) => Which::Session(*id),
        Some(end_sessions::Which::Endpoint(id)) => match ObjectKey::try_from(id) {
            Ok(key) => Which::At(key),
            // Nothing is of such a name.
            Err(_) => return Answered::default(),
        },
        None => return Answered::default(),
    };
    let ended = engine.end_sessions(&which).await;
    Answered { ended: ended.sessions, silent_workers: ended.silent_workers, ..Answered::default() }
}

pub(crate) fn errors(engine: &Engine) -> Answered {
    let (error_events, kept) = engine.malformed();
    let (errors, omitted) = fitting(kept.into_iter().map(error));
    Answered { errors, omitted, error_events, ..Answered::default() }
}

pub(crate) fn name_servers(ledger: &Ledger, list: &ListResolvers) -> Answered {
    let all = ledger.stats(&list.name).into_iter().take(MAX_TOLD_NAME_SERVERS);
    let (name_servers, omitted) = fitting(all);
    Answered { name_servers, omitted, ..Answered::default() }
}

pub(crate) fn caches(engine: &Engine, list: &ListCaches) -> Answered {
    let most = usize::try_from(list.most).unwrap_or(usize::MAX).min(MAX_TOLD_RESPONSES);
    let (shown, left_out) = engine.caches(most);
    let (caches, omitted) = fitting(shown.into_iter().take(MAX_TOLD_CACHES).map(cache));
    Answered { caches, omitted: omitted + left_out as u64, ..Answered::default() }
}

fn cache(shown: Shown) -> CacheStats {
    let response = |kept: Kept| CachedResponse {
        hash: kept.hash,
        bytes: kept.bytes as u64,
        readers: u32::try_from(kept.readers).unwrap_or(u32::MAX),
        fresh_ms: millis(kept.lasts),
        varies: kept.varies,
    };
    CacheStats {
        cache: Some((&shown.settings.key).into()),
        total_bytes: shown.settings.total_bytes as u64,
        used_bytes: shown.taken as u64,
        responses: shown.responses.into_iter().map(response).collect(),
    }
}

/// What has room in one answer, and how many have not.
fn fitting<T: Message>(all: impl Iterator<Item = T>) -> (Vec<T>, u64) {
    let (mut room, mut omitted) = (Room::new(), 0);
    let kept = all.filter(|one| {
        let fits = room.takes(one);
        omitted += u64::from(!fits);
        fits
    });
    (kept.collect(), omitted)
}

fn session(session: ClientSession) -> sluicegate_proto::v1::ClientSession {
    let ClientSession { id, worker, facts } = session;
    let state = match facts.state {
        State::Idle => SessionState::Idle,
        State::Request => SessionState::Request,
        State::Queue => SessionState::Queue,
        State::Connect => SessionState::Connect,
        State::Headers => SessionState::Headers,
        State::Data => SessionState::Data,
        State::Last => SessionState::Last,
        State::Reply => SessionState::Reply,
        State::Closing => SessionState::Closing,
    };
    sluicegate_proto::v1::ClientSession {
        id,
        worker: u32::try_from(worker).unwrap_or(u32::MAX),
        source: of_peer(facts.client),
        frontend: Some(facts.frontend.config.key().into()),
        backend: facts.backend.map(|backend| backend.config.key().into()),
        endpoint: facts.endpoint.map(|endpoint| (&endpoint.config.key).into()),
        age_ms: millis(facts.age),
        exchanges: facts.exchanges.into(),
        state: state.into(),
        expires_ms: facts.expires.map(millis),
        retries: facts.retries,
        bytes_in: facts.bytes_in,
        bytes_out: facts.bytes_out,
        accepted_unix_us: u64::try_from(facts.accepted.as_micros()).unwrap_or(u64::MAX),
        request: facts.request.map(|line| line.into_vec().into()).unwrap_or_default(),
        status: facts.status.unwrap_or_default().into(),
        local: facts.local.and_then(of_peer),
        endpoint_source: facts.endpoint_source.and_then(of_peer),
        endpoint_address: facts.endpoint_address.map(ip_address),
    }
}

fn error(malformed: Malformed) -> CapturedError {
    CapturedError {
        unix_ms: millis(malformed.at),
        event: malformed.event,
        response: malformed.response,
        frontend: Some(malformed.frontend.config.key().into()),
        backend: malformed.backend.map(|backend| backend.config.key().into()),
        endpoint: malformed.endpoint.map(|endpoint| (&endpoint.config.key).into()),
        source: of_peer(malformed.client),
        bytes: malformed.bytes.into_vec().into(),
        length: malformed.length as u64,
        position: malformed.position as u64,
        reason: malformed.reason,
    }
}

fn of_peer(peer: Peer) -> Option<IpAddress> {
    peer.ip().map(|address: SocketAddr| ip_address(address))
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
