use sluicegate_proto::catalog::ValueType;
use sluicegate_proto::id::ObjectKey;

/// A number of what goes on now at one proxy. Equal ones may differ from one look to the next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Figure {
    /// What is counted.
    pub what: Counted,
    /// The backend or the frontend.
    pub of: ObjectKey,
}

/// What is counted at a proxy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Counted {
    /// nbsrv: endpoints that take traffic.
    Usable,
    /// srv_is_up: whether the endpoint of that name takes traffic, its administrative state aside.
    IsUp(Box<str>),
    /// srv_conn: exchanges at the endpoint of that name.
    EndpointConnections(Box<str>),
    /// be_conn: exchanges of a backend, those that wait too.
    BackendConnections,
    /// fe_conn: connections of a frontend.
    FrontendConnections,
    /// queue: exchanges that wait.
    Queue,
    /// avg_queue: exchanges that wait, for each endpoint that takes traffic.
    AverageQueue,
    /// connslots: places left at the endpoints of a backend and in their queues; -1 where one has no limit.
    Slots,
}

impl Figure {
    /// Type of its value.
    pub fn yields(&self) -> ValueType {
        match self.what {
            Counted::IsUp(_) => ValueType::Bool,
            _ => ValueType::Int,
        }
    }
}

/// The unit of a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimeUnit {
    /// `s`
    Seconds,
    /// `ms`
    Millis,
    /// `us`
    Micros,
}
