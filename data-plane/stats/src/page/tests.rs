use super::*;
use crate::Facts;
use crate::rows::tests::{runtime, told};
use sluicegate_proto::v1::{self, Health, Report};

fn shown(report: &Report, settings: PageSettings<'_>) -> String {
    let (runtime, facts) = (runtime(), Facts::default());
    page(&Table::new(&runtime, report, &facts), &Info::new(&runtime, report, &facts), settings)
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
        only_up: false,
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
fn servers_that_are_up_alone() {
    let settings = PageSettings { only_up: true, ..PageSettings::default() };
    let page = shown(&told(v1::EndpointStats::default(), Health::Down), settings);
    assert_eq!(page.matches("<tr class=\"server").count(), 1, "{page}");
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
