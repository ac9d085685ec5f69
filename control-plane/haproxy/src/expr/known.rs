//! Names of HAProxy's fetches that are more than a name: those with a match method at their end.

use crate::keywords::{self, Effect, Place};

/// Fetches that take a match method as the end of their name.
const SUFFIXED: &str = "\
    hdr_beg hdr_dir hdr_dom hdr_end hdr_len hdr_reg hdr_sub path_beg path_dir path_dom path_end path_len \
    path_reg path_sub url_beg url_dir url_dom url_end url_len url_reg url_sub urlp_beg urlp_end urlp_reg \
    urlp_sub base_beg base_reg cook_beg cook_reg";

/// Suffixes that ACLs put behind the name of a fetch, and what they may stand behind beyond what the catalog has.
const SUFFIXES: [&str; 7] = ["_beg", "_dir", "_dom", "_end", "_len", "_reg", "_sub"];

/// Why the fetch has no value here, though HAProxy has one, and what is done in its place; `None` where there is no such
/// fetch. With `acl`, the name may end in a match method.
pub(super) fn lacking_fetch(name: &str, acl: bool) -> Option<(&'static str, Effect)> {
    let lacking =
        |name| Some((keywords::lacking(Place::Fetch, name)?, keywords::sample(Place::Fetch, name)?.instead));
    let whole = lacking(name);
    let stem = || {
        let stem = SUFFIXES.iter().find_map(|suffix| name.strip_suffix(suffix))?;
        (acl && stem == "scook").then(|| lacking(stem)).flatten()
    };
    whole.or_else(stem)
}

/// Names with a method in them, for suggestions; none outside ACLs.
pub(super) fn acl_names(acl: bool) -> impl Iterator<Item = &'static str> {
    let names = if acl { SUFFIXED } else { "" };
    names.split_ascii_whitespace()
}
