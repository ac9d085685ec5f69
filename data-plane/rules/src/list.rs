//! Rule lists.

use std::sync::Arc;

use sluicegate_model::Service;
use sluicegate_model::expr::Sample;
use sluicegate_model::rule::{Action, HeaderValue, Priority, Redirect, Reply, Rule};

use crate::bytes::integer;
use crate::evaluate::matches;
use crate::format::{Style, render};
use crate::message::{Edit, Handling, Message, Scratch, Variables};
use crate::{normalize, redirect, rewrite};

/// How a list ended.
#[derive(Debug, Clone, Copy)]
pub enum Outcome<'r> {
    /// The exchange goes on: the list is at its end, or a rule allowed it.
    Continue,
    /// Answer this.
    Return {
        /// Who says so.
        rule: &'r Rule,
        /// The answer.
        reply: &'r Reply,
    },
    /// Answer this, and count the exchange as denied.
    Deny {
        /// Who says so.
        rule: &'r Rule,
        /// The answer.
        reply: &'r Reply,
    },
    /// Send the client elsewhere: the Location stands in [`Scratch::text`].
    Redirect {
        /// Who says so.
        rule: &'r Rule,
        /// Status and cookie.
        redirect: &'r Redirect,
    },
    /// Let the proxy tell of itself.
    Serve {
        /// What.
        service: &'r Arc<Service>,
    },
}

/// Runs a list over a message. Edits happen at once: later rules see them.
pub fn run<'r, M: Message + Variables + Edit>(
    rules: &'r [Rule],
    message: &mut M,
    scratch: &mut Scratch,
) -> Outcome<'r> {
    for rule in rules {
        if rule.when.as_ref().is_some_and(|when| !matches(when, message, scratch)) {
            continue;
        }
        match &rule.action {
            Action::Return(reply) => return Outcome::Return { rule, reply },
            Action::Deny(reply) => return Outcome::Deny { rule, reply },
            Action::Redirect(redirect) => {
                if redirect::location(redirect, message, scratch) {
                    return Outcome::Redirect { rule, redirect };
                }
            }
            Action::SetHeader(header) => with_value(header, message, scratch, |message, value| {
                message.set(&header.name, value);
            }),
            Action::AddHeader(header) => with_value(header, message, scratch, |message, value| {
                message.add(&header.name, value);
            }),
            Action::DeleteHeader(pattern) => message.delete(pattern),
            Action::Rewrite(rewrite) => rewrite::rewrite(rewrite, message, scratch),
            Action::Normalize(how) => normalize::normalize(*how, message, scratch),
            Action::SetStatus(line) => message.set_status(line.status, line.reason.as_deref()),
            Action::SetPriority(Priority::Class(sample)) => {
                handle_by(sample, message, scratch, Handling::Class);
            }
            Action::SetPriority(Priority::Offset(sample)) => {
                handle_by(sample, message, scratch, Handling::Offset);
            }
            Action::SetRetries(sample) => handle_by(sample, message, scratch, Handling::Retries),
            // Those who have bytes before a message do this themselves.
            Action::SwitchToHttp | Action::CloseEndpoint => {}
            Action::DisableRetries => message.handle(Handling::NoRetries),
            Action::UseCache(cache) => message.use_cache(cache),
            Action::StoreInCache(cache) => message.store_in_cache(cache),
            Action::Serve(service) => return Outcome::Serve { service },
            Action::Allow => return Outcome::Continue,
        }
    }
    Outcome::Continue
}

/// Without a number nothing changes.
fn handle_by<M: Message + Edit>(
    sample: &Sample,
    message: &mut M,
    scratch: &mut Scratch,
    handling: fn(i64) -> Handling,
) {
    if let Some(number) = integer(sample, message, scratch) {
        message.handle(handling(number));
    }
}

fn with_value<M: Message + Variables>(
    header: &HeaderValue,
    message: &mut M,
    scratch: &mut Scratch,
    edit: impl FnOnce(&mut M, &[u8]),
) {
    if let Some(literal) = header.value.literal() {
        return edit(message, literal);
    }
    let mut text = std::mem::take(&mut scratch.text);
    text.clear();
    render(&header.value, message, Style::Header, scratch, &mut text);
    edit(message, &text);
    scratch.text = text;
}

#[cfg(test)]
mod tests;
