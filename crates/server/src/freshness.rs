//! How fresh the data is: the newest thing that any feed has told of, remembered.

use crate::remembered::Remembered;
use domain::moment::Moment;
use store::application::{self, ApplicationId};
use store::{Read, Result, feed};

/// The newest thing that any feed has told of.
#[derive(Default)]
pub struct Freshness(Remembered<(), Option<Moment>>);

impl Freshness {
    /// The moment; none where no feed told anything yet.
    ///
    /// # Errors
    /// Fails when the store does.
    pub async fn newest(&self, read: &Read<'_>, now: Moment) -> Result<Option<Moment>> {
        self.0.recall((), now, feed::last_happened(read)).await
    }
}

/// The number of the newest application.
#[derive(Default)]
pub struct Newest(Remembered<(), ApplicationId>);

impl Newest {
    /// The number; 0 where there is no application.
    ///
    /// # Errors
    /// Fails when the store does.
    pub async fn of(&self, read: &Read<'_>, now: Moment) -> Result<ApplicationId> {
        self.0.recall((), now, application::newest(read)).await
    }
}
