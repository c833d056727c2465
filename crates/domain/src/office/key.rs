//! What finds a text: its characters, how they are read (pinyin), and the first letters of the readings.

use pinyin::ToPinyin as _;
use unicode_normalization::UnicodeNormalization as _;

/// A text as it is searched: every form of it, and which pairs of characters stand in any of them.
#[derive(Clone, Debug)]
pub struct Key {
    forms: Box<str>,
    pairs: Pairs,
}

/// The words that somebody searches for; all of them are wanted.
#[derive(Clone, Default, Debug)]
pub struct Words(Vec<Word>);

#[derive(Clone, Debug)]
pub(super) struct Word {
    text: String,
    pairs: Pairs,
}

/// What parts the forms; no folded text holds it.
const APART: char = '\n';
/// The most words that are looked for, and the most characters of each: more say nothing more of a place.
const MOST_WORDS: usize = 6;
const MOST_LETTERS: usize = 40;

impl Key {
    /// The key of texts that are found together, such as a name in two languages.
    pub fn of<'t>(texts: impl IntoIterator<Item = &'t str>) -> Self {
        let (mut forms, mut known) = (String::new(), Vec::new());
        for text in texts {
            let text = folded(text);
            if !text.is_empty() && !known.contains(&text) {
                push_forms(&mut forms, &text);
                known.push(text);
            }
        }
        Self { pairs: Pairs::of(&forms), forms: forms.into() }
    }

    /// Whether a word stands in one of the forms.
    pub(super) fn has(&self, word: &Word) -> bool {
        self.pairs.hold(&word.pairs) && self.forms.contains(&word.text)
    }
}

impl Words {
    /// The words of what somebody typed, apart by spaces.
    #[must_use]
    pub fn parse(typed: &str) -> Self {
        let words = typed.split(char::is_whitespace).map(folded).filter(|word| !word.is_empty());
        let words = words.take(MOST_WORDS).map(|word| word.chars().take(MOST_LETTERS).collect::<String>());
        Self(words.map(|text| Word { pairs: Pairs::of(&text), text }).collect())
    }

    /// Whether nothing is searched for.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Word> {
        self.0.iter()
    }
}

/// Letters and digits alone, in one width and case (NFKC).
fn folded(text: &str) -> String {
    text.nfkc().flat_map(char::to_lowercase).filter(|c| c.is_alphanumeric()).collect()
}

/// The text, its readings and their first letters; and the same as its characters are read in names of places.
fn push_forms(forms: &mut String, text: &str) {
    let mut push = |form: &str| {
        forms.push_str(form);
        forms.push(APART);
    };
    push(text);
    let usual = Readings::of(text, |_| None);
    if usual.whole == text {
        return;
    }
    push(&usual.whole);
    push(&usual.first);
    let of_places = Readings::of(text, reading_in_places);
    if of_places.whole != usual.whole {
        push(&of_places.whole);
        push(&of_places.first);
    }
}

/// How a text is read, and the first letter of each reading.
struct Readings {
    whole: String,
    first: String,
}

impl Readings {
    /// The readings of the characters, each the special one that it has or its usual one.
    fn of(text: &str, special: impl Fn(char) -> Option<&'static str>) -> Self {
        let mut readings = Self { whole: String::with_capacity(text.len() * 2), first: String::new() };
        for c in text.chars() {
            let Some(reading) = special(c).or_else(|| c.to_pinyin().map(pinyin::Pinyin::plain)) else {
                readings.whole.push(c);
                readings.first.push(c);
                continue;
            };
            // People type v for ü.
            readings.whole.extend(reading.chars().map(|letter| if letter == 'ü' { 'v' } else { letter }));
            readings.first.extend(reading.chars().next());
        }
        readings
    }
}

/// The reading in names of places of a character that is commonly read in another way (民政部, 地名读音): 长沙, 重庆, 成都.
fn reading_in_places(c: char) -> Option<&'static str> {
    Some(match c {
        '长' => "chang",
        '重' => "chong",
        '厦' => "xia",
        '六' => "lu",
        '番' => "pan",
        '蚌' => "beng",
        '乐' => "yue",
        '单' => "shan",
        '浚' => "xun",
        '尉' => "yu",
        '阿' => "e",
        '堡' => "bu",
        '洞' => "tong",
        '铅' => "yan",
        '涡' => "guo",
        '蔚' => "yu",
        '藏' => "zang",
        '筠' => "jun",
        '犍' => "qian",
        '枞' => "zong",
        '珲' => "hun",
        '泌' => "bi",
        '荥' => "ying",
        '佛' => "fo",
        '都' => "du",
        '什' => "shi",
        '曾' => "zeng",
        '覃' => "qin",
        '圩' => "xu",
        '陂' => "pi",
        '坻' => "di",
        '埔' => "bu",
        '町' => "ding",
        '勒' => "le",
        '伽' => "jia",
        '峒' => "tong",
        '茄' => "qie",
        '峙' => "shi",
        '召' => "shao",
        '泊' => "bo",
        '涌' => "chong",
        '弄' => "long",
        '咀' => "zui",
        '栎' => "yue",
        '朝' => "zhao",
        '歙' => "xi",
        '大' => "dai",
        '柏' => "bo",
        '宿' => "xiu",
        '行' => "hang",
        '牟' => "mu",
        '称' => "chen",
        _ => return None,
    })
}

/// Which pairs of neighbouring characters stand in a text, and which characters beyond ASCII, as a set that may hold too much
/// and never too little: it spares looking into most texts.
#[derive(Clone, Copy, Default, Debug)]
struct Pairs([u64; 8]);

impl Pairs {
    fn of(text: &str) -> Self {
        let mut pairs = Self::default();
        for form in text.split(APART) {
            let mut before = None;
            for c in form.chars() {
                if !c.is_ascii() {
                    pairs.put(u32::from(c), 0);
                }
                if let Some(before) = before.replace(c) {
                    pairs.put(u32::from(before), u32::from(c));
                }
            }
        }
        pairs
    }

    fn put(&mut self, one: u32, next: u32) {
        // Multipliers of Knuth's hashing; the upper bits are the mixed ones.
        let hash = one.wrapping_mul(0x9E37_79B1) ^ next.wrapping_mul(0x85EB_CA6B).rotate_left(13);
        let bit = hash.wrapping_mul(0xC2B2_AE35) >> 23;
        if let Some(word) = self.0.get_mut((bit / 64) as usize) {
            *word |= 1 << (bit % 64);
        }
    }

    fn hold(&self, others: &Self) -> bool {
        self.0.iter().zip(&others.0).all(|(held, wanted)| held & wanted == *wanted)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn finds(text: &str, typed: &str) -> bool {
        let (key, words) = (Key::of([text]), Words::parse(typed));
        words.iter().all(|word| key.has(word))
    }

    #[test]
    fn a_text_is_found_by_characters_pinyin_and_first_letters() {
        let name = "北京市公安局朝阳分局建外派出所";
        for typed in [
            "建外",
            "建外派出所",
            "jianwai",
            "JianWai",
            "ｊｉａｎｗａｉ",
            "jian wai",
            "jwpcs",
            "cyfj",
            "朝阳 建外",
            "朝阳 jw",
            "京",
            "  ",
            "paichusuo",
        ] {
            assert!(finds(name, typed), "{typed}");
        }
        for typed in ["海淀", "haidian", "hdfj", "朝阳 海淀", "外建"] {
            assert!(!finds(name, typed), "{typed}");
        }
    }

    #[test]
    fn a_character_of_two_readings_is_found_by_either() {
        for (name, typed) in [
            ("长沙市", "changsha"),
            ("长治市", "changzhi"),
            ("重庆市", "chongqing"),
            ("重庆市", "cqs"),
            ("厦门市", "xiamen"),
            ("六安市", "luan"),
            ("成都市", "chengdu"),
            ("西藏自治区", "xizang"),
            ("朝阳区", "chaoyang"),
            ("番禺区", "panyu"),
            ("绿园区", "lvyuan"),
            ("蚌埠市", "bengbu"),
            ("乐清市", "yueqing"),
        ] {
            assert!(finds(name, typed), "{name} {typed}");
        }
    }

    #[test]
    fn other_scripts_are_found_as_they_are() {
        assert!(finds("No. 1 Sample Road", "sample") && finds("No. 1 Sample Road", "1 ROAD"));
        assert!(finds("示范路1号", "示范路１号") && finds("示范路1号", "sfl1h"));
        assert!(!finds("", "a") && finds("", ""));
    }

    #[test]
    fn only_so_much_is_looked_for() {
        assert_eq!(Words::parse(&"a b ".repeat(50)).iter().count(), MOST_WORDS);
        assert!(finds(&"长".repeat(MOST_LETTERS), &"长".repeat(10_000)));
    }

    proptest! {
        #[test]
        fn whatever_stands_in_a_text_is_found(text in "\\PC{1,30}", from in 0_usize..30, length in 1_usize..10) {
            let part: String = text.chars().skip(from).take(length).collect();
            // Letters that merge with their neighbours when they are folded are no part by themselves.
            prop_assume!(folded(&text).contains(&folded(&part)));
            prop_assume!(!part.chars().any(char::is_whitespace));
            prop_assert!(finds(&text, &part));
        }

        #[test]
        fn a_reading_finds_what_is_written(text in "[一-龥]{1,12}") {
            for readings in [Readings::of(&text, |_| None), Readings::of(&text, reading_in_places)] {
                prop_assert!(finds(&text, &readings.whole) || readings.whole.chars().count() > MOST_LETTERS);
                prop_assert!(finds(&text, &readings.first));
            }
        }
    }
}
