//! Updates as proxies see them.

use sluicegate_grpc::Listening;
use sluicegate_proto::v1::Health;
use sluicegate_sync::{Target, operations};

use super::fake::{Control, Proxy, SCOPE, publisher, socket, unix};

#[tokio::test]
async fn everything_first_then_only_what_changes() {
    let dir = tempfile::tempdir().unwrap();
    let control = Control::unix(publisher(1), &socket(&dir));
    let first = control.publish(&[("a", 1), ("b", 1), ("c", 1)]);
    let mut proxy = Proxy::unix(&socket(&dir), None);
    let seen = proxy.next().await;
    assert_eq!((seen.generation, seen.full, seen.changed.len()), (first, true, 3));
    control.until(|status| status.acks == 1).await;
    let second = control.publish(&[("a", 1), ("b", 2)]);
    let seen = proxy.next().await;
    assert_eq!((seen.generation, seen.full), (second, false));
    assert_eq!((seen.changed, seen.removed), (vec!["b".to_owned()], vec!["c".to_owned()]));
    let status = control.until(|status| status.acks == 2).await;
    assert_eq!((status.lag, status.connected, status.nacks), (0, true, 0));
    assert_eq!(proxy.stop().await.resources.len(), 2);
    control.until(|status| !status.connected).await;
    control.stop().await;
}

#[tokio::test]
async fn a_proxy_that_waits_for_the_first_generation_gets_it() {
    let dir = tempfile::tempdir().unwrap();
    let control = Control::unix(publisher(1), &socket(&dir));
    let mut proxy = Proxy::unix(&socket(&dir), None);
    control.until(|status| status.connected).await;
    let first = control.publish(&[("a", 1)]);
    assert_eq!(proxy.next().await.generation, first);
}

#[tokio::test]
async fn a_proxy_of_the_same_process_comes_in_through_the_door() {
    let (listening, door) = Listening::inside();
    let control = Control::start(publisher(1), listening);
    let first = control.publish(&[("a", 1)]);
    let mut proxy = Proxy::start(Target::inside(door), SCOPE, None);
    assert_eq!(proxy.next().await.generation, first);
    control.until(|status| status.acks == 1).await;
    control.stop().await;
    assert!(proxy.away().await.starts_with("the control plane "));
}

#[tokio::test]
async fn a_slow_proxy_skips_to_the_newest() {
    let dir = tempfile::tempdir().unwrap();
    let control = Control::unix(publisher(1), &socket(&dir));
    let mut proxy = Proxy::unix(&socket(&dir), None);
    let permits = proxy.gate.forget_permits(usize::MAX);
    let first = control.publish(&[("a", 1)]);
    assert_eq!(proxy.next().await.generation, first);
    for retries in 2..9 {
        control.publish(&[("a", retries)]);
    }
    let newest = control.publish(&[("a", 9)]);
    assert_eq!(control.until(|status| status.connected).await.lag, 9);
    proxy.gate.add_permits(permits);
    let seen = proxy.next().await;
    assert_eq!((seen.generation, seen.full), (newest, false));
    assert_eq!(control.until(|status| status.lag == 0).await.acks, 2);
}

#[tokio::test]
async fn a_refusal_names_the_object_and_the_next_generation_comes() {
    let dir = tempfile::tempdir().unwrap();
    let control = Control::unix(publisher(1), &socket(&dir));
    let good = control.publish(&[("a", 1)]);
    let mut proxy = Proxy::unix(&socket(&dir), None);
    proxy.next().await;
    control.until(|status| status.acks == 1).await;
    control.publish(&[("a", 13)]);
    proxy.next().await;
    let status = control.until(|status| status.nacks == 1).await;
    assert_eq!(status.rejections[0].id.as_ref().unwrap().name, "a");
    assert_eq!((status.rejections[0].reason.as_str(), status.lag), ("unlucky", 1));
    assert_eq!(status.generation, Some(good.into()));
    let better = control.publish(&[("a", 2)]);
    let seen = proxy.next().await;
    assert_eq!((seen.generation, seen.full), (better, false));
    assert!(control.until(|status| status.acks == 2).await.rejections.is_empty());
}

#[tokio::test]
async fn a_proxy_that_comes_back_gets_only_what_it_missed() {
    let dir = tempfile::tempdir().unwrap();
    let control = Control::unix(publisher(1), &socket(&dir));
    control.publish(&[("a", 1), ("b", 1)]);
    let mut proxy = Proxy::unix(&socket(&dir), None);
    proxy.next().await;
    control.until(|status| status.acks == 1).await;
    let held = proxy.stop().await;
    control.publish(&[("a", 1), ("b", 2)]);
    let newest = control.publish(&[("a", 1), ("b", 3)]);
    let mut proxy = Proxy::unix(&socket(&dir), Some(held));
    let seen = proxy.next().await;
    assert_eq!((seen.generation, seen.full, seen.changed), (newest, false, vec!["b".to_owned()]));
}

#[tokio::test]
async fn a_restarted_control_plane_with_the_same_content_sends_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let control = Control::unix(publisher(1), &socket(&dir));
    control.publish(&[("a", 1), ("b", 1)]);
    let mut proxy = Proxy::unix(&socket(&dir), None);
    proxy.next().await;
    control.until(|status| status.acks == 1).await;
    control.stop().await;
    assert!(!proxy.away().await.is_empty());
    let control = Control::unix(publisher(2), &socket(&dir));
    control.publish(&[("a", 1), ("b", 1)]);
    let status = control.until(|status| status.connected).await;
    assert_eq!((status.lag, status.acks), (0, 0));
    // The next thing that the proxy sees is the next change.
    let changed = control.publish(&[("a", 2), ("b", 1)]);
    let seen = proxy.next().await;
    assert_eq!((seen.generation, seen.full, seen.changed), (changed, false, vec!["a".to_owned()]));
    assert_eq!(seen.generation.epoch, 2);
}

#[tokio::test]
async fn a_control_plane_that_lost_its_history_sends_everything() {
    let dir = tempfile::tempdir().unwrap();
    let control = Control::unix(publisher(1), &socket(&dir));
    control.publish(&[("a", 1), ("b", 1)]);
    let mut proxy = Proxy::unix(&socket(&dir), None);
    proxy.next().await;
    control.until(|status| status.acks == 1).await;
    control.stop().await;
    let control = Control::unix(publisher(2), &socket(&dir));
    control.publish(&[("c", 1)]);
    let seen = proxy.next().await;
    assert_eq!((seen.full, seen.changed), (true, vec!["c".to_owned()]));
    control.until(|status| status.acks == 1).await;
    assert_eq!(proxy.stop().await.resources.len(), 1);
}

#[tokio::test]
async fn a_proxy_gone_astray_asks_for_everything() {
    let dir = tempfile::tempdir().unwrap();
    let control = Control::unix(publisher(1), &socket(&dir));
    control.publish(&[("a", 1), ("b", 1)]);
    let mut proxy = Proxy::unix(&socket(&dir), None);
    proxy.next().await;
    control.until(|status| status.acks == 1).await;
    let mut held = proxy.stop().await;
    // It says that it has what it has not.
    held.resources.retain(|key, _| key.name() != "b");
    let newest = control.publish(&[("a", 2), ("b", 1)]);
    let mut proxy = Proxy::unix(&socket(&dir), Some(held));
    assert!(!proxy.next().await.full);
    let seen = proxy.next().await;
    assert_eq!((seen.generation, seen.full), (newest, true));
    control.until(|status| status.lag == 0).await;
    assert_eq!(proxy.stop().await.resources.len(), 2);
}

#[tokio::test]
async fn the_status_tells_what_proxies_report() {
    let dir = tempfile::tempdir().unwrap();
    let control = Control::unix(publisher(1), &socket(&dir));
    let _proxy = Proxy::unix(&socket(&dir), None);
    let reported = |status: &sluicegate_proto::v1::ProxyStatus| {
        status.report.as_ref().is_some_and(|it| !it.endpoints.is_empty())
    };
    control.until(reported).await;
    let status = operations::status(&unix(&socket(&dir))).await.unwrap();
    let scope = status.scopes.iter().find(|scope| scope.name == SCOPE).unwrap();
    let endpoint = &scope.proxies[0].report.as_ref().unwrap().endpoints[0];
    assert_eq!((endpoint.exchanges, endpoint.health), (5, Health::Unspecified as i32));
    assert_eq!((scope.proxies[0].id.as_str(), status.epoch), ("p1", 1));
}
