//! Names of expressions: fetches, converters and log variables. What works is the catalog of the schema; what HAProxy
//! has beyond it is listed here with a reason, and evaluates as a value that is not there.

use std::collections::HashMap;
use std::sync::LazyLock;

use sluicegate_proto::catalog;

use crate::expr::CONSTANTS;

use super::{Effect, Keyword, Place, Places, Support, table};

/// Names that share a reason, with spaces between them.
pub(super) struct Names {
    pub(super) why: &'static str,
    pub(super) names: &'static str,
    /// What a test of one is; [`Effect::LeftOut`]: it has no answer.
    pub(super) instead: Effect,
}

/// The test that fails without a name of the catalog.
const TEST: &str = "lower/samples";

static ENTRIES: LazyLock<Vec<Keyword>> = LazyLock::new(|| {
    let works = |place, name, summary| Keyword::works(name, Places::of(&[place]), TEST).does(summary);
    let fetches = catalog::FETCHES.iter().chain(CONSTANTS).map(|spec| {
        let test = match spec.phases.first_bytes {
            true if spec.phases.request => "lower/inspection",
            true => "lower/tcp_responses",
            false => TEST,
        };
        Keyword { support: Support::Works { test }, ..works(Place::Fetch, spec.name, spec.summary) }
    });
    let converters = catalog::CONVERTERS.iter().map(|spec| works(Place::Converter, spec.name, spec.summary));
    let variables = catalog::ALIASES.iter().map(|spec| works(Place::Variable, spec.name, spec.summary));
    let lacking = [
        (Place::Fetch, table::FETCHES),
        (Place::Converter, table::CONVERTERS),
        (Place::Variable, table::VARIABLES),
    ];
    let lacking = lacking.into_iter().flat_map(|(place, lists)| {
        lists.iter().flat_map(move |list| {
            let names = list.names.split_ascii_whitespace();
            names.map(move |name| {
                Keyword::degraded(name, Places::of(&[place]), list.why).instead(list.instead)
            })
        })
    });
    fetches.chain(converters).chain(variables).chain(lacking).collect()
});

static BY_NAME: LazyLock<HashMap<(Place, &'static str), &'static Keyword>> = LazyLock::new(|| {
    let placed = |entry: &'static Keyword| entry.places.iter().map(move |place| ((place, entry.name), entry));
    ENTRIES.iter().flat_map(placed).collect()
});

/// All of them.
pub(super) fn entries() -> impl Iterator<Item = &'static Keyword> {
    ENTRIES.iter()
}

/// The entry of a fetch, a converter or a log variable; `None` where HAProxy has none of that name. Scripts may name
/// their own `lua.…`.
pub fn sample(place: Place, name: &str) -> Option<&'static Keyword> {
    let name = if name.starts_with("lua.") { "lua" } else { name };
    BY_NAME.get(&(place, name)).copied()
}

/// Why the value of a name is not there; `None` where it is, and where there is no such name.
pub(crate) fn lacking(place: Place, name: &str) -> Option<&'static str> {
    match sample(place, name)?.support {
        Support::Degraded { why } | Support::Inert { why } | Support::NotSupported { why } => Some(why),
        Support::Works { .. } => None,
    }
}
