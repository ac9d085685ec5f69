//! All or nothing: bind what is new, then one swap.

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};

use rustc_hash::FxHashMap;
use sluicegate_model::endpoint::Endpoint;
use sluicegate_model::listener::{Entry, ListenAddress, Socket, UnixName, UnixSocket};
use sluicegate_model::{Listener, Runtime};
use sluicegate_proto::id::ObjectKey;
use sluicegate_proto::v1::Origin;
use tokio::sync::mpsc::OwnedPermit;

use super::{Bound, Engine, lock};
use crate::listen::accept::Opened;
use crate::listen::bind::{self, Circumstances, Sockets};
use crate::listen::handover::Inherited;
use crate::listen::{BindError, ListenerId, unix};
use crate::live::{Active, Draft, Gate, Generation, Taking};
use crate::upstream::leave::may_be_foreign;
use crate::worker::run::{Command, Stop};

/// Connections that the kernel keeps for a listener that says nothing and whose frontend has no limit.
const BACKLOG: u32 = 4096;
/// At least so many, however low the frontend's limit: the kernel spreads connections over the workers' queues by their
/// addresses, and what finds its queue full waits for seconds.
const LEAST_BACKLOG: u32 = 128;

/// Why this host cannot serve a resource that is good in itself.
#[derive(Debug)]
pub struct LocalRejection {
    /// Which; `None`: the whole generation.
    pub id: Option<ObjectKey>,
    /// Where a person wrote it.
    pub origin: Origin,
    /// Why, in the operator's words.
    pub reason: Reason,
}

/// Why this host cannot serve a resource.
#[derive(Debug, thiserror::Error)]
pub enum Reason {
    /// Its address cannot be listened on.
    #[error(transparent)]
    Bind(#[from] BindError),
    /// Another generation is prepared and neither committed nor dropped.
    #[error("another generation is being prepared")]
    Busy,
    /// The engine was told to stop.
    #[error("the proxy is stopping")]
    Stopping,
    /// A worker does not take commands: it hangs.
    #[error("worker {0} does not answer")]
    Worker(usize),
}

/// A generation that can be put into force without fail. Dropping it closes what was bound for it.
#[derive(Debug)]
#[must_use = "a generation that is not committed is undone"]
pub struct Prepared {
    draft: Draft,
    number: u64,
    listeners: FxHashMap<ListenerId, Goal>,
    /// By what they listen on: those that stay, with the identity that now has them, and new ones.
    kept: Vec<Kept>,
    fresh: Vec<Fresh>,
    permits: Vec<OwnedPermit<Command>>,
    _claim: Claim,
}

/// A listener that has its sockets, and what becomes of them.
#[derive(Debug)]
struct Kept {
    identity: Identity,
    key: ObjectKey,
    max_connections: Option<NonZeroU32>,
    settings: Settings,
}

#[derive(Debug)]
struct Fresh {
    identity: Identity,
    bound: Bound,
}

/// What a socket that listens can be given without a new one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Settings {
    socket: Socket,
    /// Where `socket` says nothing.
    backlog: u32,
}

impl Prepared {
    /// The generation's number, for logs.
    pub fn numbered(mut self, number: u64) -> Self {
        self.number = number;
        self
    }
}

/// One generation is prepared at a time: a draft stands on the generation that is in force.
#[derive(Debug)]
struct Claim(Arc<AtomicBool>);

impl Drop for Claim {
    fn drop(&mut self) {
        self.0.store(false, SeqCst);
    }
}

impl Engine {
    /// Builds a generation's objects and binds its new listeners on every worker; changes nothing that serves.
    ///
    /// # Errors
    /// Every listener that cannot be bound here.
    pub fn prepare(&self, runtime: Arc<Runtime>) -> Result<Prepared, Vec<LocalRejection>> {
        let reject = |reason| vec![LocalRejection { id: None, origin: Origin::default(), reason }];
        if *self.stop.borrow() != Stop::No {
            return Err(reject(Reason::Stopping));
        }
        if self.busy.swap(true, SeqCst) {
            return Err(reject(Reason::Busy));
        }
        let claim = Claim(Arc::clone(&self.busy));
        let mut permits = Vec::new();
        for (index, worker) in self.workers.iter().enumerate() {
            permits.push(worker.clone().try_reserve_owned().map_err(|_| reject(Reason::Worker(index)))?);
        }
        let mut plan = Plan::default();
        let rejections: Vec<_> = wanted(&runtime)
            .filter_map(|listener| {
                let reason = self.plan(&mut plan, &runtime, listener).err()?;
                Some(LocalRejection {
                    id: Some(listener.key.clone()),
                    origin: listener.origin.clone(),
                    reason,
                })
            })
            .collect();
        if !rejections.is_empty() {
            return Err(rejections);
        }
        tell_of_rights(&runtime);
        let draft = self.shared.live.draft(runtime);
        let Plan { listeners, kept, fresh } = plan;
        Ok(Prepared { draft, number: 0, listeners, kept, fresh, permits, _claim: claim })
    }

    fn plan(&self, plan: &mut Plan, runtime: &Runtime, listener: &Listener) -> Result<(), Reason> {
        let frontend = runtime.frontends.get(&listener.frontend);
        let identity = Identity::of(listener);
        let limit = frontend
            .and_then(|frontend| frontend.settings.max_connections)
            .map_or(BACKLOG, NonZeroU32::get)
            .max(LEAST_BACKLOG);
        let settings = Settings { socket: listener.socket.clone(), backlog: limit };
        if let Some(bound) = lock(&self.bound).sockets.get(&identity) {
            if bound.settings.socket != settings.socket {
                bind::try_out(&settings.socket)?;
            }
            plan.listeners.insert(bound.id, goal(listener));
            let (key, max_connections) = (listener.key.clone(), listener.max_connections);
            plan.kept.push(Kept { identity, key, max_connections, settings });
            return Ok(());
        }
        let own_paths: Vec<PathBuf> = self.own_paths();
        let mut inherited = lock(&self.inherited);
        let sockets = bind::bind(
            &listener.socket,
            Circumstances {
                workers: self.settings.workers,
                backlog: limit,
                predecessors: &self.settings.predecessors,
                own_paths: &own_paths,
                inherited: inherited.get_or_insert_with(|| Inherited::of(&self.settings.predecessors)),
            },
        )?;
        let id = self.next_id();
        plan.listeners.insert(id, goal(listener));
        let gate = Arc::new(Gate::new(listener.max_connections.map_or(0, NonZeroU32::get)));
        let Sockets { halves, local, file } = sockets;
        let bound = Bound { id, key: listener.key.clone(), gate, local, file, halves, settings };
        plan.fresh.push(Fresh { identity, bound });
        Ok(())
    }

    fn next_id(&self) -> ListenerId {
        let mut bound = lock(&self.bound);
        bound.last += 1;
        ListenerId(bound.last)
    }

    /// Puts a generation into force. Connections and exchanges go on: they take the new generation up at their next
    /// request.
    pub fn commit(&self, prepared: Prepared) {
        let Prepared { draft, number, listeners, kept, fresh, permits, _claim } = prepared;
        self.limit_connections(&draft.runtime);
        let listeners = listeners
            .into_iter()
            .filter_map(|(id, (frontend, entry))| {
                let frontend = Arc::clone(draft.frontends.get(&frontend)?);
                Some((id, Taking { frontend, entry }))
            })
            .collect();
        let bytes = draft.runtime.hash.0;
        let active = Active {
            generation: Generation { number, hash: [bytes[0], bytes[1], bytes[2], bytes[3]] },
            serial: self.serial.fetch_add(1, SeqCst) + 1,
            runtime: draft.runtime,
            frontends: draft.frontends,
            backends: draft.backends,
            listeners,
            warm: Box::default(),
            caches: BTreeMap::default(),
        };
        self.shared.live.commit(active, self.connection_limit().into());
        let mut commands = self.exchange_sockets(kept, fresh);
        // What nobody took up is the predecessor's to close.
        *lock(&self.inherited) = Some(Inherited::NONE);
        for permit in permits {
            permit.send(commands.pop().unwrap_or(Command { open: Vec::new(), close: Vec::new() }));
        }
    }

    /// Takes up the new sockets and lets go of those that nobody wants; says so to each worker.
    fn exchange_sockets(&self, kept: Vec<Kept>, fresh: Vec<Fresh>) -> Vec<Command> {
        let mut bound = lock(&self.bound);
        let mut before = std::mem::take(&mut bound.sockets);
        for Kept { identity, key, max_connections, settings } in kept {
            if let Some(mut stays) = before.remove(&identity) {
                stays.key = key;
                stays.gate.set_limit(max_connections.map_or(0, NonZeroU32::get));
                settle(&mut stays, settings);
                bound.sockets.insert(identity, stays);
            }
        }
        let close: Vec<ListenerId> = before.values().map(|gone| gone.id).collect();
        let mut commands: Vec<Command> =
            self.workers.iter().map(|_| Command { open: Vec::new(), close: close.clone() }).collect();
        let workers = commands.len();
        for Fresh { identity, bound: mut new } in fresh {
            place(new.file.as_mut());
            for (at, half) in new.halves.iter().enumerate() {
                let (half, gate) = (half.clone(), Arc::clone(&new.gate));
                commands[at % workers].open.push(Opened { id: new.id, half, gate });
            }
            bound.sockets.insert(identity, new);
        }
        commands
    }
}

/// Tells whoever starts or changes it that connections will fail, before they do.
fn tell_of_rights(runtime: &Runtime) {
    let endpoints = || runtime.backends.values().flat_map(|backend| &backend.endpoints);
    let is_foreign = |endpoint: &&Arc<Endpoint>| {
        endpoint.outgoing.as_ref().is_some_and(|outgoing| outgoing.foreign.is_some())
    };
    let Some(first) = endpoints().find(is_foreign) else { return };
    if !may_be_foreign() {
        tracing::warn!(
            endpoint = %first.key, endpoints = endpoints().filter(is_foreign).count(),
            "connections to these endpoints are to leave from addresses that are not this host's, and will fail: that takes \
             CAP_NET_RAW or CAP_NET_ADMIN, and the process has neither"
        );
    }
}

fn settle(bound: &mut Bound, settings: Settings) {
    if bound.settings == settings || bound.local.is_none() {
        return;
    }
    if let Err(error) = bind::settle(&bound.halves, &settings.socket, settings.backlog) {
        tracing::error!(listener = %bound.key, %error, "a listening socket stays as it was");
    }
    bound.settings = settings;
}

fn place(file: Option<&mut unix::File>) {
    if let Some(file) = file
        && let Err(error) = file.place()
    {
        tracing::error!(path = %file.path().display(), %error, "a unix socket cannot be put into its place");
    }
}

/// The frontend of a listener, and what leads to it.
type Goal = (ObjectKey, Option<Arc<Entry>>);

#[derive(Default)]
struct Plan {
    listeners: FxHashMap<ListenerId, Goal>,
    kept: Vec<Kept>,
    fresh: Vec<Fresh>,
}

fn goal(listener: &Listener) -> Goal {
    (listener.frontend.clone(), listener.entry.clone())
}

/// A disabled frontend listens nowhere.
fn wanted(runtime: &Runtime) -> impl Iterator<Item = &Listener> {
    runtime
        .listeners
        .values()
        .map(Arc::as_ref)
        .filter(|listener| !runtime.frontends.get(&listener.frontend).is_some_and(|it| it.settings.disabled))
}

/// What tells one bound socket from another.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Identity {
    socket: Socket,
    /// Port 0 asks for any port: each listener for its own.
    of: Option<ObjectKey>,
}

impl Identity {
    fn of(listener: &Listener) -> Self {
        let address = &listener.socket.address;
        let any_port = matches!(address, ListenAddress::Ip(it) | ListenAddress::Udp(it) if it.port() == 0);
        let of = any_port.then(|| listener.key.clone());
        let plain = Self { socket: plain(address.clone()), of };
        match address {
            // A name in the abstract space and a descriptor cannot be bound twice: there the address is all.
            ListenAddress::Descriptor(_) => plain,
            ListenAddress::Unix(UnixSocket { name: UnixName::Abstract(_), .. }) => plain,
            ListenAddress::Unix(_) | ListenAddress::Udp(_) => {
                Self { socket: listener.socket.clone(), ..plain }
            }
            ListenAddress::Ip(_) => {
                let Socket { dual_stack, ref interface, .. } = listener.socket;
                Self { socket: Socket { dual_stack, interface: interface.clone(), ..plain.socket }, ..plain }
            }
        }
    }
}

fn plain(address: ListenAddress) -> Socket {
    Socket {
        address,
        backlog: None,
        dual_stack: false,
        free_bind: false,
        interface: None,
        user_timeout: None,
        keep_alive: None,
    }
}
