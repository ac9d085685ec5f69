//! The Docker engine as a source of loads.

use sluicegate_core::Fragment;
use sluicegate_provider_docker::PROVIDER;
use sluicegate_provider_docker::engine::{self, MAX_CONTAINERS, News, Settings};
use sluicegate_provider_docker::problem::plain;
use tokio::sync::mpsc;

use crate::pipeline::Load;

/// News that may wait to be taken.
const NEWS: usize = 16;

/// Sends a load for each change among the containers, until no one listens.
pub(crate) async fn follow(settings: Settings, loads: mpsc::Sender<Load>) {
    let (sender, mut news) = mpsc::channel(NEWS);
    let forward = async {
        while let Some(news) = news.recv().await {
            if loads.send(load(news)).await.is_err() {
                break;
            }
        }
        // Dropping the receiver ends the watch.
        drop(news);
    };
    tokio::join!(engine::watch(settings, sender), forward);
}

fn load(news: News) -> Load {
    match news {
        News::Routes(routes) => Load {
            source: PROVIDER,
            fragments: Some(vec![Fragment { provider: PROVIDER.to_owned(), resources: routes.resources }]),
            diagnostics: routes
                .problems
                .iter()
                .map(|problem| plain(&problem.to_string()))
                .chain(left_out(routes.left_out))
                .collect(),
        },
        News::Away(reason) => Load {
            source: PROVIDER,
            fragments: None,
            diagnostics: vec![format!("the Docker engine is away: {reason}")],
        },
    }
}

fn left_out(containers: usize) -> Option<String> {
    (containers > 0).then(|| {
        format!("{containers} container(s) beyond the first {MAX_CONTAINERS} are not looked at, and get no traffic")
    })
}

#[cfg(test)]
mod tests {
    use sluicegate_provider_docker::groups::Routes;

    use super::*;

    #[test]
    fn containers_beyond_the_limit_are_told() {
        let told = |left_out| load(News::Routes(Routes { left_out, ..Routes::default() })).diagnostics;
        assert_eq!(told(0), Vec::<String>::new());
        assert_eq!(told(7), ["7 container(s) beyond the first 100000 are not looked at, and get no traffic"]);
    }
}
