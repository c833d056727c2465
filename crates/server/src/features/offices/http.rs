//! The pages and addresses of the directory.

use super::page::{OfficePage, OfficesPage};
use super::service::{Search, above, directory, found, one};
use super::view::{DirectoryView, DistrictsView};
use crate::app::App;
use crate::shell::failed;
use crate::shell::problem::ProblemView;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use domain::office::Service;
use domain::organ::OrganCode;
use domain::region::RegionCode;
use i18n::Language;
use serde::Deserialize;
use std::sync::Arc;
use store::StoreError;
use web::{Context, Failure, Fault, Reply};

fn unanswered(error: StoreError) -> Failure {
    failed(error, "a search for offices")
}

/// What is asked for, as it was typed.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    region: String,
    q: String,
    service: String,
    page: String,
}

impl Asked {
    /// What makes sense of it; the faults are of the rest.
    fn parse(&self, l: Language) -> (Search, Vec<Fault>) {
        let mut faults = Vec::new();
        let mut wrong = |field: &'static str, typed: &str, is_understood: bool| {
            if !typed.is_empty() && !is_understood {
                faults.push(Fault::new(field, "unknown", l.offices_search_unknown()));
            }
        };
        let region = self.region.parse().ok().and_then(RegionCode::new);
        let (service, page) = (Service::parse(&self.service), page(&self.page));
        wrong("region", &self.region, region.is_some());
        wrong("service", &self.service, service.is_some());
        wrong("page", &self.page, page.is_some());
        (Search::new(region, &self.q, service, page.unwrap_or(1)), faults)
    }
}

/// A number from 1, in 32 bits.
fn page(typed: &str) -> Option<usize> {
    let page = typed.parse::<u32>().ok().filter(|page| *page > 0)?;
    usize::try_from(page).ok()
}

/// The directory: regions to choose from, a search, and what is found. What makes no sense in the address is passed over.
///
/// # Errors
/// Fails when the store does.
pub async fn offices(
    State(app): State<Arc<App>>,
    context: Context,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Result<Reply, Failure> {
    let Query(asked) = asked.unwrap_or_default();
    let (search, _) = asked.parse(context.language);
    let results = found(&app, &search).await.map_err(unanswered)?;
    Ok(Reply::page(&OfficesPage::new(&app, &context, &search, &asked.q, results))?.with_position())
}

/// An office and all that is known of it.
///
/// # Errors
/// There is no such office, or the store fails.
pub async fn office(
    State(app): State<Arc<App>>,
    context: Context,
    Path(code): Path<String>,
) -> Result<Reply, Failure> {
    let organ = OrganCode::parse(&code).ok_or(Failure::NotFound)?;
    let found = one(&app, organ).await.map_err(unanswered)?;
    let (office, above) = found.ok_or(Failure::NotFound)?;
    Reply::page(&OfficePage::new(&app, &context, office, above))
}

/// Offices: by region, by words, by service.
///
/// All of them where nothing is given, 20 on a page. The language follows `Accept-Language` or `?lang=`.
///
/// # Errors
/// Every failure is problem+json.
#[utoipa::path(get, path = "/api/v1/offices", tag = "offices", params(
    ("region" = Option<String>, Query, pattern = "^([1-9][0-9]{5})?$", description = "A province, city or county by its code of 6 digits.", example = "110105"),
    ("q" = Option<String>, Query, description = "Words of name, region or address: Chinese, pinyin or first letters of pinyin; all of them are wanted.", example = "chaoyang"),
    ("service" = Option<String>, Query, pattern = "^(accept|hand_out|temporary_card|cross_region)?$", description = "`accept`, `hand_out`, `temporary_card` or `cross_region`.", example = "accept"),
    ("page" = Option<u32>, Query, minimum = 1, maximum = 4294967295_i64, description = "Which page, from 1.", example = 1),
    ("lang" = Option<String>, Query, description = "The language of the texts, `zh` or `en`; stronger than Accept-Language.", example = "en"),
), responses(
    (status = 200, description = "A page of what was found.", body = DirectoryView),
    (status = 400, description = "The query cannot be read.", body = ProblemView, content_type = "application/problem+json"),
    (status = 422, description = "A region, a service or a page that is none; `errors` names it.", body = ProblemView, content_type = "application/problem+json"),
    (status = 500, description = "Something went wrong on the server.", body = ProblemView, content_type = "application/problem+json"),
    (status = 503, description = "The database is away for a moment.", body = ProblemView, content_type = "application/problem+json"),
))]
pub async fn offices_json(
    State(app): State<Arc<App>>,
    context: Context,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Result<Reply, Failure> {
    let unread = |_| Failure::Malformed { detail: "The query cannot be read.".to_owned() };
    let Query(asked) = asked.map_err(unread)?;
    let (search, faults) = asked.parse(context.language);
    if !faults.is_empty() {
        return Err(Failure::Invalid(faults));
    }
    let results = found(&app, &search).await.map_err(unanswered)?;
    let above = above(&app, &results.offices).await.map_err(unanswered)?;
    Reply::json(&DirectoryView::new(&app, context.language, &search, &results, &above))
}

/// Where the offices of each district are.
///
/// A program that knows a place finds the nearest districts here and need not tell the place to anybody.
///
/// # Errors
/// Every failure is problem+json.
#[utoipa::path(get, path = "/api/v1/offices/districts", tag = "offices", responses(
    (status = 200, description = "Every district whose offices have a place.", body = DistrictsView),
    (status = 500, description = "Something went wrong on the server.", body = ProblemView, content_type = "application/problem+json"),
    (status = 503, description = "The database is away for a moment.", body = ProblemView, content_type = "application/problem+json"),
))]
pub async fn districts_json(State(app): State<Arc<App>>) -> Result<Reply, Failure> {
    let directory = directory(&app).await.map_err(unanswered)?;
    Reply::json(&DistrictsView::new(&directory))
}
