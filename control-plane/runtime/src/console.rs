//! The console: sockets where operators ask what is served, and change it.
//!
//! What the bytes mean is the console crate's; here are the sockets, and the way from a command to what does it.

mod connection;
mod desk;
mod listen;
mod perform;
#[cfg(test)]
pub(crate) mod tests;

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use sluicegate_console::limits::MAX_CONNECTIONS;
use sluicegate_console::{Level, Socket};
use sluicegate_core::overrides::Versions;
use sluicegate_grpc::Publisher;
use sluicegate_haproxy::console::{Console as Wishes, ConsoleLevel, ConsoleSocket};
use sluicegate_stats::Facts;
use tokio::sync::Semaphore;
use tokio::task::AbortHandle;

use connection::Door;
pub use desk::{Clerk, Desk, desk};
pub(crate) use desk::{Request, Seen};
use listen::{Bound, bind};
use perform::Office;
pub(crate) use perform::settled;

/// What the console says of its process.
#[derive(Debug, Clone, Default)]
pub struct Process {
    /// All but the time.
    pub facts: Facts,
    /// Variables, where no configuration says which there are.
    pub environment: Vec<(String, String)>,
}

/// The console of a process. Its sockets close when it is dropped; connections go on to their end.
#[derive(Debug)]
pub struct Console {
    desk: Desk,
    publisher: Publisher,
    process: Arc<Process>,
    versions: Arc<Mutex<Versions>>,
    /// By what was asked for.
    open: HashMap<(String, Level), Open>,
    places: Arc<Semaphore>,
    limit: Option<u32>,
}

#[derive(Debug)]
struct Open {
    asked: ConsoleSocket,
    idle: Option<Duration>,
    accepting: AbortHandle,
}

impl Drop for Open {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

impl Console {
    /// Listens nowhere yet.
    pub fn new(desk: Desk, publisher: Publisher, process: Process) -> Self {
        let places = Arc::new(Semaphore::new(MAX_CONNECTIONS));
        let (process, versions) = (Arc::new(process), Arc::default());
        Self { desk, publisher, process, versions, open: HashMap::new(), places, limit: None }
    }

    /// Opens the sockets that the newest configuration asks for, and closes those that it asks for no more. What cannot be
    /// opened is told, and tried again with the next configuration.
    pub fn follow(&mut self) {
        let wishes = self.desk.wishes();
        if wishes.max_connections != self.limit {
            // Connections that are there hold places of the old limit, and give them back to it.
            let limit = wishes.max_connections.map_or(MAX_CONNECTIONS, |limit| limit as usize);
            self.places = Arc::new(Semaphore::new(limit.clamp(1, MAX_CONNECTIONS)));
            self.limit = wishes.max_connections;
            self.open.clear();
        }
        let idle = wishes.idle_ms.map(Duration::from_millis);
        let wanted: Vec<((String, Level), &ConsoleSocket)> = wishes
            .sockets
            .iter()
            .map(|asked| ((asked.address.to_string(), level(asked.level)), asked))
            .collect();
        self.open.retain(|name, open| {
            wanted.iter().any(|(wanted, asked)| wanted == name && **asked == open.asked && open.idle == idle)
        });
        let names = wanted
            .iter()
            .map(|((address, level), _)| Socket { address: address.clone(), level: *level })
            .collect::<Arc<[Socket]>>();
        self.desk.name(names);
        for (name, asked) in wanted {
            if !self.open.contains_key(&name) {
                match bind(asked) {
                    Ok(bound) => {
                        let open = self.accept(bound, asked.clone(), idle);
                        tracing::info!("the console listens on {}", name.0);
                        self.open.insert(name, open);
                    }
                    Err(error) => tracing::error!("the console cannot listen on {}: {error}", name.0),
                }
            }
        }
    }

    /// Follows the configuration until it is dropped.
    pub async fn run(mut self) {
        while self.desk.changed().await {
            self.follow();
        }
        // The configuration ends with the process; what is open stays so.
        std::future::pending::<()>().await;
    }

    fn accept(&self, bound: Bound, asked: ConsoleSocket, idle: Option<Duration>) -> Open {
        let office = Office {
            desk: self.desk.clone(),
            publisher: self.publisher.clone(),
            process: Arc::clone(&self.process),
            versions: Arc::clone(&self.versions),
        };
        let door = Door {
            office: Arc::new(office),
            level: level(asked.level),
            idle,
            places: Arc::clone(&self.places),
        };
        let accepting = tokio::spawn(door.open(bound)).abort_handle();
        Open { asked, idle, accepting }
    }
}

fn level(asked: ConsoleLevel) -> Level {
    match asked {
        ConsoleLevel::User => Level::User,
        ConsoleLevel::Operator => Level::Operator,
        ConsoleLevel::Admin => Level::Admin,
    }
}

/// What the configuration asks of the console.
pub type Asked = Wishes;
