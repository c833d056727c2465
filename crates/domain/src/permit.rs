//! A right as a value: who brings a [`Permit`] was found in the table of roles.

use crate::organ::OrganCode;
use crate::role::{Right, Role};
use std::marker::PhantomData;

/// The number of an account of staff in one database; names nobody to outsiders.
#[derive(Copy, Clone, Eq, PartialEq, Ord, PartialOrd, Hash, Debug)]
pub struct StaffId(pub i64);

/// Somebody who is signed in: which account, in which role, at which organ.
#[derive(Copy, Clone, Eq, PartialEq, Debug)]
pub struct Bearer {
    /// The account.
    pub staff: StaffId,
    /// The role.
    pub role: Role,
    /// The organ; the scope is this organ and those below it.
    pub organ: OrganCode,
}

mod only_here {
    /// Keeps others from inventing rights.
    pub trait OnlyHere {}
}

/// A right that a permit can be for; every one is in [`may`].
pub trait Permitted: only_here::OnlyHere {
    /// Its place in the table.
    const RIGHT: Right;
}

macro_rules! permitted {
    ($($right:ident,)+) => {
        /// Each right as a type, to be named in a [`Permit`](super::Permit).
        pub mod may {
            $(
                #[doc = concat!("See [`Right::", stringify!($right), "`](crate::role::Right::", stringify!($right), ").")]
                #[derive(Copy, Clone, Debug)]
                pub enum $right {}
                impl super::only_here::OnlyHere for $right {}
                impl super::Permitted for $right {
                    const RIGHT: crate::role::Right = crate::role::Right::$right;
                }
            )+

            #[cfg(test)]
            pub(super) const ALL: &[crate::role::Right] = &[$(<$right as super::Permitted>::RIGHT),+];
        }
    };
}

permitted! {
    ManageSystem, ManageStaff, ReadAudit, Consult, AnswerForwarded, ReleaseLooks, EditKnowledge, Export, ServeCounter,
    Produce, Supervise,
}

/// Somebody's right to do one thing within their organ and those below it. Only the table of roles makes one.
#[derive(Copy, Clone, Debug)]
pub struct Permit<R> {
    bearer: Bearer,
    right: PhantomData<R>,
}

impl<R: Permitted> Permit<R> {
    /// The permit, where the bearer's role has the right.
    #[must_use]
    pub fn of(bearer: Bearer) -> Option<Self> {
        bearer.role.may(R::RIGHT).then_some(Self { bearer, right: PhantomData })
    }

    /// Whose it is.
    #[must_use]
    pub const fn bearer(&self) -> Bearer {
        self.bearer
    }

    /// Whether it holds for an organ's things.
    #[must_use]
    pub const fn holds_for(&self, organ: OrganCode) -> bool {
        self.bearer.organ.oversees(organ)
    }

    /// The thing, if it is of an organ that the permit holds for: what is foreign is as if it were unknown.
    #[must_use]
    pub fn within<T>(&self, organ: OrganCode, thing: T) -> Option<T> {
        self.holds_for(organ).then_some(thing)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bearer(role: Role, organ: &str) -> Bearer {
        Bearer { staff: StaffId(1), role, organ: OrganCode::parse(organ).unwrap() }
    }

    #[test]
    fn every_right_is_a_type() {
        assert_eq!(may::ALL, Right::ALL);
    }

    #[test]
    fn only_the_table_makes_a_permit() {
        for role in Role::ALL {
            let bearer = bearer(role, "330100000");
            assert_eq!(Permit::<may::Consult>::of(bearer).is_some(), role.may(Right::Consult), "{role}");
            assert_eq!(
                Permit::<may::ManageStaff>::of(bearer).is_some(),
                role.may(Right::ManageStaff),
                "{role}"
            );
        }
    }

    #[test]
    fn what_is_foreign_is_as_if_it_were_unknown() {
        let permit = Permit::<may::Consult>::of(bearer(Role::HotlineClerk, "330100000")).unwrap();
        let within = |organ: &str| permit.within(OrganCode::parse(organ).unwrap(), "case");
        assert_eq!(within("330100000"), Some("case"));
        assert_eq!(within("330106007"), Some("case"));
        assert_eq!(within("330200000"), None);
        assert_eq!(within("330000000"), None);
    }
}
