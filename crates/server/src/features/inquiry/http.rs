//! Translates between HTTP and the inquiry: a form and its answer page, JSON and its answer.

use super::admission::{admit, challenge};
use super::described::Facts;
use super::examples;
use super::form::Typed;
use super::page::{AnswerPage, ClosedPage, FormPage, NoMatchPage, WorkPage};
use super::service::{Asker, Told, ask};
use super::view::AnswerView;
use crate::app::App;
use crate::shell::failed;
use crate::shell::problem::ProblemView;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Redirect;
use domain::mismatch::Suspicion;
use i18n::Language;
use std::sync::Arc;
use store::StoreError;
use store::inquiry_log::Channel;
use web::{Context, Failure, Input, Problem, Reply};

/// The entrance and its form.
///
/// # Errors
/// Fails when the page cannot be made.
pub async fn form(State(app): State<Arc<App>>, context: Context) -> Result<Reply, Failure> {
    Reply::page(&FormPage::empty(&app, &context))
}

/// An answer's address was opened without a question: back to the form.
pub async fn back_to_form() -> Redirect {
    Redirect::to("/")
}

/// The answer page, the no-match page, or the form again with what is wrong.
///
/// # Errors
/// Fails when the source asks too often, or the inquiry cannot be recorded.
pub async fn answer_page(
    State(app): State<Arc<App>>,
    context: Context,
    headers: HeaderMap,
    Input(typed): Input<Typed>,
) -> Result<Reply, Failure> {
    let admission = admit(&app, &context, &headers)?;
    let inquiry = match typed.parse(&app, context.language) {
        Ok(inquiry) => inquiry,
        Err(faults) => {
            let page = FormPage::again(&app, &context, typed, faults);
            return Ok(Reply::page(&page)?.with_status(StatusCode::UNPROCESSABLE_ENTITY));
        }
    };
    if let Some(suspicion) = admission.asks_for_work(&app, &inquiry, typed.work()).await? {
        let page = WorkPage::new(&context, &typed, &challenge(&app, suspicion)?, suspicion)?;
        return Ok(Reply::page(&page)?.with_status(StatusCode::FORBIDDEN));
    }
    let source = admission.source;
    let page = |told: Told<'_>| match told {
        Told::Answer(answer) => Reply::page(&AnswerPage::new(&app, &context, &typed, answer)),
        Told::NoMatch => Reply::page(&NoMatchPage::new(&context, &typed)),
        Told::Closed => closed_page(&context),
    };
    ask(&app, inquiry, Asker { channel: Channel::Page, source }, page).await.map_err(unanswered)?
}

/// How far has the identity card come?
///
/// Number, application date and name give the basic level; number, date and receipt number the full level.
/// Wrong facts and unknown numbers get the same answer. The language follows `Accept-Language` or `?lang=`.
///
/// # Errors
/// Every failure is problem+json.
#[utoipa::path(post, path = "/api/v1/inquiries", tag = "inquiries", request_body = Facts, params(
    ("lang" = Option<String>, Query, description = "The language of the texts, `zh` or `en`; stronger than Accept-Language.", example = "en"),
    ("Accept-Language" = Option<String>, Header, description = "The language of the texts; Chinese where neither is named.", example = "en"),
), responses(
    (status = 200, description = "The answer; its level depends on the facts given.", body = AnswerView, examples(
        ("basic" = (summary = "With the name", value = json!(examples::basic()))),
        ("full" = (summary = "With the receipt number", value = json!(examples::full()))),
    )),
    (status = 400, description = "The body is no JSON.", body = ProblemView, content_type = "application/problem+json"),
    (status = 403, description = "This source asked in vain too often: do the work of `/api/v1/challenges` first, or ask with the receipt number.", body = ProblemView, content_type = "application/problem+json"),
    (status = 404, description = "No application fits all the facts.", body = ProblemView, content_type = "application/problem+json", example = json!(examples::no_match())),
    (status = 408, description = "The body did not come in time.", body = ProblemView, content_type = "application/problem+json"),
    (status = 413, description = "The body is larger than 16 KiB.", body = ProblemView, content_type = "application/problem+json"),
    (status = 415, description = "The body is not said to be JSON.", body = ProblemView, content_type = "application/problem+json"),
    (status = 422, description = "Facts are missing or wrong; `errors` points at each.", body = ProblemView, content_type = "application/problem+json", example = json!(examples::invalid())),
    (status = 429, description = "Too many inquiries from this source, or too many that fitted nothing; see Retry-After.", body = ProblemView, content_type = "application/problem+json", headers(
        ("Retry-After" = u64, description = "Seconds to wait."),
    )),
    (status = 500, description = "Something went wrong on the server.", body = ProblemView, content_type = "application/problem+json"),
    (status = 503, description = "The inquiry could not be recorded, so there is no answer.", body = ProblemView, content_type = "application/problem+json"),
))]
pub async fn answer_json(
    State(app): State<Arc<App>>,
    context: Context,
    headers: HeaderMap,
    Input(typed): Input<Typed>,
) -> Result<Reply, Failure> {
    let admission = admit(&app, &context, &headers)?;
    let inquiry = typed.parse(&app, context.language).map_err(Failure::Invalid)?;
    if admission.asks_for_work(&app, &inquiry, typed.work()).await?.is_some() {
        return Err(work_wanted(context.language));
    }
    let source = admission.source;
    let json = |told: Told<'_>| match told {
        Told::Answer(answer) => Reply::json(&AnswerView::new(&app, context.language, answer)),
        Told::NoMatch => Err(no_match(context.language)),
        Told::Closed => Err(closed(context.language)),
    };
    ask(&app, inquiry, Asker { channel: Channel::Api, source }, json).await.map_err(unanswered)?
}

/// Without a durable record of the inquiry there is no answer; a row that cannot be read is our fault.
pub(super) fn unanswered(error: StoreError) -> Failure {
    failed(error, "an inquiry")
}

/// Work for a source that is asked for it.
///
/// A source whose inquiries fitted nothing too often does a little work before it asks by name again (ALTCHA, proof of
/// work version 2). What is given here, solved, is the field `work` of the next inquiry, and counts once.
///
/// # Errors
/// Fails when the source asks too often.
#[utoipa::path(get, path = "/api/v1/challenges", tag = "inquiries", responses(
    (status = 200, description = "A challenge: `parameters` and `signature`.", body = serde_json::Value),
    (status = 429, description = "Too many requests from this source; see Retry-After.", body = ProblemView, content_type = "application/problem+json", headers(
        ("Retry-After" = u64, description = "Seconds to wait."),
    )),
    (status = 500, description = "Something went wrong on the server.", body = ProblemView, content_type = "application/problem+json"),
))]
pub async fn challenge_json(
    State(app): State<Arc<App>>,
    context: Context,
    headers: HeaderMap,
) -> Result<Reply, Failure> {
    let suspicion = admit(&app, &context, &headers)?.suspicion(&app);
    Reply::json(&challenge(&app, suspicion.unwrap_or(Suspicion::Some))?)
}

pub(super) fn work_wanted(l: Language) -> Failure {
    Failure::Problem(Box::new(Problem {
        status: StatusCode::FORBIDDEN,
        kind: "work-wanted",
        title: l.inquiry_work_title().into(),
        detail: l.inquiry_problem_work_detail().into(),
        faults: Vec::new(),
    }))
}

/// The page for whoever has every fact of an application that its holder has closed.
pub(super) fn closed_page(context: &Context) -> Result<Reply, Failure> {
    Ok(Reply::page(&ClosedPage::new(context))?.with_status(StatusCode::FORBIDDEN))
}

/// The same for programs.
pub(super) fn closed(l: Language) -> Failure {
    Failure::Problem(Box::new(Problem {
        status: StatusCode::FORBIDDEN,
        kind: "counter-only",
        title: l.inquiry_closed_title().into(),
        detail: l.inquiry_closed_lead().into(),
        faults: Vec::new(),
    }))
}

pub(super) fn no_match(l: Language) -> Failure {
    Failure::Problem(Box::new(Problem {
        status: StatusCode::NOT_FOUND,
        kind: "no-match",
        title: l.inquiry_problem_no_match_title().into(),
        detail: l.inquiry_problem_no_match_detail().into(),
        faults: Vec::new(),
    }))
}
