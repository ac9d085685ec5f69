//! Caches.

use std::time::Duration;

use sluicegate_proto::id::ObjectKey;
use sluicegate_proto::limits::{MAX_CACHE_BYTES, MAX_CACHE_VARIANTS, MAX_DURATION_MS, MIN_CACHE_BYTES};
use sluicegate_proto::v1;

use super::scope::Scope;
use crate::cache::Cache;

pub(super) fn cache(key: &ObjectKey, wire: &v1::Cache, scope: &mut Scope<'_>) -> Option<Cache> {
    let total = bytes("total_bytes", wire.total_bytes, (MIN_CACHE_BYTES, MAX_CACHE_BYTES), scope);
    let object = bytes("object_bytes", wire.object_bytes, (1, wire.total_bytes / 2), scope);
    let age = scope.range("max_age_s", wire.max_age_s, 0, MAX_DURATION_MS as i64 / 1_000);
    let variants = scope.range("max_variants", wire.max_variants, 1, MAX_CACHE_VARIANTS);
    age?;
    variants?;
    Some(Cache {
        key: key.clone(),
        total_bytes: total?,
        object_bytes: object?,
        max_age: Duration::from_secs(wire.max_age_s.into()),
        vary: wire.vary,
        max_variants: usize::try_from(wire.max_variants).ok()?,
    })
}

fn bytes(what: &'static str, bytes: u64, (least, most): (u64, u64), scope: &mut Scope<'_>) -> Option<usize> {
    let signed = |bytes: u64| i64::try_from(bytes).unwrap_or(i64::MAX);
    scope.range(what, signed(bytes), signed(least), signed(most))?;
    usize::try_from(bytes).ok()
}
