//! How many tests passed, failed and were skipped, read from the closing lines of the runners.

use std::fmt;
use std::ops::AddAssign;

/// A tally of tests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    /// Ran and held.
    pub(crate) passed: u64,
    /// Ran and did not hold, or could not run.
    pub(crate) failed: u64,
    /// Did not run by choice.
    pub(crate) skipped: u64,
}

impl Counts {
    /// One thing that failed as a whole.
    pub(crate) const ONE_FAILURE: Self = Self { passed: 0, failed: 1, skipped: 0 };

    /// True if something ran and nothing failed.
    pub(crate) fn all_passed(self) -> bool {
        self.failed == 0 && self.passed > 0
    }

    /// Reads the summary of `cargo nextest run`; `None` where there is none.
    pub(crate) fn of_nextest(words: &str) -> Option<Self> {
        let line = words.lines().rev().find(|line| line.contains("Summary [") && line.contains(" run: "))?;
        let (_, parts) = line.split_once(" run: ")?;
        let mut counts = Self::default();
        for (number, kind) in without_brackets(parts).split(", ").filter_map(numbered) {
            match kind {
                "passed" => counts.passed += number,
                "skipped" => counts.skipped += number,
                _ => counts.failed += number, // failed, timed out, exec failed
            }
        }
        Some(counts)
    }

    /// Adds up the `test result:` lines of `cargo test`; `None` where there is none.
    pub(crate) fn of_cargo_test(words: &str) -> Option<Self> {
        let mut results = words.lines().filter(|line| line.starts_with("test result: ")).peekable();
        results.peek()?;
        let mut counts = Self::default();
        for (number, kind) in results.flat_map(|line| line.split([';', '.'])).filter_map(numbered) {
            match kind {
                "passed" => counts.passed += number,
                "failed" => counts.failed += number,
                "ignored" | "filtered" => counts.skipped += number,
                _ => {}
            }
        }
        Some(counts)
    }

    /// Reads the closing lines of node's test runner; `None` where they are missing.
    pub(crate) fn of_node(words: &str) -> Option<Self> {
        let last = |kind: &str| {
            let labelled = |line: &str| {
                line.trim_start_matches(['#', 'ℹ', ' ']).strip_prefix(kind)?.trim().parse::<u64>().ok()
            };
            words.lines().rev().find_map(labelled)
        };
        Some(Self {
            passed: last("pass ")?,
            failed: last("fail ")? + last("cancelled ")?,
            skipped: last("skipped ")? + last("todo ")?,
        })
    }
}

/// Drops remarks such as `(1 slow, 1 flaky)`, which are counted already.
fn without_brackets(line: &str) -> String {
    let mut kept = String::new();
    let mut depth = 0_usize;
    for character in line.chars() {
        match character {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ if depth == 0 => kept.push(character),
            _ => {}
        }
    }
    kept
}

/// Splits `3 passed` into the number and its first word.
fn numbered(part: &str) -> Option<(u64, &str)> {
    let mut words = part.split_whitespace();
    let number = words.next()?.parse().ok()?;
    Some((number, words.next()?))
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} passed, {} failed, {} skipped", self.passed, self.failed, self.skipped)
    }
}

#[cfg(test)]
mod tests {
    use super::Counts;

    const fn counts(passed: u64, failed: u64, skipped: u64) -> Option<Counts> {
        Some(Counts { passed, failed, skipped })
    }

    #[test]
    fn nextest_closes_with_a_summary() {
        let all_well = "     Summary [   0.010s] 3 tests run: 3 passed, 0 skipped\n";
        assert_eq!(Counts::of_nextest(all_well), counts(3, 0, 0));
        let mixed = "x\n     Summary [   9.1s] 9/10 tests run: 5 passed (1 slow, 1 flaky), 2 failed, 1 timed out, \
                     1 exec failed, 4 skipped\n        FAIL a::b\n";
        assert_eq!(Counts::of_nextest(mixed), counts(5, 4, 4));
        assert_eq!(Counts::of_nextest("error: could not compile"), None);
    }

    #[test]
    fn cargo_test_closes_each_binary() {
        let words = "test result: ok. 2 passed; 0 failed; 1 ignored; 0 measured; 3 filtered out; finished in 0.1s\n\
                     test result: FAILED. 1 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 1s\n";
        assert_eq!(Counts::of_cargo_test(words), counts(3, 2, 4));
        assert_eq!(Counts::of_cargo_test("error: could not compile"), None);
    }

    #[test]
    fn node_closes_with_labelled_numbers() {
        let spec = "ℹ tests 9\nℹ suites 0\nℹ pass 5\nℹ fail 1\nℹ cancelled 1\nℹ skipped 1\nℹ todo 1\nℹ duration_ms 9\n";
        assert_eq!(Counts::of_node(spec), counts(5, 2, 2));
        assert_eq!(Counts::of_node(&spec.replace('ℹ', "#")), counts(5, 2, 2));
        assert_eq!(Counts::of_node("ℹ pass 5\n"), None);
    }

    #[test]
    fn the_sum_is_one_plain_line() {
        let mut sum = Counts { passed: 2, failed: 0, skipped: 1 };
        assert!(sum.all_passed());
        sum += Counts::ONE_FAILURE;
        assert!(!sum.all_passed());
        assert_eq!(sum.to_string(), "2 passed, 1 failed, 1 skipped");
        assert!(!Counts::default().all_passed(), "nothing that ran is nothing that passed");
    }
}
