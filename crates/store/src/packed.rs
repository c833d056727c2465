//! Progress as a few bytes, so that an inquiry reads one row.
//!
//! Version, then the fields in order; whole numbers as LEB128, moments as zigzag differences from the
//! moment before. What is packed here is always made again from the milestones, never migrated.

use domain::Date;
use domain::clock::Pausing;
use domain::milestone::{EventKey, FeedId};
use domain::moment::Moment;
use domain::organ::OrganCode;
use domain::progress::{Held, Impossible, Passed, Progress};
use domain::stage::{Cause, Ground, Pause, Stage};

const VERSION: u8 = 1;

/// Packs a progress.
pub(crate) fn pack(progress: &Progress) -> Vec<u8> {
    let mut out = Packer { bytes: Vec::with_capacity(96), moment: 0 };
    out.bytes.extend([VERSION, progress.stage.code()]);
    out.moment(progress.since);
    out.moment(progress.heard);
    out.number(progress.holder.get().into());
    out.code(progress.cause.map(Cause::code));
    out.code(progress.extension.map(Ground::code));
    out.number(progress.timeline.len() as u64);
    for passed in &progress.timeline {
        out.bytes.push(passed.stage.code());
        out.number(passed.organ.get().into());
        out.moment(passed.happened);
        out.code(passed.cause.map(Cause::code));
    }
    out.number(progress.pauses.len() as u64);
    for pausing in &progress.pauses {
        out.date(pausing.from);
        out.code(pausing.until.map(|_| 1));
        pausing.until.into_iter().for_each(|until| out.date(until));
        out.bytes.push(pausing.why.code());
    }
    out.number(progress.held.len() as u64);
    for held in &progress.held {
        out.number(held.feed.0.into());
        out.bytes.extend(held.event.0);
        out.bytes.push(held.why.code());
    }
    out.bytes
}

/// Unpacks what `pack` made; none for anything else.
pub(crate) fn unpack(bytes: &[u8]) -> Option<Progress> {
    let mut from = Unpacker { rest: bytes, moment: 0 };
    if from.byte()? != VERSION {
        return None;
    }
    let progress = Progress {
        stage: Stage::from_code(from.byte()?)?,
        since: from.moment()?,
        heard: from.moment()?,
        holder: from.organ()?,
        cause: from.code(Cause::from_code)?,
        extension: from.code(Ground::from_code)?,
        timeline: from.list(Unpacker::passed)?,
        pauses: from.list(Unpacker::pausing)?,
        held: from.list(Unpacker::held)?,
    };
    from.rest.is_empty().then_some(progress)
}

struct Packer {
    bytes: Vec<u8>,
    moment: i64,
}

impl Packer {
    fn number(&mut self, mut number: u64) {
        while number >= 0x80 {
            self.bytes.push((number & 0x7f) as u8 | 0x80);
            number >>= 7;
        }
        self.bytes.push(number as u8);
    }

    fn signed(&mut self, number: i64) {
        self.number(((number << 1) ^ (number >> 63)).cast_unsigned());
    }

    fn moment(&mut self, moment: Moment) {
        self.signed(moment.millis().wrapping_sub(self.moment));
        self.moment = moment.millis();
    }

    fn date(&mut self, date: Date) {
        self.signed(date.year().into());
        self.bytes.extend([date.month().cast_unsigned(), date.day().cast_unsigned()]);
    }

    /// Codes start at 1; 0 says there is none.
    fn code(&mut self, code: Option<u8>) {
        self.bytes.push(code.unwrap_or(0));
    }
}

struct Unpacker<'a> {
    rest: &'a [u8],
    moment: i64,
}

impl Unpacker<'_> {
    fn byte(&mut self) -> Option<u8> {
        let (byte, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(*byte)
    }

    fn number(&mut self) -> Option<u64> {
        let mut number = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(number);
            }
        }
        None
    }

    fn signed(&mut self) -> Option<i64> {
        let number = self.number()?;
        Some((number >> 1).cast_signed() ^ -((number & 1).cast_signed()))
    }

    fn moment(&mut self) -> Option<Moment> {
        self.moment = self.moment.wrapping_add(self.signed()?);
        Some(Moment::from_millis(self.moment))
    }

    fn date(&mut self) -> Option<Date> {
        let year = i16::try_from(self.signed()?).ok()?;
        let (month, day) = (self.byte()?.cast_signed(), self.byte()?.cast_signed());
        Date::new(year, month, day).ok()
    }

    fn organ(&mut self) -> Option<OrganCode> {
        OrganCode::from_u32(u32::try_from(self.number()?).ok()?)
    }

    /// The outer option fails the whole; the inner says whether there is one.
    #[expect(clippy::option_option, reason = "damaged and absent are two things")]
    fn code<T>(&mut self, known: impl FnOnce(u8) -> Option<T>) -> Option<Option<T>> {
        match self.byte()? {
            0 => Some(None),
            code => known(code).map(Some),
        }
    }

    fn list<T>(&mut self, mut item: impl FnMut(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        // An entry takes a byte at least; this bounds what a damaged row can make us allocate.
        let count = self.number().filter(|count| *count <= self.rest.len() as u64)?;
        (0..count).map(|_| item(self)).collect()
    }

    fn passed(&mut self) -> Option<Passed> {
        Some(Passed {
            stage: Stage::from_code(self.byte()?)?,
            organ: self.organ()?,
            happened: self.moment()?,
            cause: self.code(Cause::from_code)?,
        })
    }

    fn pausing(&mut self) -> Option<Pausing> {
        let from = self.date()?;
        let until = match self.byte()? {
            0 => None,
            _ => Some(self.date()?),
        };
        Some(Pausing { from, until, why: Pause::from_code(self.byte()?)? })
    }

    fn held(&mut self) -> Option<Held> {
        let feed = FeedId(u32::try_from(self.number()?).ok()?);
        let (event, rest) = self.rest.split_first_chunk::<16>()?;
        let event = EventKey(*event);
        self.rest = rest;
        Some(Held { feed, event, why: Impossible::from_code(self.byte()?)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::milestone::{Milestone, Rank, Step};
    use proptest::prelude::*;

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            8 => proptest::sample::select(Stage::ALL.to_vec()).prop_map(Step::Reached),
            1 => proptest::sample::select(Pause::ALL.to_vec()).prop_map(Step::Paused),
            1 => Just(Step::Resumed),
            1 => proptest::sample::select(Ground::ALL.to_vec()).prop_map(Step::Extended),
        ]
    }

    fn milestone() -> impl Strategy<Value = Milestone> {
        let cause = proptest::option::of(proptest::sample::select(Cause::ALL.to_vec()));
        (step(), 1_u16..999, 0_i64..4_000_000_000_000, any::<[u8; 16]>(), cause).prop_map(
            |(step, station, millis, event, cause)| Milestone {
                step,
                organ: OrganCode::new(domain::region::RegionCode::DEMONSTRATION, station).unwrap(),
                happened: Moment::from_millis(millis),
                learned: Moment::from_millis(millis + 1000),
                feed: FeedId(u32::from(station)),
                rank: Rank((station % 3) as u8),
                event: EventKey(event),
                cause,
            },
        )
    }

    #[test]
    fn what_another_version_packed_or_a_part_of_it_is_not_guessed_at() {
        let milestone = Milestone {
            step: Step::Reached(Stage::Accepted),
            organ: OrganCode::new(domain::region::RegionCode::DEMONSTRATION, 7).unwrap(),
            happened: Moment::from_millis(1_767_600_000_000),
            learned: Moment::from_millis(1_767_600_001_000),
            feed: FeedId(1),
            rank: Rank::default(),
            event: EventKey([7; 16]),
            cause: Some(Cause::Photo),
        };
        let packed = pack(&Progress::replay(&[milestone]).unwrap());
        assert!(unpack(&packed).is_some());
        assert!((0..packed.len()).all(|end| unpack(&packed[..end]).is_none()));
        assert_eq!(unpack(&[packed.as_slice(), &[0]].concat()), None);
        let mut newer = packed;
        newer[0] = VERSION + 1;
        assert_eq!(unpack(&newer), None);
    }

    proptest! {
        #[test]
        fn a_packed_progress_unpacks_to_itself(milestones in proptest::collection::vec(milestone(), 1..20)) {
            if let Some(progress) = Progress::replay(&milestones) {
                prop_assert_eq!(unpack(&pack(&progress)), Some(progress));
            }
        }

        #[test]
        fn any_bytes_unpack_without_panic(bytes: Vec<u8>) {
            let _ = unpack(&bytes);
        }
    }
}
