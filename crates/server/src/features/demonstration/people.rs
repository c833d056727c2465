//! Invented people of region 119900, which is in no table: each index is another person.

use domain::Date;
use domain::name::Name;
use domain::number::CitizenNumber;
use domain::region::RegionCode;
use jiff::ToSpan as _;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;

/// Days of birth: 1940-01-01 and the 31,000 days after it.
const FIRST_BIRTH: Date = Date::constant(1940, 1, 1);
const BIRTH_DAYS: u64 = 31_000;
const SEQUENCES: u64 = 999;
/// A prime that divides neither, so that the walk over all numbers meets each once.
const STRIDE: u64 = 7_368_787;

const SURNAMES: [&str; 24] = [
    "王", "李", "张", "刘", "陈", "杨", "黄", "赵", "吴", "周", "徐", "孙", "马", "朱", "胡", "郭", "何",
    "林", "罗", "高", "欧阳", "司马", "上官", "诸葛",
];
const GIVEN: [&str; 24] = [
    "伟", "芳", "娜", "敏", "静", "丽", "强", "磊", "洋", "勇", "艳", "杰", "娟", "涛", "明", "超", "秀英",
    "建国", "子涵", "浩然", "雨桐", "𬭎", "㛃", "翊",
];
const WITH_SEPARATOR: [&str; 4] = ["阿依古丽·买买提", "迪丽娜尔·吐尔逊", "扎西·次仁", "买买提·艾力"];

/// The person of an index; two indices under thirty million are two people.
pub(super) fn number(index: u64) -> Option<CitizenNumber> {
    let place = index.wrapping_mul(STRIDE) % (BIRTH_DAYS * SEQUENCES);
    let birth = FIRST_BIRTH.checked_add((place / SEQUENCES).cast_signed().days()).ok()?;
    let sequence = u16::try_from(place % SEQUENCES + 1).ok()?;
    CitizenNumber::from_parts(RegionCode::DEMONSTRATION, birth, sequence)
}

/// A name; one in fifty has a separator.
pub(super) fn name(rng: &mut StdRng) -> Option<Name> {
    use rand::RngExt as _;
    if rng.random_ratio(1, 50) {
        return Name::parse(WITH_SEPARATOR.choose(rng)?).ok();
    }
    Name::parse(&format!("{}{}", SURNAMES.choose(rng)?, GIVEN.choose(rng)?)).ok()
}
