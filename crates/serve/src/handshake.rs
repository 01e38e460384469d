//! The handshake: the platform asks whether the address is that of the business, with a token that both know.

use url::form_urlencoded;
use whatsapp::WebhookSecret;

use crate::cause::Cause;

/// Limits the challenge. Meta's are about ten digits.
const MOST_CHALLENGE_BYTES: usize = 256;

/// Returns the challenge that is sent back as the answer.
///
/// Each parameter must be there once and under its plain name: some frameworks read `hub.challenge[]` or
/// `hub.challenge[$ne]` as a list or an object.
pub(crate) fn challenge(query: Option<&str>, token: &WebhookSecret) -> Result<String, Cause> {
    let (mut mode, mut given, mut challenge) = (None, None, None);
    for (name, value) in form_urlencoded::parse(query.unwrap_or_default().as_bytes()) {
        let place = match name.as_ref() {
            "hub.mode" => &mut mode,
            "hub.verify_token" => &mut given,
            "hub.challenge" => &mut challenge,
            name if name.starts_with("hub") => return Err(Cause::MalformedHandshake),
            _ => continue,
        };
        if place.replace(value.into_owned()).is_some() {
            return Err(Cause::MalformedHandshake);
        }
    }
    let (Some(mode), Some(given), Some(challenge)) = (mode, given, challenge) else {
        return Err(Cause::MalformedHandshake);
    };
    if mode != "subscribe" || challenge.is_empty() || challenge.len() > MOST_CHALLENGE_BYTES {
        return Err(Cause::MalformedHandshake);
    }
    match token.is(&given) {
        true => Ok(challenge),
        false => Err(Cause::WrongToken),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(query: &str) -> String {
        let token = WebhookSecret::new("a token").unwrap();
        challenge(Some(query), &token).unwrap_or_else(|cause| cause.name().to_owned())
    }

    #[test]
    fn the_challenge_is_sent_back_to_whom_knows_the_token() {
        let right = "hub.mode=subscribe&hub.verify_token=a+token&hub.challenge=1158201444";
        assert_eq!(answer(right), "1158201444");
        assert_eq!(answer(&format!("{right}&utm=1")), "1158201444");
        for (from, to, expected) in [
            ("a+token", "a+toke", "wrong_token"),
            ("a+token", "", "wrong_token"),
            ("subscribe", "unsubscribe", "malformed_handshake"),
            ("hub.challenge=", "hub.challenge[]=", "malformed_handshake"),
            ("hub.challenge=", "hub[challenge]=", "malformed_handshake"),
            ("hub.verify_token=", "hub.verify_token[$ne]=", "malformed_handshake"),
            ("hub.mode=subscribe", "hub.mode=subscribe&hub.mode=subscribe", "malformed_handshake"),
            ("1158201444", "", "malformed_handshake"),
        ] {
            assert_eq!(answer(&right.replace(from, to)), expected, "{to}");
        }
        assert_eq!(answer(""), "malformed_handshake");
    }

    #[test]
    fn a_challenge_has_at_most_256_bytes() {
        let query = |n: usize| format!("hub.mode=subscribe&hub.verify_token=a+token&hub.challenge={}", "7".repeat(n));
        assert_eq!(answer(&query(256)).len(), 256);
        assert_eq!(answer(&query(257)), "malformed_handshake");
        assert_eq!(answer(&query(10_000)), "malformed_handshake");
    }
}
