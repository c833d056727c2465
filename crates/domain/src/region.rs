//! Administrative regions (GB/T 2260 and its successors), by today's names and by those of their time.

use std::fmt;

/// A county-level, city or province code: six digits, the first not 0.
#[derive(Copy, Clone, Eq, PartialEq, Ord, PartialOrd, Hash, Debug)]
pub struct RegionCode(u32);

impl RegionCode {
    /// The region of demonstration people: in no table, accepted only where demonstration data is.
    pub const DEMONSTRATION: Self = Self(119_900);

    /// The region with this number, 100000 to 999999.
    #[must_use]
    pub const fn new(code: u32) -> Option<Self> {
        match code {
            100_000..=999_999 => Some(Self(code)),
            _ => None,
        }
    }

    /// The six digits as a number.
    #[must_use]
    pub const fn get(self) -> u32 {
        self.0
    }

    /// The province it lies in: `110105` → `110000`.
    #[must_use]
    pub const fn province(self) -> Self {
        Self(self.0 / 10_000 * 10_000)
    }

    /// The city it lies in: `110105` → `110100`.
    #[must_use]
    pub const fn city(self) -> Self {
        Self(self.0 / 100 * 100)
    }

    /// Whether the other region is this one or lies in it: `110000` covers `110105`, and so does `110100`.
    #[must_use]
    pub const fn covers(self, other: Self) -> bool {
        self.0 == other.0 || self.0 == other.city().0 || self.0 == other.province().0
    }

    /// The name of a province in Latin letters (Hanyu Pinyin, or as they are commonly written); none for what lies in one:
    /// names of other languages than Chinese cannot be told from their characters.
    #[must_use]
    pub const fn in_latin(self) -> Option<&'static str> {
        Some(match self.0 {
            110_000 => "Beijing",
            120_000 => "Tianjin",
            130_000 => "Hebei",
            140_000 => "Shanxi",
            150_000 => "Inner Mongolia",
            210_000 => "Liaoning",
            220_000 => "Jilin",
            230_000 => "Heilongjiang",
            310_000 => "Shanghai",
            320_000 => "Jiangsu",
            330_000 => "Zhejiang",
            340_000 => "Anhui",
            350_000 => "Fujian",
            360_000 => "Jiangxi",
            370_000 => "Shandong",
            410_000 => "Henan",
            420_000 => "Hubei",
            430_000 => "Hunan",
            440_000 => "Guangdong",
            450_000 => "Guangxi",
            460_000 => "Hainan",
            500_000 => "Chongqing",
            510_000 => "Sichuan",
            520_000 => "Guizhou",
            530_000 => "Yunnan",
            540_000 => "Xizang",
            610_000 => "Shaanxi",
            620_000 => "Gansu",
            630_000 => "Qinghai",
            640_000 => "Ningxia",
            650_000 => "Xinjiang",
            710_000 => "Taiwan",
            810_000 => "Hong Kong",
            820_000 => "Macao",
            _ => return None,
        })
    }

    pub(crate) const fn of_organ(organ: u32) -> Self {
        Self(organ / 1000)
    }
}

impl fmt::Display for RegionCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:06}", self.0)
    }
}

/// The table of regions: every code with each name it had, and when.
#[derive(Clone, Debug)]
pub struct Regions {
    /// Sorted by code, then by the year a name was first seen.
    rows: Vec<Row>,
}

/// What is wrong with a table of regions.
#[derive(Clone, Eq, PartialEq, Debug, thiserror::Error)]
pub enum RegionTableError {
    /// The first line is not `code,name,first_seen,last_seen`.
    #[error("the table of regions must start with code,name,first_seen,last_seen")]
    Header,
    /// A line (counted from 1) is not a code, a name and two years.
    #[error("line {0} of the table of regions is not a code, a name and two years")]
    Line(usize),
}

#[derive(Clone, Debug)]
struct Row {
    code: RegionCode,
    first_seen: i16,
    last_seen: i16,
    name: Box<str>,
}

impl Regions {
    /// The table that comes with the product, `data/regions.csv`.
    ///
    /// # Errors
    /// When the file in the source tree was damaged; a test proves that it is not.
    pub fn built_in() -> Result<Self, RegionTableError> {
        Self::parse(include_str!("../../../data/regions.csv"))
    }

    /// A table with the columns `code,name,first_seen,last_seen`; years in which the sources list a name.
    ///
    /// # Errors
    /// Names the first line that is not of this shape.
    pub fn parse(csv: &str) -> Result<Self, RegionTableError> {
        let mut lines = csv.trim_start_matches('\u{FEFF}').lines().enumerate();
        if lines.next().is_none_or(|(_, header)| header.trim() != "code,name,first_seen,last_seen") {
            return Err(RegionTableError::Header);
        }
        let mut rows = lines
            .filter(|(_, line)| !line.trim().is_empty())
            .map(|(index, line)| Row::parse(line).ok_or(RegionTableError::Line(index + 1)))
            .collect::<Result<Vec<_>, _>>()?;
        rows.sort_by_key(|row| (row.code, row.first_seen, row.last_seen));
        Ok(Self { rows })
    }

    /// The name the region had in that year; without a year, or in a year no source covers, its latest.
    #[must_use]
    pub fn name(&self, code: RegionCode, year: Option<i16>) -> Option<&str> {
        let rows = self.rows_of(code);
        let then = year.and_then(|year| rows.iter().rev().find(|row| row.covers(year)));
        then.or_else(|| rows.iter().max_by_key(|row| row.last_seen)).map(|row| &*row.name)
    }

    /// Province, city and county as they were called in that year; levels that are no place of their own
    /// (`市辖区`, `县`, `省直辖县级行政区划`) and repeated names are left out, an unknown level too.
    #[must_use]
    pub fn path(&self, code: RegionCode, year: Option<i16>) -> Vec<&str> {
        let mut path = Vec::with_capacity(3);
        for level in [code.province(), code.city(), code] {
            let Some(name) = self.name(level, year) else { continue };
            let filler = level != code && is_filler(name);
            if !filler && path.last() != Some(&name) {
                path.push(name);
            }
        }
        path
    }

    /// Whether the table has this code.
    #[must_use]
    pub fn knows(&self, code: RegionCode) -> bool {
        self.rows.binary_search_by_key(&code, |row| row.code).is_ok()
    }

    /// The counties, cities and provinces of today: those that the newest source lists, in order.
    pub fn current(&self) -> impl Iterator<Item = RegionCode> {
        let newest = self.rows.iter().map(|row| row.last_seen).max();
        let of_today = move |rows: &&[Row]| rows.iter().map(|row| row.last_seen).max() == newest;
        let regions = self.rows.chunk_by(|a, b| a.code == b.code).filter(of_today);
        regions.filter_map(|rows| rows.first()).map(|row| row.code)
    }

    /// The name of a place of its own; none for levels that are none (`市辖区`, `县`, `省直辖县级行政区划`).
    #[must_use]
    pub fn place(&self, code: RegionCode) -> Option<&str> {
        self.name(code, None).filter(|name| !is_filler(name))
    }

    /// Every code of the table, in order.
    pub fn codes(&self) -> impl Iterator<Item = RegionCode> {
        self.rows.chunk_by(|a, b| a.code == b.code).filter_map(|rows| rows.first()).map(|row| row.code)
    }

    fn rows_of(&self, code: RegionCode) -> &[Row] {
        let start = self.rows.partition_point(|row| row.code < code);
        let rest = self.rows.get(start..).unwrap_or_default();
        rest.get(..rest.iter().take_while(|row| row.code == code).count()).unwrap_or_default()
    }
}

impl Row {
    fn parse(line: &str) -> Option<Self> {
        let mut fields = line.trim().split(',');
        let code = RegionCode::new(fields.next()?.parse().ok()?)?;
        let name = fields.next().filter(|name| !name.is_empty())?.into();
        let years: (i16, i16) = (fields.next()?.parse().ok()?, fields.next()?.parse().ok()?);
        // A name that two sources bounded differently may have its years the wrong way round.
        let (first_seen, last_seen) = (years.0.min(years.1), years.0.max(years.1));
        fields.next().is_none().then_some(Self { code, first_seen, last_seen, name })
    }

    fn covers(&self, year: i16) -> bool {
        (self.first_seen..=self.last_seen).contains(&year)
    }
}

fn is_filler(name: &str) -> bool {
    matches!(name, "市辖区" | "县") || name.contains("直辖")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn code(code: u32) -> RegionCode {
        RegionCode::new(code).unwrap()
    }

    #[test]
    fn a_region_covers_itself_and_what_lies_in_it() {
        let region = |code| RegionCode::new(code).unwrap();
        let covers = |whole, part| region(whole).covers(region(part));
        assert!(covers(110_105, 110_105) && covers(110_100, 110_105) && covers(110_000, 110_105));
        assert!(!covers(110_105, 110_100) && !covers(110_100, 110_205) && !covers(120_000, 110_105));
    }

    #[test]
    fn the_built_in_table_is_whole() {
        let regions = Regions::built_in().unwrap();
        assert_eq!(regions.codes().count(), 7_406);
        assert!(regions.knows(code(110_105)) && regions.knows(code(810_000)));
        assert!(!regions.knows(RegionCode::DEMONSTRATION));
    }

    #[test]
    fn every_province_has_a_name_in_latin_letters() {
        let regions = Regions::built_in().unwrap();
        let provinces = regions.current().filter(|region| *region == region.province());
        let unnamed: Vec<u32> = provinces.filter(|it| it.in_latin().is_none()).map(RegionCode::get).collect();
        assert_eq!(unnamed, [830_000], "residence permits of Taiwan residents");
        assert_eq!((code(610_000).in_latin(), code(140_000).in_latin()), (Some("Shaanxi"), Some("Shanxi")));
        assert_eq!(code(110_105).in_latin(), None);
    }

    #[test]
    fn the_regions_of_today_are_known() {
        let regions = Regions::built_in().unwrap();
        let counties = regions.current().filter(|code| !code.get().is_multiple_of(100));
        assert_eq!((regions.current().count(), counties.count()), (3_215, 2_847));
        assert!(regions.current().all(|code| regions.place(code).is_some()));
        assert_eq!((regions.place(code(110_100)), regions.place(code(130_100))), (None, Some("石家庄市")));
        assert_eq!(regions.place(code(429_000)), None);
    }

    #[test]
    fn a_region_has_the_name_of_its_time() {
        let regions = Regions::built_in().unwrap();
        assert_eq!(regions.name(code(510_202), Some(1985)), Some("市中区"));
        assert_eq!(regions.name(code(510_202), Some(1995)), Some("渝中区"));
        assert_eq!(regions.name(code(510_202), None), Some("渝中区"));
        assert_eq!(regions.name(code(510_202), Some(1949)), Some("渝中区"));
        assert_eq!(regions.name(RegionCode::DEMONSTRATION, None), None);
    }

    #[test]
    fn a_path_leaves_out_what_is_no_place() {
        let regions = Regions::built_in().unwrap();
        assert_eq!(regions.path(code(110_105), Some(1990)), ["北京市", "朝阳区"]);
        assert_eq!(regions.path(code(510_202), Some(1985)), ["四川省", "重庆市", "市中区"]);
        assert_eq!(regions.path(code(429_004), Some(1999)), ["湖北省", "仙桃市"]);
        assert_eq!(regions.path(code(441_900), None), ["广东省", "东莞市"]);
        assert_eq!(regions.path(code(110_000), None), ["北京市"]);
        assert_eq!(regions.path(RegionCode::DEMONSTRATION, None), ["北京市"]);
    }

    #[test]
    fn a_damaged_table_names_its_line() {
        assert_eq!(Regions::parse("").unwrap_err(), RegionTableError::Header);
        let header = "code,name,first_seen,last_seen\n";
        for line in
            ["1,甲,1980,2026", "110105,,1980,2026", "110105,甲,1980", "110105,甲,1980,2026,1", "x,甲,1,2"]
        {
            let table = format!("{header}110000,北京市,1980,2026\n\n{line}\n");
            assert_eq!(Regions::parse(&table).unwrap_err(), RegionTableError::Line(4), "{line}");
        }
    }

    proptest! {
        #[test]
        fn a_code_lies_in_its_city_and_province(number in 100_000_u32..=999_999) {
            let region = code(number);
            prop_assert_eq!(region.city().province(), region.province());
            prop_assert_eq!(region.to_string().len(), 6);
        }

        #[test]
        fn any_text_is_a_table_or_an_error(text in any::<String>()) {
            let _ = Regions::parse(&format!("code,name,first_seen,last_seen\n{text}"));
        }
    }
}
