//! Translates between HTTP and the looks: a page of who looked, JSON of the same, and closing the case to inquiries online.

use super::super::admission::admit;
use super::super::described::ByReceiptNumber;
use super::super::form::Typed;
use super::super::http::{closed, closed_page, no_match, unanswered};
use super::super::page::{FormPage, NoMatchPage};
use super::super::service::{Asker, Inquiry};
use super::service::{Case, close, looked, prove};
use super::view::{LooksPage, LooksView, SurePage};
use crate::app::App;
use crate::shell::problem::ProblemView;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use i18n::Language;
use std::sync::Arc;
use store::inquiry_log::Channel;
use store::keys::Subject;
use web::{Context, Failure, Fault, Input, Reply};

/// Who looked at my case.
///
/// # Errors
/// Fails when the source asks too often, or the look cannot be recorded.
pub async fn looks_page(
    State(app): State<Arc<App>>,
    context: Context,
    headers: HeaderMap,
    Input(typed): Input<Typed>,
) -> Result<Reply, Failure> {
    match proven_on_page(&app, &context, &headers, &typed).await? {
        Ok(subject) => {
            let looked = looked(&app, subject).await.map_err(unanswered)?;
            Reply::page(&LooksPage::new(&app, &context, &typed, &looked))
        }
        Err(instead) => Ok(instead),
    }
}

/// What is sent to close a case: the facts, and that somebody is sure.
#[derive(serde::Deserialize)]
pub struct Closing {
    #[serde(flatten)]
    typed: Typed,
    #[serde(default)]
    sure: String,
}

/// Asks whether somebody is sure, and then closes the case to inquiries online, until a counter opens it again.
///
/// # Errors
/// Fails when the source asks too often, or it cannot be recorded.
pub async fn close_page(
    State(app): State<Arc<App>>,
    context: Context,
    headers: HeaderMap,
    Input(Closing { typed, sure }): Input<Closing>,
) -> Result<Reply, Failure> {
    if sure.is_empty() {
        return Reply::page(&SurePage::new(&context, &typed));
    }
    match proven_on_page(&app, &context, &headers, &typed).await? {
        Ok(subject) => {
            close(&app, subject).await.map_err(unanswered)?;
            Ok(closed_page(&context)?.with_status(StatusCode::OK))
        }
        Err(instead) => Ok(instead),
    }
}

/// Who looked at my case?
///
/// Number, application date and receipt number prove the case. Every look at it is one leaf of a log that outsiders can
/// check; each comes with its proof of inclusion once it is covered by a signed checkpoint, within a minute. Asking is a
/// look too.
///
/// # Errors
/// Every failure is problem+json.
#[utoipa::path(post, path = "/api/v1/inquiries/looks", tag = "inquiries", request_body = ByReceiptNumber, params(
    ("lang" = Option<String>, Query, description = "The language of the texts, `zh` or `en`; stronger than Accept-Language.", example = "en"),
    ("Accept-Language" = Option<String>, Header, description = "The language of the texts; Chinese where neither is named.", example = "en"),
), responses(
    (status = 200, description = "Who looked.", body = LooksView),
    (status = 400, description = "The body is no JSON.", body = ProblemView, content_type = "application/problem+json"),
    (status = 403, description = "The holder wants no inquiry online (`counter-only`).", body = ProblemView, content_type = "application/problem+json"),
    (status = 404, description = "No application fits all the facts.", body = ProblemView, content_type = "application/problem+json"),
    (status = 408, description = "The body did not come in time.", body = ProblemView, content_type = "application/problem+json"),
    (status = 413, description = "The body is larger than 16 KiB.", body = ProblemView, content_type = "application/problem+json"),
    (status = 415, description = "The body is not said to be JSON.", body = ProblemView, content_type = "application/problem+json"),
    (status = 422, description = "Facts are missing or wrong; `errors` points at each.", body = ProblemView, content_type = "application/problem+json"),
    (status = 429, description = "Too many inquiries from this source; see Retry-After.", body = ProblemView, content_type = "application/problem+json", headers(
        ("Retry-After" = u64, description = "Seconds to wait."),
    )),
    (status = 500, description = "Something went wrong on the server.", body = ProblemView, content_type = "application/problem+json"),
    (status = 503, description = "The look could not be recorded, so there is no answer.", body = ProblemView, content_type = "application/problem+json"),
))]
pub async fn looks_json(
    State(app): State<Arc<App>>,
    context: Context,
    headers: HeaderMap,
    Input(typed): Input<Typed>,
) -> Result<Reply, Failure> {
    let subject = proven(&app, &context, &headers, &typed).await?;
    let looked = looked(&app, subject).await.map_err(unanswered)?;
    Reply::json(&LooksView::new(&app, context.language, &looked))
}

/// Closes the case to inquiries online.
///
/// From then on whoever has every fact with the receipt number is told that it is closed, and everybody else that nothing
/// fits. A counter opens it again.
///
/// # Errors
/// Every failure is problem+json.
#[utoipa::path(post, path = "/api/v1/inquiries/counter-only", tag = "inquiries", request_body = ByReceiptNumber, params(
    ("lang" = Option<String>, Query, description = "The language of the texts, `zh` or `en`; stronger than Accept-Language.", example = "en"),
    ("Accept-Language" = Option<String>, Header, description = "The language of the texts; Chinese where neither is named.", example = "en"),
), responses(
    (status = 204, description = "It is closed."),
    (status = 400, description = "The body is no JSON.", body = ProblemView, content_type = "application/problem+json"),
    (status = 403, description = "It is closed already (`counter-only`).", body = ProblemView, content_type = "application/problem+json"),
    (status = 404, description = "No application fits all the facts.", body = ProblemView, content_type = "application/problem+json"),
    (status = 408, description = "The body did not come in time.", body = ProblemView, content_type = "application/problem+json"),
    (status = 413, description = "The body is larger than 16 KiB.", body = ProblemView, content_type = "application/problem+json"),
    (status = 415, description = "The body is not said to be JSON.", body = ProblemView, content_type = "application/problem+json"),
    (status = 422, description = "Facts are missing or wrong; `errors` points at each.", body = ProblemView, content_type = "application/problem+json"),
    (status = 429, description = "Too many inquiries from this source; see Retry-After.", body = ProblemView, content_type = "application/problem+json", headers(
        ("Retry-After" = u64, description = "Seconds to wait."),
    )),
    (status = 500, description = "Something went wrong on the server.", body = ProblemView, content_type = "application/problem+json"),
    (status = 503, description = "It could not be recorded, so nothing was changed.", body = ProblemView, content_type = "application/problem+json"),
))]
pub async fn close_json(
    State(app): State<Arc<App>>,
    context: Context,
    headers: HeaderMap,
    Input(typed): Input<Typed>,
) -> Result<StatusCode, Failure> {
    let subject = proven(&app, &context, &headers, &typed).await?;
    close(&app, subject).await.map_err(unanswered)?;
    Ok(StatusCode::NO_CONTENT)
}

/// The subject of a case that is proven, or the page that is shown instead.
async fn proven_on_page(
    app: &Arc<App>,
    context: &Context,
    headers: &HeaderMap,
    typed: &Typed,
) -> Result<Result<Subject, Reply>, Failure> {
    let admission = admit(app, context, headers)?;
    let inquiry = match with_receipt(typed, app, context.language) {
        Ok(inquiry) => inquiry,
        Err(faults) => {
            let page = FormPage::again(app, context, typed.clone(), faults);
            return Ok(Err(Reply::page(&page)?.with_status(StatusCode::UNPROCESSABLE_ENTITY)));
        }
    };
    let asker = Asker { channel: Channel::Page, source: admission.source };
    Ok(match prove(app, inquiry, asker).await.map_err(unanswered)? {
        Case::Proven(subject) => Ok(subject),
        Case::NoMatch => Err(Reply::page(&NoMatchPage::new(context, typed))?),
        Case::Closed => Err(closed_page(context)?),
    })
}

/// The same for programs.
async fn proven(
    app: &Arc<App>,
    context: &Context,
    headers: &HeaderMap,
    typed: &Typed,
) -> Result<Subject, Failure> {
    let admission = admit(app, context, headers)?;
    let inquiry = with_receipt(typed, app, context.language).map_err(Failure::Invalid)?;
    let asker = Asker { channel: Channel::Api, source: admission.source };
    match prove(app, inquiry, asker).await.map_err(unanswered)? {
        Case::Proven(subject) => Ok(subject),
        Case::NoMatch => Err(no_match(context.language)),
        Case::Closed => Err(closed(context.language)),
    }
}

/// The inquiry, where it has a receipt number.
fn with_receipt(typed: &Typed, app: &App, l: Language) -> Result<Inquiry, Vec<Fault>> {
    let inquiry = typed.parse(app, l)?;
    match inquiry.receipt {
        Some(_) => Ok(inquiry),
        None => Err(vec![Fault::new("receipt_number", "required", l.inquiry_error_receipt_empty())]),
    }
}
