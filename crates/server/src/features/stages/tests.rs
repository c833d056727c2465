//! The page that explains every stage.

use crate::testing::Server;
use domain::stage::{MAIN_ROAD, Stage};

#[tokio::test]
async fn every_stage_is_explained_and_can_be_linked_to() {
    let server = Server::start().await;
    for language in ["zh", "en"] {
        let page = server.get(&format!("/stages?lang={language}")).await;
        assert_eq!((page.status.as_u16(), page.page()), (200, "stages"));
        for stage in Stage::ALL {
            assert!(page.body.contains(&format!("<li id=\"{stage}\">")), "{stage}");
        }
    }
}

#[tokio::test]
async fn the_ordinary_road_comes_first_and_in_order() {
    let page = Server::start().await.get("/stages").await;
    let place = |stage: Stage| page.body.find(&format!("id=\"{stage}\"")).unwrap();
    assert!(MAIN_ROAD.windows(2).all(|pair| place(pair[0]) < place(pair[1])));
    let side = Stage::ALL.into_iter().filter(|stage| stage.is_side());
    assert!(side.map(place).all(|side| place(Stage::Collected) < side));
}
