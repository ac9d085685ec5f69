//! Redirects: a target and a request to a Location (HAProxy: redirect).

use sluicegate_model::rule::{Redirect, RedirectKind};

use crate::fetch::host;
use crate::format::{Style, render};
use crate::message::{Message, Scratch, Variables};
use crate::target::path_and_query;

/// Writes the Location to [`Scratch::text`]; `false` where the redirect is to be left out because its target is empty.
pub fn location<M: Message + Variables>(redirect: &Redirect, message: &M, scratch: &mut Scratch) -> bool {
    let mut out = std::mem::take(&mut scratch.text);
    out.clear();
    render(&redirect.target, message, Style::Location, scratch, &mut out);
    let wanted = !(redirect.ignore_empty && out.is_empty());
    match redirect.kind {
        _ if !wanted => {}
        RedirectKind::Location => {}
        RedirectKind::Prefix => {
            // A prefix of "/" alone stands for none, so that a site can redirect to itself.
            if out == b"/" {
                out.clear();
            }
            append_path(redirect, message, &mut out);
        }
        RedirectKind::Scheme => {
            out.extend_from_slice(b"://");
            out.extend_from_slice(host(message).unwrap_or_default());
            append_path(redirect, message, &mut out);
        }
    }
    scratch.text = out;
    wanted
}

fn append_path<M: Message>(redirect: &Redirect, message: &M, out: &mut Vec<u8>) {
    let path = message.target().and_then(path_and_query).unwrap_or(b"/");
    let (path, query) = path.split_at(memchr::memchr(b'?', path).unwrap_or(path.len()));
    out.extend_from_slice(path);
    if redirect.append_slash && !path.ends_with(b"/") {
        out.push(b'/');
    }
    if !redirect.drop_query {
        out.extend_from_slice(query);
    }
}

#[cfg(test)]
mod tests;
