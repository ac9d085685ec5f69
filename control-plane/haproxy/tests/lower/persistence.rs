//! What takes requests past the balance, and what is tried again.

use sluicegate_proto::v1;

use super::Out;
use crate::phrase::{condition, format};

pub(super) fn persistence(out: &mut Out, backend: &v1::Backend) {
    if let Some(cookie) = &backend.cookie {
        out.line(&format!("cookie: {cookie:?}"));
    }
    for rule in &backend.persistence_rules {
        out.line(&format!("{}: {}", rule.effect().as_str_name(), condition(rule.when.as_ref().unwrap())));
    }
    for assignment in &backend.assignments {
        let endpoint = format(assignment.endpoint.as_ref().unwrap());
        out.line(&format!("assign {endpoint}: {}", condition(assignment.when.as_ref().unwrap())));
    }
    out.flag("persist_when_down", backend.persist_when_down);
    out.text("rdp_cookie", &backend.rdp_cookie);
    out.flag("prefer_last", backend.prefer_last);
    if let Some(retry) = &backend.retry_on {
        let causes: Vec<_> = retry.causes().map(|cause| cause.as_str_name()).collect();
        out.line(&format!("retry_on: {causes:?} {:?}", retry.statuses));
    }
    out.number("full_connections", backend.full_connections);
}
