//! A body on its way in: its signature is checked piece by piece, and it is kept where somebody may send it.

use crate::features::feeds::signature::Check;
use crate::feed_budget::Stranger;
use aws_lc_rs::digest;
use axum::body::Body;
use axum::body::Bytes;
use axum::http::HeaderMap;
use axum::http::header::CONTENT_LENGTH;
use futures_util::StreamExt as _;
use web::{BodyLimit, Failure};

/// A body being read.
pub(super) struct Reading<'a> {
    check: Check,
    digest: digest::Context,
    kept: Vec<u8>,
    keeps: bool,
    /// Whose room what is kept takes; a file has a place instead.
    room: Option<&'a mut Stranger>,
}

/// A body that was read to its end.
pub(super) struct Read {
    /// Empty where nobody may send it.
    pub(super) body: Bytes,
    /// Whether one of the signatures fits.
    pub(super) fits: bool,
    /// SHA-256 of the body.
    pub(super) digest: Vec<u8>,
}

/// Why a body was not read to its end.
pub(super) enum Broken {
    /// Too much is held whose signature is not known.
    Busy,
    /// It is too large, too slow, or broke off.
    Failed(Failure),
}

impl<'a> Reading<'a> {
    pub(super) fn new(check: Check, keeps: bool, room: Option<&'a mut Stranger>) -> Self {
        let digest = digest::Context::new(&digest::SHA256);
        Self { check, digest, kept: Vec::new(), keeps, room }
    }

    /// Reads a body to its end; where there is none, `address` was signed instead.
    pub(super) async fn read(
        mut self,
        headers: &HeaderMap,
        body: Body,
        limit: BodyLimit,
        address: &str,
    ) -> Result<Read, Broken> {
        if announced(headers).is_some_and(|bytes| bytes > limit.bytes as u64) {
            return Err(Broken::Failed(Failure::TooLarge));
        }
        let pieces = self.pieces(body, limit.bytes);
        let timed_out = |_| Err(Broken::Failed(Failure::TimedOut));
        let is_bare = tokio::time::timeout(limit.time, pieces).await.unwrap_or_else(timed_out)?;
        if is_bare {
            self.check.update(address.as_bytes());
        }
        let digest = self.digest.finish().as_ref().to_vec();
        Ok(Read { body: self.kept.into(), fits: self.check.fits(), digest })
    }

    /// Whether there was no body.
    async fn pieces(&mut self, body: Body, most: usize) -> Result<bool, Broken> {
        let (mut pieces, mut left) = (body.into_data_stream(), most);
        while let Some(piece) = pieces.next().await {
            let broke_off = |_| Failure::Malformed { detail: "The body broke off.".to_owned() };
            let piece = piece.map_err(|error| Broken::Failed(broke_off(error)))?;
            left = left.checked_sub(piece.len()).ok_or(Broken::Failed(Failure::TooLarge))?;
            self.take(&piece)?;
        }
        Ok(left == most)
    }

    fn take(&mut self, piece: &[u8]) -> Result<(), Broken> {
        if self.room.as_mut().is_some_and(|room| !room.room(piece.len())) {
            return Err(Broken::Busy);
        }
        self.check.update(piece);
        self.digest.update(piece);
        if self.keeps {
            self.kept.extend_from_slice(piece);
        }
        Ok(())
    }
}

/// How large a body says it is.
pub(super) fn announced(headers: &HeaderMap) -> Option<u64> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}
