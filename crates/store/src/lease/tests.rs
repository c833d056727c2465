//! One server at a time holds a lease; where it is gone another has it after a while.

use super::*;
use crate::testing::Fresh;
use tokio::time::sleep;

/// Long enough for a busy machine, short enough for a test.
const LAPSE: Duration = Duration::from_millis(800);

fn claim(run: u8) -> Claim {
    Claim::new("care".to_owned(), Run([run; 16]), Times::of(LAPSE))
}

async fn steps(fresh: &Fresh, claim: &mut Claim) -> bool {
    claim.step(&fresh.store).await.unwrap();
    claim.is_held()
}

#[tokio::test]
async fn a_lease_has_one_holder_and_is_another_s_at_once_when_it_is_given_back() {
    let fresh = Fresh::new().await;
    let (mut one, mut other) = (claim(1), claim(2));
    assert!(steps(&fresh, &mut one).await && !steps(&fresh, &mut other).await);
    other.give_back(&fresh.store).await.unwrap();
    assert!(steps(&fresh, &mut one).await, "what is not one's own is not given back");
    one.give_back(&fresh.store).await.unwrap();
    assert!(steps(&fresh, &mut claim(2)).await);
}

#[tokio::test]
async fn a_holder_that_beats_keeps_its_lease_and_one_that_is_gone_loses_it() {
    let fresh = Fresh::new().await;
    let (mut one, mut other) = (claim(1), claim(2));
    assert!(steps(&fresh, &mut one).await);
    let begun = Instant::now();
    while begun.elapsed() < LAPSE * 2 {
        assert!(steps(&fresh, &mut one).await && !steps(&fresh, &mut other).await);
        sleep(LAPSE / 10).await;
    }
    // From here on nothing is heard of it. It has given up before the other begins.
    let silent = Instant::now();
    while !steps(&fresh, &mut other).await {
        assert!(silent.elapsed() < LAPSE * 10);
        sleep(LAPSE / 40).await;
    }
    assert!(silent.elapsed() >= LAPSE * 3 / 4 && !one.is_held());
    assert!(!steps(&fresh, &mut one).await, "who comes back is one of the others");
}

#[tokio::test]
async fn of_two_that_see_a_silent_holder_one_takes_over() {
    let fresh = Fresh::new().await;
    let (mut gone, mut one, mut other) = (claim(1), claim(2), claim(3));
    assert!(steps(&fresh, &mut gone).await);
    assert!(!steps(&fresh, &mut one).await && !steps(&fresh, &mut other).await);
    sleep(LAPSE + LAPSE / 10).await;
    let (first, second) = tokio::join!(one.step(&fresh.store), other.step(&fresh.store));
    first.unwrap();
    second.unwrap();
    assert!(one.is_held() != other.is_held());
}

#[tokio::test]
async fn a_server_serves_while_its_beat_is_raised_and_is_buried_long_after() {
    let fresh = Fresh::new().await;
    let (run, times) = (Run([7; 16]), Times::of(LAPSE));
    let mut serving = Claim::new(run.serving(), run, times);
    assert!(steps(&fresh, &mut serving).await);
    assert!(steps(&fresh, &mut claim(1)).await, "a lease that is no server's");
    let mut servers = Servers::default();
    assert_eq!(servers.look(&fresh.store, times).await.unwrap(), [run]);
    sleep(LAPSE).await;
    assert_eq!(servers.look(&fresh.store, times).await.unwrap(), []);
    servers.bury(&fresh.store, times).await.unwrap();
    assert_eq!(fresh.count("lease"), 2);
    sleep(LAPSE * 2).await;
    servers.bury(&fresh.store, times).await.unwrap();
    assert_eq!(fresh.count("lease"), 1);
}

#[tokio::test]
async fn a_beat_is_no_line_in_the_audit() {
    let fresh = Fresh::new().await;
    let (before, mut one) = (fresh.count("audit"), claim(1));
    assert!(steps(&fresh, &mut one).await && steps(&fresh, &mut one).await);
    assert_eq!(fresh.count("audit"), before);
}
