//! Who works with the system and what each role may do: the one table of roles and rights.

use crate::organ::OrganCode;
use crate::word::words;

words! {
    /// What somebody does here. An account has one role.
    pub enum Role {
        /// 系统管理员: runs the machines, the feeds and the keys; sees nobody's application and makes no accounts.
        SystemAdministrator = 1 "system_administrator",
        /// 安全管理员: makes accounts and enrolment codes, blocks and unblocks.
        SecurityAdministrator = 2 "security_administrator",
        /// 审计员: reads the log of looks and changes, and changes nothing.
        Auditor = 3 "auditor",
        /// 热线坐席: answers callers.
        HotlineClerk = 4 "hotline_clerk",
        /// 窗口民警: answers at the counter, accepts and hands out.
        CounterClerk = 5 "counter_clerk",
        /// 制证人员: says what was made and what left.
        ProductionClerk = 6 "production_clerk",
        /// 督查: sees to it that nothing is overdue and nobody snoops.
        Supervisor = 7 "supervisor",
    }
}

words! {
    /// What a role may do. Everybody who is signed in may see and end their own sessions.
    pub enum Right {
        /// Feeds, keys and settings.
        ManageSystem = 1 "manage_system",
        /// Accounts and enrolment codes of the organ and those below it.
        ManageStaff = 2 "manage_staff",
        /// Search the log of looks and changes.
        ReadAudit = 3 "read_audit",
        /// Answer somebody who calls or comes, with a purpose and on the record.
        Consult = 4 "consult",
        /// Answer questions that were forwarded to the organ.
        AnswerForwarded = 5 "answer_forwarded",
        /// Let a clerk who was stopped for looking at too many people go on.
        ReleaseLooks = 6 "release_looks",
        /// Change the texts that clerks read from.
        EditKnowledge = 7 "edit_knowledge",
        /// Take lists out, with a second person.
        Export = 8 "export",
        /// Accept, correct and hand out at the counter.
        ServeCounter = 9 "serve_counter",
        /// Report what was made, what failed and what left.
        Produce = 10 "produce",
        /// See what is overdue and what is unaccounted for.
        Supervise = 11 "supervise",
    }
}

impl Role {
    /// Whether the role keeps the system itself: what GB/T 22239 (level 3, 安全管理中心) calls the three administrators.
    #[must_use]
    pub const fn is_administrator(self) -> bool {
        matches!(self, Self::SystemAdministrator | Self::SecurityAdministrator | Self::Auditor)
    }

    /// Whether nobody may have both. The three administrators check one another, so each excludes the two others
    /// (GB/T 22239, level 3: system administration, security administration and audit are separate).
    #[must_use]
    pub const fn excludes(self, other: Self) -> bool {
        self.is_administrator() && other.is_administrator() && self.code() != other.code()
    }

    /// Whether the role has the right.
    #[must_use]
    pub fn may(self, right: Right) -> bool {
        right.held_by().contains(&self)
    }
}

impl Right {
    /// The roles that have it. This is the table.
    #[must_use]
    pub const fn held_by(self) -> &'static [Role] {
        match self {
            Self::ManageSystem => &[Role::SystemAdministrator],
            Self::ManageStaff => &[Role::SecurityAdministrator],
            Self::ReadAudit => &[Role::Auditor],
            Self::Consult => &[Role::HotlineClerk, Role::CounterClerk],
            Self::AnswerForwarded => {
                &[Role::HotlineClerk, Role::CounterClerk, Role::ProductionClerk, Role::Supervisor]
            }
            Self::ReleaseLooks | Self::EditKnowledge | Self::Supervise => &[Role::Supervisor],
            Self::Export => &[Role::Auditor, Role::Supervisor],
            Self::ServeCounter => &[Role::CounterClerk],
            Self::Produce => &[Role::ProductionClerk],
        }
    }
}

impl OrganCode {
    /// Whether the other organ is this one or below it: an organ is above the organs and stations of every region that
    /// its own covers, a station is above nobody.
    #[must_use]
    pub const fn oversees(self, other: Self) -> bool {
        self.get() == other.get() || (self.station() == 0 && self.region().covers(other.region()))
    }

    /// The organs that it oversees, as numbers: all of them lie between these two, and no other does.
    #[must_use]
    pub const fn scope(self) -> (u32, u32) {
        let region = self.region();
        let regions = if region.get() == region.province().get() {
            10_000
        } else if region.get() == region.city().get() {
            100
        } else {
            1
        };
        let all = if self.station() == 0 { regions * 1_000 } else { 1 };
        (self.get(), self.get() + all - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::fmt::Write as _;

    fn organ(code: &str) -> OrganCode {
        OrganCode::parse(code).unwrap()
    }

    #[test]
    fn the_table_of_roles_and_rights_is_reviewed() {
        let mut table = String::new();
        for role in Role::ALL {
            let rights = Right::ALL.into_iter().filter(|right| role.may(*right));
            let rights: Vec<&str> = rights.map(Right::as_str).collect();
            writeln!(table, "{role}: {}", rights.join(", ")).unwrap();
        }
        insta::assert_snapshot!(table, @r"
        system_administrator: manage_system
        security_administrator: manage_staff
        auditor: read_audit, export
        hotline_clerk: consult, answer_forwarded
        counter_clerk: consult, answer_forwarded, serve_counter
        production_clerk: answer_forwarded, produce
        supervisor: answer_forwarded, release_looks, edit_knowledge, export, supervise
        ");
    }

    #[test]
    fn every_right_is_somebodys() {
        assert!(Right::ALL.into_iter().all(|right| !right.held_by().is_empty()));
    }

    #[test]
    fn the_three_administrators_exclude_each_other_and_nobody_else() {
        for one in Role::ALL {
            for other in Role::ALL {
                let expected = one != other && one.is_administrator() && other.is_administrator();
                assert_eq!(one.excludes(other), expected, "{one} and {other}");
                assert_eq!(one.excludes(other), other.excludes(one));
            }
        }
        assert_eq!(Role::ALL.into_iter().filter(|role| role.is_administrator()).count(), 3);
    }

    #[test]
    fn no_administrator_shares_a_right_with_another_or_sees_an_application() {
        for right in Right::ALL {
            let administrators = right.held_by().iter().filter(|role| role.is_administrator()).count();
            assert!(administrators <= 1, "{right}");
            let shows_people = matches!(right, Right::Consult | Right::AnswerForwarded | Right::ServeCounter);
            assert!(!shows_people || administrators == 0, "{right}");
        }
    }

    #[test]
    fn an_organ_oversees_itself_and_what_is_below_it() {
        let (province, city, county, station) =
            (organ("330000000"), organ("330100000"), organ("330106000"), organ("330106007"));
        let road = [province, city, county, station];
        for (above, upper) in road.into_iter().enumerate() {
            for (below, lower) in road.into_iter().enumerate() {
                assert_eq!(upper.oversees(lower), above <= below, "{upper} {lower}");
            }
        }
        for foreign in ["330200000", "330206000", "330206007", "320106007"] {
            assert!(!city.oversees(organ(foreign)), "{foreign}");
        }
        assert!(!organ("320000000").oversees(county));
    }

    #[test]
    fn counties_under_a_province_are_below_it_and_stations_are_above_nobody() {
        assert!(organ("420000000").oversees(organ("429004003")));
        assert!(!organ("420100000").oversees(organ("429004003")));
        // A production centre of the province is a station of it.
        assert!(!organ("330000001").oversees(organ("330106000")));
        assert!(organ("330000000").oversees(organ("330000001")));
        assert!(!organ("330106007").oversees(organ("330106008")));
    }

    proptest! {
        #[test]
        fn the_scope_is_what_an_organ_oversees(
            (province, city, county, station) in (10_u32..=99, 0_u32..=2, 0_u32..=2, 0_u32..=2),
            other in (10_u32..=99, 0_u32..=2, 0_u32..=2, 0_u32..=2),
            same in any::<bool>(),
        ) {
            let code = |p, c, d, s| OrganCode::from_u32(p * 10_000_000 + c * 100_000 + d * 1_000 + s).unwrap();
            let one = code(province, city, county, station);
            let other = code(if same { province } else { other.0 }, other.1, other.2, other.3);
            let (first, last) = one.scope();
            prop_assert_eq!(one.oversees(other), (first..=last).contains(&other.get()), "{} {}", one, other);
        }
    }
}
