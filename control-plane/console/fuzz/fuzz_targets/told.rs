//! Any answer of a proxy: what is made of it can be shown on a terminal, and is bounded by it.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use prost::Message as _;
use sluicegate_console::{Ask, Filter, Listed, SessionName, View, answer};
use sluicegate_core::{Overrides, Told};
use sluicegate_core::overrides::Versions;
use sluicegate_model::{Change, Runtime, compile};
use sluicegate_proto::build;
use sluicegate_proto::id::ObjectKey;
use sluicegate_proto::v1::resource::Body;
use sluicegate_proto::v1::{self, Answered, Kind, Report};
use sluicegate_stats::Facts;

/// A frontend `web`, for answers that speak of it.
static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    let key = ObjectKey::new("haproxy", "", Kind::Frontend, "web").expect("a name");
    let frontend = v1::Frontend { mode: v1::Mode::Http.into(), ..Default::default() };
    let made = build::resource(&key, v1::Origin::default(), "", Body::Frontend(frontend)).expect("a resource");
    compile(None, Change::Full(&[made])).expect("it compiles")
});

fuzz_target!(|bytes: &[u8]| {
    let Ok(answered) = Answered::decode(bytes) else { return };
    let said = Told { proxy_id: "edge".into(), answer: Ok(answered) };
    let one = SessionName { id: 1, proxy: None };
    let asks = [
        Ask::Sessions(Listed::Lines),
        Ask::Sessions(Listed::Details),
        Ask::Sessions(Listed::One(one.clone())),
        Ask::Errors(Filter::default()),
        Ask::ShutDownSession(one),
        Ask::ClearCounters { all: true },
    ];
    let view = View {
        runtime: &RUNTIME,
        report: &Report::default(),
        overrides: &Overrides::default(),
        versions: &Versions::default(),
        facts: &Facts::default(),
        sockets: &[],
        environment: &[],
    };
    for ask in asks {
        let made = answer(&ask, std::slice::from_ref(&said), 1, &view, &|unix_us| unix_us.to_string());
        let shown = |c: char| c == '\n' || !c.is_control();
        assert!(made.text.chars().all(shown), "{:?}", made.text);
        assert!(made.text.len() < 4_096 + 512 * bytes.len(), "{} of {}", made.text.len(), bytes.len());
    }
});
