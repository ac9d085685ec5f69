//! What somebody asks for on a proxy's page: to the control plane, and the outcome back.

use std::time::Duration;

use sluicegate_grpc::Asked;
use sluicegate_proto::id::ObjectKey;
use sluicegate_proto::v1::{Kind, Operation, OperationAction, OperationResult};
use sluicegate_sync::{Client, Errands, Link, Unanswered, errands};
use tokio::sync::mpsc;
use tokio::task::{JoinHandle, JoinSet};

use super::fake::{Control, OneEndpoint, SCOPE, nothing, publisher, settings, socket, unix};

const PATIENCE: Duration = Duration::from_secs(10);

fn operation(name: &str) -> Operation {
    let backend = ObjectKey::new("test", "", Kind::Backend, name).unwrap();
    Operation {
        id: 0,
        backend: Some((&backend).into()),
        endpoints: vec!["one".into()],
        action: OperationAction::Maint.into(),
    }
}

struct Scene {
    control: Control,
    asked: mpsc::Receiver<Asked>,
    errands: Errands,
    _proxy: JoinHandle<()>,
    _dir: tempfile::TempDir,
}

impl Scene {
    async fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let control = Control::unix(publisher(1), &socket(&dir));
        let asked = control.publisher.operations();
        let (errands, waiting) = errands();
        let client = Client::new(unix(&socket(&dir)), settings(SCOPE), nothing(), OneEndpoint);
        let client = client.with_errands(waiting);
        let mut link = client.link();
        let proxy = tokio::spawn(async { drop(client.run(std::future::pending()).await) });
        link.wait_for(|link| *link == Link::Connected).await.unwrap();
        Self { control, asked, errands, _proxy: proxy, _dir: dir }
    }

    fn run(&self, operation: Operation) -> JoinHandle<Result<OperationResult, Unanswered>> {
        let errands = self.errands.clone();
        tokio::spawn(async move { errands.run(operation, PATIENCE).await })
    }
}

#[tokio::test]
async fn each_outcome_goes_to_who_asked() {
    let mut scene = Scene::new().await;
    let (first, second) = (scene.run(operation("a")), scene.run(operation("b")));
    let (one, other) = (scene.asked.recv().await.unwrap(), scene.asked.recv().await.unwrap());
    assert_eq!((one.scope.as_str(), one.proxy_id.as_str()), (SCOPE, "p1"));
    assert_eq!(one.operation.endpoints, ["one"]);
    for asked in [other, one] {
        let is_first = asked.operation.backend.name() == "a";
        asked.reply.send(if is_first { OperationResult::Done } else { OperationResult::Part }).unwrap();
    }
    assert_eq!(first.await.unwrap(), Ok(OperationResult::Done));
    assert_eq!(second.await.unwrap(), Ok(OperationResult::Part));
    // An update comes through while an operation is under way.
    let third = scene.run(operation("c"));
    let asked = scene.asked.recv().await.unwrap();
    scene.control.publish(&[("a", 1)]);
    scene.control.until(|status| status.acks == 1).await;
    drop(asked);
    assert_eq!(third.await.unwrap(), Ok(OperationResult::Failed), "who was to do it let it fall");
}

#[tokio::test]
async fn what_is_no_operation_is_not_handed_on() {
    let mut scene = Scene::new().await;
    let empty = Operation { endpoints: Vec::new(), ..operation("a") };
    assert_eq!(scene.run(empty).await.unwrap(), Ok(OperationResult::Invalid));
    assert!(scene.asked.try_recv().is_err());
    assert_eq!(scene.control.proxies().len(), 1, "the session goes on");
}

#[tokio::test]
async fn a_proxy_asks_for_so_much_at_a_time_and_no_more() {
    let mut scene = Scene::new().await;
    let mut running = JoinSet::new();
    for _ in 0..16 {
        let errands = scene.errands.clone();
        running.spawn(async move { errands.run(operation("a"), PATIENCE).await });
    }
    let mut held = Vec::new();
    for _ in 0..16 {
        held.push(scene.asked.recv().await.unwrap());
    }
    // It waits at the proxy until there is room.
    let next = scene.run(operation("b"));
    held.pop().unwrap().reply.send(OperationResult::None).unwrap();
    assert_eq!(running.join_next().await.unwrap().unwrap(), Ok(OperationResult::None));
    let asked = scene.asked.recv().await.unwrap();
    assert_eq!(asked.operation.backend.name(), "b");
    asked.reply.send(OperationResult::Done).unwrap();
    assert_eq!(next.await.unwrap(), Ok(OperationResult::Done));
}

#[tokio::test]
async fn nobody_knows_what_came_of_it_when_the_session_ends() {
    let mut scene = Scene::new().await;
    let told = scene.run(operation("a"));
    let _asked = scene.asked.recv().await.unwrap();
    scene.control.stop().await;
    assert_eq!(told.await.unwrap(), Err(Unanswered::Lost));
    let untold = scene.errands.run(operation("a"), Duration::from_millis(50)).await;
    assert_eq!(untold, Err(Unanswered::Away));
}
