use std::num::NonZeroU16;
use std::time::Duration;

use sluicegate_engine::live::Health;
use sluicegate_health::{Outcome, Status};
use sluicegate_model::endpoint::ForcedHealth;
use sluicegate_proto::v1;
use sluicegate_sync::Apply;

use super::*;
use crate::checks::Kind;
use crate::fixture::{Site, applier, endpoint_key, key, nowhere};

fn asked(endpoint: &mut v1::Endpoint) {
    endpoint.weight = 40;
    endpoint.max_connections = 9;
    endpoint.agent = Some(v1::Agent { port: 33, interval_ms: 1_000, ..v1::Agent::default() });
}

/// Asks the agent of `app/a` by hand.
struct Bench {
    engine: Arc<Engine>,
    board: AgentBoard,
    subject: Subject,
    check: Check,
}

impl Bench {
    async fn new() -> Self {
        let (engine, mut applier, _served) = applier();
        let site = Site::default().backend("app", |_| {}).endpoint("app", "a", nowhere(1), asked);
        applier.apply(site.update(1)).await.unwrap();
        let active = engine.live().active();
        let backend = &active.backends[&key(v1::Kind::Backend, "app")];
        let config = Arc::clone(&backend.endpoints[0].config);
        let agent = config.agent.clone().unwrap();
        assert_eq!(agent.port, NonZeroU16::new(33).unwrap());
        let one = std::num::NonZeroU32::MIN;
        let schedule = sluicegate_health::Schedule {
            interval: agent.interval,
            fast_interval: agent.interval,
            down_interval: agent.interval,
            rise: one,
            fall: one,
        };
        let limits = sluicegate_health::Limits::default();
        let target = agent.target(&config.address).unwrap();
        let subject = Subject {
            key: endpoint_key("app", "a"),
            kind: Kind::Agent,
            check: sluicegate_model::endpoint::CheckKey {
                target,
                send_proxy: false,
                tls: None,
                http2: false,
            },
            script: Arc::clone(&agent.script),
            settings: Arc::clone(&backend.config.settings),
            config,
            schedule,
            limits,
            target: None,
            paused: false,
            forced: None::<ForcedHealth>,
        };
        let check = Check::new(schedule, limits, Duration::ZERO).of_agent();
        Self { board: AgentBoard::new(Arc::clone(&engine)), engine, subject, check }
    }

    fn hears(&mut self, reply: Reply) {
        let status = match reply.health {
            Some(sluicegate_health::Said::Up) => Status::L7Ok,
            Some(_) => Status::L7Status,
            None => Status::NoChange,
        };
        let outcome = Outcome { status, code: None, info: String::new(), reply: Some(Box::new(reply)) };
        let finding = self.check.finish(Duration::ZERO, &outcome);
        self.board.probed(&self.subject, &finding, &self.check);
    }

    fn state(&self) -> Arc<EndpointState> {
        self.engine.live().endpoint(&self.subject.key).unwrap()
    }

    fn usable(&self) -> usize {
        self.engine.live().active().backends[&key(v1::Kind::Backend, "app")].usable()
    }
}

#[tokio::test]
async fn an_endpoint_is_up_where_its_agent_and_its_checks_say_so() {
    use sluicegate_health::Said::{Down, Up};
    let mut bench = Bench::new().await;
    let state = bench.state();
    bench.hears(Reply { health: Some(Down), ..Reply::default() });
    assert_eq!((state.health(), bench.usable()), (Health::Down, 0));
    state.set_health(Health::Up, "a check");
    assert_eq!(state.health(), Health::Down, "the agent says otherwise");
    bench.hears(Reply::default());
    assert_eq!(state.health(), Health::Down, "it has said nothing");
    bench.hears(Reply { health: Some(Up), ..Reply::default() });
    assert_eq!((state.health(), bench.usable()), (Health::Up, 1));
    state.set_health(Health::Down, "a check");
    bench.hears(Reply { health: Some(Up), ..Reply::default() });
    assert_eq!(state.health(), Health::Down, "the checks say otherwise");
}

#[tokio::test]
async fn weight_limit_and_service_are_as_the_agent_wants_until_it_is_dismissed() {
    use sluicegate_health::Admin::{Drain, Maint, Ready};
    let mut bench = Bench::new().await;
    let state = bench.state();
    bench.hears(Reply { weight_percent: Some(50), max_connections: Some(3), ..Reply::default() });
    assert_eq!((state.weight(), state.standing().limit), (20, Some(3)));
    bench.hears(Reply { weight_percent: Some(100_000), ..Reply::default() });
    assert_eq!((state.weight(), state.standing().limit), (256, Some(3)));
    for (admin, usable) in [(Drain, 0), (Ready, 1), (Maint, 0)] {
        bench.hears(Reply { admin: Some(admin), ..Reply::default() });
        assert_eq!(bench.usable(), usable, "{admin:?}");
    }
    dismiss(&state, &bench.subject.config);
    assert_eq!((state.weight(), state.standing().limit, bench.usable()), (40, None, 1));
    assert!(state.agent().is_none());
}
