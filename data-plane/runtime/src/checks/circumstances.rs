//! What is true as a probe begins.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use sluicegate_health::script::Particulars;
use sluicegate_health::{Circumstances, Health, Talk};

use super::{Entry, Verdicts};

/// A probe of what is to be checked.
pub(super) fn talk<V: Verdicts>(verdicts: &V, entry: &Entry) -> Talk {
    let script = &entry.subject.script;
    let talk = Talk::new(Arc::clone(script), circumstances(verdicts, entry));
    match verdicts.formulas(&entry.subject).filter(|_| script.formulas > 0) {
        Some(formulas) => talk.with_formulas(formulas),
        None => talk,
    }
}

fn circumstances<V: Verdicts>(verdicts: &V, entry: &Entry) -> Circumstances {
    let Entry { subject, state, .. } = entry;
    let script = &subject.script;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let told = script.runs_program() || script.formulas > 0;
    let particulars = if told { verdicts.particulars(subject) } else { Particulars::default() };
    Circumstances {
        down: state.health() == Health::Down,
        send_proxy: subject.check.send_proxy,
        over_tls: subject.check.tls.as_ref().is_some_and(|tls| tls.all),
        http2: subject.check.http2,
        state: if script.send_state { verdicts.state_words(subject, state) } else { String::new() },
        // The field has the width that it has on the wire.
        unix_seconds: now.as_secs() as u32,
        particulars: Box::new(particulars),
    }
}
