//! Finds offices: what is wanted, which ones there are, what lies around, and who is above.

use crate::app::App;
use domain::office::{Directory, Service, Wanted, Words};
use domain::organ::OrganCode;
use domain::region::RegionCode;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use store::office::{self, MOST_TOGETHER, Office};
use store::{Read, Result};

/// Offices on one page.
pub(super) const PAGE: usize = MOST_TOGETHER;
/// A region with fewer offices than this shows some around it too.
const FEW: usize = 3;
/// How many of those.
const AROUND: usize = 5;

/// What somebody looks for, and which page of it; the first one is 1.
pub(super) struct Search {
    pub(super) wanted: Wanted,
    pub(super) page: usize,
}

/// What was found.
pub(super) struct Results {
    pub(super) offices: Vec<Office>,
    pub(super) total: usize,
    /// The regions to choose from, and how many offices each has.
    pub(super) below: Vec<(RegionCode, usize)>,
    /// Offices around the region, and how many metres away.
    pub(super) around: Vec<(Office, u32)>,
}

impl Search {
    /// The search for these; words as they were typed.
    pub(super) fn new(
        region: Option<RegionCode>,
        typed: &str,
        service: Option<Service>,
        page: usize,
    ) -> Self {
        Self { wanted: Wanted { region, words: Words::parse(typed), service }, page: page.max(1) }
    }

    /// Whether nothing at all narrows it.
    pub(super) fn is_everything(&self) -> bool {
        self.wanted.region.is_none() && self.wanted.words.is_empty() && self.wanted.service.is_none()
    }

    fn part(&self) -> std::ops::Range<usize> {
        let start = self.page.saturating_sub(1).saturating_mul(PAGE);
        start..start.saturating_add(PAGE)
    }
}

impl Results {
    /// The page after this one, if there is more.
    pub(super) fn next(&self, page: usize) -> Option<usize> {
        (page.saturating_mul(PAGE) < self.total).then(|| page + 1)
    }
}

/// A page of what is wanted.
pub(super) async fn found(app: &App, search: &Search) -> Result<Results> {
    let read = app.store.read();
    let directory = app.offices.directory(&read, &app.regions).await?;
    let found = directory.find(&search.wanted, search.part());
    Ok(Results {
        offices: office::of_all(&read, &found.organs).await?,
        total: found.total,
        below: directory.below(search.wanted.region, &app.regions),
        around: around(&read, &directory, search, found.total).await?,
    })
}

/// A county with few offices of this kind, or none, shows those around it; whoever searches by words wants those words.
async fn around(
    read: &Read<'_>,
    directory: &Directory,
    search: &Search,
    total: usize,
) -> Result<Vec<(Office, u32)>> {
    let county = search.wanted.region.filter(|region| *region != region.province());
    let Some(region) = county.filter(|_| search.wanted.words.is_empty() && total < FEW) else {
        return Ok(Vec::new());
    };
    let near = directory.near(region, search.wanted.service, AROUND);
    let organs: Vec<OrganCode> = near.iter().map(|(organ, _)| *organ).collect();
    let offices = office::of_all(read, &organs).await?;
    let metres = |organ| near.iter().find(|(near, _)| *near == organ).map(|(_, metres)| *metres);
    Ok(offices.into_iter().filter_map(|office| metres(office.organ).map(|metres| (office, metres))).collect())
}

/// An office and the one above it.
pub(super) async fn one(app: &App, organ: OrganCode) -> Result<Option<(Office, Option<Office>)>> {
    let Some(office) = office::of(&app.store.read(), organ).await? else { return Ok(None) };
    let above = above(app, std::slice::from_ref(&office)).await?.remove(&organ);
    Ok(Some((office, above)))
}

/// The office above each of these, where one is listed: the one that its row names, else the organ of its county, its city or
/// its province.
pub(super) async fn above(app: &App, offices: &[Office]) -> Result<BTreeMap<OrganCode, Office>> {
    let read = app.store.read();
    let directory = app.offices.directory(&read, &app.regions).await?;
    let above: Vec<(OrganCode, OrganCode)> = offices
        .iter()
        .filter_map(|office| {
            let mut above = office.parent.into_iter().chain(organs_above(office.organ));
            Some((office.organ, above.find(|above| directory.lists(*above))?))
        })
        .collect();
    let organs: BTreeSet<OrganCode> = above.iter().map(|(_, above)| *above).collect();
    let organs: Vec<OrganCode> = organs.into_iter().collect();
    let named: BTreeMap<OrganCode, Office> =
        office::of_all(&read, &organs).await?.into_iter().map(|office| (office.organ, office)).collect();
    Ok(above.into_iter().filter_map(|(organ, above)| Some((organ, named.get(&above)?.clone()))).collect())
}

/// The organs of county, city and province: station 0 of each region.
fn organs_above(organ: OrganCode) -> impl Iterator<Item = OrganCode> {
    let region = organ.region();
    let regions = [region, region.city(), region.province()];
    regions.into_iter().filter_map(|region| OrganCode::new(region, 0)).filter(move |above| *above != organ)
}

/// The directory, for whoever wants all of it.
pub(super) async fn directory(app: &App) -> Result<Arc<Directory>> {
    app.offices.directory(&app.store.read(), &app.regions).await
}
