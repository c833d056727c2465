//! The door of the feeds: a body is read and its signature checked before anything else is looked at.

mod reading;

use super::refused::Refused;
use super::signature::{Envelope, Unsigned};
use crate::app::App;
use crate::feed_budget::{Meeting, Print};
use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts as _, Path, Request};
use axum::http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use domain::milestone::FeedId;
use domain::moment::Moment;
use i18n::Language;
use reading::{Broken, Reading};
use serde::Serialize;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use store::feed::{self, Feed, State};
use tokio::sync::OwnedSemaphorePermit;
use web::{BodyLimit, Context, Failure, Reply};

/// A message that a feed has signed. A stranger learns nothing from what is refused: an unknown feed, a paused one and a
/// wrong signature get one answer.
pub struct Signed {
    pub(super) app: Arc<App>,
    /// The language of what is answered.
    pub(super) l: Language,
    /// Who says it.
    pub(super) feed: Feed,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
    /// A keyed hash of what is said and where: the same whenever the same is signed again.
    pub(super) print: Print,
    /// What the address names.
    names: Vec<(String, String)>,
    name: Name,
    /// The place of a file, taken until it is imported.
    _place: Option<OwnedSemaphorePermit>,
}

/// The same with a whole file as its body.
pub struct SignedFile(pub(super) Signed);

impl FromRequest<Arc<App>> for Signed {
    type Rejection = Refused;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, Refused> {
        receive(app, request, Allowed::MESSAGE).await
    }
}

impl FromRequest<Arc<App>> for SignedFile {
    type Rejection = Refused;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, Refused> {
        receive(app, request, Allowed::FILE).await.map(Self)
    }
}

impl Signed {
    /// What the address names as `what`.
    pub(super) fn named(&self, what: &str) -> &str {
        named(&self.names, what)
    }

    /// The answer to what was taken; from now on the message's name is its own.
    pub(super) fn answer(&self, view: &impl Serialize) -> Result<Reply, Refused> {
        self.name.answered.store(true, Ordering::Relaxed);
        Ok(Reply::json(view)?)
    }
}

/// The name of a message. Where nothing of the message was taken it is forgotten.
struct Name {
    app: Arc<App>,
    feed: FeedId,
    name: Print,
    is_new: bool,
    answered: AtomicBool,
}

impl Drop for Name {
    fn drop(&mut self) {
        if self.is_new && !self.answered.load(Ordering::Relaxed) {
            self.app.feeds.forget(self.feed, self.name);
        }
    }
}

/// How large a body may be, and how long it may take.
#[derive(Clone, Copy)]
struct Allowed {
    bytes: usize,
    time: Duration,
    /// Whether it takes one of the few places of files.
    place: bool,
    /// What is said where it is larger.
    too_large: fn(Language) -> &'static str,
}

impl Allowed {
    /// A message of events, or a decision about one: 1 MiB.
    const MESSAGE: Self = Self {
        bytes: 1 << 20,
        time: Duration::from_secs(15),
        place: false,
        too_large: Language::feeds_problem_too_large_events,
    };
    /// A file as it is sent: 32 MiB.
    const FILE: Self = Self {
        bytes: 32 << 20,
        time: Duration::from_secs(120),
        place: true,
        too_large: Language::feeds_problem_too_large_file,
    };
}

/// Bytes of a file in a second at the least, where it says its size.
const SLOWEST: u64 = 256 << 10;
/// What any file may take before that.
const START: Duration = Duration::from_secs(15);

impl Allowed {
    /// The limit of this message: a file that says its size gets no longer than its size takes.
    fn limit(self, headers: &HeaderMap) -> BodyLimit {
        let enough = reading::announced(headers).map(|bytes| START + Duration::from_secs(bytes / SLOWEST));
        BodyLimit { bytes: self.bytes, time: enough.map_or(self.time, |enough| enough.min(self.time)) }
    }
}

/// Reads a message and gives it where its signature fits.
async fn receive(app: &Arc<App>, request: Request, allowed: Allowed) -> Result<Signed, Refused> {
    let (mut parts, body) = request.into_parts();
    let context = Context::from_request_parts(&mut parts, app).await?;
    let (l, now) = (context.language, app.clock.now());
    let names = Path::<Vec<(String, String)>>::from_request_parts(&mut parts, app).await;
    let Path(names) = names.map_err(|_| Refused::not_found(l))?;
    let envelope = Envelope::read(&parts.headers, now).map_err(|why| match why {
        Unsigned::Headers => Refused::unsigned(l, l.feeds_problem_unsigned_headers()),
        Unsigned::Window => Refused::unsigned(l, l.feeds_problem_unsigned_window()),
    })?;
    let peer = context.peer.map(|peer| peer.ip());
    may_try(app, l, peer, &parts.headers)?;
    let (feed, secrets) = known(app, l, named(&names, "feed"), now).await?;
    // A file of nobody is not kept: it takes no place.
    let place = if allowed.place { Some(place(app, l)?).filter(|_| feed.is_some()) } else { None };
    let room = if allowed.place { None } else { Some(&app.feeds) };
    let reading = Reading::new(envelope.check(&secrets), feed.is_some(), room);
    let read = reading.read(&parts.headers, body, allowed.limit(&parts.headers), &address(&parts)).await;
    let read = read.map_err(|broken| {
        if !matches!(broken, Broken::Busy) {
            app.feeds.blame(peer, &parts.headers);
        }
        refused(l, broken, allowed)
    })?;
    let (print, bare) = (print(app, &parts, &read), read.body.is_empty());
    let Some(feed) = feed.filter(|_| read.fits) else {
        app.feeds.blame(peer, &parts.headers);
        return Err(Refused::unsigned(l, l.feeds_problem_unsigned_signature()));
    };
    admit(app, l, &feed)?;
    let name = app.store.keys().event(&[b"name\0", envelope.id.as_bytes()].concat()).0;
    let meeting = app.feeds.meet(feed.id, name, print, envelope.until(), now);
    let is_new = met(l, meeting, bare)?;
    let (app, answered) = (Arc::clone(app), AtomicBool::new(false));
    let name = Name { app: Arc::clone(&app), feed: feed.id, name, is_new, answered };
    Ok(Signed { app, l, feed, headers: parts.headers, body: read.body, print, names, name, _place: place })
}

/// Whether a message is new; what was sent before may be sent again, but for a question: its answer is not repeated to
/// whoever heard it being asked.
fn met(l: Language, meeting: Meeting, bare: bool) -> Result<bool, Refused> {
    match meeting {
        Meeting::New => Ok(true),
        Meeting::Again if !bare => Ok(false),
        Meeting::Again | Meeting::Another => {
            let (title, detail) = (l.feeds_problem_name_used_title(), l.feeds_problem_name_used_detail());
            Err(Refused::of(StatusCode::CONFLICT, "webhook-id-reused", title, detail))
        }
        Meeting::Full => Err(Refused::too_many(l, l.feeds_problem_too_many_requests_detail(), 60)),
    }
}

/// What is signed instead of a body where there is none: what is asked, and where.
fn address(parts: &Parts) -> String {
    let asked = parts.uri.path_and_query().map_or_else(|| parts.uri.path(), |asked| asked.as_str());
    format!("{} {asked}", parts.method)
}

/// What a message says and where: its method and address, what the headers say of its body, and the body.
fn print(app: &App, parts: &Parts, read: &reading::Read) -> Print {
    let headers = &parts.headers;
    let mut names: Vec<_> = headers
        .keys()
        .filter(|name| [CONTENT_TYPE, CONTENT_ENCODING].contains(name) || name.as_str().starts_with("ce-"))
        .collect();
    names.sort_unstable_by_key(|name| name.as_str());
    let mut said = format!("message\0{} {}\n", parts.method, parts.uri.path()).into_bytes();
    for name in names {
        said.extend_from_slice(name.as_str().as_bytes());
        for value in headers.get_all(name) {
            said.push(b':');
            said.extend_from_slice(value.as_bytes());
        }
        said.push(b'\n');
    }
    said.extend_from_slice(&read.digest);
    app.store.keys().event(&said).0
}

fn named<'n>(names: &'n [(String, String)], what: &str) -> &'n str {
    names.iter().find(|(name, _)| name == what).map_or("", |(_, value)| value)
}

/// A source whose messages failed too often waits before anything of the next one is read.
fn may_try(app: &App, l: Language, peer: Option<IpAddr>, headers: &HeaderMap) -> Result<(), Refused> {
    let waits = |seconds| Refused::too_many(l, l.feeds_problem_too_many_failures_detail(), seconds);
    app.feeds.may_try(peer, headers).map_err(waits)
}

/// The feed of a name, and its secrets.
async fn known(
    app: &App,
    l: Language,
    name: &str,
    now: Moment,
) -> Result<(Option<Feed>, Vec<Vec<u8>>), Refused> {
    let read = app.store.read();
    let feed = feed::by_name(&read, name).await.map_err(|error| Refused::store(l, error))?;
    let secrets = match &feed {
        Some(feed) => feed::secrets(&read, app.store.keys(), feed.id, now).await,
        None => Ok(Vec::new()),
    };
    Ok((feed, secrets.map_err(|error| Refused::store(l, error))?))
}

/// A place for a file. While all are taken, everybody is told to wait.
fn place(app: &App, l: Language) -> Result<OwnedSemaphorePermit, Refused> {
    app.feeds.file().ok_or_else(|| Refused::busy(l, l.feeds_problem_busy_detail(), 5))
}

fn refused(l: Language, broken: Broken, allowed: Allowed) -> Refused {
    match broken {
        Broken::Busy => Refused::busy(l, l.feeds_problem_busy_messages(), 1),
        Broken::Failed(Failure::TooLarge) => Refused::too_large(l, (allowed.too_large)(l)),
        Broken::Failed(failure) => failure.into(),
    }
}

/// Whether a feed that is who it says may report now.
fn admit(app: &App, l: Language, feed: &Feed) -> Result<(), Refused> {
    let (kind, title, detail) = match feed.state {
        State::Active => {
            let waits = |seconds| Refused::too_many(l, l.feeds_problem_too_many_requests_detail(), seconds);
            return app.feeds.admit(feed.id).map_err(waits);
        }
        State::Paused => ("feed-paused", l.feeds_problem_paused_title(), l.feeds_problem_paused_detail()),
        State::Removed => ("feed-removed", l.feeds_problem_removed_title(), l.feeds_problem_removed_detail()),
    };
    Err(Refused::of(StatusCode::CONFLICT, kind, title, detail))
}
