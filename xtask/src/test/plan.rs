//! What `cargo xtask test` was asked for.

use crate::args::Args;

/// Which part of the tests runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Rust,
    Browser,
    Fuzz,
    Tidy,
}

/// What the Rust tests keep their records in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Engine {
    Sqlite,
    Postgres,
}

/// What runs: all parts or one, on both engines or one, with the long tests or without.
#[derive(Debug)]
pub(super) struct Plan {
    only: Option<Part>,
    engine: Option<Engine>,
    /// On every version of PostgreSQL that we can have, not on the newest of this system alone.
    pub(super) matrix: bool,
    /// The test of three servers that are killed, and nothing else.
    pub(super) ha: bool,
    /// With the tests that take long.
    pub(super) long: bool,
}

impl Plan {
    pub(super) fn parse(mut args: Args) -> Result<Self, String> {
        let only = match args.value("--only")?.as_deref() {
            None => None,
            Some("rust") => Some(Part::Rust),
            Some("browser") => Some(Part::Browser),
            Some("fuzz") => Some(Part::Fuzz),
            Some("tidy") => Some(Part::Tidy),
            Some(other) => return Err(format!("--only takes rust, browser, fuzz or tidy, not {other:?}")),
        };
        let engine = match args.value("--engine")?.as_deref() {
            None => None,
            Some("sqlite") => Some(Engine::Sqlite),
            Some("postgres") => Some(Engine::Postgres),
            Some(other) => return Err(format!("--engine takes sqlite or postgres, not {other:?}")),
        };
        let (matrix, ha, long) = (args.switch("--pg-matrix"), args.switch("--ha"), args.switch("--long"));
        let plan = Self { only, engine, matrix, ha, long };
        args.finish()?;
        if ha && (only.is_some() || engine.is_some() || matrix || long) {
            return Err("--ha runs alone".into());
        }
        if (engine.is_some() || matrix) && !plan.holds(Part::Rust) {
            return Err("only the Rust tests run on an engine of choice".into());
        }
        if matrix && !plan.runs_on(Engine::Postgres) {
            return Err("--pg-matrix is of PostgreSQL; it does not go with --engine sqlite".into());
        }
        Ok(plan)
    }

    pub(super) fn holds(&self, part: Part) -> bool {
        !self.ha && self.only.is_none_or(|only| only == part)
    }

    /// Tidy alone needs nothing but the clone.
    pub(super) fn needs_set_up(&self) -> bool {
        self.only != Some(Part::Tidy)
    }

    pub(super) fn runs_on(&self, engine: Engine) -> bool {
        self.holds(Part::Rust) && self.engine.is_none_or(|only| only == engine)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(line: &str) -> Result<Plan, String> {
        Plan::parse(Args::new(line.split_whitespace().map(str::to_owned)))
    }

    #[test]
    fn a_part_can_run_alone() {
        let whole = plan("").unwrap();
        assert!(
            whole.holds(Part::Rust) && whole.holds(Part::Browser) && whole.holds(Part::Tidy) && !whole.long
        );
        let browser = plan("--long --only browser").unwrap();
        assert!(browser.holds(Part::Browser) && !browser.holds(Part::Rust) && browser.long);
        assert!(browser.needs_set_up() && !plan("--only tidy").unwrap().needs_set_up());
        assert!(plan("--only everything").is_err());
        assert!(plan("--quick").is_err());
    }

    #[test]
    fn the_killed_servers_are_a_run_of_their_own() {
        let ha = plan("--ha").unwrap();
        let parts = [Part::Rust, Part::Browser, Part::Fuzz, Part::Tidy];
        assert!(ha.ha && ha.needs_set_up() && !parts.into_iter().any(|part| ha.holds(part)));
        assert!(!plan("").unwrap().ha);
        for wrong in ["--ha --only rust", "--ha --long", "--ha --engine postgres", "--ha --pg-matrix"] {
            assert!(plan(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn both_engines_are_meant_unless_one_is_named() {
        let engines = |line| {
            plan(line).map(|plan| (plan.runs_on(Engine::Sqlite), plan.runs_on(Engine::Postgres), plan.matrix))
        };
        assert_eq!(engines(""), Ok((true, true, false)));
        assert_eq!(engines("--engine sqlite --only rust"), Ok((true, false, false)));
        assert_eq!(engines("--engine=postgres"), Ok((false, true, false)));
        assert_eq!(engines("--pg-matrix"), Ok((true, true, true)));
        assert_eq!(engines("--pg-matrix --engine postgres"), Ok((false, true, true)));
        assert_eq!(engines("--only tidy"), Ok((false, false, false)));
        for wrong in
            ["--engine oracle", "--engine", "--pg-matrix --engine sqlite", "--only browser --engine sqlite"]
        {
            assert!(engines(wrong).is_err(), "{wrong}");
        }
    }
}
