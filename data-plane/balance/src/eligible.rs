//! Which endpoints take new traffic.

/// What the choice of endpoints asks of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Candidate {
    /// In sixteenths of a unit; 0 takes no new traffic.
    pub weight: u16,
    /// Used only while nothing else is usable.
    pub backup: bool,
    /// Not down, disabled or unresolved.
    pub usable: bool,
}

/// The places in `candidates`, and the weights, of those that take new traffic: the usable ones that are no backups; else
/// the first usable backup, or with `all_backups` (HAProxy: option allbackups) every one.
pub fn eligible(candidates: impl IntoIterator<Item = Candidate>, all_backups: bool) -> Vec<(u32, u16)> {
    let (mut active, mut backups) = (Vec::new(), Vec::new());
    for (place, candidate) in (0..).zip(candidates) {
        if candidate.usable && candidate.weight > 0 {
            let list = if candidate.backup { &mut backups } else { &mut active };
            list.push((place, candidate.weight));
        }
    }
    if !active.is_empty() {
        return active;
    }
    if !all_backups {
        backups.truncate(1);
    }
    backups
}

#[cfg(test)]
mod tests;
