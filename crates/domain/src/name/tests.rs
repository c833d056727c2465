//! Names of many scripts, how they match, and how little of them is shown.

use proptest::prelude::*;

use super::*;

fn name(typed: &str) -> Name {
    Name::parse(typed).unwrap()
}

#[test]
fn names_of_any_script_are_names() {
    let names = [
        "张三",
        "欧阳修",
        "阿卜杜拉·买买提",
        "𠮷野",
        "㛃",
        "〇",
        "\u{30EDE}",
        "\u{323AF}",
        "Anna-Maria O'Neill",
        "J. Smith",
        "ئابدۇللا",
        "བསྟན་འཛིན",
        "ꆈꌠ",
        "김철수",
        "Łukasz",
        "葛\u{E0100}",
    ];
    for typed in names {
        assert_eq!(name(typed).as_str(), typed);
    }
    assert_eq!(name(" 　张\u{200B} \u{3000} 三\u{FEFF} ").as_str(), "张 三");
}

#[test]
fn what_is_no_name_says_why() {
    for empty in ["", "  ", "\u{200B}", "·", " - "] {
        assert_eq!(Name::parse(empty), Err(NameError::Empty), "{empty:?}");
    }
    for (wrong, position) in
        [("张3", 2), ("张\u{7}三", 2), ("<b>", 1), ("张\n三", 2), ("a;b", 2), ("张三，", 3), ("=1+1", 1)]
    {
        assert_eq!(Name::parse(wrong), Err(NameError::Character { position }), "{wrong:?}");
    }
    assert_eq!(Name::parse(&"张".repeat(60)).map(|_| ()), Ok(()));
    assert_eq!(Name::parse(&"张".repeat(61)), Err(NameError::TooLong { found: 61 }));
}

#[test]
fn direction_marks_are_never_part_of_a_name() {
    assert_eq!(name("张\u{202E}三\u{2069}").as_str(), "张三");
}

#[test]
fn names_match_however_they_are_typed() {
    let dots = [
        "阿卜杜拉·买买提",
        "阿卜杜拉•买买提",
        "阿卜杜拉・买买提",
        "阿卜杜拉‧买买提",
        "阿卜杜拉.买买提",
        "阿卜杜拉 ･ 买买提",
        "阿卜杜拉．买买提",
        "阿卜杜拉。买买提",
        "阿卜杜拉-买买提",
        "阿卜杜拉买买提",
    ];
    for typed in dots {
        assert_eq!(name(typed).matching(), "阿卜杜拉买买提", "{typed}");
    }
    assert_eq!(name("Ａｎｎａ  O’NEILL").matching(), "annao'neill");
    assert_eq!(name("张 三").matching(), "张三");
    assert_eq!(name("葛\u{E0100}").matching(), "葛");
    assert_eq!(name("e\u{301}").matching(), name("É").matching());
    assert_eq!(name("\u{F71} \u{A3C}").matching(), name("\u{A3C}\u{F71}").matching());
    assert_ne!(name("张三").matching(), name("张叁").matching());
}

#[test]
fn others_see_the_surname_at_most() {
    let masks = [
        ("张三", "张*"),
        ("张", "*"),
        ("张小三", "张**"),
        ("欧阳修", "欧阳*"),
        ("欧阳小修", "欧阳**"),
        ("欧阳", "欧*"),
        ("阿卜杜拉·买买提", "阿***·***"),
        ("Anna Smith", "A*** *****"),
        ("𠮷野家", "𠮷**"),
    ];
    for (full, masked) in masks {
        assert_eq!(name(full).masked(), masked);
        assert_eq!(format!("{:?}", name(full)), format!("Name({masked})"));
    }
}

proptest! {
    #[test]
    fn any_text_is_a_name_or_an_error(typed in any::<String>(), near in "[\\p{Han}\\p{Latin}\\p{Mn} ·.-]{0,70}") {
        for typed in [typed, near] {
            let Ok(name) = Name::parse(&typed) else { continue };
            prop_assert_eq!(Name::parse(name.as_str()), Ok(name.clone()));
            prop_assert!(name.as_str().chars().count() <= LONGEST_NAME);
            prop_assert!(!name.as_str().contains(|c: char| c.is_control() || is_invisible(c)));
            let shown = name.masked().chars().filter(|c| *c != '*' && !is_separator(*c)).count();
            prop_assert!(shown <= 2);
        }
    }

    #[test]
    fn matching_twice_is_matching_once(typed in "[\\p{L}\\p{M} ·•.’'-]{1,40}") {
        if let Ok(name) = Name::parse(&typed) {
            let once = name.matching();
            if let Ok(again) = Name::parse(&once) {
                prop_assert_eq!(again.matching(), once);
            }
        }
    }
}
