//! The same story in every format that systems write, packed and unpacked.

use super::*;
use crate::features::feeds::formats::{Format, Shape, read_all};
use flate2::Compression;
use flate2::write::GzEncoder;
use std::io::{Cursor, Write as _};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

const OPENED: [(&str, &str); 9] = [
    ("receipt_number", "1199000012026010500001"),
    ("step", "00"),
    ("organ", "119900001"),
    ("happened_at", "2026-01-05 09:00"),
    ("event_id", "E-1"),
    ("citizen_number", "119900198001010016"),
    ("name", "王小明"),
    ("applied_on", "2026-01-05"),
    ("reason", "expired"),
];
const PRODUCED: [(&str, &str); 5] = [
    ("receipt_number", "1199000012026010500001"),
    ("step", "31"),
    ("organ", "119900911"),
    ("happened_at", "2026-01-20 16:30"),
    ("event_id", "E-2"),
];
const MAPPING: &str = "record = \"results/result\"\n[cells]\nreceipt_number = \"case/@no\"\nstep = \"status\"\n\
    organ = \"@centre\"\nhappened_at = \"status/@at\"\nevent_id = \"case/event\"\ncitizen_number = \"person/id\"\n\
    name = \"person/name\"\napplied_on = \"case/applied\"\nreason = \"case/why\"";

fn json_lines() -> String {
    let object = |cells: &[(&str, &str)]| {
        let cells = cells.iter().map(|(name, cell)| ((*name).to_owned(), serde_json::Value::from(*cell)));
        serde_json::Value::Object(cells.collect()).to_string()
    };
    format!("{}\n\n{}\n", object(&OPENED), object(&PRODUCED).replace("\"31\"", "31"))
}

fn xml() -> String {
    let case = "<case no=\"1199000012026010500001\">";
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<results xmlns=\"urn:x\">\n\
         <result centre=\"119900001\">{case}<event>E-1</event><applied>2026-01-05</applied><why>expired</why></case>\
         <status at=\"2026-01-05 09:00\">00</status>\
         <person><id>119900198001010016</id><name>王小明</name></person></result>\n\
         <result centre=\"119900911\">{case}<event>E-2</event></case><status at=\"2026-01-20T16:30\">31</status></result>\n\
         </results>"
    )
}

/// A spreadsheet as office programs write it: texts inline, dates as numbers with a style and without one.
fn xlsx(second_sheet: bool) -> Vec<u8> {
    let text = |at: &str, text: &str| format!("<c r=\"{at}\" t=\"inlineStr\"><is><t>{text}</t></is></c>");
    let titles: String =
        OPENED.iter().zip('A'..).map(|((name, _), column)| text(&format!("{column}2"), name)).collect();
    let opened: String = OPENED
        .iter()
        .zip('A'..)
        .map(|((name, cell), column)| match *name {
            "happened_at" => "<c r=\"D3\" s=\"1\"><v>46027.375</v></c>".to_owned(),
            "applied_on" => "<c r=\"H3\"><v>46027</v></c>".to_owned(),
            _ => text(&format!("{column}3"), cell),
        })
        .collect();
    let produced = format!(
        "{}<c r=\"B5\"><v>31</v></c><c r=\"C5\"><v>119900911</v></c>{}{}",
        text("A5", PRODUCED[0].1),
        "<c r=\"D5\" s=\"1\"><v>46042.6875</v></c>",
        text("E5", "E-2"),
    );
    let lost = "<c r=\"A6\"><v>1.1990000120260105E+21</v></c><c r=\"B6\"><v>31</v></c>";
    let rows = format!(
        "<row r=\"2\">{titles}</row><row r=\"3\">{opened}</row><row r=\"5\">{produced}</row><row r=\"6\">{lost}</row>"
    );
    if second_sheet { book("", &rows) } else { book(&rows, "") }
}

/// A spreadsheet with these rows in its two sheets.
fn book(one: &str, two: &str) -> Vec<u8> {
    let main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
    let of = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    let package = "http://schemas.openxmlformats.org/package/2006";
    let sheet = |rows: &str| format!("<worksheet xmlns=\"{main}\"><sheetData>{rows}</sheetData></worksheet>");
    let (one, two) = (sheet(one), sheet(two));
    let parts = [
        (
            "[Content_Types].xml",
            format!(
                "<Types xmlns=\"{package}/content-types\"><Default Extension=\"xml\" ContentType=\"application/xml\"/></Types>"
            ),
        ),
        (
            "_rels/.rels",
            format!(
                "<Relationships xmlns=\"{package}/relationships\"><Relationship Id=\"r1\" Type=\"{of}/officeDocument\" Target=\"xl/workbook.xml\"/></Relationships>"
            ),
        ),
        (
            "xl/workbook.xml",
            format!(
                "<workbook xmlns=\"{main}\" xmlns:r=\"{of}\"><sheets><sheet name=\"说明\" sheetId=\"1\" r:id=\"s1\"/><sheet name=\"数据\" sheetId=\"2\" r:id=\"s2\"/></sheets></workbook>"
            ),
        ),
        (
            "xl/_rels/workbook.xml.rels",
            format!(
                "<Relationships xmlns=\"{package}/relationships\"><Relationship Id=\"s1\" Type=\"{of}/worksheet\" Target=\"worksheets/sheet1.xml\"/><Relationship Id=\"s2\" Type=\"{of}/worksheet\" Target=\"worksheets/sheet2.xml\"/><Relationship Id=\"s3\" Type=\"{of}/styles\" Target=\"styles.xml\"/></Relationships>"
            ),
        ),
        (
            "xl/styles.xml",
            format!(
                "<styleSheet xmlns=\"{main}\"><cellXfs count=\"2\"><xf numFmtId=\"0\"/><xf numFmtId=\"22\"/></cellXfs></styleSheet>"
            ),
        ),
        ("xl/worksheets/sheet1.xml", one),
        ("xl/worksheets/sheet2.xml", two),
    ];
    zipped(parts.iter().map(|(name, text)| (*name, text.as_bytes())))
}

fn zipped<'p>(parts: impl Iterator<Item = (&'p str, &'p [u8])>) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in parts {
        zip.start_file(name, SimpleFileOptions::default()).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

fn gz(bytes: &[u8]) -> Vec<u8> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(bytes).unwrap();
    packed.finish().unwrap()
}

impl Place {
    fn mapping(&self) -> Option<PathBuf> {
        let path = self.folder.path().join("mapping.toml");
        std::fs::write(&path, MAPPING).unwrap();
        Some(path)
    }

    async fn named(&self, name: &str, bytes: &[u8], asked: Asked) -> Result<(Tally, Vec<Word>), Failed> {
        let file = self.folder.path().join(name);
        std::fs::write(&file, bytes).unwrap();
        let (tally, report) = import(&self.config, clock(), &file, "county", &asked).await?;
        Ok((tally, words(&std::fs::read_to_string(report).unwrap())))
    }
}

#[tokio::test]
async fn every_format_tells_the_same_story() {
    let csv = format!("{HEADER}\n{ACCEPTED}\n1199000012026010500001,31,119900911,2026-01-20 16:30,E-2,,,,\n");
    let place = Place::new(true);
    place.import(csv.as_bytes()).await;
    let story = place.everything().await;
    let asked = |place: &Place| Asked { mapping: place.mapping(), ..Asked::default() };
    let (csv, json, xml, book) =
        (csv.into_bytes(), json_lines().into_bytes(), xml().into_bytes(), xlsx(false));
    let halves = csv.split_at(200);
    let files = [
        ("a.jsonl", json.clone(), vec![1, 3]),
        ("a.xml", xml.clone(), vec![1, 2]),
        ("a.xlsx", book, vec![3, 5, 6]),
        ("a.csv.gz", [gz(halves.0), gz(halves.1)].concat(), vec![2, 3]),
        ("a.jsonl.zst", zstd::encode_all(&json[..], 3).unwrap(), vec![1, 3]),
        // Packed, and the name does not say so.
        ("a.ndjson", gz(&json), vec![1, 3]),
        ("a.xml.gz", gz(&xml), vec![1, 2]),
    ];
    for (name, bytes, lines) in files {
        let fresh = Place::new(true);
        let (tally, words) = fresh.named(name, &bytes, asked(&fresh)).await.unwrap();
        assert_eq!(tally.recorded, 2, "{name}: {words:?}");
        assert_eq!(words.iter().map(|(line, ..)| *line).collect::<Vec<_>>(), lines, "{name}");
        assert_eq!(fresh.everything().await, story, "{name}");
        let (again, _) = fresh.named(name, &bytes, asked(&fresh)).await.unwrap();
        assert_eq!((again.recorded, again.repeated), (0, 2), "{name}");
    }
}

#[tokio::test]
async fn a_spreadsheet_says_where_its_digits_are_lost_and_which_sheet_is_meant() {
    let place = Place::new(true);
    let asked = Asked { sheet: Some("数据".into()), ..Asked::default() };
    let (tally, words) = place.named("a.xlsx", &xlsx(true), asked).await.unwrap();
    assert_eq!((tally.recorded, words[2].2.as_str()), (2, "lost_digits"));
    let asked = |sheet: &str| Asked { sheet: Some(sheet.into()), ..Asked::default() };
    let said = place.named("a.xlsx", &xlsx(true), asked("nowhere")).await.err().unwrap().to_string();
    assert!(said.contains("no sheet of that name, of 2 in all") && !said.contains("数据"), "{said}");
    let said = place.named("a.xlsx", b"PK no spreadsheet", Asked::default()).await.err().unwrap().to_string();
    assert!(said.contains("no spreadsheet"), "{said}");
    // The first sheet is empty: nothing to import, and nothing to complain of.
    let (tally, _) = place.named("a.xlsx", &xlsx(true), Asked::default()).await.unwrap();
    assert_eq!(tally, Tally::default());
}

#[tokio::test]
async fn a_spreadsheet_that_unpacks_to_far_too_much_is_refused() {
    let place = Place::new(true);
    let zeros = vec![0; 160 << 20];
    let bomb = zipped([("xl/workbook.xml", &zeros[..])].into_iter());
    assert!(bomb.len() < 1 << 20);
    let said = place.named("a.xlsx", &bomb, Asked::default()).await.err().unwrap().to_string();
    assert!(said.contains("unpacks to more than 128 MiB"), "{said}");
    let large = vec![0; (32 << 20) + 1];
    let said = place.named("a.xlsx", &large, Asked::default()).await.err().unwrap().to_string();
    assert!(said.contains("more than 32 MiB"), "{said}");
}

#[tokio::test]
async fn a_line_of_json_that_is_wrong_is_rejected_alone() {
    let place = Place::new(true);
    let file = format!(
        "{}{{\"phone\":1}}\n[1]\n{{\"receipt_number\":1199000012026010500001}}\n\"\u{0}\n{{\"step\":{}\n{{}}\n",
        json_lines(),
        "9".repeat(20_000)
    );
    let (tally, words) = place.named("a.jsonl", file.as_bytes(), Asked::default()).await.unwrap();
    assert_eq!(tally.recorded, 2);
    let reasons: Vec<&str> = words[2..].iter().map(|(.., reason)| reason.as_str()).collect();
    let expected = [
        "unknown_field",
        "not_an_object",
        "lost_digits",
        "not_an_object",
        "too_long",
        "receipt_number: empty",
    ];
    assert_eq!(reasons, expected);
}

#[tokio::test]
async fn what_a_format_needs_is_asked_for() {
    let place = Place::new(true);
    let said = place.named("a.xml", b"<a/>", Asked::default()).await.err().unwrap().to_string();
    assert!(said.contains("needs a mapping"), "{said}");
    let asked = Asked { format: Some("yaml".into()), ..Asked::default() };
    let said = place.named("a.csv", b"", asked).await.err().unwrap().to_string();
    assert!(said.contains("\"yaml\" is not read here"), "{said}");
    let asked = Asked { format: Some("jsonl".into()), ..Asked::default() };
    let (tally, _) = place.named("export.txt", json_lines().as_bytes(), asked).await.unwrap();
    assert_eq!(tally.recorded, 2);
}

#[tokio::test]
async fn a_file_of_another_format_than_its_name_tells_is_known_by_its_first_bytes() {
    let place = Place::new(true);
    let said = async |name: &str, bytes: &[u8]| {
        place.named(name, bytes, Asked::default()).await.err().unwrap().to_string()
    };
    let old = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\0\0";
    for (bytes, word) in [
        (&xlsx(false)[..], "--format xlsx"),
        (old, "XLS)"),
        (json_lines().as_bytes(), "--format jsonl"),
        (b"[{}]", "--format jsonl"),
        (xml().as_bytes(), "--format xml"),
        (b"receipt_number,\xb2\xbd\xd6\xe8\n", "CSV UTF-8"),
    ] {
        let told = said("a.csv", bytes).await;
        assert!(told.contains(word) && !told.contains("1199"), "{told}");
    }
    assert!(said("a.xlsx", old).await.contains("XLS)"));
}

#[tokio::test]
async fn xml_of_which_the_mapping_matches_nothing_is_no_success() {
    let place = Place::new(true);
    let asked = Asked { mapping: place.mapping(), ..Asked::default() };
    let stopped =
        place.named("a.xml", xml().replace("result", "karte").as_bytes(), asked).await.err().unwrap();
    assert_eq!(stopped.to_string(), "the import stopped: nothing was recorded");
    let why = stopped.source().unwrap().to_string();
    assert!(why.contains("no element results/result") && why.contains("kartes/karte/case"), "{why}");
}

#[tokio::test]
async fn a_file_that_breaks_off_says_what_is_recorded() {
    let place = Place::new(true);
    let whole = xml();
    let cut = &whole.as_bytes()[..whole.len() - 30];
    let asked = Asked { mapping: place.mapping(), ..Asked::default() };
    let stopped = place.named("a.xml", cut, asked).await.err().unwrap();
    assert!(stopped.to_string().contains("the import stopped"), "{stopped}");
    assert!(stopped.source().unwrap().to_string().contains("ends before its last element"));
    let packed = gz(format!("{HEADER}\n{ACCEPTED}\n").as_bytes());
    let cut = &packed[..packed.len() - 12];
    assert!(place.named("a.csv.gz", cut, Asked::default()).await.is_err());
}

proptest::proptest! {
    #[test]
    fn any_rows_of_a_spreadsheet_are_read_or_refused(rows in proptest::collection::vec(proptest::sample::select(&[
        "<row>", "<row r=\"2\">", "<row r=\"99999999999\">", "</row>", "<c r=\"A1\">", "<c>", "<c r=\"ZZZZZZ9\" t=\"s\">",
        "<c r=\"XFD1048576\" s=\"7\">", "<c r=\"1A\" t=\"inlineStr\">", "<c r=\"王\" t=\"d\">", "<c r=\"A0\" t=\"b\">", "</c>",
        "<v>", "</v>", "1e308", "-1", "NaN", "4294967296", "&x;", "<is><t>", "</t></is>", "<f>A1</f>", "receipt_number",
    ][..]), 0..24)) {
        let _ = read_all(&book(&rows.concat(), ""), &Shape::of(Format::Xlsx));
    }
}
