//! Find an office and call: the page, and the file that lists offices.

use super::cli::import;
use crate::testing::Server;

async fn listed(csv: &str) -> (Server, Result<usize, String>) {
    let server = Server::start().await;
    let file = server.config.data.join("offices.csv");
    std::fs::write(&file, csv).unwrap();
    let counted = import(&server.app.store, server.app.clock, &file).await;
    (server, counted.map_err(|error| error.to_string()))
}

const HEADER: &str = "organ,name,name_en,address,address_en,phone,hours,hours_en";

#[tokio::test]
async fn a_listed_office_is_found_with_its_phone_in_both_languages() {
    let line = "119900001,示范派出所,Sample Station,示范路1号,1 Sample Road,000-0000-0001,周一至周五,Mon–Fri";
    let (server, counted) = listed(&format!("{HEADER}\n{line}\n")).await;
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
        listed("organ,name,address,phone,hours\n119900001,示范派出所,示范路,1,周一\n").await;
    assert_eq!(counted, Ok(1));
    assert!(server.get("/offices?lang=en").await.words().contains("示范派出所"));
}

#[tokio::test]
async fn importing_again_replaces_and_never_doubles() {
    let csv = "organ,name,address,phone,hours\n119900001,旧,路,1,周一\n";
    let (server, _) = listed(csv).await;
    let file = server.config.data.join("offices.csv");
    std::fs::write(&file, csv.replace('旧', "新名")).unwrap();
    import(&server.app.store, server.app.clock, &file).await.unwrap();
    let page = server.get("/offices").await;
    assert_eq!(page.body.matches("class=\"office\"").count(), 1);
    assert!(page.words().contains("新名"));
}

#[tokio::test]
async fn a_line_that_does_not_fit_is_named_and_nothing_is_imported() {
    let first = "119900001,示范派出所,,示范路,,1,周一,";
    let (server, counted) = listed(&format!("{HEADER}\n{first}\n1199,x,,x,,1,x,\n")).await;
    assert_eq!(counted, Err("line 3: organ must be 9 digits, region and station".to_owned()));
    assert!(!server.get("/offices").await.body.contains("class=\"office\""));
    let (_, short) = listed(&format!("{HEADER}\n{first}\n119900002,x\n")).await;
    assert!(short.unwrap_err().starts_with("line 3: "));
}

#[tokio::test]
async fn a_long_list_has_pages_and_ends() {
    let lines: Vec<String> = (1..=120).map(|n| format!("119900{n:03},所{n:03},路,{n},周一")).collect();
    let (server, counted) = listed(&format!("organ,name,address,phone,hours\n{}\n", lines.join("\n"))).await;
    assert_eq!(counted, Ok(120));
    let (mut address, mut seen, mut pages) = (Some("/offices".to_owned()), Vec::new(), 0);
    while let Some(at) = address {
        let page = server.get(&at).await;
        seen.extend(page.words().lines().filter(|line| line.starts_with('所')).map(str::to_owned));
        let addresses = page.addresses().into_iter();
        let next =
            addresses.filter(|address| !address.contains("lang=")).find(|address| address.contains("after="));
        address = next.map(str::to_owned);
        pages += 1;
    }
    let all: Vec<String> = (1..=120).map(|n| format!("所{n:03}")).collect();
    assert_eq!((seen, pages), (all, 3));
}

#[tokio::test]
async fn an_address_that_makes_no_sense_shows_the_first_page() {
    let (server, _) = listed("organ,name,address,phone,hours\n119900001,示范派出所,路,1,周一\n").await;
    assert!(server.get("/offices?after=nonsense").await.words().contains("示范派出所"));
}

#[tokio::test]
async fn without_offices_the_hotline_remains() {
    let page = Server::start().await.get("/offices").await;
    assert_eq!(page.page(), "offices");
    assert!(page.addresses().contains(&"tel:12345"));
}
