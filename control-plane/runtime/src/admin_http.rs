//! `--admin-http`: a listener for monitoring, at every proxy of the scope.
//!
//! It is configuration as any other: a listener and a frontend of a provider of its own. Routes name the frontend that they
//! attach to by its identity, and providers of routes know none of this one's.

use std::net::SocketAddr;

use sluicegate_core::Fragment;
use sluicegate_proto::build::{self, InvalidValue};
use sluicegate_proto::id::ObjectKey;
use sluicegate_proto::v1::{self, Match, Operator, op::Op, reply::Content, rule::Action};

use crate::entrypoint::http_frontend;
use crate::pipeline::Load;

/// The provider's name in object ids, and that of its listener and its frontend.
pub const PROVIDER: &str = "admin-http";

/// Those who read ask with these.
const METHODS: &[&str] = &["GET", "HEAD"];

/// The listener as one load; `None` where none is asked for.
pub(crate) fn load(address: Option<SocketAddr>) -> Option<Load> {
    let (fragments, diagnostics) = match fragment(address?) {
        Ok(fragment) => (Some(vec![fragment.share()]), Vec::new()),
        Err(error) => (None, vec![format!("--admin-http: {error}")]),
    };
    Some(Load { source: PROVIDER, fragments, diagnostics })
}

/// The listener, and a frontend that answers `/metrics`, `/healthz` and the statistics page at `/`, which changes nothing;
/// anything else is a 404.
///
/// # Errors
/// A name that no object may have, which is a defect.
pub fn fragment(address: SocketAddr) -> Result<Fragment, InvalidValue> {
    let frontend = ObjectKey::new(PROVIDER, "", v1::Kind::Frontend, PROVIDER)?;
    let listener = ObjectKey::new(PROVIDER, "", v1::Kind::Listener, PROVIDER)?;
    let option = format!("--admin-http {address}");
    let origin = v1::Origin { place: Some(v1::origin::Place::Option(option)) };
    let listens = v1::Listener {
        frontend: Some((&frontend).into()),
        address: Some(v1::listener::Address::Ip(build::ip_address(address))),
        label: PROVIDER.to_owned(),
        ..v1::Listener::default()
    };
    let answers = v1::Frontend { request_rules: rules(), ..http_frontend() };
    let resources = vec![
        build::resource(&listener, origin.clone(), "", v1::resource::Body::Listener(listens))?,
        build::resource(&frontend, origin, "", v1::resource::Body::Frontend(answers))?,
    ];
    Ok(Fragment { provider: PROVIDER.to_owned(), resources })
}

fn rules() -> Vec<v1::Rule> {
    let page = v1::StatsPage {
        uri: "/".to_owned(),
        show_version: true,
        show_legends: true,
        show_node: true,
        show_description: true,
        ..v1::StatsPage::default()
    };
    let service = |kind| Action::Service(v1::Service { kind: Some(kind) });
    let alive = v1::Reply {
        status: 200,
        content_type: "text/plain".to_owned(),
        content: Some(Content::Text("ok".into())),
        ..v1::Reply::default()
    };
    let nothing =
        v1::Reply { status: 404, content: Some(Content::ErrorPage(v1::Empty {})), ..v1::Reply::default() };
    let rule = |when, action| v1::Rule { when, action: Some(action) };
    vec![
        rule(asked(&[("path", Match::Str, "/metrics")]), service(v1::service::Kind::Exporter(v1::Empty {}))),
        rule(asked(&[("path", Match::Str, "/healthz")]), Action::Return(alive)),
        rule(
            asked(&[("path", Match::Str, "/"), ("url", Match::Beg, "/;")]),
            service(v1::service::Kind::Stats(page)),
        ),
        rule(None, Action::Return(nothing)),
    ]
}

/// Whether somebody reads one of these.
fn asked(places: &[(&str, Match, &str)]) -> Option<v1::Condition> {
    let mut condition = v1::Condition::default();
    let mut add = |test: v1::Test, with: Option<Operator>| {
        let index = u32::try_from(condition.tests.len()).unwrap_or(u32::MAX);
        condition.tests.push(test);
        let ops = [Some(Op::Test(index)), with.map(|with| Op::Operator(with.into()))];
        condition.ops.extend(ops.into_iter().flatten().map(|op| v1::Op { op: Some(op) }));
    };
    for (index, (fetch, how, pattern)) in places.iter().enumerate() {
        add(test(fetch, *how, &[pattern]), (index > 0).then_some(Operator::Or));
    }
    add(test("method", Match::Str, METHODS), Some(Operator::And));
    Some(condition)
}

fn test(fetch: &str, how: Match, patterns: &[&str]) -> v1::Test {
    let call = v1::Call { name: fetch.to_owned(), arguments: Vec::new() };
    v1::Test {
        sample: Some(v1::Sample { fetch: Some(call), converters: Vec::new() }),
        r#match: how.into(),
        patterns: patterns.iter().map(|pattern| pattern.as_bytes().to_vec().into()).collect(),
        ..v1::Test::default()
    }
}
