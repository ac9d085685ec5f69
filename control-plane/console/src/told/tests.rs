use sluicegate_core::Untold;
use sluicegate_core::overrides::Versions;
use sluicegate_core::{Entry, Overrides};
use sluicegate_model::{Change, compile};
use sluicegate_proto::build;
use sluicegate_proto::v1::resource::Body;
use sluicegate_proto::v1::{
    self, CacheStats, CachedResponse, CapturedError, ClientSession, Kind, NameServerStats, Report,
    SessionState,
};
use sluicegate_stats::Facts;

use super::dump::dump;
use super::sessions::span;
use super::*;
use crate::ask::{Filter, SessionName};

fn named(kind: Kind, name: &str) -> ObjectKey {
    ObjectKey::new("haproxy", "", kind, name).unwrap()
}

fn site() -> sluicegate_model::Runtime {
    let origin = |line| {
        let file = v1::origin::File { path: "h.cfg".into(), line };
        v1::Origin { place: Some(v1::origin::Place::File(file)) }
    };
    let (web, app) = (named(Kind::Frontend, "web"), named(Kind::Backend, "app"));
    let endpoint = v1::Endpoint {
        backend: Some((&app).into()),
        name: "one".into(),
        number: 1,
        address: Some(v1::endpoint::Address::Ip(build::ip_address(([127, 0, 0, 1], 80).into()))),
        weight: 1,
        ..v1::Endpoint::default()
    };
    let frontend = v1::Frontend { mode: v1::Mode::Http.into(), ..v1::Frontend::default() };
    let algorithm = Some(v1::balance::Algorithm::RoundRobin(v1::RoundRobin {}));
    let backend = v1::Backend {
        mode: v1::Mode::Http.into(),
        balance: Some(v1::Balance { algorithm }),
        ..v1::Backend::default()
    };
    let one = named(Kind::Endpoint, "app/one");
    let resources =
        [(&web, Body::Frontend(frontend)), (&app, Body::Backend(backend)), (&one, Body::Endpoint(endpoint))];
    let resources: Vec<_> = (1..)
        .zip(resources)
        .map(|(line, (key, body))| Entry::new(build::resource(key, origin(line), "", body).unwrap()))
        .map(|entry| v1::Resource::clone(entry.resource()))
        .collect();
    compile(None, Change::Full(&resources)).unwrap()
}

fn session() -> ClientSession {
    ClientSession {
        id: 31,
        worker: 1,
        source: Some(build::ip_address(([127, 0, 0, 1], 4000).into())),
        frontend: Some((&named(Kind::Frontend, "web")).into()),
        backend: Some((&named(Kind::Backend, "app")).into()),
        endpoint: Some((&named(Kind::Endpoint, "app/one")).into()),
        age_ms: 80_000,
        exchanges: 3,
        state: SessionState::Headers.into(),
        expires_ms: Some(3_900),
        bytes_in: 42,
        request: b"GET /\x1b HTTP/1.1"[..].into(),
        ..ClientSession::default()
    }
}

fn idle() -> ClientSession {
    ClientSession {
        id: 2,
        frontend: session().frontend,
        state: SessionState::Idle.into(),
        ..ClientSession::default()
    }
}

fn told(proxy: &str, answer: Result<Answered, Untold>) -> Told {
    Told { proxy_id: proxy.into(), answer }
}

fn of(sessions: Vec<ClientSession>) -> Result<Answered, Untold> {
    Ok(Answered { sessions, ..Answered::default() })
}

fn say(ask: &Ask, told: &[Told]) -> String {
    let (runtime, report, overrides) = (site(), Report::default(), Overrides::default());
    let view = View {
        runtime: &runtime,
        report: &report,
        overrides: &overrides,
        versions: &Versions::default(),
        facts: &Facts { now_unix_ms: 7, ..Facts::default() },
        sockets: &[],
        environment: &[],
    };
    answer(ask, told, told.len(), &view, &|unix_us| format!("{unix_us:07}")).text
}

const LINES: Ask = Ask::Sessions(Listed::Lines);

#[test]
fn sessions_are_listed_with_what_is_known_of_them() {
    assert_eq!(
        say(&LINES, &[told("a", of(vec![session(), idle()]))]),
        "0x1f: proto=tcpv4 src=127.0.0.1:4000 fe=web be=app srv=one tid=1 age=1m20s reqs=3 st=HEADERS \
         rq[total=42] rp[total=0] exp=3s rc=0\n\
         0x2: proto=unix_stream src=unix fe=web be=<NONE> srv=<none> tid=0 age=0s reqs=0 st=IDLE \
         rq[total=0] rp[total=0] exp= rc=0\n"
    );
}

#[test]
fn sessions_of_several_proxies_are_told_apart_and_who_says_nothing_is_named() {
    let more = Ok(Answered { sessions: vec![idle()], omitted: 4, silent_workers: 2, ..Answered::default() });
    let all = [told("a", more), told("b", of(vec![idle()])), told("c", Err(Untold::Unable))];
    let said = say(&LINES, &all);
    let lines: Vec<&str> = said.lines().map(|line| line.split(" proto").next().unwrap()).collect();
    let expected = [
        "0x2@a:",
        "# 4 more sessions of a are left out",
        "0x2@b:",
        "# 2 workers of a did not answer in time",
        "# c is of a version that cannot be asked this",
    ];
    assert_eq!(lines, expected);
}

#[test]
fn everything_about_a_session() {
    let one = Ask::Sessions(Listed::One(SessionName { id: 31, proxy: None }));
    let expected = "0x1f: [0000000] id=31 proto=tcpv4 source=127.0.0.1:4000\n  \
         state=HEADERS, conn_retries=0, requests=3\n  \
         frontend=web (id=2 mode=http), addr=?\n  \
         backend=app (id=3 mode=http) addr=?\n  \
         server=one (id=1) addr=?\n  \
         task=(exp=3s tid=1 age=1m20s)\n  \
         txn=(status=-1 request=\"GET /\\x1b HTTP/1.1\")\n  \
         req=(total=42)\n  \
         res=(total=0)\n";
    assert_eq!(say(&one, &[told("a", of(vec![session()]))]), expected);
    assert_eq!(say(&one, &[told("a", of(vec![]))]), "Session not found.\n");
    assert_eq!(say(&one, &[told("a", Err(Untold::Silent))]), "# a did not answer in time\n");
    assert_eq!(say(&one, &[]), "No proxy is connected.\n");
}

#[test]
fn what_no_object_can_be_named_is_none() {
    let id = |name: &str| Some(v1::ObjectId { name: name.into(), ..v1::ObjectId::default() });
    let strange = ClientSession {
        id: 1,
        frontend: id("a\nb"),
        backend: id(""),
        endpoint: id("x"),
        state: 77,
        source: Some(v1::IpAddress { ip: vec![1; 5].into(), port: 1 }),
        ..ClientSession::default()
    };
    let said = say(&LINES, &[told("a", of(vec![strange]))]);
    assert!(said.starts_with("0x1: proto=unix_stream src=unix fe=<NONE> be=<NONE> srv=<none> "), "{said}");
    assert!(said.contains(" st=? "), "{said}");
}

#[test]
fn an_end_is_told() {
    let end = Ask::ShutDownSession(SessionName { id: 31, proxy: None });
    let ended = |ended| Ok(Answered { ended, ..Answered::default() });
    assert_eq!(say(&end, &[told("a", ended(1))]), "");
    assert_eq!(say(&end, &[told("a", ended(0))]), "No such session (use 'show sess').\n");
    assert_eq!(say(&end, &[told("a", Err(Untold::Gone))]), "# a went away before it answered\n");
    let elsewhere = Ask::ShutDownSession(SessionName { id: 31, proxy: Some("b".into()) });
    assert_eq!(say(&elsewhere, &[]), "No proxy 'b' is connected.\n");
    let server = Ask::ShutDownEndpoint { endpoint: named(Kind::Endpoint, "app/one") };
    assert_eq!(say(&server, &[told("a", ended(0))]), "");
    assert_eq!(say(&Ask::ClearCounters { all: true }, &[told("a", ended(0))]), "");
    let connected = ["a".to_owned(), "b".to_owned()];
    let line = ambiguous(&end, &connected).unwrap().text;
    assert_eq!(line, "Several proxies are connected: say which, as in 0x1f@a.\n");
    assert_eq!(ambiguous(&end, &connected[..1]), None);
    assert_eq!(ambiguous(&elsewhere, &connected), None);
}

fn error(response: bool) -> CapturedError {
    let of = session();
    CapturedError {
        unix_ms: 5,
        event: 3,
        response,
        frontend: of.frontend,
        backend: of.backend.filter(|_| response),
        endpoint: of.endpoint.filter(|_| response),
        source: of.source,
        bytes: b"GET /\\\x01 HTTP/1.1\r\n\r\nx"[..].into(),
        length: 21,
        position: 6,
        reason: "it's no\n good".into(),
    }
}

#[test]
fn malformed_messages_are_shown_with_their_place() {
    let both = Answered { errors: vec![error(false), error(true)], error_events: 4, ..Answered::default() };
    let told = [told("a", Ok(both))];
    let all = say(&Ask::Errors(Filter::default()), &told);
    let rows = "  00000  GET /\\\\\\x01 HTTP/1.1\\r\\n\n  00018  \\r\\n\n  00020  x\n";
    let head = "Total events captured on [0007] : 4\n";
    let request = format!(
        " \n[0005] frontend web (#2): invalid request\n  backend <NONE> (#-1), server <NONE> (#-1), event #3, src \
         127.0.0.1:4000\n  len 21, error at position 6: it's no? good\n  \n{rows}"
    );
    let response = format!(
        " \n[0005] backend app (#3): invalid response\n  frontend web (#2), server one (#1), event #3, src \
         127.0.0.1:4000\n  len 21, error at position 6: it's no? good\n  \n{rows}"
    );
    assert_eq!(all, format!("{head}{request}{response}"));
    let filtered = |objects: Option<&[ObjectKey]>, responses| {
        say(&Ask::Errors(Filter { objects: objects.map(<[_]>::to_vec), responses }), &told)
    };
    let (web, app) = ([named(Kind::Frontend, "web")], [named(Kind::Backend, "app")]);
    assert_eq!(filtered(Some(&web), None), all);
    assert_eq!(filtered(Some(&app), None), format!("{head}{response}"));
    assert_eq!(filtered(Some(&web), Some(false)), format!("{head}{request}"));
    assert_eq!(filtered(None, Some(true)), format!("{head}{response}"));
    assert_eq!(filtered(Some(&app), Some(false)), head);
}

#[test]
fn rows_end_with_lines_and_at_their_width() {
    assert_eq!(dump(b""), "");
    let long = format!("a{}", "\x01".repeat(20));
    let (first, rest) = (format!("a{}", "\\x01".repeat(17)), "\\x01".repeat(3));
    assert_eq!(dump(long.as_bytes()), format!("  00000  {first}\n  00018+ {rest}\n"));
    assert_eq!(dump(b"\t\x1b\x7f\n\n"), "  00000  \\t\\e\\x7F\\n\n  00004  \\n\n");
}

#[test]
fn times_have_two_units() {
    let said = [0, 58_999, 60_000, 80_000, 7_500_000, 90_000_000].map(span);
    assert_eq!(said, ["0s", "58s", "1m", "1m20s", "2h5m", "1d1h"]);
}

#[test]
fn name_servers_of_all_proxies_are_added_up() {
    let stats = |section: &str, name: &str, sent, valid| NameServerStats {
        section: Some((&named(Kind::Resolvers, section)).into()),
        name: name.to_owned(),
        sent,
        valid,
        ..NameServerStats::default()
    };
    let told = |proxy: &str, name_servers, omitted| Told {
        proxy_id: proxy.to_owned(),
        answer: Ok(Answered { name_servers, omitted, ..Answered::default() }),
    };
    let all = [
        told("a", vec![stats("two", "x", 1, 0), stats("one", "b", 5, 4), stats("one", "a", 1, 1)], 0),
        told("b", vec![stats("one", "b", u64::MAX, 2), stats("one", "\x1bc", 1, 0)], 3),
    ];
    let lines = resolvers::lines(&all);
    let heads: Vec<&str> = lines.lines().filter(|line| !line.starts_with("  ")).collect();
    let expected = [
        "# 3 more name servers of b are left out",
        "Resolvers section one",
        " nameserver b:",
        " nameserver a:",
        " nameserver ?c:",
        "Resolvers section two",
        " nameserver x:",
    ];
    assert_eq!(heads, expected);
    let sums = format!(" nameserver b:\n  sent:        {}\n  snd_error:   0\n  valid:       6\n", u64::MAX);
    assert!(lines.contains(&sums), "{lines}");
}

#[test]
fn each_proxy_has_its_own_caches() {
    let response = |hash, varies| CachedResponse { hash, bytes: 2_000, readers: 1, fresh_ms: 9_999, varies };
    let told = |proxy: &str, responses, omitted| {
        let cache = CacheStats {
            cache: Some((&named(Kind::Cache, "small")).into()),
            total_bytes: 1 << 20,
            used_bytes: 4_000,
            responses,
        };
        let answer = Ok(Answered { caches: vec![cache], omitted, ..Answered::default() });
        Told { proxy_id: proxy.to_owned(), answer }
    };
    let all = [told("a", vec![response(7, false), response(9, true)], 0), told("b\x1b", vec![], 3)];
    assert_eq!(
        caches::lines(&all),
        "a: small (available blocks:1020)\n\
         a hash:7 vary:no size:2000 (2 blocks), refcount:1, expire:9\n\
         a hash:9 vary:yes size:2000 (2 blocks), refcount:1, expire:9\n\
         b?: small (available blocks:1020)\n\
         # 3 more responses of b? are left out\n"
    )
}
