use super::*;
use sluicegate_proto::v1::{self, ProcessStats, Rate};

/// `show info typed` of HAProxy 2.6: number, name, tags and type.
const HAPROXY: &str = include_str!("tests/haproxy-2.6.txt");

fn told(precision: Precision) -> Info {
    let facts = Facts { version: "1.2".into(), now_unix_ms: 100_250, ..Facts::default() };
    let process = ProcessStats {
        uptime_ms: 61_500,
        current_connections: 3,
        connection_rate: Some(Rate { now: 4, most: 9 }),
        idle_percent: Some(75),
        ..ProcessStats::default()
    };
    let mut runtime = Runtime::default();
    let process_settings = std::sync::Arc::make_mut(&mut runtime.process);
    (process_settings.node, process_settings.description) = (Some("n".into()), Some("d".into()));
    let report = Report { process: Some(process), ..Report::default() };
    Info::with(&runtime, &report, &facts, precision)
}

#[test]
fn each_of_haproxys_facts_is_told_or_has_a_reason() {
    let typed =
        |item: &Item| format!("{} {} {}:{}", item.position, item.name, item.tags, item.value.type_name());
    let told: Vec<String> = told(Precision::Whole).items.iter().map(typed).collect();
    let name = |line: &'static str| line.split_once(' ').unwrap().1.rsplit_once(' ').unwrap().0;
    let untold = |line| UNTOLD_FACTS.iter().filter(|(untold, _)| *untold == name(line)).count();
    for line in HAPROXY.lines() {
        let here = told.iter().filter(|told| *told == line).count();
        assert_eq!(here + untold(line), 1, "{line}\n{told:#?}");
    }
    assert_eq!(HAPROXY.lines().count(), told.len() + UNTOLD_FACTS.len(), "there are others");
    assert!(UNTOLD_FACTS.iter().all(|(_, reason)| !reason.is_empty()));
}

#[test]
fn facts_are_in_the_order_of_their_numbers() {
    let facts = Facts { version: "1.2".to_owned(), ..Facts::default() };
    let info = Info::new(&Runtime::default(), &Report::default(), &facts);
    assert!(info.items.is_sorted_by_key(|item| item.position));
    assert!(info.text(false).starts_with("Name: Sluicegate\nVersion: 1.2\n"));
    assert!(info.items.iter().all(|item| item.name != "description"), "nobody wrote one");
    assert!(info.typed(true).starts_with("0.Name.1:POS:str:Sluicegate:\"Product name\"\n"));
    let first = r#"[{"field":{"pos":0,"name":"Name"},"processNum":1,"tags":{"origin":"Product","nature":"Output","scope":"Service"},"value":{"type":"str","value":"Sluicegate"}}"#;
    assert!(info.json().starts_with(first), "{}", info.json());
}

#[test]
fn times_and_rates_are_as_exact_as_is_asked_for() {
    let lines = |precision| -> Vec<String> {
        let text = told(precision).typed(false);
        let of = ["Uptime_sec.", "ConnRate.", "MaxConnRate.", "SslFrontendKeyRate.", "Start_time_sec."];
        let named = |line: &&str| {
            of.iter().any(|name| line.split_once('.').is_some_and(|(_, rest)| rest.starts_with(name)))
        };
        text.lines().filter(named).map(str::to_owned).collect()
    };
    assert_eq!(
        lines(Precision::Whole),
        [
            "8.Uptime_sec.1:MDP:u32:61",
            "26.ConnRate.1:MRP:u32:4",
            "28.MaxConnRate.1:MMP:u32:9",
            "35.SslFrontendKeyRate.1:MGP:u32:0",
            "70.Start_time_sec.1:MDP:u32:38",
        ]
    );
    assert_eq!(
        lines(Precision::Float),
        [
            "8.Uptime_sec.1:MDP:flt:61.5",
            "26.ConnRate.1:MRP:flt:4",
            "28.MaxConnRate.1:MMP:u32:9",
            "35.SslFrontendKeyRate.1:MRP:flt:0",
            "70.Start_time_sec.1:MDP:flt:38.75",
        ]
    );
}

#[test]
fn bytes_of_a_second_are_those_of_all_frontends() {
    let frontend =
        |now| v1::FrontendStats { bytes_out_rate: Some(Rate { now, most: 9 }), ..Default::default() };
    let report = Report { frontends: vec![frontend(3), frontend(4)], ..Report::default() };
    let told = Info::new(&Runtime::default(), &report, &Facts::default()).typed(false);
    assert!(told.contains("63.BytesOutRate.1:MRP:u64:7\n"), "{told}");
    assert!(!told.contains("Idle_pct"), "nothing was reported of it");
}

#[test]
fn what_is_compressed_in_a_second_is_that_of_all_frontends() {
    let frontend = |now| v1::FrontendStats {
        compressed_in_rate: Some(Rate { now, most: 9 }),
        compressed_out_rate: Some(Rate { now: now / 2, most: 9 }),
        ..Default::default()
    };
    let report = Report { frontends: vec![frontend(30), frontend(40)], ..Report::default() };
    let told = Info::new(&Runtime::default(), &report, &Facts::default()).typed(false);
    assert!(told.contains("42.CompressBpsIn.1:MRP:u32:70\n"), "{told}");
    assert!(told.contains("43.CompressBpsOut.1:MRP:u32:35\n"), "{told}");
}

#[test]
fn jobs_are_connections_and_listeners() {
    let jobs = told(Precision::Whole).items.into_iter().find(|item| item.name == "Jobs").unwrap();
    assert_eq!(jobs.value.to_string(), "3", "it has no listener");
}
