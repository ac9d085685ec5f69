//! What operators set at run time, over whatever the configuration says.
//!
//! An override is of one field of one object and remembers what the configuration said there. It is put over every
//! candidate until the configuration says something else of that very thing; then the configuration has it.

use std::collections::BTreeMap;
use std::fmt;

use sluicegate_proto::hash::ContentHash;
use sluicegate_proto::id::ObjectKey;
use sluicegate_proto::v1;

use crate::entry::Entry;

mod edits;
mod value;
mod versions;
pub use edits::Edits;
pub use value::{Admin, Field, Forced, FrontendState, Value};
pub use versions::{MAX_VERSIONS, NoVersion, Versions};

/// Overrides at one time.
pub const MAX_OVERRIDES: usize = 16_384;

/// Why an override was not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// No such object.
    #[error("there is no {0}")]
    Unknown(ObjectKey),
    /// An object of another kind, or without what the field is about.
    #[error("{key} has no {field} that could be set")]
    NoField {
        /// Which.
        key: ObjectKey,
        /// What was to be set.
        field: Field,
    },
    /// Over [`sluicegate_proto::limits::MAX_PATTERN_EDITS`].
    #[error("{0} is changed in more entries than may be changed at run time: change its file")]
    Edits(ObjectKey),
    /// Over [`MAX_OVERRIDES`].
    #[error("there are {MAX_OVERRIDES} overrides, which is the limit")]
    Full,
}

/// What the configuration says of a field.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Configured {
    text: String,
    /// Of all that the configuration says of the object, where the field is about the object as a whole.
    whole: Option<ContentHash>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Override {
    value: Value,
    configured: Configured,
    since_unix_ms: u64,
}

/// An override that ends, because the configuration changed what it was set over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    /// Of which object.
    pub key: ObjectKey,
    /// What of it.
    pub field: Field,
    value: Value,
    before: String,
    /// `None`: the object is gone.
    now: Option<String>,
}

impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { key, field, value, before, now } = self;
        write!(f, "{key}: {field} {value}, set at run time, ends: ")?;
        match now {
            None => f.write_str("the configuration has no such object any more"),
            Some(now) if now == before => f.write_str("the configuration changed the object"),
            Some(now) => write!(f, "the configuration changed it from {before} to {now}"),
        }
    }
}

/// All overrides, by object and field.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Overrides {
    objects: BTreeMap<ObjectKey, BTreeMap<Field, Override>>,
    count: usize,
}

impl Overrides {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.count
    }

    /// There is none.
    pub fn is_empty(&self) -> bool {
        self.objects.is_empty()
    }

    /// Sets a field of an object that is `configured`, as its provider made it. A value that the configuration has
    /// there itself ends the override. `now` in milliseconds since 1970.
    ///
    /// # Errors
    /// Where there is no such object or field, or no room.
    pub fn set(
        &mut self,
        configured: &BTreeMap<ObjectKey, Entry>,
        key: &ObjectKey,
        value: Value,
        now_unix_ms: u64,
    ) -> Result<(), Refused> {
        let field = value.field();
        let entry = configured.get(key).ok_or_else(|| Refused::Unknown(key.clone()))?;
        let says = says(field, entry).ok_or_else(|| Refused::NoField { key: key.clone(), field })?;
        let value = value.after(self.value(key, field));
        if let Value::Patterns(edits) = &value
            && edits.are_too_many()
        {
            return Err(Refused::Edits(key.clone()));
        }
        if value.is(&says.text) {
            self.end(key, field);
            return Ok(());
        }
        let known = self.objects.get(key).is_some_and(|fields| fields.contains_key(&field));
        if !known && self.len() >= MAX_OVERRIDES {
            return Err(Refused::Full);
        }
        let set = Override { value, configured: says, since_unix_ms: now_unix_ms };
        self.objects.entry(key.clone()).or_default().insert(field, set);
        self.count += usize::from(!known);
        Ok(())
    }

    /// What the configuration says of a field that is overridden, in words.
    pub fn configured(&self, key: &ObjectKey, field: Field) -> Option<&str> {
        Some(&self.objects.get(key)?.get(&field)?.configured.text)
    }

    /// What a field is overridden with.
    pub fn value(&self, key: &ObjectKey, field: Field) -> Option<&Value> {
        Some(&self.objects.get(key)?.get(&field)?.value)
    }

    /// Puts the overrides over a candidate, as the providers made it. What is returned has ended and is not put over
    /// it; [`Overrides::forget`] lets go of it once the candidate is accepted.
    pub fn apply(&self, candidate: &mut BTreeMap<ObjectKey, Entry>) -> Vec<Ended> {
        let mut ended = Vec::new();
        for (key, fields) in &self.objects {
            let entry = candidate.get(key).cloned();
            let mut resource = None;
            for (&field, set) in fields {
                let now = entry.as_ref().and_then(|entry| says(field, entry));
                if now.as_ref() != Some(&set.configured) {
                    let before = set.configured.text.clone();
                    let (value, now) = (set.value.clone(), now.map(|now| now.text));
                    ended.push(Ended { key: key.clone(), field, value, before, now });
                } else if let Some(entry) = &entry {
                    let resource = resource.get_or_insert_with(|| v1::Resource::clone(entry.resource()));
                    set.value.write(resource, set.since_unix_ms);
                }
            }
            if let Some(resource) = resource {
                candidate.insert(key.clone(), Entry::new(resource));
            }
        }
        ended
    }

    /// Lets go of overrides that have ended.
    pub fn forget(&mut self, ended: &[Ended]) {
        ended.iter().for_each(|ended| self.end(&ended.key, ended.field));
    }

    /// For the status, in the order of the objects.
    pub fn status(&self) -> Vec<v1::Override> {
        let all = self
            .objects
            .iter()
            .flat_map(|(key, fields)| fields.iter().map(move |(field, set)| (key, field, set)));
        all.map(|(key, field, set)| v1::Override {
            id: Some(key.into()),
            field: field.to_string(),
            value: set.value.to_string(),
            configured: set.configured.text.clone(),
            since_unix_ms: set.since_unix_ms,
        })
        .collect()
    }

    fn end(&mut self, key: &ObjectKey, field: Field) {
        if let Some(fields) = self.objects.get_mut(key) {
            self.count -= usize::from(fields.remove(&field).is_some());
            if fields.is_empty() {
                self.objects.remove(key);
            }
        }
    }
}

/// What the configuration says of a field; `None`: the object has no such field.
fn says(field: Field, entry: &Entry) -> Option<Configured> {
    let text = field.configured(entry.resource())?;
    // Who takes a server out, or says how it is, means that server as it was then.
    let whole = matches!(field, Field::Admin | Field::Health).then(|| whole(entry));
    Some(Configured { text, whole })
}

/// Of an object without its number: a server above it moves that, and changes nothing about this one.
fn whole(entry: &Entry) -> ContentHash {
    let mut resource = v1::Resource::clone(entry.resource());
    resource.order.clear();
    if let Some(v1::resource::Body::Endpoint(endpoint)) = &mut resource.body {
        endpoint.number = 0;
    }
    sluicegate_proto::hash::resource_hash(&resource)
}

#[cfg(test)]
mod tests;
