use v1::rule::Action;

use super::*;
use crate::inspection::Inspection;

const OTHER: &str = "what the rule does, in such a list means nothing here";

fn ruled(action: Action) -> v1::Rule {
    v1::Rule { when: None, action: Some(action) }
}

fn inspection(rules: Vec<v1::Rule>) -> Option<v1::Inspection> {
    Some(v1::Inspection { delay_ms: 5_000, rules })
}

fn switch() -> v1::Rule {
    ruled(Action::SwitchToHttp(v1::Empty {}))
}

#[test]
fn actions_that_bytes_do_not_have() {
    let in_frontend = |rule| {
        of_frontend(|frontend| {
            frontend.mode = v1::Mode::Tcp.into();
            frontend.inspection = inspection(vec![rule]);
        })
    };
    assert!(in_frontend(switch()).is_empty());
    let other = ruled(Action::DisableRetries(v1::Empty {}));
    assert_eq!(in_frontend(other), [format!("inspection rule 1: {OTHER}")]);
    let in_backend = of_backend(|backend| {
        backend.mode = v1::Mode::Tcp.into();
        backend.inspection = inspection(vec![ruled(Action::Allow(v1::Allow {})), switch()]);
    });
    assert_eq!(in_backend, [format!("inspection rule 2: {OTHER}")]);
    let of_requests = of_frontend(|frontend| frontend.request_rules = vec![switch()]);
    assert_eq!(of_requests, [format!("request rule 1: {OTHER}")]);
}

#[test]
fn actions_over_responses() {
    let of = |mode: v1::Mode, action| {
        of_backend(|backend| {
            backend.mode = mode.into();
            backend.response_inspection = inspection(vec![ruled(action)]);
        })
        .concat()
    };
    let close = || Action::CloseEndpoint(v1::Empty {});
    assert_eq!(of(v1::Mode::Tcp, close()), "");
    assert_eq!(of(v1::Mode::Tcp, Action::Allow(v1::Allow {})), "");
    let switch = of(v1::Mode::Tcp, Action::SwitchToHttp(v1::Empty {}));
    assert_eq!(switch, format!("response inspection rule 1: {OTHER}"));
    assert_eq!(of(v1::Mode::Http, close()), "inspection in HTTP mode means nothing here");
    let of_requests = of_backend(|backend| backend.response_rules = vec![ruled(close())]);
    assert_eq!(of_requests, [format!("response rule 1: {OTHER}")]);
}

#[test]
fn inspections_that_cannot_be() {
    let of_requests = of_frontend(|frontend| {
        frontend.mode = v1::Mode::Http.into();
        frontend.inspection = inspection(Vec::new());
    });
    assert_eq!(of_requests, ["inspection in HTTP mode means nothing here"]);
    let late = of_backend(|backend| {
        backend.mode = v1::Mode::Tcp.into();
        backend.inspection = Some(v1::Inspection { delay_ms: u64::MAX, rules: Vec::new() });
    });
    assert!(late.len() == 1 && late[0].starts_with("delay_ms is "), "{late:?}");
}

/// The inspection of a frontend with one rule.
fn compiled(rule: v1::Rule) -> Inspection {
    let Some(Body::Frontend(body)) = frontend("main").body else { panic!("a frontend") };
    let body = v1::Frontend { mode: v1::Mode::Tcp.into(), inspection: inspection(vec![rule]), ..body };
    let resource = Resource { body: Some(Body::Frontend(body)), ..frontend("main") };
    let runtime = compile(None, Change::Full(&[resource])).unwrap();
    let settings = Arc::clone(&runtime.frontends.values().next().unwrap().settings);
    drop(runtime);
    *Arc::into_inner(settings).unwrap().inspection.unwrap()
}

#[test]
fn who_looks_at_bytes_and_who_switches() {
    let when = |fetch: &str| {
        let call = v1::Call { name: fetch.into(), arguments: Vec::new() };
        let sample = v1::Sample { fetch: Some(call), converters: Vec::new() };
        let test = v1::Test { sample: Some(sample), r#match: v1::Match::Found.into(), ..v1::Test::default() };
        Some(condition(test))
    };
    for (fetch, looks) in
        [("src", false), ("req.len", true), ("path", true), ("wait_end", true), ("status", false)]
    {
        let found = compiled(v1::Rule { when: when(fetch), ..ruled(Action::Allow(v1::Allow {})) });
        assert_eq!((found.looks, found.switches), (looks, false), "{fetch}");
        assert_eq!(found.delay, Some(std::time::Duration::from_secs(5)));
    }
    let found = compiled(switch());
    assert_eq!((found.looks, found.switches), (false, true));
}
