use std::ops::RangeInclusive;
use std::time::Duration;

use jiff::Timestamp;
use jiff::fmt::rfc2822;
use reqwest::StatusCode;
use reqwest::header::{HeaderMap, RETRY_AFTER};

/// Bounds on the wait that a provider asks for in `Retry-After`.
const RETRY_AFTER_BOUNDS: RangeInclusive<Duration> = Duration::from_millis(500)..=Duration::from_secs(15 * 60);

/// A whole answer, of whatever status.
pub(crate) struct Response {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

/// Why an answer could not be read to its end.
pub(crate) enum ReadFailure {
    Connection(reqwest::Error),
    TooLarge,
}

/// Reads an answer of at most `most_bytes`, counted after decompression.
pub(crate) async fn read(mut response: reqwest::Response, most_bytes: usize) -> Result<Response, ReadFailure> {
    let length = response.content_length().and_then(|it| usize::try_from(it).ok()).unwrap_or(0);
    let mut body = Vec::with_capacity(length.min(most_bytes));
    while let Some(chunk) = response.chunk().await.map_err(ReadFailure::Connection)? {
        if body.len() + chunk.len() > most_bytes {
            return Err(ReadFailure::TooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Response { status: response.status(), headers: std::mem::take(response.headers_mut()), body })
}

/// Returns the wait that the headers ask for, in seconds or until an HTTP date. A value that is neither, or lies in the
/// past, is the shortest wait.
pub(crate) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    asked_for(headers).map(|it| it.clamp(*RETRY_AFTER_BOUNDS.start(), *RETRY_AFTER_BOUNDS.end()))
}

/// Returns the wait that is asked for, if it is longer than a command waits.
pub(crate) fn long_wait(headers: &HeaderMap) -> Option<Duration> {
    asked_for(headers).filter(|it| it > RETRY_AFTER_BOUNDS.end())
}

fn asked_for(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().unwrap_or_default().trim();
    let seconds = text.parse::<i64>().ok().or_else(|| {
        if !text.is_empty() && text.bytes().all(|it| it.is_ascii_digit()) {
            // More seconds than 64 bits hold.
            return Some(i64::MAX);
        }
        let at = rfc2822::DateTimeParser::new().parse_timestamp(text).ok()?;
        Some(at.as_second() - Timestamp::now().as_second())
    });
    Some(Duration::from_secs(seconds.and_then(|it| u64::try_from(it).ok()).unwrap_or(0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_that_a_provider_asks_for_is_kept_within_bounds() {
        let wait = |text: &str| {
            let headers = HeaderMap::from_iter([(RETRY_AFTER, text.parse().unwrap())]);
            retry_after(&headers).map(|it| it.as_millis())
        };
        for (text, milliseconds) in [
            ("7", 7_000),
            ("0", 500),
            ("-1", 500),
            ("99999999", 900_000),
            ("99999999999999999999", 900_000),
            ("", 500),
            ("soon", 500),
            ("Tue, 03 Mar 2020 09:14:07 GMT", 500),
            ("Tue, 03 Mar 2099 09:14:07 GMT", 900_000),
        ] {
            assert_eq!(wait(text), Some(milliseconds), "{text}");
        }
        assert_eq!(retry_after(&HeaderMap::new()), None);
    }
}
