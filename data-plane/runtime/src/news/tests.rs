use sluicegate_sync::Apply;

use super::*;
use crate::fixture::{Site, applier, endpoint_key, key, nowhere};

fn site() -> Site {
    Site::default()
        .backend("app", |_| {})
        .endpoint("app", "a", nowhere(1), |_| {})
        .endpoint("app", "b", nowhere(2), |_| {})
        .endpoint("app", "off", nowhere(3), |endpoint| endpoint.disabled = true)
        .endpoint("app", "light", nowhere(4), |endpoint| endpoint.weight = 0)
        .endpoint("app", "spare", nowhere(5), |endpoint| endpoint.backup = true)
}

#[tokio::test]
async fn lines_in_haproxys_words() {
    let (engine, mut applier, _served) = applier();
    applier.apply(site().update(1)).await.unwrap();
    let active = engine.live().active();
    let backend = &active.backends[&key(Kind::Backend, "app")];
    let line = |name: &str, health: Option<Health>, happening: Happening| {
        if let Some(health) = health {
            engine.live().endpoint(&endpoint_key("app", name)).unwrap().set_health(health, "");
        }
        let endpoint = backend.endpoints.iter().find(|it| it.name() == name).unwrap();
        happening.line(backend, endpoint, Left::count(backend))
    };
    let reason = |text: &str| Cause::Reason(text.to_owned());
    let gone = "0 sessions active, 0 requeued, 0 remaining in queue.";
    let online = "0 sessions requeued, 0 total in queue.";
    assert_eq!(Left::count(backend), Left { active: 2, backup: 1 });
    assert_eq!(
        line("a", Some(Health::Down), Happening::Down(reason("Layer4 timeout, check duration: 9ms"))),
        format!(
            "Server app/a is DOWN, reason: Layer4 timeout, check duration: 9ms. \
             1 active and 1 backup servers left. {gone}"
        )
    );
    assert_eq!(
        line("b", Some(Health::Stopping), Happening::Stopping(reason("Layer7 check conditionally passed"))),
        format!(
            "Server app/b is stopping, reason: Layer7 check conditionally passed. \
             0 active and 1 backup servers online. Running on backup. {online}"
        )
    );
    assert_eq!(
        line("spare", Some(Health::Down), Happening::Down(Cause::Set)),
        format!(
            "Backup Server app/spare is DOWN, changed from CLI. 0 active and 0 backup servers left. {gone}"
        )
    );
    assert_eq!(
        line("b", None, Happening::Maintenance(Cause::Via("other/x".into()))),
        format!(
            "Server app/b is going DOWN for maintenance via other/x. 0 active and 0 backup servers left. {gone}"
        )
    );
    assert_eq!(
        line("b", Some(Health::Up), Happening::Drain(Cause::Wanted)),
        format!("Server app/b enters drain state. 1 active and 0 backup servers online. {online}")
    );
    assert_eq!(
        line("a", Some(Health::Up), Happening::Up(reason("Layer4 check passed"))),
        format!(
            "Server app/a is UP, reason: Layer4 check passed. 2 active and 0 backup servers online. {online}"
        )
    );
    assert_eq!(line("a", None, Happening::Ready), "Server app/a is UP/READY (leaving forced maintenance).");
    assert_eq!(line("a", None, Happening::Undrained), "Server app/a is UP (leaving forced drain).");
}

#[tokio::test]
async fn only_an_endpoint_that_took_traffic_can_be_the_last() {
    let (engine, mut applier, _served) = applier();
    applier.apply(site().update(1)).await.unwrap();
    let active = engine.live().active();
    let backend = &active.backends[&key(Kind::Backend, "app")];
    let takes = |name: &str, happening: &Happening| {
        let endpoint = backend.endpoints.iter().find(|it| it.name() == name).unwrap();
        happening.takes_from(endpoint)
    };
    let down = Happening::Down(Cause::Set);
    assert!(takes("a", &down) && takes("spare", &down));
    assert!(!takes("off", &down) && !takes("light", &down));
    assert!(takes("off", &Happening::Maintenance(Cause::Wanted)));
    assert!(!takes("a", &Happening::Ready));
}
