//! Invented organs and their offices: those of the demonstration's people, and one for each county.

use domain::office::{Opening, Phone, Place, Service, Services};
use domain::organ::OrganCode;
use domain::region::{RegionCode, Regions};
use store::office::{Bilingual, Office};

/// Police stations that accept and hand out.
pub(super) const STATIONS: u16 = 8;
/// Names of the stations, as obviously invented as their phones.
const STATION_NAMES: [(&str, &str); STATIONS as usize] = [
    ("示范东路", "Demonstration East Road"),
    ("示范西路", "Demonstration West Road"),
    ("样例街", "Sample Street"),
    ("演练桥", "Exercise Bridge"),
    ("试验湖", "Test Lake"),
    ("模型山", "Model Hill"),
    ("练习巷", "Practice Lane"),
    ("虚拟河", "Virtual River"),
];

/// The organs of a demonstration case.
#[derive(Clone, Copy, Debug)]
pub(super) struct Organs {
    /// The county organ of the hukou place.
    pub(super) signing: OrganCode,
    /// Another county's organ, for cross-region cases.
    pub(super) elsewhere: OrganCode,
    /// The provincial centre that checks data.
    pub(super) provincial: OrganCode,
    /// The production centre.
    pub(super) production: OrganCode,
    /// The distributing carrier.
    pub(super) carrier: OrganCode,
}

/// The organ of a station, county organ or centre of the invented region.
pub(super) fn organ(station: u16) -> Option<OrganCode> {
    OrganCode::new(RegionCode::DEMONSTRATION, station)
}

impl Organs {
    pub(super) fn new() -> Option<Self> {
        Some(Self {
            signing: organ(900)?,
            elsewhere: organ(901)?,
            provincial: organ(910)?,
            production: organ(911)?,
            carrier: organ(920)?,
        })
    }
}

/// Every invented office.
pub(super) fn offices() -> Vec<Office> {
    let stations = STATION_NAMES.iter().zip(1_u16..).filter_map(|((zh, en), station)| {
        let name = (format!("演示县公安局{zh}派出所"), format!("{en} Police Station, Demonstration County"));
        office(
            station,
            name,
            (format!("演示县{zh}{station}号"), format!("{station} {en}, Demonstration County")),
        )
    });
    let others = [
        (900, "演示县公安局户政大厅", "Household Registration Hall, Demonstration County"),
        (901, "邻近县公安局户政大厅", "Household Registration Hall, Neighbour County"),
        (910, "演示省居民身份证数据核验中心", "Provincial Data Check Centre, Demonstration Province"),
        (911, "演示省居民身份证制证中心", "Card Production Centre, Demonstration Province"),
        (920, "演示省证件分发站", "Card Distribution Post, Demonstration Province"),
    ];
    let others = others.into_iter().filter_map(|(station, zh, en)| {
        let address =
            ("演示市示范大道1号".to_owned(), "1 Demonstration Avenue, Demonstration City".to_owned());
        office(station, (zh.to_owned(), en.to_owned()), address)
    });
    stations.chain(others).collect()
}

fn office(station: u16, name: (String, String), address: (String, String)) -> Option<Office> {
    let both = |(zh, en)| Bilingual { zh, en };
    let hands_out = station <= STATIONS || station == 900 || station == 901;
    Some(Office {
        organ: organ(station)?,
        name: both(name),
        address: both(address),
        phones: Phone::list(&format!("000-0000-{station:04}")),
        hours: Bilingual::default(),
        opening: Opening::parse(HOURS).ok(),
        services: if hands_out { Services::of(Service::ALL) } else { Services::default() },
        place: place(RegionCode::DEMONSTRATION, station.into()),
        parent: if station <= STATIONS { organ(900) } else { None },
    })
}

/// The usual hours of an office.
const HOURS: &str = "Mo-Fr 09:00-12:00,13:30-17:00; Sa 09:00-12:00";

/// An invented office for every county and every city without counties of today: the organ of its region. Name, address,
/// phone and place are invented, and say so.
pub(super) fn county_offices(regions: &Regions) -> Vec<Office> {
    let codes: Vec<RegionCode> = regions.current().collect();
    let is_divided = |city: &RegionCode| codes.iter().any(|code| code.city() == *city && code != city);
    let is_county =
        |code: &&RegionCode| **code != code.province() && (**code != code.city() || !is_divided(code));
    let counties = codes.iter().filter(is_county).zip(0_u32..);
    counties.filter_map(|(region, number)| county_office(regions, *region, number)).collect()
}

fn county_office(regions: &Regions, region: RegionCode, number: u32) -> Option<Office> {
    let (path, name) = (regions.path(region, None).concat(), regions.place(region)?);
    // Every third does everything, the others accept and hand out.
    let services = if number.is_multiple_of(3) {
        Services::of(Service::ALL)
    } else {
        Services::of([Service::Accept, Service::HandOut])
    };
    Some(Office {
        organ: OrganCode::new(region, 0)?,
        name: Bilingual {
            zh: format!("{name}示范户政大厅（演示）"),
            en: format!("Demonstration Registration Hall, {name}"),
        },
        address: Bilingual {
            zh: format!("{path}示范路{}号（虚构）", number % 300 + 1),
            en: format!("{} Demonstration Road (invented), {path}", number % 300 + 1),
        },
        phones: Phone::list(&format!("0000-{:06}; 0000-{:06}", region.get(), 900_000 + number)),
        hours: Bilingual::default(),
        opening: Opening::parse(HOURS).ok(),
        services,
        place: place(region, number),
        parent: None,
    })
}

/// Provinces by the first two digits, each with degrees north and east somewhere in it.
const SOMEWHERE: [(u32, i32, i32); 31] = [
    (11, 40, 116),
    (12, 39, 117),
    (13, 38, 115),
    (14, 37, 112),
    (15, 41, 111),
    (21, 42, 123),
    (22, 44, 126),
    (23, 46, 127),
    (31, 31, 121),
    (32, 33, 119),
    (33, 29, 120),
    (34, 32, 117),
    (35, 26, 118),
    (36, 27, 116),
    (37, 36, 118),
    (41, 34, 114),
    (42, 31, 113),
    (43, 28, 112),
    (44, 23, 113),
    (45, 23, 108),
    (46, 19, 110),
    (50, 30, 107),
    (51, 31, 103),
    (52, 27, 107),
    (53, 25, 102),
    (54, 30, 91),
    (61, 34, 109),
    (62, 36, 104),
    (63, 37, 101),
    (64, 38, 106),
    (65, 43, 88),
];

/// An invented place in the right province: on a grid of some ten kilometres, one after the other.
fn place(region: RegionCode, number: u32) -> Option<Place> {
    /// Offices in a row of the grid, and millionths of a degree between two.
    const ROW: u32 = 12;
    const APART: i32 = 100_000;
    let province = region.get() / 10_000;
    let (_, north, east) = SOMEWHERE.iter().find(|(code, ..)| *code == province)?;
    let step = |steps: u32| i32::try_from(steps).map_or(0, |steps| steps * APART);
    Place::new(north * 1_000_000 + step(number / ROW % (2 * ROW)), east * 1_000_000 + step(number % ROW))
}
