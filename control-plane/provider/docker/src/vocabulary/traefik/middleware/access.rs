//! Who is let in.

use super::super::service::items;
use super::{Making, Middleware};
use crate::vocabulary::text::{backend_acl, is_network};
use crate::wanted::Mode;

impl Middleware<'_> {
    /// Addresses that are let in; nobody where they cannot be read.
    pub(super) fn allow_list(&self, kind: &str, to: &mut Making<'_>) {
        let Some((_, first)) = self.block.iter().find(|(key, _)| key.starts_with(kind)) else { return };
        let ranges = self.get(&format!("{kind}.sourcerange"));
        let networks = items(ranges);
        if networks.is_empty() || !networks.iter().all(|network| is_network(network)) {
            return to.close(ranges.unwrap_or(first), "is no list of addresses and networks".to_owned());
        }
        if self.get(&format!("{kind}.ipstrategy.excludedips")).is_some() {
            // Told where it is defined.
            return to.deny(&first.label);
        }
        let sample = match self.get(&format!("{kind}.ipstrategy.depth")) {
            None => "src".to_owned(),
            Some(depth) => match depth.value.trim().parse::<u8>() {
                Ok(0) => "src".to_owned(),
                // Counted from the right, as it is there.
                Ok(depth) => format!("req.hdr_ip(x-forwarded-for,-{depth})"),
                Err(_) => return to.close(depth, "is not a number from 0 to 255".to_owned()),
            },
        };
        let name = format!("allowed-{:08x}", crate::groups::hash(self.name));
        let label = &ranges.unwrap_or(first).label;
        to.wanted.backend.extend(backend_acl(label, &name, &sample, &networks));
        let status =
            self.get(&format!("{kind}.rejectstatuscode")).and_then(|status| status.value.trim().parse().ok());
        let status: Option<u16> = status.filter(|status| (400..600).contains(status));
        let line = match (to.wanted.mode, status) {
            (Mode::Http, Some(status)) => format!("http-request deny status {status} unless {name}"),
            (Mode::Http, None) => format!("http-request deny unless {name}"),
            (Mode::Tcp | Mode::Udp, _) => format!("tcp-request content reject unless {name}"),
        };
        to.wanted.say(label, line);
    }
}
