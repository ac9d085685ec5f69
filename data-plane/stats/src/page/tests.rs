use super::*;
use crate::Facts;
use crate::rows::tests::{resource, runtime, told};
use sluicegate_model::{Change, compile};
use sluicegate_proto::v1::resource::Body;
use sluicegate_proto::v1::{self, Health, Report};

fn shown(report: &Report, settings: PageSettings<'_>) -> String {
    let (runtime, facts) = (runtime(), Facts::default());
    let mut table = Table::new(&runtime, report, &facts);
    settings.parameters.narrow(&mut table);
    page(&table, &Info::new(&runtime, report, &facts), settings)
}

#[test]
fn rows_have_a_colour_and_a_word() {
    let report = told(v1::EndpointStats { bytes_in: 1536, ..v1::EndpointStats::default() }, Health::Down);
    let page = shown(&report, PageSettings::default());
    for part in ["<tr class=\"server down\"", ">DOWN<", "<tr class=\"server drain\"", ">no check<", "1.5 KiB"]
    {
        assert!(page.contains(part), "{part}\n{page}");
    }
    assert_eq!(page.matches("<table").count(), 3);
    assert!(!page.contains("192.0.2.1"), "addresses are legends");
    assert!(!page.contains("http-equiv"), "{page}");
}

#[test]
fn what_is_asked_for_is_shown_and_escaped() {
    let settings = PageSettings {
        uri: "/stats?a=\"><b>",
        refresh: Some(Duration::from_secs(5)),
        version: Some("9.8.7"),
        legends: true,
        node: Some("node<1>"),
        description: Some("a & b"),
        ..PageSettings::default()
    };
    let page = shown(&Report::default(), settings);
    for part in ["9.8.7", "192.0.2.1:80", "content=\"5\"", "roundrobin"] {
        assert!(page.contains(part), "{part}\n{page}");
    }
    for raw in ["<b>", "node<1>", "a & b"] {
        assert!(!page.contains(raw), "{raw}\n{page}");
    }
}

#[test]
fn servers_that_are_down_or_in_maintenance_can_be_left_out() {
    let servers = |rest, health| {
        let settings = PageSettings { parameters: Parameters::of(rest), ..PageSettings::default() };
        let page = shown(&told(v1::EndpointStats::default(), health), settings);
        page.matches("<tr class=\"server").count()
    };
    assert_eq!((servers("", Health::Down), servers(";up", Health::Down)), (3, 2));
    assert_eq!((servers(";no-maint", Health::Down), servers(";up", Health::Disabled)), (3, 2));
    assert_eq!(servers(";no-maint", Health::Disabled), 2);
    assert_eq!(servers(";up", Health::Stopping), 3, "it is not down");
}

#[test]
fn a_proxy_is_described() {
    let backend = v1::Backend {
        mode: v1::Mode::Http.into(),
        balance: Some(v1::Balance { algorithm: Some(v1::balance::Algorithm::RoundRobin(v1::RoundRobin {})) }),
        description: "what <b> serves".into(),
        ..v1::Backend::default()
    };
    let described = resource(v1::Kind::Backend, "app", 9, Body::Backend(backend));
    let changed = Change::Delta { changed: &[described], removed: &[] };
    let (runtime, facts, report) =
        (compile(Some(&runtime()), changed).unwrap(), Facts::default(), Report::default());
    let table = Table::new(&runtime, &report, &facts);
    let page = page(&table, &Info::new(&runtime, &report, &facts), PageSettings::default());
    assert_eq!(page.matches("<small class=\"about\">").count(), 1, "{page}");
    assert!(page.contains("what &#60;b&#62; serves"), "{page}");
}

#[test]
fn sizes_and_spans() {
    for (bytes, text) in [(0, "0 B"), (1023, "1023 B"), (1024, "1.0 KiB"), (1_572_864, "1.5 MiB")] {
        assert_eq!(size(bytes), text);
    }
    assert_eq!(size(u64::MAX), "15.9 EiB");
    for (seconds, text) in [(0, "0s"), (59, "59s"), (60, "1m"), (3_723, "1h 2m"), (90_000, "1d 1h")] {
        assert_eq!(span(seconds), text);
    }
}

#[test]
fn who_may_change_things_has_a_form_for_each_backend_with_servers() {
    let page =
        shown(&Report::default(), PageSettings { uri: "/stats", admin: true, ..PageSettings::default() });
    assert_eq!(page.matches("<form method=\"post\" action=\"/stats\">").count(), 1, "{page}");
    assert_eq!(page.matches("type=\"checkbox\" name=\"s\"").count(), 3);
    for part in ["name=\"s\" value=\"a\"", "name=\"b\" value=\"app\"", "<option value=\"hnolb\">", "<select"]
    {
        assert!(page.contains(part), "{part}\n{page}");
    }
    assert!(!page.contains("value=\"arunn\""), "what is not on HAProxy's page");
    let page = shown(&Report::default(), PageSettings { uri: "/stats", ..PageSettings::default() });
    assert!(!page.contains("method=\"post\"") && !page.contains("checkbox"), "{page}");
}

#[test]
fn what_came_of_a_form_is_told_once() {
    let settings = PageSettings {
        uri: "/stats",
        refresh: Some(Duration::from_secs(5)),
        parameters: Parameters::of(";st=DENY;up?scope=app"),
        ..PageSettings::default()
    };
    assert_eq!(settings.refresh().as_deref(), Some("5; url=/stats;up?scope=app"));
    let page = shown(&Report::default(), settings);
    assert!(
        page.contains("Denied: nothing was changed.") && page.contains("class=\"outcome down\""),
        "{page}"
    );
    assert!(!page.contains("<caption>web") && page.contains("<caption>app"), "{page}");
    assert!(page.contains("<form method=\"get\" action=\"/stats;up\">"), "{page}");
    let plain = PageSettings { parameters: Parameters::of(";norefresh"), ..settings };
    assert_eq!(plain.refresh(), None);
}

#[test]
fn an_address_with_a_query_can_be_looked_through() {
    let page = shown(&Report::default(), PageSettings { uri: "/haproxy?stats", ..PageSettings::default() });
    let form = "<form method=\"get\" action=\"/haproxy\"><input type=\"hidden\" name=\"stats\" value=\"\">";
    assert!(page.contains(form), "{page}");
}

#[test]
fn backends_of_one_name_go_by_their_numbers() {
    let (runtime, facts, report) = (runtime(), Facts::default(), Report::default());
    let mut table = Table::new(&runtime, &report, &facts);
    let settings = PageSettings { admin: true, ..PageSettings::default() };
    let info = Info::new(&runtime, &report, &facts);
    assert!(page(&table, &info, settings).contains("name=\"b\" value=\"app\""));
    let (app, number) = {
        let row = table.rows.iter().find(|row| row.kind == Kind::Backend && row.key.name() == "app").unwrap();
        (row.key.clone(), row.proxy_number)
    };
    assert_eq!(table.backend("app"), Some(&app));
    assert_eq!(table.backend(&format!("#{number}")), Some(&app));
    assert_eq!((table.backend("web"), table.backend("#99"), table.backend("#x")), (None, None, None));
    let mut namesake = table.rows.iter().find(|row| row.key == app).unwrap().clone();
    namesake.proxy_number = 77;
    table.rows.push(namesake);
    assert_eq!(table.backend("app"), None, "which one is meant is not known");
    assert!(page(&table, &info, settings).contains(&format!("name=\"b\" value=\"#{number}\"")));
}
