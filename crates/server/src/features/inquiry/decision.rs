//! Decides whether facts fit an application, and has them counted if they do not.

use super::attempt::{count, counted_first};
use super::service::{Asker, Inquiry};
use crate::app::App;
use domain::Date;
use domain::disclosure::{Level, Proof, level};
use domain::mismatch::Way;
use domain::moment::Moment;
use domain::name::Name;
use domain::progress::Progress;
use std::pin::Pin;
use std::sync::Arc;
use store::Result;
use store::application::{self, Application};
use store::inquiry_log::{InquiryEntry, Outcome};
use store::keys::Subject;
use store::mismatch::Budget;
use subtle::{Choice, ConstantTimeEq as _};

/// What became of an inquiry.
pub(super) struct Decided {
    /// What fits.
    pub(super) matched: Option<Matched>,
    /// How it ended.
    pub(super) outcome: Outcome,
    /// When its facts were compared.
    pub(super) at: Moment,
    /// Ready when it is on record.
    pub(super) recorded: Pin<Box<dyn Future<Output = Result<()>> + Send>>,
}

/// Looks up, compares, counts what fits nothing, and puts it on record. Nearly always nothing is waited for between the
/// look-up and the record.
///
/// # Errors
/// Fails when the store does.
pub(super) async fn decide(app: &Arc<App>, inquiry: Inquiry, asker: Asker) -> Result<Decided> {
    let subject = app.store.keys().subject(&inquiry.number);
    let whose = (subject, Way::of(inquiry.receipt.is_some()));
    let (read, now) = (app.store.read(), app.clock.now());
    let candidates = application::of_subject(&read, subject).await?;
    let stand_in = app.stand_ins.of(&read, subject, now).await?;
    let is_known = !candidates.is_empty();
    let candidates = if is_known {
        candidates
    } else {
        // The same answer for a wrong name and an unknown number, at the same cost: the difference would tell a
        // stranger which numbers exist.
        vec![stand_in.application().unwrap_or_else(|| app.decoy.clone())]
    };
    let turn = app.turns.of(whose).await?;
    let at = app.clock.now();
    let question = Question { app: Arc::clone(app), inquiry, asker, subject, candidates, is_known, at };
    if app.tried.holds(whose) {
        return counted_first(app, whose, at, turn, |budget| question.decide(budget)).await;
    }
    let decided = question.decide(Budget::Within)?;
    if decided.matched.is_none() {
        count(app, whose, at, turn).await?;
    }
    Ok(decided)
}

/// Everything that is needed to decide.
struct Question {
    app: Arc<App>,
    inquiry: Inquiry,
    asker: Asker,
    subject: Subject,
    candidates: Vec<Application>,
    is_known: bool,
    at: Moment,
}

impl Question {
    /// Compares, and puts on record how it ends. The same work, whatever is left of the budget.
    fn decide(self, budget: Budget) -> Result<Decided> {
        let Self { app, inquiry, asker, subject, candidates, is_known, at } = self;
        let matched = matching(&app, &inquiry, is_known && budget == Budget::Within, candidates)?;
        let outcome = match &matched {
            None if budget == Budget::Beyond => Outcome::Limited,
            None => Outcome::NoMatch,
            Some(matched) if matched.application.counter_only => Outcome::Closed,
            Some(matched) if matched.level == Level::Full => Outcome::Full,
            Some(_) => Outcome::Basic,
        };
        if let (None, Some(source)) = (&matched, asker.source) {
            app.limit.mismatched(&source);
        }
        let entry = InquiryEntry { at, subject, channel: asker.channel, outcome };
        Ok(Decided { matched, outcome, at, recorded: Box::pin(app.inquiries.record(&entry)) })
    }
}

/// An application that fits every fact, and how much they prove.
pub(super) struct Matched {
    pub(super) application: Application,
    pub(super) progress: Progress,
    pub(super) name: Name,
    pub(super) level: Level,
}

/// Compares every fact of the inquiry with every candidate, in the same way whatever fits; none of them fits an unknown
/// number, or one whose budget is spent.
fn matching(
    app: &App,
    inquiry: &Inquiry,
    may_fit: bool,
    candidates: Vec<Application>,
) -> Result<Option<Matched>> {
    let name = inquiry.name.as_ref().map(Name::matching);
    let receipt = inquiry.receipt.as_ref().map(|receipt| app.store.keys().receipt(receipt));
    let mut found = None;
    for candidate in candidates {
        let person = candidate.person(app.store.keys())?;
        // Whoever has the receipt is told that the holder wants no inquiry online; nobody else is.
        let is_open = !candidate.counter_only || receipt.is_some();
        let fits = Choice::from(u8::from(may_fit && is_open))
            & fits(&candidate.applied_on, &inquiry.applied_on)
            & name.as_ref().map_or(Choice::from(1), |name| same(name, &person.name.matching()))
            & receipt.map_or(Choice::from(1), |receipt| receipt.0.ct_eq(&candidate.receipt.0));
        let proof = Proof { number: true, date: true, name: name.is_some(), receipt: receipt.is_some() };
        if let (true, Some(level), Some(progress)) = (bool::from(fits), level(proof), &candidate.progress) {
            let progress = progress.clone();
            found.get_or_insert(Matched { application: candidate, progress, name: person.name, level });
        }
    }
    Ok(found)
}

fn fits(stored: &Date, asked: &Date) -> Choice {
    let key =
        |date: &Date| (i32::from(date.year()) << 16) | (i32::from(date.month()) << 8) | i32::from(date.day());
    key(stored).ct_eq(&key(asked))
}

fn same(left: &str, right: &str) -> Choice {
    left.as_bytes().ct_eq(right.as_bytes())
}
