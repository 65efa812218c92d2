//! What an answer means.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use entities::webhooks::Outcome;
use http::{HeaderMap, StatusCode, header::RETRY_AFTER};

use super::WebhookSettings;

/// An answer, or why there was none.
pub(super) type Answer = Result<(StatusCode, HeaderMap), String>;

/// What an answer to the attempt of this number means, and what is wrong with it in words.
pub(super) fn judge(
    settings: &WebhookSettings,
    attempt: u32,
    answer: &Answer,
    now: DateTime<Utc>,
) -> (Outcome, Option<String>) {
    let (error, wished) = match answer {
        Ok((status, _)) if status.is_success() => return (Outcome::Delivered, None),
        Ok((StatusCode::GONE, _)) => {
            let reason = "it answered 410: nobody is there any more".to_owned();
            return (Outcome::SwitchOff { reason: reason.clone() }, Some(reason));
        }
        Ok((status, _)) if status.is_redirection() => {
            (format!("it answered {}, and redirects are not followed", status.as_u16()), None)
        }
        Ok((status, headers)) => (format!("it answered {}", status.as_u16()), wish(*status, headers, now)),
        Err(what) => (what.clone(), None),
    };
    if attempt >= settings.attempts {
        return (Outcome::Failed { disable_after: settings.disable_after }, Some(error));
    }
    let policy = settings.retry_policy();
    let delay = policy.delay(attempt.saturating_add(1)).max(wished.unwrap_or_default()).min(policy.max_wait);
    (Outcome::Retry { at: now + delay }, Some(error))
}

/// How long a receiver wants to be left alone that says it is too much, or not there for a while.
fn wish(status: StatusCode, headers: &HeaderMap, now: DateTime<Utc>) -> Option<Duration> {
    if !matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE) {
        return None;
    }
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let until = DateTime::parse_from_rfc2822(text).ok()?;
    (until.with_timezone(&Utc) - now).max(TimeDelta::zero()).to_std().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> DateTime<Utc> {
        DateTime::from_timestamp(1_700_000_000, 0).unwrap()
    }

    fn answer(status: u16, retry_after: Option<&str>) -> Answer {
        let mut headers = HeaderMap::new();
        if let Some(text) = retry_after {
            headers.insert(RETRY_AFTER, text.parse().unwrap());
        }
        Ok((StatusCode::from_u16(status).unwrap(), headers))
    }

    fn seconds(outcome: Outcome) -> i64 {
        let Outcome::Retry { at } = outcome else { panic!("{outcome:?}") };
        (at - now()).num_seconds()
    }

    #[test]
    fn only_2xx_is_taken_and_410_is_the_end() {
        let settings = WebhookSettings::default();
        for status in [200, 201, 204, 299] {
            assert_eq!(judge(&settings, 1, &answer(status, None), now()), (Outcome::Delivered, None));
        }
        let gone = judge(&settings, 1, &answer(410, None), now()).0;
        assert!(matches!(gone, Outcome::SwitchOff { .. }), "{gone:?}");
        for status in [301, 308, 400, 401, 404, 409, 429, 500, 502, 503] {
            let (outcome, error) = judge(&settings, 1, &answer(status, None), now());
            assert!(matches!(outcome, Outcome::Retry { .. }), "{status}: {outcome:?}");
            assert!(error.unwrap().contains(&status.to_string()));
        }
    }

    /// Twelve attempts in about a day, twice as far apart each time.
    #[test]
    fn attempts_are_spread_over_a_day() {
        let settings = WebhookSettings::default();
        let mut sum = 0;
        for attempt in 1..12 {
            let delay = seconds(judge(&settings, attempt, &answer(500, None), now()).0);
            let full = (60 << (attempt - 1)).min(43_200);
            assert!((full / 2..=full).contains(&delay), "{attempt}: {delay}");
            sum += delay;
        }
        assert!((12 * 3_600..30 * 3_600).contains(&sum), "{sum}");
        let last = judge(&settings, 12, &answer(500, None), now()).0;
        assert_eq!(last, Outcome::Failed { disable_after: 20 });
    }

    #[test]
    fn a_receiver_says_when_to_come_again() {
        let settings = WebhookSettings::default();
        for status in [429, 503] {
            assert_eq!(seconds(judge(&settings, 1, &answer(status, Some("600")), now()).0), 600);
            let date = "Tue, 14 Nov 2023 22:30:00 GMT";
            assert_eq!(seconds(judge(&settings, 1, &answer(status, Some(date)), now()).0), 1_000);
            // No longer than we would wait ourselves, no sooner either, and not at all what is none.
            assert_eq!(seconds(judge(&settings, 1, &answer(status, Some("99999999")), now()).0), 43_200);
            for text in ["0", "-5", "soon", "Tue, 14 Nov 2000 22:30:00 GMT", "99999999999999999999999"] {
                let delay = seconds(judge(&settings, 1, &answer(status, Some(text)), now()).0);
                assert!((30..=60).contains(&delay), "{text}: {delay}");
            }
        }
        assert!(seconds(judge(&settings, 1, &answer(500, Some("600")), now()).0) <= 60, "others have no say");
    }
}
