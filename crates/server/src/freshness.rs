//! How fresh the data is: when any feed was last heard, remembered.

use crate::remembered::Remembered;
use domain::moment::Moment;
use store::{Read, Result, feed};

/// When any feed was last heard.
#[derive(Default)]
pub struct Freshness(Remembered<(), Option<Moment>>);

impl Freshness {
    /// The moment; none where no feed was ever heard.
    ///
    /// # Errors
    /// Fails when the store does.
    pub async fn last_heard(&self, read: &Read<'_>, now: Moment) -> Result<Option<Moment>> {
        if let Some(known) = self.0.get(&(), now) {
            return Ok(known);
        }
        let heard = feed::last_heard(read).await?;
        Ok(self.0.put((), now, heard))
    }
}
