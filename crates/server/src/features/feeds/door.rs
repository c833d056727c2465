//! The door of the feeds: a body is read and its signature checked before anything else is looked at.

mod reading;

use super::intake::Intake;
use super::name::{Name, Settling};
use super::refused::Refused;
use super::signature::{Envelope, Unsigned};
use crate::app::App;
use crate::feed_budget::Place;
use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts as _, Path, Request};
use axum::http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method};
use domain::milestone::FeedId;
use domain::moment::Moment;
use i18n::Language;
use reading::{Broken, Reading};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;
use store::feed::{self, Feed, State};
use store::seen::{Meeting, Print, Sent};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Instant, timeout_at};
use web::{BodyLimit, Context, Failure, Reply, media_type, parse_json};

/// How long the sender of a message waits for its answer, besides sending it. What is under way by then goes on; who sends
/// the same again hears what became of it. Files take as long as they take.
const PATIENCE: Duration = Duration::from_secs(3);

/// The header under which a message wants one answer.
pub(super) const IDEMPOTENCY_KEY: &str = "idempotency-key";

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
    settling: Settling,
    /// When its sender has waited long enough.
    until: Instant,
    /// A place among what is taken of the feed, and of a file a place among all files; until it is answered.
    _places: (Place<FeedId>, Option<OwnedSemaphorePermit>),
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

    /// What a signed body says as JSON.
    ///
    /// # Errors
    /// It is not said to be JSON, is none, or has another shape.
    pub(super) fn said<T: DeserializeOwned>(&self) -> Result<T, Refused> {
        let l = self.l;
        if !media_type(&self.headers).eq_ignore_ascii_case("application/json") {
            return Err(Refused::media_type(l, l.feeds_problem_media_type_json()));
        }
        Ok(parse_json(&self.body, l)?)
    }

    /// The feed was looked up and may report; only its table of codes can still be wrong.
    pub(super) fn intake(&self) -> Result<Intake<'_>, Refused> {
        let app = &self.app;
        let intake = Intake::of(&app.store, &app.receipts, self.feed.clone(), app.clock);
        intake.map_err(|why| Refused::closed(self.l, why))
    }

    /// Brings a change to its end, whoever hangs up meanwhile, and gives what comes of it as long as its sender waits.
    /// Until then the message keeps its name and its places.
    ///
    /// # Errors
    /// What it fails with; or it takes longer, and what becomes of it is not known.
    pub(super) async fn within<T: Send + 'static>(
        self: &Arc<Self>,
        change: impl Future<Output = Result<T, Refused>> + Send + 'static,
    ) -> Result<T, Refused> {
        let signed = Arc::clone(self);
        let change = tokio::spawn(async move {
            let changed = change.await;
            drop(signed);
            changed
        });
        match timeout_at(self.until, change).await {
            Ok(Ok(changed)) => changed,
            Ok(Err(failed)) => Err(Failure::internal(failed).into()),
            Err(_) => Err(Refused::unavailable(self.l)),
        }
    }

    /// Whether the same was sent before, and something of it was taken.
    pub(super) const fn is_repeated(&self) -> bool {
        self.name.is_repeated()
    }

    /// Something of the message was taken; from now on its name is its own.
    pub(super) fn taken(&self) {
        self.name.taken();
    }

    /// A name that was met beside the message's own.
    pub(super) fn name(&self, sent: Sent, is_repeated: bool) -> Name {
        Name::new(Arc::clone(&self.app), sent, is_repeated, self.settling.clone())
    }

    /// Whether reports that name people may be compared with applications.
    ///
    /// # Errors
    /// The feed named the wrong ones too often, and waits: nobody shall try numbers until one fits.
    pub(super) fn may_guess(&self) -> Result<(), Refused> {
        let (l, feed) = (self.l, self.feed.id);
        let waits = |seconds| Refused::too_many(l, l.feeds_problem_too_many_guesses(), seconds);
        self.app.feeds.may_guess(feed).map_err(waits)
    }

    /// Counts reports that named the wrong person or day.
    pub(super) fn guessed(&self, count: usize) {
        let feed = &self.feed.name;
        self.app.meters.guessed(feed, count as u64);
        if self.app.feeds.guessed(self.feed.id, count) {
            tracing::warn!(feed, "a feed names the wrong person or day for many applications, and waits");
        }
    }

    /// The answer to what was taken.
    pub(super) fn answer(&self, view: &impl Serialize) -> Result<Reply, Refused> {
        self.taken();
        Ok(Reply::json(view)?)
    }
}

/// How large a body may be, and how long it may take.
#[derive(Clone, Copy)]
struct Allowed {
    bytes: usize,
    time: Duration,
    /// Whether it is a file, and takes one of the few places of files.
    is_file: bool,
    /// What is said where it is larger.
    too_large: fn(Language) -> &'static str,
}

impl Allowed {
    /// A message of events, or a decision about one: 1 MiB.
    const MESSAGE: Self = Self {
        bytes: 1 << 20,
        time: Duration::from_secs(15),
        is_file: false,
        too_large: Language::feeds_problem_too_large_events,
    };
    /// A file as it is sent: 32 MiB.
    const FILE: Self = Self {
        bytes: 32 << 20,
        time: Duration::from_secs(120),
        is_file: true,
        too_large: Language::feeds_problem_too_large_file,
    };
}

/// Bytes of a file in a second at the least, where it says its size.
const SLOWEST: u64 = 256 << 10;
/// What any file may take before that.
const START: Duration = Duration::from_secs(15);

impl Allowed {
    /// Too many of the same source or feed are under way.
    fn busy(self, l: Language) -> Refused {
        match self.is_file {
            true => Refused::busy(l, l.feeds_problem_busy_detail(), 5),
            false => Refused::busy(l, l.feeds_problem_busy_messages(), 1),
        }
    }

    /// The limit of this message: a file that says its size gets no longer than its size takes.
    fn limit(self, headers: &HeaderMap) -> BodyLimit {
        let enough = reading::announced(headers).map(|bytes| START + Duration::from_secs(bytes / SLOWEST));
        BodyLimit { bytes: self.bytes, time: enough.map_or(self.time, |enough| enough.min(self.time)) }
    }
}

/// Reads a message and gives it where its signature fits.
async fn receive(app: &Arc<App>, request: Request, allowed: Allowed) -> Result<Signed, Refused> {
    let mut until = Instant::now() + PATIENCE;
    let (mut parts, body) = request.into_parts();
    let context = Context::from_request_parts(&mut parts, app).await?;
    let (l, now, peer) = (context.language, app.clock.now(), context.peer.map(|peer| peer.ip()));
    let names = Path::<Vec<(String, String)>>::from_request_parts(&mut parts, app).await;
    let Path(names) = names.map_err(|_| Refused::not_found(l))?;
    may_try(app, l, peer, &parts.headers)?;
    let envelope = Envelope::read(&parts.headers, now).map_err(|why| {
        app.feeds.blame(peer, &parts.headers);
        unsigned(l, why)
    })?;
    let stranger = app.feeds.enter(peer, &parts.headers, allowed.is_file);
    let mut stranger = stranger.ok_or_else(|| allowed.busy(l))?;
    // A file takes its place whoever sends it: that there is none left says nothing of the feed.
    let place = if allowed.is_file { Some(app.feeds.file().ok_or_else(|| allowed.busy(l))?) } else { None };
    let (feed, secrets) = known(app, l, named(&names, "feed"), now).await?;
    let room = Some(&mut stranger).filter(|_| !allowed.is_file);
    let begun = Instant::now();
    let reading = Reading::new(envelope.check(&secrets), feed.is_some(), room);
    let read = reading.read(&parts.headers, body, allowed.limit(&parts.headers), &address(&parts)).await;
    let read = read.map_err(|broken| {
        if !matches!(broken, Broken::Busy) {
            app.feeds.blame(peer, &parts.headers);
        }
        refused(l, broken, allowed)
    })?;
    // Nobody waits for us while he speaks.
    until += begun.elapsed();
    drop(stranger);
    let Some(feed) = feed.filter(|_| read.fits) else {
        app.feeds.blame(peer, &parts.headers);
        return Err(Refused::unsigned(l, l.feeds_problem_unsigned_signature()));
    };
    let (print, bare) = (print(app, &parts, &read), read.body.is_empty());
    // Where there is a body the address is not signed, and a question is its address.
    if !bare && [Method::GET, Method::HEAD].contains(&parts.method) {
        return Err(Refused::malformed(l, l.feeds_problem_malformed_question()));
    }
    let of_feed = app.feeds.place(feed.id, allowed.is_file).ok_or_else(|| allowed.busy(l))?;
    let name = app.store.keys().event(&[b"name\0", envelope.id.as_bytes()].concat()).0;
    let said = with_key(app, print, &parts.headers);
    let sent = Sent::new(feed.id, name, said, envelope.until()).map_err(|error| Refused::store(l, error))?;
    let settling = parts.extensions.get::<Settling>().cloned().unwrap_or_default();
    let is_repeated = timeout_at(until, met(app, l, sent, bare)).await;
    let is_repeated = is_repeated.unwrap_or_else(|_| Err(Refused::unavailable(l)))?;
    let name = Name::new(Arc::clone(app), sent, is_repeated, settling.clone());
    admit(app, l, &feed)?;
    let (app, headers, body) = (Arc::clone(app), parts.headers, read.body);
    Ok(Signed { app, l, feed, headers, body, print, names, name, settling, until, _places: (of_feed, place) })
}

fn unsigned(l: Language, why: Unsigned) -> Refused {
    match why {
        Unsigned::Headers => Refused::unsigned(l, l.feeds_problem_unsigned_headers()),
        Unsigned::Window => Refused::unsigned(l, l.feeds_problem_unsigned_window()),
    }
}

/// Whether a message is repeated of which something was taken. It may be sent again a few times, but for a question: its
/// answer is not repeated to whoever heard it being asked.
async fn met(app: &App, l: Language, sent: Sent, bare: bool) -> Result<bool, Refused> {
    let meeting = app.feeds.meet(&app.store, sent, app.clock.now()).await;
    match meeting.map_err(|error| Refused::store(l, error))? {
        Meeting::New => Ok(false),
        Meeting::Unanswered if !bare => Ok(false),
        Meeting::Again if !bare => Ok(true),
        Meeting::Unanswered | Meeting::Again | Meeting::Another => Err(Refused::reused(l)),
        Meeting::TooOften => Err(Refused::too_many(l, l.feeds_problem_too_many_repeats(), 600)),
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

/// The same with the key under which an answer is wanted: nobody signs it, so that it stays what it was.
fn with_key(app: &App, print: Print, headers: &HeaderMap) -> Print {
    let mut said = [b"sent\0", &print[..]].concat();
    for key in headers.get_all(IDEMPOTENCY_KEY) {
        said.push(b'\n');
        said.extend_from_slice(key.as_bytes());
    }
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

fn refused(l: Language, broken: Broken, allowed: Allowed) -> Refused {
    match broken {
        Broken::Busy => allowed.busy(l),
        Broken::Failed(Failure::TooLarge) => Refused::too_large(l, (allowed.too_large)(l)),
        Broken::Failed(failure) => failure.into(),
    }
}

/// Whether a feed that is who it says may report now.
fn admit(app: &App, l: Language, feed: &Feed) -> Result<(), Refused> {
    match feed.state {
        State::Active => {
            let waits = |seconds| Refused::too_many(l, l.feeds_problem_too_many_requests_detail(), seconds);
            app.feeds.admit(feed.id).map_err(waits)
        }
        State::Paused => Err(Refused::conflict(
            "feed-paused",
            l.feeds_problem_paused_title(),
            l.feeds_problem_paused_detail(),
        )),
        State::Removed => Err(Refused::conflict(
            "feed-removed",
            l.feeds_problem_removed_title(),
            l.feeds_problem_removed_detail(),
        )),
    }
}
