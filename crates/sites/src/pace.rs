//! How fast work in the background may go, so that whoever waits for an answer does not notice it.

use std::time::Duration;
use tokio::{
    sync::Mutex,
    time::{Instant, sleep_until},
};

/// A rate that many share. What was not used is not saved up.
#[derive(Debug)]
pub struct Pace {
    /// Bytes in a second; none for as fast as it goes.
    per_second: Option<u64>,
    /// When the next bytes may go.
    next: Mutex<Instant>,
}

impl Pace {
    /// So many bytes in a second.
    pub fn of(per_second: u64) -> Self {
        Self { per_second: Some(per_second.max(1)), next: Mutex::new(Instant::now()) }
    }

    /// As fast as it goes.
    pub fn free() -> Self {
        Self { per_second: None, next: Mutex::new(Instant::now()) }
    }

    /// Waits until these bytes may go.
    pub async fn take(&self, bytes: u64) {
        let Some(rate) = self.per_second else { return };
        let micros = u128::from(bytes) * 1_000_000 / u128::from(rate);
        let span = Duration::from_micros(u64::try_from(micros).unwrap_or(u64::MAX));
        let at = {
            let mut next = self.next.lock().await;
            let at = (*next).max(Instant::now());
            *next = at + span;
            at
        };
        sleep_until(at).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn those_who_share_a_pace_keep_it_together() {
        let pace = Pace::of(1_000);
        let begun = Instant::now();
        let take = async || {
            for _ in 0..5 {
                pace.take(500).await;
            }
        };
        tokio::join!(take(), take());
        assert_eq!(begun.elapsed().as_millis(), 4_500, "the first goes at once");
        tokio::time::sleep(Duration::from_mins(1)).await;
        let rested = Instant::now();
        pace.take(500).await;
        pace.take(500).await;
        assert_eq!(rested.elapsed().as_millis(), 500, "nothing is saved up");
    }
}
