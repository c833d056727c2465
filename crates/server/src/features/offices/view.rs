//! Shows offices to programs.

use super::service::{Results, Search};
use crate::app::App;
use crate::shell::offices::{hours, now, said};
use domain::office::{Directory, Phone, Place};
use domain::organ::OrganCode;
use i18n::Language;
use serde::Serialize;
use std::collections::BTreeMap;
use store::office::Office;
use utoipa::ToSchema;

/// A page of the directory.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct DirectoryView {
    /// Up to 20 offices: those that fit by name first, then by region, then by address.
    pub items: Vec<EntryView>,
    /// The number of the next page; null on the last one.
    pub next: Option<usize>,
}

/// An office.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct EntryView {
    /// The organ's code, 9 digits.
    pub code: String,
    /// Its name.
    pub name: String,
    /// Street and number.
    pub address: String,
    /// Phones.
    pub phones: Vec<String>,
    /// Opening hours in words.
    pub hours: String,
    /// Whether it is open now, by its hours and the calendar of public holidays; null where its hours are words only.
    pub open_now: Option<bool>,
    /// What it does: `accept`, `hand_out`, `temporary_card`, `cross_region`; empty where nobody said.
    pub services: Vec<&'static str>,
    /// Where it stands.
    pub location: Option<LocationView>,
    /// The organ above it, if that is listed.
    pub parent: Option<ParentView>,
}

/// A place in degrees (WGS 84).
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct LocationView {
    /// North of the equator.
    pub latitude: f64,
    /// East of Greenwich.
    pub longitude: f64,
}

/// The organ above an office.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ParentView {
    /// Its code, 9 digits.
    pub code: String,
    /// Its name.
    pub name: String,
    /// Its phones.
    pub phones: Vec<String>,
}

/// Every district that has offices.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct DistrictsView {
    /// In order of their codes.
    pub items: Vec<DistrictView>,
}

/// A district that has offices with a known place.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct DistrictView {
    /// The code of the region, 6 digits.
    pub region: String,
    /// The middle of its offices.
    pub location: LocationView,
}

impl DirectoryView {
    pub(super) fn new(
        app: &App,
        l: Language,
        search: &Search,
        results: &Results,
        above: &BTreeMap<OrganCode, Office>,
    ) -> Self {
        let entry = |office: &Office| EntryView::new(app, l, office, above.get(&office.organ));
        Self { items: results.offices.iter().map(entry).collect(), next: results.next(search.page) }
    }
}

impl EntryView {
    fn new(app: &App, l: Language, office: &Office, above: Option<&Office>) -> Self {
        Self {
            code: office.organ.to_string(),
            name: said(l, &office.name).to_owned(),
            address: said(l, &office.address).to_owned(),
            phones: phones(office),
            hours: hours(l, office).into_owned(),
            open_now: now(app, l, office).map(|now| now.is_open),
            services: office.services.iter().map(|service| service.as_str()).collect(),
            location: office.place.map(LocationView::new),
            parent: above.map(|above| ParentView {
                code: above.organ.to_string(),
                name: said(l, &above.name).to_owned(),
                phones: phones(above),
            }),
        }
    }
}

impl LocationView {
    fn new(place: Place) -> Self {
        Self { latitude: place.latitude(), longitude: place.longitude() }
    }
}

impl DistrictsView {
    pub(super) fn new(directory: &Directory) -> Self {
        let items = directory.districts().filter_map(|district| {
            Some(DistrictView {
                region: district.region.to_string(),
                location: LocationView::new(district.middle?),
            })
        });
        Self { items: items.collect() }
    }
}

fn phones(office: &Office) -> Vec<String> {
    office.phones.iter().map(|phone| Phone::as_str(phone).to_owned()).collect()
}
