//! What expressions and pages name: contents of files, and lists of patterns.

use std::collections::HashMap;

use sluicegate_proto::v1::{self, Kind, resource::Body};

use super::owned;
use crate::expr::Reader;

/// Where each was first named.
#[derive(Debug, Default)]
pub(super) struct Places {
    blobs: HashMap<String, v1::Origin>,
    lists: HashMap<String, v1::Origin>,
}

impl Places {
    /// What was named since the last call stands there.
    pub(super) fn note(&mut self, reader: &mut Reader<'_>, origin: impl Fn() -> v1::Origin) {
        for name in reader.blobs().take_new() {
            self.blobs.entry(name).or_insert_with(&origin);
        }
        for name in reader.lists().take_new() {
            self.lists.entry(name).or_insert_with(&origin);
        }
    }
}

/// The resources of all that was named: each content once, each list with the blob of its file.
pub(super) fn resources(reader: Reader<'_>, mut places: Places) -> Vec<v1::Resource> {
    let provider = reader.provider();
    let (mut blobs, lists) = reader.into_contents();
    let mut resources = Vec::new();
    for (name, order, map, data) in lists.into_lists() {
        let origin = places.lists.remove(&name);
        let blob = if data.is_empty() { String::new() } else { blobs.add(data.to_vec()) };
        if let Some(origin) = &origin {
            places.blobs.entry(blob.clone()).or_insert_with(|| origin.clone());
        }
        let list = v1::PatternList { blob, map, ..v1::PatternList::default() };
        resources.push(v1::Resource {
            id: Some(owned(provider, Kind::Patterns, name)),
            order: format!("{order:08}"),
            body: Some(Body::Patterns(list)),
            provenance: origin.map(Into::into),
        });
    }
    let blobs = blobs.into_blobs().map(|(name, blob)| {
        let origin = places.blobs.remove(&name);
        v1::Resource {
            id: Some(owned(provider, Kind::Blob, name)),
            order: String::new(),
            body: Some(Body::Blob(blob)),
            provenance: origin.map(Into::into),
        }
    });
    resources.extend(blobs);
    resources
}
