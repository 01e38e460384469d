//! Signature Version 4 over the address, the body, and the headers that name the action.

use std::time::SystemTime;

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4::SigningParams;
use http::{CallError, Unsigned};

/// The name of the service in signatures.
const SERVICE: &str = "sms-voice";
/// The headers of the one action that is called.
const HEADERS: [(&str, &str); 2] =
    [("content-type", "application/x-amz-json-1.0"), ("x-amz-target", "PinpointSMSVoiceV2.DescribeOptedOutNumbers")];

/// An access key, and the region in which it signs.
pub(crate) struct Key {
    pub(crate) id: String,
    pub(crate) secret: String,
    pub(crate) region: String,
}

/// Returns the headers of a request at a moment.
pub(crate) fn headers(key: &Key, request: &Unsigned<'_>, at: SystemTime) -> Result<Vec<(String, String)>, CallError> {
    let identity = Credentials::new(&key.id, &key.secret, None, None, "plan").into();
    let parameters = SigningParams::builder()
        .identity(&identity)
        .region(&key.region)
        .name(SERVICE)
        .time(at)
        .settings(SigningSettings::default())
        .build()
        .map_err(|_| CallError::Malformed)?
        .into();
    let body = SignableBody::Bytes(request.body);
    let signable = SignableRequest::new(request.method, request.url.as_str(), HEADERS.into_iter(), body);
    let signed = sign(signable.map_err(|_| CallError::Malformed)?, &parameters).map_err(|_| CallError::Malformed)?;
    let signature = signed.output().headers().map(|(name, value)| (name.to_owned(), value.to_owned()));
    Ok(HEADERS.map(|(name, value)| (name.to_owned(), value.to_owned())).into_iter().chain(signature).collect())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use expect_test::expect;

    use super::*;

    #[test]
    fn the_signature_is_that_of_the_published_rules() {
        let key = Key { id: "AKIDEXAMPLE".into(), secret: "wJalrXUtnFEMI".into(), region: "eu-west-1".into() };
        let url = "https://sms-voice.eu-west-1.amazonaws.com/".parse().unwrap();
        let body = br#"{"OptOutListName":"Default"}"#;
        let request = Unsigned { method: "POST", url: &url, body };
        let at = SystemTime::UNIX_EPOCH + Duration::from_secs(1_772_529_247);
        let headers = headers(&key, &request, at).unwrap();
        let text: String = headers.iter().map(|(name, value)| format!("{name}: {value}\n")).collect();
        expect![[r#"
            content-type: application/x-amz-json-1.0
            x-amz-target: PinpointSMSVoiceV2.DescribeOptedOutNumbers
            x-amz-date: 20260303T091407Z
            authorization: AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260303/eu-west-1/sms-voice/aws4_request, SignedHeaders=content-type;host;x-amz-date;x-amz-target, Signature=07fcea2f333633b2a16fc0b8513364a916b662de06bb41b78c709ecbc6f5dff3
        "#]].assert_eq(&text);
    }
}
