use sluicegate_model::{Change, compile};
use sluicegate_proto::v1::{self, Health, Kind as ObjectKind, Resource, endpoint, resource::Body};

use super::*;

fn id(kind: ObjectKind, name: &str) -> ObjectId {
    ObjectId { provider: "test".into(), kind: kind.into(), name: name.into(), ..ObjectId::default() }
}

pub(crate) fn resource(kind: ObjectKind, name: &str, line: u32, body: Body) -> Resource {
    let place = Place::File(v1::origin::File { path: "a.cfg".into(), line });
    let origin = Some(Origin { place: Some(place) });
    let provenance = Some(v1::Provenance { origin, ..v1::Provenance::default() });
    Resource { id: Some(id(kind, name)), body: Some(body), provenance, ..Resource::default() }
}

pub(crate) fn server(name: &str, number: u32, change: impl FnOnce(&mut v1::Endpoint)) -> Resource {
    let address = v1::IpAddress { ip: vec![192, 0, 2, 1].into(), port: 80 };
    let mut endpoint = v1::Endpoint {
        backend: Some(id(ObjectKind::Backend, "app")),
        name: name.into(),
        number,
        weight: 1,
        address: Some(endpoint::Address::Ip(address)),
        ..v1::Endpoint::default()
    };
    change(&mut endpoint);
    resource(ObjectKind::Endpoint, &format!("app/{name}"), 10 + number, Body::Endpoint(endpoint))
}

/// A `listen both` above a frontend `web` and a backend `app` of three servers, the last a backup.
pub(crate) fn runtime() -> Runtime {
    let frontend = || v1::Frontend { mode: v1::Mode::Http.into(), ..v1::Frontend::default() };
    let backend = || v1::Backend {
        mode: v1::Mode::Http.into(),
        balance: Some(v1::Balance { algorithm: Some(v1::balance::Algorithm::RoundRobin(v1::RoundRobin {})) }),
        ..v1::Backend::default()
    };
    let resources = [
        resource(ObjectKind::Frontend, "web", 7, Body::Frontend(frontend())),
        resource(ObjectKind::Backend, "app", 9, Body::Backend(backend())),
        resource(ObjectKind::Frontend, "both", 2, Body::Frontend(frontend())),
        resource(ObjectKind::Backend, "both", 2, Body::Backend(backend())),
        server("a", 1, |endpoint| endpoint.weight = 5),
        server("b", 2, |endpoint| (endpoint.weight, endpoint.drain) = (0, true)),
        server("c", 3, |endpoint| endpoint.backup = true),
    ];
    compile(None, Change::Full(&resources)).unwrap()
}

fn of(table: &Table, name: &str, field: Field) -> String {
    let row = table.rows.iter().find(|row| {
        let text = |field| row.cell(field).map(ToString::to_string).unwrap_or_default();
        format!("{}/{}", text(Field::ProxyName), text(Field::ServiceName)) == name
    });
    row.unwrap().cell(field).map(ToString::to_string).unwrap_or_default()
}

pub(crate) fn told(stats: v1::EndpointStats, health: Health) -> Report {
    let stats =
        v1::EndpointStats { id: Some(id(ObjectKind::Endpoint, "app/a")), health: health.into(), ..stats };
    Report { endpoints: vec![stats], ..Report::default() }
}

fn table(report: &Report) -> Table {
    Table::new(&runtime(), report, &Facts { now_unix_ms: 10_000, ..Facts::default() })
}

#[test]
fn proxies_are_in_the_order_of_the_file() {
    let table = table(&Report::default());
    let names: Vec<String> = table
        .rows
        .iter()
        .map(|row| {
            let name = |field| row.cell(field).unwrap().to_string();
            format!(
                "{} {}/{} {}",
                row.proxy_number,
                name(Field::ProxyName),
                name(Field::ServiceName),
                row.number
            )
        })
        .collect();
    assert_eq!(
        names,
        [
            "2 both/FRONTEND 0",
            "2 both/BACKEND 0",
            "3 web/FRONTEND 0",
            "4 app/a 1",
            "4 app/b 2",
            "4 app/c 3",
            "4 app/BACKEND 0",
        ]
    );
}

#[test]
fn what_no_file_says_changes_no_number_of_what_files_say() {
    let mut other = resource(ObjectKind::Frontend, "admin", 1, Body::Frontend(v1::Frontend::default()));
    if let Some(Body::Frontend(frontend)) = &mut other.body {
        frontend.mode = v1::Mode::Http.into();
    }
    let option = Place::Option("--admin-http".into());
    other.provenance.as_mut().unwrap().origin = Some(Origin { place: Some(option) });
    let runtime = compile(Some(&runtime()), Change::Delta { changed: &[other], removed: &[] }).unwrap();
    let rows = Table::new(&runtime, &Report::default(), &Facts::default()).rows;
    let numbers: Vec<String> =
        rows.iter().map(|row| format!("{} {}", row.proxy_number, row.key.name())).collect();
    assert_eq!(numbers, ["2 both", "2 both", "3 web", "4 app/a", "4 app/b", "4 app/c", "4 app", "5 admin"]);
}

#[test]
fn rows_are_selected() {
    let rows =
        |proxy, kinds, server| table(&Report::default()).select(Select { proxy, kinds, server }).rows.len();
    assert_eq!(rows(None, None, None), 7);
    assert_eq!(rows(Some(4), None, None), 4);
    assert_eq!(rows(None, Some(1), None), 2);
    assert_eq!(rows(None, Some(6), None), 5);
    assert_eq!(rows(Some(4), Some(4), Some(2)), 1);
}

#[test]
fn legends_can_be_hidden() {
    let mut table = table(&Report::default());
    let told = |table: &Table| [of(table, "app/a", Field::Addr), of(table, "app/BACKEND", Field::Algo)];
    assert_eq!(told(&table), ["192.0.2.1:80", "roundrobin"]);
    table.hide_legends();
    assert_eq!(told(&table), ["", ""]);
}

#[test]
fn a_backend_is_up_while_one_server_takes_traffic() {
    let up = table(&told(v1::EndpointStats::default(), Health::Up));
    let backend = |table: &Table, field| of(table, "app/BACKEND", field);
    assert_eq!(backend(&up, Field::Status), "UP");
    assert_eq!([Field::Act, Field::Bck, Field::Weight].map(|field| backend(&up, field)), ["1", "1", "5"]);
    let down = table(&told(v1::EndpointStats::default(), Health::Down));
    assert_eq!([Field::Act, Field::Bck, Field::Weight].map(|field| backend(&down, field)), ["0", "1", "1"]);
    assert_eq!(of(&down, "app/a", Field::Status), "DOWN");
    assert_eq!(of(&down, "app/b", Field::Status), "DRAIN");
    assert_eq!(of(&down, "app/c", Field::Status), "no check");
}

#[test]
fn what_was_reported_stands_in_its_column() {
    let stats = v1::EndpointStats {
        exchanges: 7,
        responses: vec![0, 5, 0, 2, 0],
        last_exchange_unix_ms: 7_500,
        since_unix_ms: 4_000,
        rate: Some(Rate { now: 1, most: 3 }),
        durations: Some(v1::Durations { connect: 2, most_total: 9, ..v1::Durations::default() }),
        ..v1::EndpointStats::default()
    };
    let table = table(&told(stats, Health::Up));
    for (field, value) in [
        (Field::Stot, "7"),
        (Field::Hrsp2xx, "5"),
        (Field::Hrsp4xx, "2"),
        (Field::Lastsess, "2"),
        (Field::Lastchg, "6"),
        (Field::Rate, "1"),
        (Field::RateMax, "3"),
        (Field::Ctime, "2"),
        (Field::TtimeMax, "9"),
        (Field::Addr, "192.0.2.1:80"),
        (Field::CheckStatus, ""),
    ] {
        assert_eq!(of(&table, "app/a", field), value, "{}", field.name());
    }
    assert_eq!(of(&table, "app/c", Field::Lastsess), "-1");
}

#[test]
fn what_was_compressed_stands_with_both_proxies() {
    let frontend = v1::FrontendStats {
        id: Some(id(ObjectKind::Frontend, "web")),
        compressed_in: 900,
        compressed_out: 300,
        compression_bypassed: 70,
        compressed_responses: 3,
        ..v1::FrontendStats::default()
    };
    let backend = v1::BackendStats {
        id: Some(id(ObjectKind::Backend, "app")),
        compressed_in: 800,
        compressed_out: 200,
        compression_bypassed: 60,
        compressed_responses: 2,
        ..v1::BackendStats::default()
    };
    let table = table(&Report { frontends: vec![frontend], backends: vec![backend], ..Report::default() });
    let columns = [Field::CompIn, Field::CompOut, Field::CompByp, Field::CompRsp];
    assert_eq!(columns.map(|column| of(&table, "web/FRONTEND", column)), ["900", "300", "70", "3"]);
    assert_eq!(columns.map(|column| of(&table, "app/BACKEND", column)), ["800", "200", "60", "2"]);
    assert_eq!(columns.map(|column| of(&table, "app/a", column)), [""; 4]);
}

#[test]
fn what_was_looked_for_in_caches_stands_with_both_proxies() {
    let frontend = v1::FrontendStats {
        id: Some(id(ObjectKind::Frontend, "web")),
        cache_lookups: 9,
        cache_hits: 4,
        ..v1::FrontendStats::default()
    };
    let backend = v1::BackendStats {
        id: Some(id(ObjectKind::Backend, "app")),
        cache_lookups: 5,
        ..v1::BackendStats::default()
    };
    let table = table(&Report { frontends: vec![frontend], backends: vec![backend], ..Report::default() });
    let columns = [Field::CacheLookups, Field::CacheHits];
    assert_eq!(columns.map(|column| of(&table, "web/FRONTEND", column)), ["9", "4"]);
    assert_eq!(columns.map(|column| of(&table, "app/BACKEND", column)), ["5", "0"]);
    assert_eq!(columns.map(|column| of(&table, "app/a", column)), [""; 2]);
}

#[test]
fn the_forms_are_those_of_haproxy() {
    let table =
        table(&Report::default()).select(Select { kinds: Some(4), server: Some(1), ..Select::default() });
    let csv = table.csv();
    let (head, row) = csv.split_once('\n').unwrap();
    assert!(head.starts_with("# pxname,svname,qcur,qmax,scur,"), "{head}");
    assert!(row.starts_with("app,a,0,0,0,0,,0,0,0,,"), "{row}");
    assert_eq!(head.matches(',').count(), row.matches(',').count());
    assert!(row.contains(",-,"), "{row}");
    let typed = table.typed();
    assert!(typed.starts_with("S.4.1.0.pxname.1:KNS:str:app\nS.4.1.1.svname.1:KNS:str:a\n"), "{typed}");
    assert!(typed.contains("S.4.1.7.stot.1:MCP:u64:0\n"), "{typed}");
    let json: serde_json::Value = serde_json::from_str(&table.json()).unwrap();
    assert_eq!(json[0][0]["objType"], "Server");
    assert_eq!(json[0][0]["value"]["value"], "app");
}

#[test]
fn text_that_would_break_a_line_of_values_is_quoted() {
    let stats = v1::EndpointStats {
        last_probe: Some(v1::Probe { info: "a,\"b\"".into(), word: "L7OK".into(), ..v1::Probe::default() }),
        ..v1::EndpointStats::default()
    };
    let schedule = v1::CheckSchedule { interval_ms: 1000, rise: 1, fall: 1, ..v1::CheckSchedule::default() };
    let checked = server("a", 1, |endpoint| endpoint.check = Some(schedule));
    let runtime = compile(Some(&runtime()), Change::Delta { changed: &[checked], removed: &[] }).unwrap();
    let csv = Table::new(&runtime, &told(stats, Health::Up), &Facts::default()).csv();
    assert!(csv.contains(r#","a,""b""","#), "{csv}");
    assert!(csv.contains(",Layer7 check passed,"), "{csv}");
}

#[test]
fn a_weight_of_0_alone_is_no_drain() {
    let unweighed = server("b", 2, |endpoint| endpoint.weight = 0);
    let runtime = compile(Some(&runtime()), Change::Delta { changed: &[unweighed], removed: &[] }).unwrap();
    let table = Table::new(&runtime, &Report::default(), &Facts::default());
    assert_eq!(of(&table, "app/b", Field::Status), "no check");
}

#[test]
fn what_a_server_says_stays_on_its_line() {
    let info = "fine\r\nS.4.1.17.status.1:SGP:str:UP\u{1b}[2J".to_owned();
    let last_probe = Some(v1::Probe { info, word: "L7OK".into(), ..v1::Probe::default() });
    let stats = v1::EndpointStats { last_probe, ..v1::EndpointStats::default() };
    let schedule = v1::CheckSchedule { interval_ms: 1000, rise: 1, fall: 1, ..v1::CheckSchedule::default() };
    let checked = server("a", 1, |endpoint| endpoint.check = Some(schedule));
    let runtime = compile(Some(&runtime()), Change::Delta { changed: &[checked], removed: &[] }).unwrap();
    let table = Table::new(&runtime, &told(stats, Health::Up), &Facts::default());
    assert_eq!(of(&table, "app/a", Field::LastChk), "fine  S.4.1.17.status.1:SGP:str:UP [2J");
}

#[test]
fn four_columns_of_a_backend_have_tags_of_their_own() {
    let typed = table(&Report::default()).typed();
    assert!(typed.contains("\nS.4.1.19.act.1:SGP:u32:1\n"), "{typed}");
    assert!(typed.contains("\nB.4.0.19.act.1:MGP:u32:1\n"), "{typed}");
    assert!(typed.contains("\nF.3.0.35.rate_max.1:MMP:u32:0\n"), "{typed}");
    assert!(typed.contains("\nB.4.0.35.rate_max.1:MGP:u32:0\n"), "{typed}");
}

#[test]
fn columns_are_numbered_without_the_one_that_parts_modules() {
    assert_eq!(Field::NeedConnEst.position(), 98);
    assert_eq!(Field::ALL[104].name(), "ssl_sess");
    assert_eq!(Field::ALL[104].position(), 103);
}

#[test]
fn checks_that_are_off_are_none_while_the_server_is_up() {
    let schedule =
        |paused| v1::CheckSchedule { interval_ms: 2_000, rise: 2, fall: 3, paused, ..Default::default() };
    let checked = |paused| server("a", 1, |endpoint| endpoint.check = Some(schedule(paused)));
    let status = |paused: bool, health: Health| {
        let runtime =
            compile(Some(&runtime()), Change::Delta { changed: &[checked(paused)], removed: &[] }).unwrap();
        let report = told(v1::EndpointStats::default(), health);
        of(&Table::new(&runtime, &report, &Facts::default()), "app/a", Field::Status)
    };
    assert_eq!((status(false, Health::Up), status(true, Health::Up)), ("UP".into(), "no check".into()));
    assert_eq!(status(true, Health::Down), "DOWN", "as it was when they were turned off");
}

#[test]
fn a_server_that_is_known_by_a_name_is_where_that_leads() {
    let host = v1::HostAddress { name: "app.test".into(), port: 8080 };
    let named = server("a", 1, |server| server.address = Some(endpoint::Address::Host(host)));
    let path = v1::UnixAddress { path: b"/run/app.sock".to_vec().into(), ..v1::UnixAddress::default() };
    let local = server("b", 2, |server| server.address = Some(endpoint::Address::Unix(path)));
    let runtime =
        compile(Some(&runtime()), Change::Delta { changed: &[named, local], removed: &[] }).unwrap();
    let address = |name, resolved_ip: &[u8]| {
        let stats =
            v1::EndpointStats { resolved_ip: resolved_ip.to_vec().into(), ..v1::EndpointStats::default() };
        of(&Table::new(&runtime, &told(stats, Health::Up), &Facts::default()), name, Field::Addr)
    };
    assert_eq!(address("app/a", &[10, 0, 0, 7]), "10.0.0.7:8080");
    let v6 = std::net::Ipv6Addr::LOCALHOST.octets();
    assert_eq!(address("app/a", &v6), "[::1]:8080");
    assert_eq!((address("app/a", &[]), address("app/a", &[1, 2])), (String::new(), String::new()));
    assert_eq!(address("app/b", &[]), "unix");
}
