//! Any bytes as a file of any format: they are read or refused, and never end the process.

use super::*;
use crate::features::feeds::fields::{Broken, Field};
use flate2::Compression;
use flate2::write::GzEncoder;
use proptest::prelude::*;
use std::io::{Cursor, Write as _};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

const MAPPING: &str = "record = \"r\"\n[cells]\nreceipt_number = \"@n\"\nstep = \"s\"\norgan = \"o/@c\"\n\
                       happened_at = \"t/d\"\nname = \"p\"";

pub(super) fn shape(format: Format) -> Shape {
    let mapping = Some(Mapping::parse(MAPPING.as_bytes()).unwrap());
    Shape { mapping, ..Shape::of(format) }
}

fn xml(text: &str) -> Result<Vec<Item>, String> {
    let mut items = open(text.as_bytes(), &shape(Format::Xml)).unwrap();
    let mut all = Vec::new();
    while let Some(Numbered { number, item }) = items.next().map_err(|error| error.to_string())? {
        all.push(item);
        assert_eq!(number, all.len() as u64);
    }
    Ok(all)
}

fn broken(text: &str) -> Vec<Option<Broken>> {
    xml(text).unwrap().into_iter().map(Result::err).collect()
}

fn unpack(bytes: Vec<u8>, expansion: Expansion) -> std::io::Result<Vec<u8>> {
    let mut out = Vec::new();
    unpacked(Cursor::new(bytes), &Arc::new(AtomicU64::new(0)), expansion)?.read_to_end(&mut out)?;
    Ok(out)
}

fn gz(bytes: &[u8]) -> Vec<u8> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::default());
    packed.write_all(bytes).unwrap();
    packed.finish().unwrap()
}

#[test]
fn a_format_is_told_by_the_name_of_the_file_packed_or_not() {
    let named = |name: &str| Format::of_name(Path::new(name));
    assert_eq!(named("a/b.csv"), Format::Csv);
    assert_eq!(named("b.XML"), Format::Xml);
    assert_eq!(named("b.2026.jsonl.gz"), Format::JsonLines);
    assert_eq!(named("b.ndjson.zst"), Format::JsonLines);
    assert_eq!(named("受理.xlsx"), Format::Xlsx);
    assert_eq!((named("b"), named("b.txt"), named("xml")), (Format::Csv, Format::Csv, Format::Csv));
}

#[test]
fn elements_and_attributes_become_cells() {
    let record = "<x:r n=' 1&#65; ' other='&amp;'><s>pro<!-- -->du<![CDATA[ced]]></s><o c=\"7\"/>\
                  <t><d> 2026 </d></t><p>王&lt;<i>not this</i>&#x738b;</p><photo>AAAA</photo></x:r>";
    let items =
        xml(&format!("\u{feff}<?xml version='1.0' encoding='utf-8'?><b><head/>{record}</b>")).unwrap();
    let fields = items[0].as_ref().ok().unwrap();
    let cell = |field| fields.get(field).unwrap_or_default();
    assert_eq!(cell(Field::ReceiptNumber), "1A");
    assert_eq!(cell(Field::Step), "produced");
    assert_eq!((cell(Field::Organ), cell(Field::HappenedAt)), ("7", "2026"));
    assert_eq!(cell(Field::Name), "王<王");
    assert!(items.len() == 1 && fields.get(Field::Cause).is_none());
}

#[test]
fn one_record_that_is_wrong_does_not_touch_the_others() {
    let long = "x".repeat(20_000);
    let file = format!(
        "<b><r n='1'/><r n='1' n='2'/><r><s>1</s><s>2</s></r><r><p>&custom;</p></r><r n='&custom;'/>\
         <r><p>{long}</p></r><r><junk>{long}</junk></r><r n></r><r/></b>"
    );
    let expected = [
        None,
        Some(Broken::RepeatedField),
        Some(Broken::RepeatedField),
        Some(Broken::Entity),
        Some(Broken::Entity),
        Some(Broken::TooLong),
        None,
        Some(Broken::NotACell),
        None,
    ];
    assert_eq!(broken(&file), expected);
}

#[test]
fn what_is_no_plain_xml_is_refused_and_says_nothing_of_the_file() {
    let laughs = "<!DOCTYPE b [<!ENTITY a '王小明'><!ENTITY c '&a;&a;&a;'>]><b><r><p>&c;</p></r></b>";
    let outside = "<!DOCTYPE b SYSTEM 'file:///etc/passwd'><b/>";
    let deep = "<a>".repeat(40);
    let endless = format!("<b><r><p>{}", "王小明".repeat(200_000));
    let wrong = [
        (laughs, "DTD"),
        (outside, "DTD"),
        ("<b>&custom;<r/></b>", "entity"),
        (deep.as_str(), "more than 32 elements"),
        (endless.as_str(), "longer than any feed writes"),
        ("<?xml version='1.0' encoding='GB18030'?><b/>", "not_utf8"),
        ("<b><r><p>王小明</p>", "ends before"),
        ("<b><r></王小明></b>", "not well-formed"),
        ("<b><r", "not well-formed"),
    ];
    for (text, why) in wrong {
        let error = xml(text).err().unwrap();
        assert!(error.contains(why) && !error.contains("王小明"), "{error}");
    }
    let gbk = b"<b><r><p>\xcd\xf5</p></r></b>".as_slice();
    let error = read_all(gbk, &shape(Format::Xml)).err().unwrap().to_string();
    assert!(error.contains("not_utf8"), "{error}");
}

#[test]
fn a_mapping_that_matches_nothing_is_told_which_elements_there_are() {
    let read = |record: &str, text: &str| {
        let mapping = MAPPING.replace("\"r\"", &format!("{record:?}"));
        let mapping = Some(Mapping::parse(mapping.as_bytes()).unwrap());
        read_all(text.as_bytes(), &Shape { mapping, ..Shape::of(Format::Xml) }).map_err(|why| why.to_string())
    };
    let cards = "<RESULTS><CARD no='119900'><P>王小明</P></CARD><CARD/></RESULTS>";
    for record in ["RESULTS/KARTE", "card"] {
        let said = read(record, cards).unwrap_err();
        assert!(said.contains(&format!("no element {record},")), "{said}");
        assert!(said.ends_with("its elements are RESULTS, RESULTS/CARD, RESULTS/CARD/P"), "{said}");
    }
    let many: String = (0..100).map(|n| format!("<e{n}/>")).collect();
    let said = read("a/b", &format!("<all>{many}<e王小明></e王小明></all>")).unwrap_err();
    assert!(said.ends_with("all/e6, and more") && !said.contains("王"), "{said}");
    // An export of nothing is one all the same.
    for (record, text) in [
        ("RESULTS/KARTE", "<RESULTS/>"),
        ("RESULTS/KARTE", "<export><head><at/></head><RESULTS> </RESULTS></export>"),
        ("KARTE", "<RESULTS>\n</RESULTS>"),
    ] {
        assert_eq!(read(record, text), Ok(0), "{text}");
    }
    assert_eq!(read("CARD", cards), Ok(2));
}

#[test]
fn a_mapping_that_is_wrong_is_refused_by_its_entry() {
    let wrong = [
        ("record = \"r\"", "record = \"\"", "record \"\""),
        ("record = \"r\"", "record = \"a//b\"", "record \"a//b\""),
        ("name =", "phone =", "\"phone\""),
        ("step = \"s\"", "", "leaves \"step\" out"),
        ("\"t/d\"", "\"t/\"", "\"happened_at\" is no place"),
        ("\"t/d\"", "\"t@d\"", "\"happened_at\" is no place"),
        ("\"t/d\"", "\"s\"", "the same place"),
        ("[cells]", "[sells]", "does not read"),
    ];
    for (from, to, why) in wrong {
        let error = Mapping::parse(MAPPING.replace(from, to).as_bytes()).err().unwrap().to_string();
        assert!(error.contains(why), "{to}: {error}");
    }
    assert!(Mapping::parse(&[0xff]).is_err());
}

#[test]
fn packed_files_are_known_by_their_first_bytes_and_may_have_several_parts() {
    let usual = Expansion::USUAL;
    let plain = b"receipt_number,step".repeat(1_000);
    for bytes in [vec![], b"a".to_vec(), plain.clone()] {
        assert_eq!(unpack(bytes.clone(), usual).unwrap(), bytes);
        assert_eq!(unpack(gz(&bytes), usual).unwrap(), bytes);
        assert_eq!(
            unpack([gz(&bytes), gz(b"and more")].concat(), usual).unwrap(),
            [&bytes[..], b"and more"].concat()
        );
        let zst = zstd::encode_all(&bytes[..], 3).unwrap();
        assert_eq!(unpack([zst.clone(), zst].concat(), usual).unwrap(), bytes.repeat(2));
    }
    let packed = gz(&plain);
    for cut in [packed[..packed.len() - 9].to_vec(), zstd::encode_all(&plain[..], 3).unwrap()[..20].to_vec()]
    {
        assert!(unpack(cut, usual).unwrap_err().to_string().contains("cut off"));
    }
}

#[test]
fn a_packed_file_that_unpacks_to_far_too_much_is_stopped() {
    let zeros = vec![0; 3 << 20];
    let small = Expansion { total: 1 << 30, ratio: 100, free: 1 << 20 };
    for packed in [gz(&zeros), zstd::encode_all(&zeros[..], 3).unwrap()] {
        assert!(packed.len() < 10_000);
        let error = unpack(packed.clone(), small).err().unwrap().to_string();
        assert!(error.contains("unpacks to more"), "{error}");
        let total = Expansion { total: 1 << 20, ratio: 1 << 20, free: 1 << 30 };
        assert!(unpack(packed.clone(), total).is_err());
        assert_eq!(unpack(packed, Expansion::USUAL).unwrap().len(), zeros.len());
    }
}

/// Bytes that look like a file: pieces of one in any order, with anything between them.
fn pieces(of: &'static [&'static str]) -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        8 => proptest::sample::select(of).prop_map(|piece| piece.as_bytes().to_vec()),
        1 => proptest::collection::vec(any::<u8>(), 0..8),
    ];
    proptest::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(
        format in proptest::sample::select(&[Format::Csv, Format::JsonLines, Format::Xml, Format::Xlsx][..]),
        bytes in proptest::collection::vec(any::<u8>(), 0..400),
    ) {
        let _ = read_all(&bytes, &shape(format));
        let _ = Mapping::parse(&bytes);
        let _ = unpack(bytes, Expansion::USUAL);
    }

    #[test]
    fn anything_like_csv_is_read_or_refused(bytes in pieces(&[
        "receipt_number,step,organ,happened_at\n", "\"", "\"\"", ",", "\n", "\r\n", "1", "中",
    ])) {
        let _ = read_all(&[b"receipt_number,step,organ,happened_at\n", &bytes[..]].concat(), &shape(Format::Csv));
    }

    #[test]
    fn anything_like_json_lines_is_read_or_refused(bytes in pieces(&[
        "{", "}", "\"step\"", ":", "\"organ\":1", ",", "\n", "[", "]", "null", "1e9", "\\u738b", "\"",
    ])) {
        let _ = read_all(&bytes, &shape(Format::JsonLines));
    }

    #[test]
    fn anything_like_xml_is_read_or_refused(bytes in pieces(&[
        "<r>", "</r>", "<r n='1'>", "<s>", "</s>", "<o c='2'/>", "<t><d>", "</d></t>", "&amp;", "&#0;", "&#x41;",
        "&x;", "<!--", "-->", "<![CDATA[", "]]>", "<!DOCTYPE", "<?xml version='1.0'?>", "'", ">", "<", "王",
    ])) {
        let _ = read_all(&bytes, &shape(Format::Xml));
    }
}
