//! Invented organs and their offices.

use domain::organ::OrganCode;
use domain::region::RegionCode;
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
    Some(Office {
        organ: organ(station)?,
        name: both(name),
        address: both(address),
        phone: format!("000-0000-{station:04}"),
        hours: both((
            "周一至周五 9:00–12:00、13:30–17:00".to_owned(),
            "Monday to Friday 9:00–12:00 and 13:30–17:00".to_owned(),
        )),
    })
}
