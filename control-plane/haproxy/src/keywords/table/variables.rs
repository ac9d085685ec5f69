//! Log variables that HAProxy has (manual 8.2.6) and the catalog lacks: they are written as `-`.

use super::super::Effect;
use super::super::sample::Names;

pub(in super::super) const VARIABLES: &[Names] =
    &[Names { why: "requests get no identifier yet", instead: Effect::LeftOut, names: "ID" }];
