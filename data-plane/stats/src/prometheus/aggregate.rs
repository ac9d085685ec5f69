//! How many servers of a backend are in each state.

use super::metrics::{CHECK_STATES, Form, SERVER_STATES};
use super::{head, labels, state_of};
use crate::field::Field;
use crate::rows::{Kind, Row};

/// HAProxy has the states of servers under two names; it calls the second one out of date.
const METRICS: &[(&str, Field, &[&str])] = &[
    ("haproxy_backend_agg_server_status", Field::Status, SERVER_STATES),
    ("haproxy_backend_agg_server_check_status", Field::Status, SERVER_STATES),
    ("haproxy_backend_agg_check_status", Field::CheckStatus, CHECK_STATES),
];

/// Of each of these backends, whose servers are among `all`.
pub(super) fn servers(backends: &[&Row], all: &[Row], out: &mut String) {
    for (name, field, states) in METRICS.iter().filter(|_| !backends.is_empty()) {
        head(name, Form::Gauge, out);
        for backend in backends {
            let of = |row: &&Row| row.kind == Kind::Server && row.proxy_number == backend.proxy_number;
            let cells = all.iter().filter(of).filter_map(|row| row.cell(*field));
            let seen: Vec<String> = cells.map(|cell| state_of(&cell.to_string()).to_owned()).collect();
            let labels = labels(backend);
            for state in *states {
                let count = seen.iter().filter(|seen| seen == state).count();
                out.push_str(&format!("{name}{{{labels},state=\"{state}\"}} {count}\n"));
            }
        }
    }
}
