use std::sync::Arc;
use std::time::Duration;

use sluicegate_core::Operation;
use sluicegate_core::overrides::{Admin, Value};
use sluicegate_proto::v1::{Kind, OperationAction as Action};
use tokio::sync::oneshot;

use super::*;
use crate::console::tests::site;
use crate::console::{Clerk, Seen, desk};

const ADMIN: &str = "stats admin if TRUE";

struct Bench {
    desk: Desk,
    clerk: Clerk,
    publisher: Publisher,
}

impl Bench {
    /// A control plane that serves a backend `app` with a server `a` and this line in its frontend.
    fn new(line: &str) -> Self {
        let settings = sluicegate_grpc::Settings {
            control_id: "test".into(),
            version: "1".into(),
            epoch: 1,
            report_interval: Duration::from_secs(1),
        };
        let (desk, clerk) = desk();
        clerk.seen.send_replace(Seen { runtime: Arc::new(site(line)), overrides: Arc::default() });
        Self { desk, clerk, publisher: Publisher::new(settings, [DEFAULT_SCOPE.to_owned()]) }
    }

    async fn asks(&self, scope: &str, action: Action, server: &str) -> OperationResult {
        let backend = ObjectKey::new("haproxy", "", Kind::Backend, "app").unwrap();
        let operation = Operation { backend, endpoints: vec![server.to_owned()], action };
        let (reply, _) = oneshot::channel();
        let asked = Asked { scope: scope.to_owned(), proxy_id: "p1".to_owned(), operation, reply };
        perform(&self.desk, &self.publisher, &asked).await
    }
}

#[tokio::test]
async fn what_a_page_lets_people_do_is_set() {
    let mut bench = Bench::new(ADMIN);
    let (desk, publisher) = (bench.desk.clone(), bench.publisher.clone());
    let asking = tokio::spawn(async move {
        let other = Bench { desk, publisher, clerk: desk_of_nobody() };
        (
            other.asks(DEFAULT_SCOPE, Action::Maint, "a").await,
            other.asks(DEFAULT_SCOPE, Action::Ready, "a").await,
        )
    });
    let request = bench.clerk.requests.recv().await.unwrap();
    assert_eq!(request.values.len(), 1);
    assert_eq!(request.values[0].0.name(), "app/a");
    assert_eq!(request.values[0].1, Value::Admin(Admin::Maint));
    assert_eq!(request.by, "on the statistics page of proxy p1");
    request.reply.send(Ok(())).unwrap();
    let request = bench.clerk.requests.recv().await.unwrap();
    request.reply.send(Err("no room".into())).unwrap();
    assert_eq!(asking.await.unwrap(), (OperationResult::Done, OperationResult::Failed));
}

fn desk_of_nobody() -> Clerk {
    desk().1
}

#[tokio::test]
async fn what_no_page_allows_or_nobody_can_do_is_not_set() {
    // Nothing takes requests here: what were set would wait for ever.
    let bench = Bench::new("stats enable");
    assert_eq!(bench.asks(DEFAULT_SCOPE, Action::Maint, "a").await, OperationResult::Denied);
    let bench = Bench::new(ADMIN);
    assert_eq!(bench.asks("other", Action::Maint, "a").await, OperationResult::Denied);
    assert_eq!(bench.asks(DEFAULT_SCOPE, Action::Maint, "nope").await, OperationResult::Invalid);
    assert_eq!(bench.asks(DEFAULT_SCOPE, Action::Agent, "a").await, OperationResult::None);
    // No proxy is connected: none has a session that could go on.
    assert_eq!(bench.asks(DEFAULT_SCOPE, Action::ShutdownSessions, "a").await, OperationResult::Done);
}
