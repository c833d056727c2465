//! The page with the offices' addresses and phones.

use super::view::OfficesPage;
use crate::app::App;
use axum::extract::{Query, State};
use domain::organ::OrganCode;
use serde::Deserialize;
use std::sync::Arc;
use store::office;
use web::{Context, Failure, Reply};

/// Offices on one page.
const PAGE: u16 = 50;

/// Which page of the list.
#[derive(Debug, Default, Deserialize)]
pub struct Place {
    after: Option<String>,
}

/// The offices, in order of their code.
///
/// # Errors
/// Fails when the store does.
pub async fn offices(
    State(app): State<Arc<App>>,
    context: Context,
    Query(place): Query<Place>,
) -> Result<Reply, Failure> {
    let after = place.after.as_deref().and_then(OrganCode::parse);
    let offices = office::page(&app.store.read(), after, PAGE).await.map_err(Failure::internal)?;
    let next = offices.last().filter(|_| offices.len() == usize::from(PAGE)).map(|office| office.organ);
    Reply::page(&OfficesPage::new(&context, offices, next))
}
