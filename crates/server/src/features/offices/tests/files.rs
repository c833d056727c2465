//! Files that list offices: CSV and GeoJSON, all of one or nothing.

use super::{ALL, FIRST, Mode, OFFICES, imported, listed};
use crate::testing::Server;

#[tokio::test]
async fn a_listed_office_is_found_with_its_phone_in_both_languages() {
    let line = "119900001,示范派出所,Sample Station,示范路1号,1 Sample Road,000-0000-0001,周一至周五,Mon–Fri";
    let (server, counted) = listed(FIRST, &[line]).await;
    assert_eq!(counted, Ok(1));
    let (zh, en) = (server.get("/offices").await, server.get("/offices?lang=en").await);
    for words in ["示范派出所", "示范路1号", "000-0000-0001", "周一至周五"] {
        assert!(zh.words().contains(words), "{words}");
    }
    for words in ["Sample Station", "1 Sample Road", "000-0000-0001", "Mon–Fri"] {
        assert!(en.words().contains(words), "{words}");
    }
    assert!(zh.addresses().contains(&"tel:000-0000-0001"));
}

#[tokio::test]
async fn a_missing_english_text_repeats_the_chinese() {
    let (server, counted) =
        listed("organ,name,address,phone,hours", &["119900001,示范派出所,示范路,1,周一"]).await;
    assert_eq!(counted, Ok(1));
    assert!(server.get("/offices?lang=en").await.words().contains("示范派出所"));
}

#[tokio::test]
async fn importing_again_replaces_and_never_doubles() {
    let csv = "organ,name,address,phone,hours\n119900001,旧,路,1,周一\n119900002,同,路,1,周一\n";
    let server = Server::start().await;
    let told = imported(&server, "offices.csv", csv, Mode::Put).await.unwrap();
    assert_eq!(told, (2, "Offices: 2 (2 added, 0 changed, 0 unchanged)".to_owned()));
    let next = csv.replace('旧', "新名");
    let (_, tried) = imported(&server, "offices.csv", &next, Mode::Try).await.unwrap();
    assert_eq!(tried, "Offices: 2 (0 added, 1 changed, 1 unchanged); nothing was changed, this was a trial");
    assert!(server.get("/offices").await.words().contains('旧'));
    let (_, told) = imported(&server, "offices.csv", &next, Mode::Put).await.unwrap();
    assert_eq!(told, "Offices: 2 (0 added, 1 changed, 1 unchanged)");
    let page = server.get("/offices").await;
    assert_eq!(page.body.matches("class=\"office\"").count(), 2);
    assert!(page.words().contains("新名"));
}

#[tokio::test]
async fn lines_that_do_not_fit_are_named_and_nothing_is_imported() {
    let (fits, rest) = ("119900001,示范派出所,,示范路,,1,,,", "所,,路,,1,,,");
    let cases = [
        ("1199,x,,x,,1,,,,,,,".to_owned(), "organ must be 9 digits, region and station"),
        (format!("{fits},,,,"), "organ 119900001 stands on line 2 already"),
        (format!("119900002,{rest},刻章,,,"), "there is no service \"刻章\""),
        (format!("119900002,{rest},,39.9,,"), "latitude \"39.9\" and longitude \"\" are no place in China"),
        (
            format!("119900002,{rest},,116.4,39.9,"),
            "latitude \"116.4\" and longitude \"39.9\" are no place in China",
        ),
        (format!("119900002,{rest},,,,119900002"), "parent must be 9 digits, another organ's"),
        (
            format!("119900002,{rest}Mo 9-17,,,,"),
            "opening: \"9-17\" is no time such as 09:00-12:00,13:30-17:00, and not off",
        ),
        ("119900002,所,,路,,无,,,,,,,".to_owned(), "\"无\" is no phone"),
        ("119900002,,,路,,1,,,,,,,".to_owned(), "an office has a name"),
        ("119900002,x".to_owned(), "2 fields instead of 13"),
    ];
    let lines: Vec<&str> = cases.iter().map(|(line, _)| line.as_str()).collect();
    let (server, told) = listed(ALL, &[&[format!("{fits},,,,").as_str()], &lines[..]].concat()).await;
    let expected: String =
        cases.iter().zip(3..).map(|((_, why), line)| format!("\n  line {line}: {why}")).collect();
    assert_eq!(told, Err(format!("nothing was imported, for 10 of 11 lines are refused:{expected}")));
    assert!(!server.get("/offices").await.body.contains("class=\"office\""));
}

#[tokio::test]
async fn of_many_refused_lines_the_first_are_told() {
    let lines = ["x,x,x,1"; 50];
    let (_, told) = listed("organ,name,address,phone", &lines).await;
    let told = told.unwrap_err();
    assert_eq!(told.lines().count(), 1 + 20 + 1, "{told}");
    assert!(told.ends_with("and 30 more"));
}

#[tokio::test]
async fn a_file_without_a_column_is_refused_as_a_whole() {
    let (_, told) = listed("organ,name,phone", &["119900001,x,1"]).await;
    assert!(told.unwrap_err().ends_with("offices.csv: line 1: there is no column \"address\""));
}

#[tokio::test]
async fn geojson_says_the_same_as_csv() {
    let server = Server::start().await;
    let csv = format!("{ALL}\n{}\n", OFFICES[1]);
    imported(&server, "offices.csv", &csv, Mode::Put).await.unwrap();
    let geojson = serde_json::json!({"type": "FeatureCollection", "features": [{
        "type": "Feature",
        "geometry": {"type": "Point", "coordinates": [116.45, 39.91]},
        "properties": {
            "organ": 110_105_001, "name": "建外派出所", "name_en": "Jianwai Station", "address": "光华路2号",
            "address_en": "2 Guanghua Road", "phone": ["000-0000-0101", "000-0000-0102"], "opening":
            "Mo-Fr 09:00-12:00,13:30-17:00", "services": ["accept", "hand_out"], "parent": null, "fid": 7,
        },
    }]});
    let (_, told) = imported(&server, "offices.geojson", &geojson.to_string(), Mode::Put).await.unwrap();
    assert_eq!(told, "Offices: 1 (0 added, 0 changed, 1 unchanged)");
}

#[tokio::test]
async fn a_feature_that_does_not_fit_is_named() {
    let server = Server::start().await;
    let feature = |geometry: serde_json::Value, organ: &str| serde_json::json!({"geometry": geometry, "properties": {"organ": organ, "name": "所", "phone": {}}});
    let line = serde_json::json!({"type": "LineString", "coordinates": [[116, 39], [117, 40]]});
    let mut other = feature(line, "119900002");
    other["properties"]["phone"] = "1".into();
    let features = serde_json::json!({"features": [feature(serde_json::Value::Null, "119900001"), other]});
    let told = imported(&server, "offices.geojson", &features.to_string(), Mode::Put).await.unwrap_err();
    assert_eq!(
        told,
        "nothing was imported, for 2 of 2 lines are refused:\n  line 1: phone is neither a text nor a number\n  \
         line 2: the geometry is no Point"
    );
    let told = imported(&server, "offices.geojson", "{\"features\": 1}", Mode::Put).await.unwrap_err();
    assert!(told.contains("no GeoJSON of features"), "{told}");
}
