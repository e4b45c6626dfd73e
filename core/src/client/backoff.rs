//! When to try again: the attempts since a connection was last stable, and the
//! time before the next.
//!
//! Apart from the client because it is arithmetic and chance. It knows neither
//! why a connection was lost nor whether anybody still wants one.

use super::checked::ClientConfig;
use super::settings::Reconnect;
use crate::random::Random;
use std::time::Duration;

/// Which attempt this is. Nothing else is remembered.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Backoff {
    /// 0 is the one that was asked for; those behind it are our own.
    attempt: u32,
}

/// What follows a loss or a failure.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Retry {
    /// One more attempt, after this time.
    After(Duration),
    /// No more: as many as allowed have been made.
    GiveUp { attempts: u32 },
    /// Nothing: the client does not reconnect.
    Off,
}

impl Backoff {
    pub(super) fn attempt(self) -> u32 {
        self.attempt
    }

    /// A connection has been stable, or is asked for anew.
    pub(super) fn reset(&mut self) {
        self.attempt = 0;
    }

    /// Counts the next attempt, if there is one, and says when. `hint` is how long
    /// the server asks us to stay away: the attempt comes no sooner.
    pub(super) fn next(
        &mut self,
        config: &ClientConfig,
        hint: Option<Duration>,
        random: &mut Random,
    ) -> Retry {
        let delay = match config.reconnect {
            Reconnect::Off => return Retry::Off,
            Reconnect::Fixed { .. } | Reconnect::Exponential { .. } if self.is_last(config) => {
                return Retry::GiveUp { attempts: self.attempt };
            }
            Reconnect::Fixed { delay } => delay,
            Reconnect::Exponential { base, cap } => {
                let doubled = 1_u32.checked_shl(self.attempt).unwrap_or(u32::MAX);
                random.up_to(base.saturating_mul(doubled).min(cap))
            }
        };
        self.attempt = self.attempt.saturating_add(1);
        let hint = hint.unwrap_or_default().min(config.retry_after_time_max);
        Retry::After(match config.reconnect {
            Reconnect::Off | Reconnect::Fixed { .. } => delay.max(hint),
            // All were told the same: the jitter is still needed.
            Reconnect::Exponential { .. } => hint.saturating_add(delay),
        })
    }

    fn is_last(self, config: &ClientConfig) -> bool {
        config.attempts_max != 0 && self.attempt >= config.attempts_max
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::ClientSettings;

    fn config(edit: impl FnOnce(&mut ClientSettings)) -> ClientConfig {
        ClientSettings::new("ws://example.com".parse().unwrap()).with(edit).build().unwrap()
    }

    fn exponential() -> ClientConfig {
        config(|client| client.reconnect = Reconnect::EXPONENTIAL)
    }

    fn after(retry: Retry) -> Duration {
        let Retry::After(delay) = retry else { panic!("an attempt, not {retry:?}") };
        delay
    }

    /// The delays of attempt `n` of many clients, in milliseconds.
    fn delays_ms(n: usize, clients: u64) -> Vec<f64> {
        let (config, mut random) = (exponential(), Random::from_seed([7; 32]));
        let delay = |_| {
            let mut backoff = Backoff::default();
            let delays = std::iter::repeat_with(|| after(backoff.next(&config, None, &mut random)));
            delays.take(n + 1).last().unwrap().as_secs_f64() * 1_000.0
        };
        (0..clients).map(delay).collect()
    }

    #[test]
    fn full_jitter_is_uniform_up_to_the_doubled_base_or_the_cap() {
        for (n, longest_ms) in
            [(0, 250.0), (1, 500.0), (3, 2_000.0), (6, 16_000.0), (7, 30_000.0), (40, 30_000.0)]
        {
            let delays = delays_ms(n, 4_000);
            assert!(delays.iter().all(|delay| (0.0..=longest_ms).contains(delay)), "attempt {n}");
            // Each tenth of the range holds a tenth of the clients: 400, with a
            // standard deviation of 19.
            let tenths = (0..10).map(|tenth| {
                let from = longest_ms / 10.0 * f64::from(tenth);
                let range = from..from + longest_ms / 10.0;
                delays.iter().filter(|delay| range.contains(delay)).count()
            });
            let tenths: Vec<usize> = tenths.collect();
            assert!(tenths.iter().all(|count| (300..=500).contains(count)), "attempt {n}: {tenths:?}");
        }
    }

    #[test]
    fn a_fixed_delay_stays() {
        let (config, mut random) = (config(|_| {}), Random::from_seed([7; 32]));
        let mut backoff = Backoff::default();
        for attempt in 1..100 {
            assert_eq!(backoff.next(&config, None, &mut random), Retry::After(Duration::from_secs(5)));
            assert_eq!(backoff.attempt(), attempt);
        }
    }

    #[test]
    fn attempts_end_and_count_anew_after_a_reset() {
        let config = config(|client| client.attempts_max = 2);
        let (mut backoff, mut random) = (Backoff::default(), Random::from_seed([7; 32]));
        for _ in 0..2 {
            after(backoff.next(&config, None, &mut random));
            after(backoff.next(&config, None, &mut random));
            assert_eq!(backoff.next(&config, None, &mut random), Retry::GiveUp { attempts: 2 });
            backoff.reset();
        }
    }

    #[test]
    fn off_is_off() {
        let config = config(|client| client.reconnect = Reconnect::Off);
        let mut random = Random::from_seed([7; 32]);
        assert_eq!(Backoff::default().next(&config, Some(Duration::ZERO), &mut random), Retry::Off);
    }

    #[test]
    fn a_hint_is_obeyed_within_its_bound_and_keeps_the_jitter() {
        let seconds = Duration::from_secs;
        let mut random = Random::from_seed([7; 32]);
        let mut next = |config: &ClientConfig, hint: u64| {
            after(Backoff::default().next(config, Some(seconds(hint)), &mut random))
        };
        let fixed = config(|_| {});
        assert_eq!([1, 60, u64::MAX].map(|hint| next(&fixed, hint)), [5, 60, 300].map(seconds));
        let exponential = exponential();
        let jittered: Vec<_> = (0..10).map(|_| next(&exponential, 60)).collect();
        let expected = seconds(60)..=seconds(60) + Duration::from_millis(250);
        assert!(jittered.iter().all(|delay| expected.contains(delay)), "{jittered:?}");
        assert!(jittered.iter().any(|delay| *delay != jittered[0]));
    }
}
