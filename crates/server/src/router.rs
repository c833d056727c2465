//! The map of the house: every address and who answers there. No logic.

#[cfg(test)]
mod tests;

use crate::app::App;
use crate::features::inquiry::looks::http as looks;
use crate::features::{feeds, inquiry, log, offices, operations, stages};
use axum::Router;
use axum::middleware::from_fn;
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
        .merge(api)
        .method_not_allowed_fallback(|| async { Failure::MethodNotAllowed })
        .fallback(|| async { Failure::NotFound })
        .with_state(app)
        .merge(web::assets());
    (router, document)
}

/// The ceiling of the benchmark: the same server, the same edge, and nothing done.
pub fn with_bench(router: Router) -> Router {
    router.route("/bench/nothing", post(operations::http::nothing))
}
