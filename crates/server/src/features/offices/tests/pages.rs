//! The directory and an office on a page, in March 2026, on a Wednesday at ten.

use super::{OFFICES, directory, listed};
use crate::testing::{Answered, Server};

fn names(page: &Answered) -> Vec<String> {
    let words = page.words();
    words
        .lines()
        .filter(|line| line.ends_with("派出所") || line.ends_with("分局"))
        .map(str::to_owned)
        .collect()
}

fn leads_to(page: &Answered, address: &str) -> bool {
    page.body.replace("&#38;", "&").contains(&format!("href=\"{address}\""))
}

#[tokio::test]
async fn people_choose_province_city_and_county() {
    let server = directory().await;
    let china = server.get("/offices").await;
    assert!(china.words().contains("北京市 4") && china.words().contains("广东省 2"), "{}", china.words());
    assert!(leads_to(&china, "/offices?service=&region=440000"));
    assert!(server.get("/offices?lang=en").await.words().contains("Guangdong 2"));
    let guangdong = server.get("/offices?service=&region=440000").await;
    assert!(leads_to(&guangdong, "/offices?service=&region=440100"));
    assert!(leads_to(&guangdong, "/offices?service=&region=441900"), "a city without counties");
    let beijing = server.get("/offices?region=110000").await;
    assert!(leads_to(&beijing, "/offices?service=&region=110105"), "no city lies between");
    assert!(beijing.words().contains("演示县 1"));
    let chaoyang = server.get("/offices?region=110105").await;
    assert_eq!(names(&chaoyang), ["朝阳分局", "建外派出所", "东华门派出所"], "two, and one nearby");
    assert!(
        chaoyang.words().contains("附近的办理点") && chaoyang.words().contains("约3.0公里"),
        "{}",
        chaoyang.words()
    );
    assert!(leads_to(&chaoyang, "/offices?service=&region=110000"), "the way back");
}

#[tokio::test]
async fn people_search_in_chinese_in_pinyin_and_by_first_letters() {
    let server = directory().await;
    for typed in ["建外派出所", "jianwai+paichusuo", "jwpcs", "Jianwai+Station", "%E5%BB%BA%E5%A4%96%20pcs"]
    {
        assert_eq!(names(&server.get(&format!("/offices?q={typed}")).await)[0], "建外派出所", "{typed}");
    }
    assert_eq!(
        names(&server.get("/offices?q=建外").await),
        ["建外派出所", "东华门派出所"],
        "name before address"
    );
    assert_eq!(names(&server.get("/offices?q=dongguan").await), ["莞城派出所"], "the region");
    let none = server.get("/offices?q=没有").await;
    assert!(names(&none).is_empty() && none.words().contains("没有找到这样的办理点"));
    assert!(none.addresses().contains(&"tel:12345"));
    assert!(none.body.contains("value=\"没有\""), "what was typed stays");
}

#[tokio::test]
async fn people_search_by_service() {
    let server = directory().await;
    let temporary = server.get("/offices?service=temporary_card").await;
    assert_eq!(names(&temporary), ["东华门派出所"]);
    assert!(temporary.body.contains("<option value=\"temporary_card\" selected>"));
    assert!(leads_to(&temporary, "/offices?service=temporary_card&region=440000"), "the service stays");
    assert_eq!(names(&server.get("/offices?service=accept&region=110000").await), ["建外派出所"]);
}

#[tokio::test]
async fn an_office_tells_whether_it_is_open() {
    let server = directory().await;
    let state = async |code: &str| server.get(&format!("/offices/{code}")).await.words();
    assert!(state("110105001").await.contains("正在办公，到12:00为止"));
    assert!(state("110101001").await.contains("现在不办公，2026年3月28日（周六）9:00开始办公"));
    assert!(state("441900001").await.contains("正在办公，到24:00为止"));
    assert!(!state("440106001").await.contains("办公，"), "hours in words say nothing of now");
    let server = server.restarted("2026-03-25 18:00").await;
    let page = server.get("/offices/110105001?lang=en").await.words();
    assert!(page.contains("Closed now, opens tomorrow at 9:00"), "{page}");
    assert!(
        page.contains("Monday to Friday 9:00–12:00 and 13:30–17:00; closed on public holidays"),
        "{page}"
    );
    let server = server.restarted("2026-02-17 10:00").await;
    let page = server.get("/offices/110105001").await.words();
    assert!(page.contains("今天放假，2026年2月24日（周二）9:00开始办公"), "{page}");
}

#[tokio::test]
async fn an_office_shows_all_that_is_known_of_it() {
    let server = directory().await;
    let page = server.get("/offices/110105001").await;
    assert_eq!(page.page(), "office");
    let addresses = page.addresses();
    for address in
        ["tel:000-0000-0101", "tel:000-0000-0102", "tel:12345", "tel:000-0000-0100", "/offices/110105000"]
    {
        assert!(addresses.contains(&address), "{address}");
    }
    assert!(leads_to(&page, "geo:39.91,116.45?q=39.91,116.45"));
    for words in
        ["建外派出所", "光华路2号", "北京市 朝阳区", "受理申请", "领取凭证和旧的居民身份证", "上级公安机关"]
    {
        assert!(page.words().contains(words), "{words}");
    }
    assert!(
        !server.get("/offices/441900001").await.words().contains("上级公安机关"),
        "nobody above is listed"
    );
    assert!(server.get("/offices/119900001").await.words().contains("没有登记办理哪些业务"));
    for missing in ["/offices/110105009", "/offices/nonsense", "/offices/1"] {
        assert_eq!(server.get(missing).await.status, 404, "{missing}");
    }
}

#[tokio::test]
async fn a_map_is_the_one_that_is_configured() {
    let map = |config: &mut crate::config::Config| {
        config.map_link = "https://maps.example.org/{longitude}/{latitude}?{name}".to_owned();
    };
    let server = Server::start_with(map).await;
    let csv = format!("{}\n{}\n", super::ALL, OFFICES[1]);
    super::imported(&server, "offices.csv", &csv, super::Mode::Put).await.unwrap();
    let page = server.get("/offices/110105001?lang=en").await;
    assert!(leads_to(&page, "https://maps.example.org/116.45/39.91?Jianwai%20Station"));
}

#[tokio::test]
async fn a_long_list_has_pages_and_ends() {
    let lines: Vec<String> = (1..=120).map(|n| format!("119900{n:03},所{n:03},路,{n},周一")).collect();
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    let (server, counted) = listed("organ,name,address,phone,hours", &lines).await;
    assert_eq!(counted, Ok(120));
    let china = server.get("/offices").await;
    assert!(china.words().contains("共登记120个办理点") && !china.body.contains("class=\"office\""));
    let (mut address, mut seen, mut pages) = (Some("/offices?region=119900".to_owned()), Vec::new(), 0);
    while let Some(at) = address {
        let page = server.get(&at).await;
        seen.extend(page.words().lines().filter(|line| line.starts_with('所')).map(str::to_owned));
        let next = page.body.split("<a ").find(|link| link.contains("rel=\"next\"")).map(|link| {
            link.split("href=\"").nth(1).unwrap().split('"').next().unwrap().replace("&#38;", "&")
        });
        address = next;
        pages += 1;
    }
    let all: Vec<String> = (1..=120).map(|n| format!("所{n:03}")).collect();
    assert_eq!((seen, pages), (all, 6));
}

#[tokio::test]
async fn an_address_that_makes_no_sense_shows_the_first_page() {
    let server = directory().await;
    for address in
        ["?region=nonsense&service=x&page=-1", "?page=0", "?q=&region=&service=&page=", "?q=%FF", "?q=a&q=b"]
    {
        let page = server.get(&format!("/offices{address}")).await;
        assert_eq!(page.status, 200, "{address}");
    }
    assert!(server.get("/offices?page=99999999999999999999").await.words().contains("示范派出所"));
    let injected = server.get("/offices?q=%22%3E%3Cscript%3E&region=110000").await;
    assert!(!injected.body.contains("<script>"));
}

#[tokio::test]
async fn only_the_directory_may_ask_where_the_device_is() {
    let server = directory().await;
    let allows = async |address: &str| {
        server.get(address).await.header("permissions-policy").contains("geolocation=(self)")
    };
    assert!(allows("/offices").await);
    for address in ["/", "/stages", "/offices/110105001", "/api/v1/offices", "/nowhere"] {
        assert!(!allows(address).await, "{address}");
    }
}

#[tokio::test]
async fn what_is_searched_for_is_in_no_log() {
    let server = directory().await;
    server.get("/offices?q=%E8%B0%81%E4%B9%9F%E4%B8%8D%E7%9F%A5%E9%81%93").await;
    server.get("/api/v1/offices?q=%E8%B0%81%E4%B9%9F%E4%B8%8D%E7%9F%A5%E9%81%93").await;
    assert!(!crate::testing::log::heard("谁也不知道") && !crate::testing::log::heard("%E8%B0%81"));
}

#[tokio::test]
async fn without_offices_the_hotline_remains() {
    let page = Server::start().await.get("/offices").await;
    assert_eq!(page.page(), "offices");
    assert!(page.addresses().contains(&"tel:12345"));
    assert!(page.words().contains("这里还没有登记办理点"));
}
