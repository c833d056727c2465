//! Whole files, as they are and packed.

use super::*;
use std::io::Write as _;

const CSV: &str = "receipt_number,step,organ,happened_at,event_id,citizen_number,name,applied_on,reason\n\
                   1199000012026010500001,13,119900900,2026-01-08 09:00,E-2,,,,\n\
                   1199000012026010500001,00,119900001,2026-01-05 09:00,E-1,119900198001010016,王小明,2026-01-05,expired\n\
                   1199000012026010500001,nowhere,119900900,2026-01-09 09:00,E-3,,,,\n";

fn file(kind: &str, body: impl Into<Vec<u8>>) -> Message {
    Message::to("POST", "county", "files").with("content-type", kind).saying(body)
}

fn lines(answered: &Answered) -> Vec<String> {
    let view = answered.json();
    let line = |line: &Value| {
        let word = |name: &str| line[name].as_str().unwrap_or("-").to_owned();
        format!("{} {} {} {}", line["line"], word("outcome"), word("column"), word("reason"))
    };
    view["lines"].as_array().unwrap().iter().map(line).collect()
}

#[tokio::test]
async fn a_file_is_imported_and_every_line_that_was_not_recorded_gets_its_word() {
    let feeds = Feeds::start().await;
    let answered = feeds.send(file("text/csv; charset=utf-8", CSV)).await;
    assert_eq!(answered.status, 200, "{}", answered.body);
    assert_eq!(lines(&answered), ["4 rejected step unknown"]);
    let tally = json!({"recorded": 2, "repeated": 0, "held": 0, "waiting": 0, "rejected": 1});
    assert_eq!(answered.json()["tally"], tally);
    assert_eq!(feeds.stage().await, (Some(Stage::Signed), 2));
}

#[tokio::test]
async fn packed_files_and_other_formats_say_the_same() {
    let feeds = Feeds::start().await;
    feeds.send(file("text/csv", CSV)).await;
    let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    gz.write_all(CSV.as_bytes()).unwrap();
    let gz = file("text/csv", gz.finish().unwrap()).with("content-encoding", "gzip");
    let zst = file("text/csv", zstd::encode_all(CSV.as_bytes(), 3).unwrap()).with("content-encoding", "zstd");
    for packed in [gz, zst] {
        let answered = feeds.send(packed).await;
        assert_eq!(answered.json()["tally"]["repeated"], 2, "{}", answered.body);
    }
    let lines = json!({
        "receipt_number": RECEIPT, "step": 13, "organ": "119900900", "happened_at": "2026-01-08 09:00",
        "event_id": "E-2",
    });
    let answered = feeds.send(file("application/x-ndjson", lines.to_string())).await;
    assert_eq!(answered.json()["tally"]["repeated"], 1, "{}", answered.body);
}

#[tokio::test]
async fn xml_is_read_by_the_mapping_that_the_operator_named() {
    let folder = tempfile::tempdir().unwrap();
    let mapping = folder.path().join("mapping.toml");
    let cells =
        "receipt_number = \"@no\"\nstep = \"step\"\norgan = \"step/@organ\"\nhappened_at = \"step/@at\"\n";
    std::fs::write(&mapping, format!("record = \"results/result\"\n[cells]\n{cells}")).unwrap();
    let server = Server::start_with(|config| {
        config.xml_mappings = [("county".to_owned(), mapping.clone())].into();
    });
    let feeds = Feeds::around(server.await).await;
    feeds.report(accepted()).await;
    let xml = format!(
        "<results><result no=\"{RECEIPT}\"><step organ=\"119900900\" at=\"2026-01-08\">13</step></result></results>"
    );
    let answered = feeds.send(file("application/xml", xml.clone())).await;
    assert_eq!(answered.json()["tally"]["recorded"], 1, "{}", answered.body);
    assert_eq!(feeds.stage().await, (Some(Stage::Signed), 2));
    let mut of_another = file("application/xml", xml);
    (of_another.feed, of_another.address) = ("centre".to_owned(), "/api/v1/feeds/centre/files".to_owned());
    assert_eq!(feeds.send(of_another).await.status, 415);
}

#[tokio::test]
async fn a_file_that_cannot_be_read_says_why() {
    let feeds = Feeds::start().await;
    let answered = feeds.send(file("text/csv", "receipt_number,colour\n1,red\n")).await;
    assert_eq!(answered.status, 422);
    assert!(answered.json()["detail"].as_str().unwrap().contains("colour"), "{}", answered.body);
    let mut in_chinese = file("text/csv", "receipt_number,colour\n1,red\n");
    in_chinese.address = in_chinese.address.replace("lang=en", "lang=zh");
    let detail = feeds.send(in_chinese).await.json()["detail"].as_str().unwrap().to_owned();
    assert!(detail.starts_with("文件无法读取") && detail.contains("colour"), "{detail}");
    for kind in ["application/pdf", "", "multipart/form-data"] {
        assert_eq!(feeds.send(file(kind, CSV)).await.status, 415, "{kind}");
    }
    assert_eq!(feeds.send(file("text/csv", CSV).with("content-encoding", "br")).await.status, 415);
    assert_eq!(feeds.send(file("text/csv", vec![b'x'; (32 << 20) + 1])).await.status, 413);
    assert!(feeds.applications().await.is_empty());
}

#[tokio::test]
async fn files_are_received_a_few_at_a_time() {
    let feeds = Feeds::start().await;
    let taken: Vec<_> = std::iter::from_fn(|| feeds.server.app.feeds.file()).collect();
    let answered = feeds.send(file("text/csv", CSV)).await;
    assert_eq!((answered.status.as_u16(), answered.header("retry-after")), (503, "5"));
    // A message that is not signed is told so at once.
    let unsigned =
        axum::http::Request::post("/api/v1/feeds/county/files?lang=en").body(Body::empty()).unwrap();
    assert_eq!(feeds.server.send(unsigned).await.status, 401);
    drop(taken);
    assert_eq!(feeds.send(file("text/csv", CSV)).await.status, 200);
}

#[tokio::test]
async fn a_file_of_nobody_gets_the_answer_of_a_wrong_signature() {
    let feeds = Feeds::start().await;
    let mut of_nobody = file("text/csv", vec![b'x'; 1 << 20]);
    (of_nobody.feed, of_nobody.address) =
        ("nobody".to_owned(), "/api/v1/feeds/nobody/files?lang=en".to_owned());
    let told = feeds.send(of_nobody.clone()).await;
    let mut of_another = file("text/csv", vec![b'x'; 1 << 20]);
    of_another.feed = "nobody".to_owned();
    let as_told = feeds.send(of_another).await;
    assert_eq!(
        (told.status.as_u16(), told.json()["detail"].clone()),
        (401, as_told.json()["detail"].clone())
    );
    let large = of_nobody.saying(vec![b'x'; (32 << 20) + 1]);
    assert_eq!(feeds.send(large).await.status, 413);
}
