//! Lists of patterns.

use sluicegate_proto::id::ObjectKey;
use sluicegate_proto::limits::{MAX_PATTERN_EDITS, MAX_PATTERNS};
use sluicegate_proto::v1;

use super::scope::Scope;
use crate::patterns::PatternList;

/// What its patterns mean is decided where they are used.
pub(super) fn patterns(
    key: &ObjectKey,
    wire: &v1::PatternList,
    scope: &mut Scope<'_>,
) -> Option<PatternList> {
    let order = scope.order()?;
    let blob = if wire.blob.is_empty() { Some(bytes::Bytes::new()) } else { scope.blob(&wire.blob) };
    for (what, count) in
        [("removed", wire.removed.len()), ("changed", wire.changed.len()), ("added", wire.added.len())]
    {
        scope.count(what, count, MAX_PATTERN_EDITS)?;
    }
    let pair = |entry: &v1::PatternEntry| (entry.pattern.clone(), entry.value.clone());
    let list = PatternList {
        key: key.clone(),
        order,
        map: wire.map,
        blob: blob?,
        cleared: wire.cleared,
        removed: wire.removed.iter().cloned().collect(),
        changed: wire.changed.iter().map(pair).collect(),
        added: wire.added.iter().map(pair).collect(),
    };
    let mut count = 0;
    for entry in list.entries() {
        count += 1;
        scope.length("pattern", entry.pattern)?;
        scope.length("value", entry.value)?;
    }
    scope.count("patterns", count, MAX_PATTERNS)?;
    Some(list)
}
