//! Find an office and call: the pages, the addresses for programs, and the files that list offices.

mod api;
mod files;
mod pages;

use super::cli::{Mode, import};
use crate::testing::Server;

/// The columns that there were first.
const FIRST: &str = "organ,name,name_en,address,address_en,phone,hours,hours_en";
/// All columns.
const ALL: &str =
    "organ,name,name_en,address,address_en,phone,hours,hours_en,opening,services,latitude,longitude,parent";
/// A small directory: two counties of Beijing, one of Guangzhou, and a city without counties.
const OFFICES: [&str; 6] = [
    "110105000,朝阳分局,Chaoyang Branch,朝阳路1号,1 Chaoyang Road,000-0000-0100,,,Mo-Fr 09:00-17:00,,39.92,116.44,",
    "110105001,建外派出所,Jianwai Station,光华路2号,2 Guanghua Road,000-0000-0101;000-0000-0102,,,\"Mo-Fr 09:00-12:00,13:30-17:00\",accept;hand_out,39.91,116.45,",
    "110101001,东华门派出所,Donghuamen Station,建外大街3号,3 Jianwai Street,000-0000-0103,,,Sa 09:00-12:00,temporary_card;cross_region,39.92,116.41,",
    "440106001,天河派出所,Tianhe Station,天河路4号,4 Tianhe Road,000-0000-0104,周一上午,Monday mornings,,accept,23.13,113.36,440106000",
    "441900001,莞城派出所,Guancheng Station,东城路5号,5 Dongcheng Road,000-0000-0105,,,24/7,accept,,,",
    "119900001,示范派出所,Sample Station,示范路6号,6 Sample Road,000-0000-0106,,,Mo-Su 08:00-20:00,,,,",
];

/// A server after an import of these lines, and what the import said.
async fn listed(header: &str, lines: &[&str]) -> (Server, Result<usize, String>) {
    let server = Server::start().await;
    let csv = format!("{header}\n{}\n", lines.join("\n"));
    let told = imported(&server, "offices.csv", &csv, Mode::Put).await;
    (server, told.map(|(offices, _)| offices))
}

/// How many offices were imported and what was said.
async fn imported(server: &Server, name: &str, text: &str, mode: Mode) -> Result<(usize, String), String> {
    let file = server.config.data.join(name);
    std::fs::write(&file, text).unwrap();
    let told = import(&server.app.store, server.app.clock, &file, mode).await;
    told.map(|imported| (imported.offices(), imported.to_string())).map_err(|error| error.to_string())
}

/// The directory of all offices above.
async fn directory() -> Server {
    let (server, told) = listed(ALL, &OFFICES).await;
    assert_eq!(told, Ok(OFFICES.len()));
    server
}
