//! The directory: which offices there are in a region, which ones some words find, and which ones are near.

#[cfg(test)]
mod tests;

use super::key::{Key, Word, Words};
use super::place::Place;
use super::service::{Service, Services};
use crate::organ::OrganCode;
use crate::region::{RegionCode, Regions};
use std::collections::BTreeMap;
use std::ops::Range;

/// An office as the directory knows it.
#[derive(Clone, Debug)]
pub struct Listed {
    /// Whose office it is.
    pub organ: OrganCode,
    /// What it does.
    pub services: Services,
    /// Where it stands, if that is known.
    pub place: Option<Place>,
    /// What finds its name.
    pub name: Key,
    /// What finds its address.
    pub address: Key,
}

/// What somebody looks for.
#[derive(Clone, Default, Debug)]
pub struct Wanted {
    /// In this region; everywhere without one.
    pub region: Option<RegionCode>,
    /// With all of these words in name, region or address.
    pub words: Words,
    /// With this service.
    pub service: Option<Service>,
}

/// What was found.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Found {
    /// A part of it: what fits by name first, then by region, then by address, each in order of the codes.
    pub organs: Vec<OrganCode>,
    /// How many there are in all.
    pub total: usize,
}

/// A region that has offices of its own.
#[derive(Clone, Debug)]
pub struct District {
    /// The region.
    pub region: RegionCode,
    /// The middle of its offices that have a place.
    pub middle: Option<Place>,
    /// Its offices among all.
    offices: Range<usize>,
    /// What finds it: province, city and county.
    key: Key,
}

/// Every office, in order of the codes.
#[derive(Clone, Default, Debug)]
pub struct Directory {
    offices: Vec<Listed>,
    districts: Vec<District>,
}

/// How far away an office may be and still be near, in millionths of a degree: a hundred kilometres or so.
const NEAR: (i32, i32) = (1_000_000, 1_300_000);

impl Directory {
    /// The directory of these offices.
    #[must_use]
    pub fn of(mut offices: Vec<Listed>, regions: &Regions) -> Self {
        offices.sort_by_key(|office| office.organ);
        let mut first = 0;
        let districts =
            offices.chunk_by(|a, b| a.organ.region() == b.organ.region()).filter_map(|of_region| {
                let region = of_region.first()?.organ.region();
                let offices = first..first + of_region.len();
                first = offices.end;
                Some(District {
                    region,
                    middle: Place::middle(of_region.iter().filter_map(|office| office.place)),
                    key: Key::of([regions.path(region, None).concat().as_str()]),
                    offices,
                })
            });
        let districts = districts.collect();
        Self { offices, districts }
    }

    /// How many offices there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.offices.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.offices.is_empty()
    }

    /// Whether an organ has an office.
    #[must_use]
    pub fn lists(&self, organ: OrganCode) -> bool {
        self.offices.binary_search_by_key(&organ, |office| office.organ).is_ok()
    }

    /// The offices that are wanted, of which those of the range are given.
    #[must_use]
    pub fn find(&self, wanted: &Wanted, part: Range<usize>) -> Found {
        let mut fits = [const { Vec::new() }; Fit::COUNT];
        for district in self.districts_in(wanted.region) {
            let of_region: Vec<(&Word, bool)> =
                wanted.words.iter().map(|word| (word, district.key.has(word))).collect();
            for office in self.of_district(district).iter().filter(|office| office.does(wanted.service)) {
                let fit = Fit::of(office, &of_region);
                fit.and_then(|fit| fits.get_mut(fit as usize))
                    .into_iter()
                    .for_each(|fits| fits.push(office.organ));
            }
        }
        let total = fits.iter().map(Vec::len).sum();
        let organs = fits.into_iter().flatten().skip(part.start).take(part.len()).collect();
        Found { organs, total }
    }

    /// The regions into which a region is divided, as far as they have offices, and how many; the provinces without one.
    /// Levels that are no place of their own are left out.
    #[must_use]
    pub fn below(&self, region: Option<RegionCode>, regions: &Regions) -> Vec<(RegionCode, usize)> {
        let mut below = BTreeMap::new();
        for district in self.districts_in(region) {
            let part = match region {
                None => district.region.province(),
                Some(whole) if whole == district.region => continue,
                Some(whole)
                    if whole == whole.province() && regions.place(district.region.city()).is_some() =>
                {
                    district.region.city()
                }
                Some(_) => district.region,
            };
            *below.entry(part).or_default() += district.offices.len();
        }
        below.into_iter().collect()
    }

    /// The offices with a service that are nearest to the middle of a region and not in it, and how many metres away.
    #[must_use]
    pub fn near(&self, region: RegionCode, service: Option<Service>, most: usize) -> Vec<(OrganCode, u32)> {
        let here = self.districts_in(Some(region)).filter_map(|district| district.middle);
        let Some(here) = Place::middle(here) else { return Vec::new() };
        let elsewhere = self
            .offices
            .iter()
            .filter(|office| !region.covers(office.organ.region()) && office.does(service));
        let near = elsewhere.filter_map(|office| {
            let place = office.place.filter(|place| is_near(here, *place))?;
            Some((here.metres_to(place), office.organ))
        });
        let mut near: Vec<(u32, OrganCode)> = near.collect();
        near.sort_unstable();
        near.into_iter().take(most).map(|(metres, organ)| (organ, metres)).collect()
    }

    /// Every region with offices of its own, in order.
    pub fn districts(&self) -> impl Iterator<Item = &District> {
        self.districts.iter()
    }

    /// Those that lie in a region.
    fn districts_in(&self, region: Option<RegionCode>) -> impl Iterator<Item = &District> {
        let (from, until) = region.map_or((0, u32::MAX), bounds);
        let start = self.districts.partition_point(|district| district.region.get() < from);
        let rest = self.districts.get(start..).unwrap_or_default();
        rest.iter().take_while(move |district| district.region.get() < until)
    }

    fn of_district(&self, district: &District) -> &[Listed] {
        self.offices.get(district.offices.clone()).unwrap_or_default()
    }
}

impl Listed {
    fn does(&self, service: Option<Service>) -> bool {
        service.is_none_or(|service| self.services.has(service))
    }
}

/// By what an office fits all words, the best first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Fit {
    Name,
    Region,
    Address,
}

impl Fit {
    const COUNT: usize = 3;

    /// The worst of the words; none where one fits nothing.
    fn of(office: &Listed, words: &[(&Word, bool)]) -> Option<Self> {
        words.iter().try_fold(Self::Name, |worst, (word, of_region)| {
            let fit = match word {
                word if office.name.has(word) => Self::Name,
                _ if *of_region => Self::Region,
                word if office.address.has(word) => Self::Address,
                _ => return None,
            };
            Some(worst.max(fit))
        })
    }
}

/// The codes of the regions that lie in a region: from the first one to the one after the last.
const fn bounds(region: RegionCode) -> (u32, u32) {
    let code = region.get();
    let size = match code {
        code if code.is_multiple_of(10_000) => 10_000,
        code if code.is_multiple_of(100) => 100,
        _ => 1,
    };
    (code, code + size)
}

fn is_near(here: Place, there: Place) -> bool {
    let ((north, east), (other_north, other_east)) = (here.millionths(), there.millionths());
    (north - other_north).abs() <= NEAR.0 && (east - other_east).abs() <= NEAR.1
}
