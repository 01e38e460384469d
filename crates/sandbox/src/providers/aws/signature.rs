//! Signature Version 4 of AWS, as far as calls to `POST /` need it.

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

use crate::providers::Asked;

const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// Whether a call is signed by the secret, with a key of this id if one was set.
pub(super) fn is_valid(asked: &Asked, key_id: Option<&str>, secret: &str) -> bool {
    parts(asked).is_some_and(|it| {
        let is_key = key_id.is_none_or(|wanted| it.scope.first() == Some(&wanted));
        is_key && signed_with(&it, asked, secret).is_some_and(|expected| expected == it.signature)
    })
}

/// What the header `Authorization` says.
struct Parts<'a> {
    /// The id of the key, the day, the region, the service and a last word.
    scope: Vec<&'a str>,
    headers: Vec<&'a str>,
    signature: &'a str,
}

fn parts(asked: &Asked) -> Option<Parts<'_>> {
    let mut values = asked.authorization(ALGORITHM)?.split(',').filter_map(|it| it.trim().split_once('='));
    let mut value = |name: &str| values.find(|it| it.0 == name).map(|it| it.1);
    let scope: Vec<&str> = value("Credential")?.split('/').collect();
    let headers: Vec<&str> = value("SignedHeaders")?.split(';').collect();
    let signature = value("Signature")?;
    let has_needed = ["host", "x-amz-date"].iter().all(|it| headers.contains(it));
    (scope.len() == 5 && has_needed).then_some(Parts { scope, headers, signature })
}

fn signed_with(parts: &Parts<'_>, asked: &Asked, secret: &str) -> Option<String> {
    let mut canonical = format!("{}\n{}\n{}\n", asked.method, asked.uri.path(), asked.uri.query().unwrap_or_default());
    for name in &parts.headers {
        let words: Vec<&str> = asked.header(name)?.split_whitespace().collect();
        canonical += &format!("{name}:{}\n", words.join(" "));
    }
    canonical += &format!("\n{}\n{}", parts.headers.join(";"), hex(&Sha256::digest(&asked.body)));
    let (_, scope) = parts.scope.split_first()?;
    let digest = hex(&Sha256::digest(canonical.as_bytes()));
    let text = format!("{ALGORITHM}\n{}\n{}\n{digest}", asked.header("x-amz-date")?, scope.join("/"));
    let mut key = format!("AWS4{secret}").into_bytes();
    for part in scope {
        key = mac(&key, part)?;
    }
    Some(hex(&mac(&key, &text)?))
}

fn mac(key: &[u8], text: &str) -> Option<Vec<u8>> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).ok()?;
    mac.update(text.as_bytes());
    Some(mac.finalize().into_bytes().to_vec())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|it| format!("{it:02x}")).collect()
}

#[cfg(test)]
pub(super) mod tests {
    use axum::http::{HeaderMap, HeaderName, Method};

    use super::*;

    fn asked(headers: &[(&'static str, String)], body: &str) -> Asked {
        let header = |(name, value): &(&'static str, String)| (HeaderName::from_static(name), value.parse().unwrap());
        let headers: HeaderMap = headers.iter().map(header).collect();
        Asked { method: Method::POST, uri: "/".parse().unwrap(), headers, body: body.to_owned().into() }
    }

    /// The headers of a signed call.
    pub(in crate::providers::aws) fn signed(target: &str, body: &str, secret: &str) -> Vec<(&'static str, String)> {
        let mut headers = vec![
            ("host", "sandbox.example".to_owned()),
            ("x-amz-date", "20260303T091407Z".to_owned()),
            ("x-amz-target", target.to_owned()),
        ];
        let credential = "AKID/20260303/eu-west-1/sms-voice/aws4_request";
        let text = |signature: &str| {
            format!(
                "{ALGORITHM} Credential={credential}, SignedHeaders=host;x-amz-date;x-amz-target, Signature={signature}"
            )
        };
        headers.push(("authorization", text("0")));
        let unsigned = asked(&headers, body);
        let signature = signed_with(&parts(&unsigned).unwrap(), &unsigned, secret).unwrap();
        headers.pop();
        headers.push(("authorization", text(&signature)));
        headers.remove(0);
        headers
    }

    /// The example `post-vanilla` of the test suite that AWS publishes.
    #[test]
    fn the_signature_is_that_of_the_published_example() {
        let signature = "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b";
        let authorization = format!(
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, \
             SignedHeaders=host;x-amz-date, Signature={signature}"
        );
        let headers = [
            ("host", "example.amazonaws.com".to_owned()),
            ("x-amz-date", "20150830T123600Z".to_owned()),
            ("authorization", authorization),
        ];
        let secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
        assert!(is_valid(&asked(&headers, ""), Some("AKIDEXAMPLE"), secret));
        assert!(!is_valid(&asked(&headers, "x"), None, secret));
        assert!(!is_valid(&asked(&headers, ""), Some("OTHER"), secret));
        assert!(!is_valid(&asked(&headers, ""), None, "other"));
    }
}
