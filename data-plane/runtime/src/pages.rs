//! What the proxy answers about itself: the statistics page and the exporter, made on the control thread.

mod post;
#[cfg(test)]
mod tests;

use std::sync::{Arc, Mutex};
use std::time::{SystemTime, UNIX_EPOCH};

use sluicegate_engine::engine::Engine;
use sluicegate_engine::{Answer, Ask};
use sluicegate_model::service::StatsPage;
use sluicegate_model::{Runtime, Service};
use sluicegate_proto::v1::Report;
use sluicegate_stats::{
    Facts, Info, PageForm, PageSettings, Parameters, Scope, Table, json_schema, page, prometheus,
};
use sluicegate_sync::Errands;
use tokio::sync::{mpsc, watch};

use crate::apply::Served;
use crate::report::pace::Paces;
use crate::report::whole;

/// What answers are made from.
pub(crate) struct Office {
    pub(crate) engine: Arc<Engine>,
    pub(crate) served: watch::Receiver<Option<Served>>,
    pub(crate) paces: Arc<Mutex<Paces>>,
    pub(crate) errands: Errands,
}

impl Office {
    /// Answers requests as long as there are any to come.
    pub(crate) async fn answer(self, mut asks: mpsc::Receiver<Ask>) {
        let posts = post::Posts::new(self.errands.clone());
        while let Some(ask) = asks.recv().await {
            let runtime = Arc::clone(&self.engine.live().active().runtime);
            if let (Service::Stats(settings), Some(posted)) = (&*ask.service, &ask.posted) {
                posts.take(settings, posted, &runtime, (&ask.target, ask.answer));
                continue;
            }
            let report = whole(&self.engine, self.served.borrow().as_ref(), &self.paces);
            let answer = Desk { runtime: &runtime, report: &report, facts: facts(&self.engine) }.answer(&ask);
            // The client may have gone.
            let _gone = ask.answer.send(answer);
        }
    }
}

fn facts(engine: &Engine) -> Facts {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let (descriptors, _) =
        nix::sys::resource::getrlimit(nix::sys::resource::Resource::RLIMIT_NOFILE).unwrap_or_default();
    Facts {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        now_unix_ms: u64::try_from(since.as_millis()).unwrap_or(u64::MAX),
        pid: std::process::id(),
        threads: u32::try_from(engine.workers()).unwrap_or(u32::MAX),
        descriptors,
        connection_limit: engine.connection_limit().into(),
        host: engine.host().to_owned(),
        stopping: engine.is_stopping(),
    }
}

/// What answers are made of.
struct Desk<'a> {
    runtime: &'a Runtime,
    report: &'a Report,
    facts: Facts,
}

impl Desk<'_> {
    fn answer(&self, ask: &Ask) -> Answer {
        let target = String::from_utf8_lossy(&ask.target);
        match &*ask.service {
            Service::Exporter => self.metrics(&target),
            Service::Stats(settings) => self.stats(settings, &target, ask.admin),
        }
    }

    fn metrics(&self, target: &str) -> Answer {
        let scope = Scope::of_query(target.split_once('?').map_or("", |(_, query)| query));
        let text = prometheus(self.runtime, &self.table(), &self.info(), self.report, scope);
        made("text/plain; version=0.0.4", text)
    }

    fn stats(&self, settings: &StatsPage, target: &str, admin: bool) -> Answer {
        let parameters = Parameters::of(target.strip_prefix(&*settings.uri).unwrap_or_default());
        let mut table = self.table();
        table.retain(|name| settings.shows(name));
        parameters.narrow(&mut table);
        if !settings.show_legends {
            table.hide_legends();
        }
        let shown = PageSettings {
            uri: &settings.uri,
            refresh: settings.refresh,
            version: settings.show_version.then_some(self.facts.version.as_str()),
            legends: settings.show_legends,
            node: settings.node.as_deref().map(|node| filled(node, self.node())),
            description: settings
                .description
                .as_deref()
                .map(|text| filled(text, self.runtime.process.description.as_deref().unwrap_or_default())),
            parameters,
            admin,
        };
        let mut answer = match parameters.form {
            PageForm::Csv => made("text/plain", table.csv()),
            PageForm::Typed => made("text/plain", table.typed()),
            PageForm::Json => made("application/json", table.json() + "\n"),
            PageForm::JsonSchema => made("application/json", json_schema() + "\n"),
            PageForm::Html => {
                let mut answer = made("text/html; charset=utf-8", page(&table, &self.info(), shown));
                if admin {
                    // Forms within a page of another site would be sent from here by who does not see them.
                    answer.headers.push(("Content-Security-Policy", "frame-ancestors 'self'".to_owned()));
                    answer.headers.push(("X-Frame-Options", "SAMEORIGIN".to_owned()));
                }
                answer
            }
        };
        answer.headers.extend(shown.refresh().map(|refresh| ("Refresh", refresh)));
        answer
    }

    fn node(&self) -> &str {
        self.runtime.process.node.as_deref().unwrap_or(&self.facts.host)
    }

    fn table(&self) -> Table {
        Table::new(self.runtime, self.report, &self.facts)
    }

    fn info(&self) -> Info {
        Info::new(self.runtime, self.report, &self.facts)
    }
}

/// `text`, or where that is empty what else there is.
fn filled<'a>(text: &'a str, otherwise: &'a str) -> &'a str {
    if text.is_empty() { otherwise } else { text }
}

fn made(content_type: &str, text: String) -> Answer {
    let headers = vec![("Cache-Control", "no-cache".to_owned()), ("Content-Type", content_type.to_owned())];
    Answer { status: 200, headers, body: text.into_bytes() }
}
