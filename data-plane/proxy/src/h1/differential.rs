//! Test support: the engine and the naive reader on the same bytes.
//!
//! Used by the property tests here and by the fuzz target `h1_stream`. A stream is read message by message, each of the
//! two taking the next one from where the last one ended, so that one boundary read differently shows in all that
//! follows. What the engine would send on is read by the naive reader as well.

use super::naive::{self, Delicate, End, Reading, Role, Start};
use super::{
    Asked, Body, Chunked, Edits, Fault, Framing, Head, InvalidChunk, Known, Limits, Method, Parsed, Version,
    View,
};

/// What both made of a stream.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Agreed {
    /// Where each message that is whole ends.
    pub ends: Vec<usize>,
    /// The engine refused what follows.
    pub refused: bool,
}

/// What the engine makes of one message.
#[derive(Debug)]
enum Ours {
    Partial,
    Refused(Fault),
    Message(Box<Message>),
}

#[derive(Debug)]
struct Message {
    head: Head,
    head_len: usize,
    framing: Framing,
    content: Vec<u8>,
    body: Result<Option<usize>, InvalidChunk>,
}

/// Reads all messages of a stream that arrives in pieces of this size: requests, or responses to what was `asked`.
///
/// # Panics
/// When the two differ.
pub fn compare(stream: &[u8], asked: Option<Asked>, piece: usize) -> Agreed {
    let (mut agreed, mut at) = (Agreed::default(), 0);
    while at < stream.len() {
        let bytes = &stream[at..];
        let ours = Ours::read(bytes, asked, piece.max(1));
        let theirs = naive::read(bytes, role(asked));
        match one(bytes, &ours, &theirs) {
            Ok(Some(length)) => {
                at += length;
                agreed.ends.push(at);
            }
            Ok(None) => {
                agreed.refused = !matches!(ours, Ours::Partial | Ours::Message(_));
                break;
            }
            Err(difference) => {
                panic!("{difference}\nbytes: {}\n ours: {ours:?}\nnaive: {theirs:?}", bytes.escape_ascii())
            }
        }
    }
    agreed
}

fn role(asked: Option<Asked>) -> Role {
    let Some(asked) = asked else { return Role::Request };
    Role::Response(naive::Asked {
        head: asked.method == Method::Head,
        connect: asked.method == Method::Connect,
        upgrade: asked.upgrade,
    })
}

/// The length of a message that both have whole; `None` when there is none, and nothing to be said against it.
fn one(bytes: &[u8], ours: &Ours, theirs: &Reading) -> Result<Option<usize>, &'static str> {
    match (ours, theirs) {
        (Ours::Partial, Reading::Incomplete) | (Ours::Refused(_), Reading::Invalid(_)) => Ok(None),
        (Ours::Partial, _) => Err("the engine waits for more of a head that is there"),
        // It need not see the end of a head to see what is wrong with it.
        (Ours::Refused(_), Reading::Incomplete) => Ok(None),
        (Ours::Refused(fault), Reading::Message(theirs)) => {
            let excused = excuses(*fault, bytes, theirs);
            if excused { Ok(None) } else { Err("the engine refuses a sound head") }
        }
        (Ours::Message(_), Reading::Invalid(_)) => Err("the engine takes an invalid head"),
        (Ours::Message(_), Reading::Incomplete) => Err("the engine takes a head that does not end"),
        (Ours::Message(ours), Reading::Message(theirs)) => {
            same_head(bytes, ours, theirs)?;
            let length = same_body(ours, theirs)?;
            if theirs.start_is_request() {
                same_onward(bytes, ours, theirs)?;
            }
            Ok(length)
        }
    }
}

/// Whether the engine may refuse this head: a limit, or one of the delicate things.
fn excuses(fault: Fault, bytes: &[u8], theirs: &naive::Message) -> bool {
    let limits = Limits::default();
    let has = |delicate: &[Delicate]| delicate.iter().any(|one| theirs.delicate.contains(one));
    match fault {
        Fault::TooManyEmptyLines => {
            bytes.starts_with(&b"\r\n".repeat(Limits::LEADING_EMPTY_LINES as usize + 1))
        }
        Fault::TargetTooLong => {
            let long = |start: &Start| matches!(start, Start::Request(_, target) if target.len() > limits.target_bytes as usize);
            long(&theirs.start) || theirs.head_len > limits.head_bytes as usize
        }
        Fault::HeadTooLarge => theirs.head_len > limits.head_bytes as usize,
        Fault::TooManyFields => theirs.fields.len() > usize::from(limits.fields),
        Fault::InvalidTarget | Fault::InvalidAuthority | Fault::AuthorityFormMismatch => {
            has(&[Delicate::Uri, Delicate::Authority])
        }
        Fault::InvalidHost => has(&[Delicate::Authority, Delicate::HostInResponse]),
        Fault::HostMismatch => has(&[Delicate::TwoHosts]),
        Fault::RepeatedHost => has(&[Delicate::HostInResponse]),
        Fault::UnexpectedBody => has(&[Delicate::UnexpectedBody]),
        Fault::InvalidContentLength => has(&[Delicate::GreatLength]),
        Fault::InvalidTransferEncoding | Fault::UnknownTransferCoding => has(&[Delicate::Codings]),
        _ => false,
    }
}

fn same_head(bytes: &[u8], ours: &Message, theirs: &naive::Message) -> Result<(), &'static str> {
    let head = &ours.head;
    let start = match head.kind() {
        super::Kind::Request => Start::Request(head.method_text(bytes).to_vec(), head.target(bytes).to_vec()),
        super::Kind::Response => Start::Response(head.status(), head.reason(bytes).to_vec()),
    };
    let fields = head.fields().iter().map(|field| (field.name.of(bytes), field.value.of(bytes)));
    let framing = match ours.framing {
        Framing::Empty => naive::Framing::None,
        Framing::Length(length) => naive::Framing::Length(length),
        Framing::Chunked => naive::Framing::Chunked,
        Framing::UntilClose => naive::Framing::Close,
        Framing::Tunnel => naive::Framing::Tunnel,
    };
    let version = if theirs.minor == 0 { Version::Http10 } else { Version::Http11 };
    let fields_agree =
        fields.eq(theirs.fields.iter().map(|(name, value)| (name.as_slice(), value.as_slice())));
    [
        (start == theirs.start, "the start lines differ"),
        (head.version() == version, "the versions differ"),
        (fields_agree, "the fields differ"),
        (ours.head_len == theirs.head_len, "the heads end in two places"),
        (framing == theirs.framing, "the framings differ"),
    ]
    .into_iter()
    .find(|(agree, _)| !agree)
    .map_or(Ok(()), |(_, difference)| Err(difference))
}

fn same_body(ours: &Message, theirs: &naive::Message) -> Result<Option<usize>, &'static str> {
    let length = match (&ours.body, theirs.end) {
        (Ok(Some(end)), End::At(length)) if ours.head_len + end == length => Some(length),
        (Ok(None), End::Later) => None,
        // A body that is malformed further on is so here as well; one that does not end may be.
        (Err(_), End::Never(_) | End::Later) => return Ok(None),
        (Err(fault), End::At(_)) => return excuses_body(*fault, theirs),
        (Ok(_), End::Never(_)) => return Err("the engine takes an invalid body"),
        _ => return Err("the bodies end in two places"),
    };
    if ours.content == theirs.content { Ok(length) } else { Err("the contents differ") }
}

fn excuses_body(fault: InvalidChunk, theirs: &naive::Message) -> Result<Option<usize>, &'static str> {
    let excused = match fault {
        InvalidChunk::SizeTooLong => theirs.delicate.contains(&Delicate::GreatChunk),
        InvalidChunk::ForbiddenTrailer => theirs.delicate.contains(&Delicate::TrailerName),
        InvalidChunk::Extension | InvalidChunk::Size => theirs.delicate.contains(&Delicate::BlankInExtension),
        // What is larger than these limits does not fit into fewer bytes.
        InvalidChunk::ExtensionTooLong => true,
        InvalidChunk::TrailersTooLarge => true,
        InvalidChunk::LineEnd | InvalidChunk::Trailer => false,
    };
    if excused { Ok(None) } else { Err("the engine refuses a sound body") }
}

/// What the engine sends on of a whole request is one request for the naive reader, with the same body.
fn same_onward(bytes: &[u8], ours: &Message, theirs: &naive::Message) -> Result<(), &'static str> {
    let Ok(Some(body)) = ours.body else { return Ok(()) };
    let mut edits = Edits::new();
    let head = &ours.head;
    let edited = edits
        .strip_hop_by_hop(head, bytes, head.asks_upgrade())
        .and_then(|hop| edits.set_connection(hop, None))
        .and_then(|()| edits.settle_host(head, bytes));
    if edited.is_err() {
        return Err("the edits of a head within its limits are too large");
    }
    if head.version() == Version::Http10 && head.has(Known::Host) {
        edits.set_version(Version::Http11);
    }
    let mut sent = Vec::new();
    View::new(head, bytes, &edits).render(&mut sent);
    sent.extend_from_slice(&bytes[ours.head_len..ours.head_len + body]);
    match naive::read(&sent, Role::Request) {
        Reading::Message(again) if again.end != End::At(sent.len()) => Err("what is sent on ends elsewhere"),
        Reading::Message(again) if again.content != theirs.content => Err("what is sent on has another body"),
        Reading::Message(_) => Ok(()),
        Reading::Incomplete | Reading::Invalid(_) => Err("what is sent on is no request"),
    }
}

impl naive::Message {
    fn start_is_request(&self) -> bool {
        matches!(self.start, Start::Request(..))
    }
}

impl Ours {
    fn read(bytes: &[u8], asked: Option<Asked>, piece: usize) -> Self {
        let (mut head, limits) = (Head::new(), Limits::default());
        let mut arrived = 0_usize;
        let head_len = loop {
            arrived = bytes.len().min(arrived.saturating_add(piece));
            let parsed = match asked {
                None => head.parse_request(&bytes[..arrived], &limits),
                Some(_) => head.parse_response(&bytes[..arrived], &limits),
            };
            match parsed {
                Err(invalid) => return Self::Refused(invalid.fault),
                Ok(Parsed::Complete { head_len }) => break head_len,
                Ok(Parsed::Partial) if arrived == bytes.len() => return Self::Partial,
                Ok(Parsed::Partial) => {}
            }
        };
        let framing = match asked {
            None => Framing::of_request(&head),
            Some(asked) => match Framing::of_response(&head, asked) {
                Ok(framing) => framing,
                Err(invalid) => return Self::Refused(invalid.fault),
            },
        };
        let (first, later) = (&bytes[head_len..arrived], &bytes[arrived..]);
        let pieces = || std::iter::once(first).chain(later.chunks(piece));
        let body = body(framing, pieces());
        let content = content(framing, pieces());
        Self::Message(Box::new(Message { head, head_len, framing, content, body }))
    }
}

/// Where the body ends, if it does.
fn body<'a>(framing: Framing, pieces: impl Iterator<Item = &'a [u8]>) -> Result<Option<usize>, InvalidChunk> {
    let (mut body, mut used) = (Body::new(framing), 0);
    for piece in pieces {
        if body.is_done() {
            break;
        }
        used += body.feed(piece)?.used;
    }
    Ok(body.is_done().then_some(used))
}

/// The content, as far as it is sound.
fn content<'a>(framing: Framing, pieces: impl Iterator<Item = &'a [u8]>) -> Vec<u8> {
    let (mut body, mut chunked, mut content) = (Body::new(framing), Chunked::default(), Vec::new());
    for mut piece in pieces {
        if framing != Framing::Chunked {
            let used = body.feed(piece).map_or(0, |fed| fed.used);
            content.extend_from_slice(&piece[..used]);
            continue;
        }
        while !piece.is_empty() && !chunked.is_done() {
            let Ok(step) = chunked.step(piece) else { return content };
            content.extend_from_slice(&piece[step.data]);
            piece = &piece[step.used..];
        }
    }
    content
}
