//! The map of the house: every address and who answers there. No logic.

#[cfg(test)]
mod tests;

use crate::app::App;
use crate::features::inquiry::looks::http as looks;
use crate::features::sign_in::http as sign_in;
use crate::features::sign_in::people::http as people;
use crate::features::{feeds, inquiry, log, offices, operations, stages};
use crate::shell::host::keep_apart;
use axum::Router;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{get, post};
use std::sync::Arc;
use utoipa::OpenApi;
use utoipa::openapi::OpenApi as Document;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use web::Failure;

/// Addresses that speak JSON; all others are pages.
pub const JSON: &[&str] = &["/api/", "/openapi.json", "/bench/"];

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Jindu 进度",
        description = "How far has a resident identity card come? One question, one answer, for programs.\n\n\
            Stages: submitted, accepted, under_review, signed, data_check, in_production, quality_check, produced, \
            in_distribution, mailed, ready_for_collection, collected; beside the road: not_accepted, \
            correction_required, returned, remake, mail_returned, uncollected, withdrawn, cancelled."
    ),
    tags(
        (name = "inquiries", description = "How far a card has come."),
        (name = "offices", description = "Where to go and whom to call."),
        (name = "feeds", description = "Systems that report milestones; every message is signed.")
    )
)]
struct Described;

/// Every address of the server, and the description of those for programs.
pub fn routes(app: Arc<App>) -> (Router, Document) {
    let of_feeds = OpenApiRouter::new()
        .routes(routes!(feeds::http::milestones))
        .routes(routes!(feeds::http::files))
        .routes(routes!(feeds::held::list))
        .routes(routes!(feeds::held::explain, feeds::held::decide))
        .routes(routes!(feeds::dead_letters::letters))
        .routes(routes!(feeds::manifests::declare, feeds::manifests::compare))
        .route_layer(from_fn(feeds::settled));
    let (api, document) = OpenApiRouter::with_openapi(Described::openapi())
        .routes(routes!(inquiry::http::answer_json))
        .routes(routes!(inquiry::http::challenge_json))
        .routes(routes!(looks::looks_json))
        .routes(routes!(looks::close_json))
        .routes(routes!(offices::http::offices_json))
        .routes(routes!(offices::http::districts_json))
        .merge(of_feeds)
        .split_for_parts();
    let pages = Router::new()
        .route("/", get(inquiry::http::form))
        .route("/inquiry", post(inquiry::http::answer_page).get(inquiry::http::back_to_form))
        .route("/inquiry/looks", post(looks::looks_page).get(inquiry::http::back_to_form))
        .route("/inquiry/counter-only", post(looks::close_page).get(inquiry::http::back_to_form))
        .route("/stages", get(stages::http::stages))
        .route("/offices", get(offices::http::offices))
        .route("/offices/{code}", get(offices::http::office))
        .route("/log/checkpoint", get(log::http::checkpoint))
        .route("/log/key", get(log::http::key))
        .route("/log/tile/{*name}", get(log::http::tile))
        .route("/healthz", get(operations::http::alive))
        .route("/readyz", get(operations::http::ready))
        .route("/metrics", get(operations::http::metrics))
        .route("/openapi.json", get(operations::http::description));
    let router = pages
        .merge(of_staff())
        .merge(api)
        .method_not_allowed_fallback(|| async { Failure::MethodNotAllowed })
        .fallback(|| async { Failure::NotFound })
        .with_state(Arc::clone(&app))
        .merge(web::assets());
    // Where all live under one name nobody pays for asking under which.
    let router = match app.staff_host.is_some() {
        true => router.layer(from_fn_with_state(app, keep_apart)),
        false => router,
    };
    (router, document)
}

/// Where staff sign in, and what they do there.
fn of_staff() -> Router<Arc<App>> {
    Router::new()
        .route("/staff", get(sign_in::home))
        .route("/staff/sign-in", get(sign_in::door).post(sign_in::sign_in))
        .route("/staff/enrol", get(sign_in::enrol_form).post(sign_in::begin_enrolling))
        .route("/staff/enrol/passkey", post(sign_in::enrol))
        .route("/staff/confirm", get(sign_in::confirm_form).post(sign_in::confirm))
        .route("/staff/sign-out", post(sign_in::sign_out))
        .route("/staff/sessions", get(sign_in::sessions))
        .route("/staff/sessions/end", post(sign_in::end_session))
        .route("/staff/sessions/end-all", post(sign_in::sign_out_everywhere))
        .route("/staff/people", get(people::people).post(people::found))
        .route("/staff/people/add", get(people::add_form).post(people::add))
        .route("/staff/people/code", post(people::make_code))
        .route("/staff/people/disenrol", post(people::disenrol))
        .route("/staff/people/block", post(people::block))
        .route("/staff/people/unblock", post(people::unblock))
}

/// The ceiling of the benchmark: the same server, the same edge, and nothing done.
pub fn with_bench(router: Router) -> Router {
    router.route("/bench/nothing", post(operations::http::nothing))
}
