use sluicegate_proto::v1::Kind;
use sluicegate_sync::Apply;

use super::*;
use crate::fixture::{Site, applier, endpoint_key, key, nowhere};

#[tokio::test]
async fn lines_in_haproxys_words() {
    let (engine, mut applier, _served) = applier();
    let site = Site::default()
        .backend("app", |_| {})
        .endpoint("app", "a", nowhere(1), |_| {})
        .endpoint("app", "b", nowhere(2), |_| {})
        .endpoint("app", "off", nowhere(3), |endpoint| endpoint.disabled = true)
        .endpoint("app", "light", nowhere(4), |endpoint| endpoint.weight = 0)
        .endpoint("app", "spare", nowhere(5), |endpoint| endpoint.backup = true);
    applier.apply(site.update(1)).await.unwrap();
    let active = engine.live().active();
    let backend = &active.backends[&key(Kind::Backend, "app")];
    let set = |name: &str, health| {
        engine.live().endpoint(&endpoint_key("app", name)).unwrap().set_health(health, "");
        Left::count(backend)
    };
    assert_eq!(Left::count(backend), Left { active: 2, backup: 1 });
    let reason = "Layer4 connection problem, info: \"Connection refused\", check duration: 0ms";
    assert_eq!(
        set("a", Health::Down).down("app/a", reason, &backend.endpoints[0]),
        "Server app/a is DOWN, reason: Layer4 connection problem, info: \"Connection refused\", \
         check duration: 0ms. 1 active and 1 backup servers left. 0 sessions active, 0 requeued, \
         0 remaining in queue."
    );
    let down = set("b", Health::Down).down("app/b", reason, &backend.endpoints[1]);
    assert!(down.contains("0 active and 1 backup servers left. Running on backup. 0 sessions"), "{down}");
    assert_eq!(set("spare", Health::Down), Left { active: 0, backup: 0 });
    let stopping = set("b", Health::Stopping).stopping(
        "app/b",
        "Layer7 check conditionally passed, code: 404",
        &backend.endpoints[1],
    );
    assert!(stopping.starts_with(
        "Server app/b is stopping, reason: Layer7 check conditionally passed, code: 404. 0 active"
    ));
    assert_eq!(
        set("a", Health::Up).up("app/a", "Layer4 check passed, check duration: 1ms", 3),
        "Server app/a is UP, reason: Layer4 check passed, check duration: 1ms. 1 active and 0 backup servers online. \
         0 sessions requeued, 3 total in queue."
    );
}
