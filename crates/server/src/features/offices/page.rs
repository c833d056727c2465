//! Shows offices to people: the directory, and one office.

use super::service::{PAGE, Results, Search};
use crate::app::App;
use crate::shell::offices::{self, Now, bring, hours, now, said};
use askama::Template;
use domain::office::{Place, Service};
use domain::region::{RegionCode, Regions};
use i18n::Language;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use store::office::Office;
use web::{Context, Shell};

/// The directory.
#[derive(Template)]
#[template(path = "features/offices/offices.html")]
pub(super) struct OfficesPage {
    shell: Shell,
    typed: String,
    /// The chosen region and what it lies in, the largest first.
    path: Vec<Choice>,
    /// The regions that lie in it.
    below: Vec<Choice>,
    /// Every service, and whether it is the chosen one.
    services: Vec<(Service, &'static str, bool)>,
    offices: Vec<Row>,
    around: Vec<Row>,
    total: usize,
    pages: Pages,
    /// Where a script fetches the offices of a region, whose code follows.
    list: String,
    /// Whether nothing is chosen yet and there is too much to list.
    asks: bool,
}

/// A region to choose.
struct Choice {
    region: RegionCode,
    name: String,
    /// The language of the name.
    lang: &'static str,
    offices: usize,
    href: String,
}

/// Which page this is, and the ways to its neighbours.
struct Pages {
    this: usize,
    all: usize,
    previous: Option<String>,
    next: Option<String>,
}

/// An office in the list.
struct Row {
    office: Office,
    name: String,
    address: String,
    hours: String,
    now: Option<Now>,
    services: Vec<&'static str>,
    /// How far away it is, in words.
    away: Option<String>,
}

impl OfficesPage {
    pub(super) fn new(app: &App, context: &Context, search: &Search, typed: &str, results: Results) -> Self {
        let (l, regions) = (context.language, &app.regions);
        let links = Links { typed, service: search.wanted.service };
        let choice = |region: RegionCode, offices: usize| Choice {
            region,
            name: region_name(l, regions, region),
            lang: language_of(l, &region_name(l, regions, region)),
            offices,
            href: links.to(Some(region)),
        };
        let region = search.wanted.region;
        let path = region.map(|region| path(regions, region)).unwrap_or_default();
        let services = Service::ALL.into_iter();
        let asks = search.is_everything() && results.total > PAGE;
        Self {
            shell: context.shell(l.offices_title()),
            typed: typed.to_owned(),
            path: path.into_iter().map(|region| choice(region, 0)).collect(),
            below: results.below.iter().map(|(region, offices)| choice(*region, *offices)).collect(),
            services: services
                .map(|service| {
                    (service, offices::service(l, service), search.wanted.service == Some(service))
                })
                .collect(),
            total: results.total,
            pages: Pages {
                this: search.page,
                all: results.total.div_ceil(PAGE),
                previous: search
                    .page
                    .checked_sub(1)
                    .filter(|page| *page > 0)
                    .map(|page| links.page(region, page)),
                next: results.next(search.page).map(|page| links.page(region, page)),
            },
            list: format!("{}&region=", links.to(None)),
            offices: if asks { Vec::new() } else { rows(app, l, results.offices) },
            around: results
                .around
                .into_iter()
                .map(|(office, metres)| Row::new(app, l, office, Some(metres)))
                .collect(),
            asks,
        }
    }

    /// How many there are, for the words of one and of many.
    fn count(&self) -> u64 {
        self.total as u64
    }

    /// The region that is chosen.
    fn here(&self) -> Option<&Choice> {
        self.path.last()
    }
}

fn rows(app: &App, l: Language, offices: Vec<Office>) -> Vec<Row> {
    offices.into_iter().map(|office| Row::new(app, l, office, None)).collect()
}

/// Addresses of the directory with the same service.
struct Links<'a> {
    typed: &'a str,
    service: Option<Service>,
}

impl Links<'_> {
    /// The directory of a region.
    fn to(&self, region: Option<RegionCode>) -> String {
        let service = self.service.map(Service::as_str).unwrap_or_default();
        let region = region.map(|region| format!("&region={region}")).unwrap_or_default();
        format!("/offices?service={service}{region}")
    }

    /// Another page of what was found.
    fn page(&self, region: Option<RegionCode>, page: usize) -> String {
        format!("{}&q={}&page={page}", self.to(region), utf8_percent_encode(self.typed, NON_ALPHANUMERIC))
    }
}

impl Row {
    fn new(app: &App, l: Language, office: Office, metres: Option<u32>) -> Self {
        Self {
            name: said(l, &office.name).to_owned(),
            address: said(l, &office.address).to_owned(),
            hours: hours(l, &office).into_owned(),
            now: now(app, l, &office),
            services: office.services.iter().map(|service| offices::service(l, service)).collect(),
            away: metres.map(|metres| l.offices_near_away(kilometres(metres))),
            office,
        }
    }
}

/// One office.
#[derive(Template)]
#[template(path = "features/offices/office.html")]
pub(super) struct OfficePage {
    shell: Shell,
    row: Row,
    /// What it does and what to bring for it.
    services: Vec<(&'static str, &'static str)>,
    region: String,
    region_lang: &'static str,
    region_href: String,
    above: Option<Row>,
    map: Option<String>,
}

impl OfficePage {
    pub(super) fn new(app: &App, context: &Context, office: Office, above: Option<Office>) -> Self {
        let l = context.language;
        let region = office.organ.region();
        let map = |place: Place| app.map_link.to(place, said(l, &office.name));
        let names = path(&app.regions, region).into_iter().map(|region| region_name(l, &app.regions, region));
        let names = names.collect::<Vec<_>>().join(" ");
        Self {
            shell: context.shell(said(l, &office.name).to_owned()),
            services: office
                .services
                .iter()
                .map(|service| (offices::service(l, service), bring(l, service)))
                .collect(),
            region_lang: language_of(l, &names),
            region: names,
            region_href: Links { typed: "", service: None }.to(Some(region)),
            map: office.place.map(map),
            above: above.map(|above| Row::new(app, l, above, None)),
            row: Row::new(app, l, office, None),
        }
    }
}

/// The language of a name on a page: names that only Chinese has stay Chinese.
fn language_of(l: Language, name: &str) -> &'static str {
    if name.is_ascii() { l.code() } else { Language::Zh.code() }
}

/// Kilometres with one digit after the point below ten.
fn kilometres(metres: u32) -> String {
    let tenths = (metres + 50) / 100;
    if tenths < 100 {
        format!("{}.{}", tenths / 10, tenths % 10)
    } else {
        ((metres + 500) / 1000).to_string()
    }
}

/// A region and those that it lies in, the largest first; levels that are no place of their own are left out.
fn path(regions: &Regions, region: RegionCode) -> Vec<RegionCode> {
    let above = [region.province(), region.city()].into_iter().filter(|above| *above != region);
    let mut path: Vec<RegionCode> = above.filter(|above| regions.place(*above).is_some()).collect();
    path.push(region);
    path.dedup();
    path
}

fn region_name(l: Language, regions: &Regions, region: RegionCode) -> String {
    let latin = region.in_latin().filter(|_| l == Language::En);
    match latin.or_else(|| regions.place(region)) {
        Some(name) => name.to_owned(),
        None if region == RegionCode::DEMONSTRATION => l.offices_region_demonstration().to_owned(),
        None => l.offices_region_unknown(region),
    }
}

#[cfg(test)]
mod tests {
    use super::kilometres;

    #[test]
    fn a_distance_has_as_many_digits_as_it_is_worth() {
        let said: Vec<String> = [0, 49, 50, 949, 9_949, 9_950, 104_600].map(kilometres).into();
        assert_eq!(said, ["0.0", "0.0", "0.1", "0.9", "9.9", "10", "105"]);
    }
}
