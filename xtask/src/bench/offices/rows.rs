//! A directory of invented offices in the counties of today, and searches that people might make.

use std::fmt::Write as _;
use std::fs;

use crate::places;

/// Words of which names and addresses are made, in characters and as they are read.
const WORDS: [(&str, &str); 30] = [
    ("东风", "dongfeng"),
    ("建设", "jianshe"),
    ("人民", "renmin"),
    ("解放", "jiefang"),
    ("中山", "zhongshan"),
    ("和平", "heping"),
    ("新华", "xinhua"),
    ("光明", "guangming"),
    ("胜利", "shengli"),
    ("红旗", "hongqi"),
    ("青年", "qingnian"),
    ("文化", "wenhua"),
    ("工业", "gongye"),
    ("南湖", "nanhu"),
    ("北山", "beishan"),
    ("西城", "xicheng"),
    ("东关", "dongguan"),
    ("桥头", "qiaotou"),
    ("龙泉", "longquan"),
    ("凤凰", "fenghuang"),
    ("梅园", "meiyuan"),
    ("松林", "songlin"),
    ("柳河", "liuhe"),
    ("金沙", "jinsha"),
    ("银川", "yinchuan"),
    ("玉泉", "yuquan"),
    ("石桥", "shiqiao"),
    ("马家", "majia"),
    ("李庄", "lizhuang"),
    ("王村", "wangcun"),
];
/// Provinces that people search in.
const REGIONS: [u64; 5] = [11, 31, 37, 44, 51];
/// How many stations a county has at the most.
const STATIONS: u64 = 900;

/// A CSV file of so many offices, spread over all counties.
pub(super) fn offices(count: u64) -> Result<String, String> {
    let path = places::root().join("data/regions.csv");
    let table = fs::read_to_string(&path).map_err(|reason| format!("{}: {reason}", path.display()))?;
    let counties = counties(&table);
    let all = counties.len() as u64;
    if count > all * STATIONS {
        return Err(format!("there is room for {} offices", all * STATIONS));
    }
    let mut csv = String::from("organ,name,address,phone,opening,services,latitude,longitude,parent\n");
    for number in 0..count {
        let (station, place) = (number / all + 1, number % all);
        let Some((code, county)) = usize::try_from(place).ok().and_then(|place| counties.get(place)) else {
            continue;
        };
        let (one, other) = (word(number), word(number / 7 + 11));
        let _ = writeln!(
            csv,
            "{code}{station:03},{county}{}{}派出所,{county}{}{}路{}号,0000-{number:08},\"Mo-Fr 09:00-12:00,13:30-17:00\",\
             accept;hand_out,{:.4},{:.4},{code}000",
            one.0,
            other.0,
            other.0,
            one.0,
            number % 999 + 1,
            20.0 + (number % 2_500) as f64 / 100.0,
            80.0 + (number % 4_900) as f64 / 100.0,
        );
    }
    Ok(csv)
}

/// Addresses of searches, a line each: two words in characters, one as it is read, first letters, and a word in a region.
pub(super) fn searches(count: u64) -> String {
    let mut lines = String::new();
    for number in 0..count {
        let (one, other) = (word(number), word(number / 3 + 5));
        let query = match number % 5 {
            0 => format!("q={}{}", encoded(one.0), encoded(other.0)),
            1 => format!("q={}", one.1),
            2 => format!("q={}{}", one.1, other.1),
            3 => format!("q={}", letters(one.1, other.1)),
            _ => format!("region={}0000&service=accept&q={}", of(&REGIONS, number / 5), encoded(one.0)),
        };
        let _ = writeln!(lines, "/api/v1/offices?{query}");
    }
    lines
}

fn word(number: u64) -> (&'static str, &'static str) {
    of(&WORDS, number)
}

/// One of a list, round and round.
fn of<T: Copy + Default>(list: &[T], number: u64) -> T {
    let place = usize::try_from(number).unwrap_or(0) % list.len().max(1);
    list.get(place).copied().unwrap_or_default()
}

/// Counties that the newest source lists.
fn counties(table: &str) -> Vec<(&str, &str)> {
    let rows = table.lines().skip(1).filter_map(|line| {
        let mut cells = line.split(',');
        Some((cells.next()?, cells.next()?, cells.nth(1)?))
    });
    let of_today = rows.filter(|(code, _, last)| !code.ends_with("00") && *last == "2026");
    of_today.map(|(code, name, _)| (code, name)).collect()
}

/// The first letters of two words, as somebody in a hurry types them.
fn letters(one: &str, other: &str) -> String {
    one.chars().take(1).chain(other.chars().take(1)).chain("pcs".chars()).collect()
}

fn encoded(word: &str) -> String {
    word.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_office_has_a_code_of_its_own() {
        let csv = offices(7_000).unwrap();
        let codes: std::collections::BTreeSet<&str> =
            csv.lines().skip(1).filter_map(|line| line.split(',').next()).collect();
        assert_eq!(codes.len(), 7_000);
        assert!(codes.iter().all(|code| code.len() == 9));
        assert!(offices(u64::MAX / 2).is_err());
    }

    #[test]
    fn a_search_is_an_address() {
        let searches = searches(10);
        assert_eq!(searches.lines().nth(1), Some("/api/v1/offices?q=jianshe"));
        assert!(searches.lines().all(|line| line.starts_with("/api/v1/offices?") && line.is_ascii()));
    }
}
