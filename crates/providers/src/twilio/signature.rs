//! The signature of Twilio's requests: HMAC-SHA1 over the public URL and the fields of the form.
//!
//! Facts: twilio.com/docs/usage/security and the validators of Twilio's own clients (Python 9.13.0), read 2026-11-30.

use std::collections::BTreeSet;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use sha2::{Digest, Sha256};
use url::form_urlencoded;

use super::callback::{TwilioRequest, query};

/// Twilio puts the digest of a body that is no form into the URL, which is signed.
const BODY_DIGEST: &str = "bodySHA256";

impl TwilioRequest<'_> {
    /// Whether `signature`, the one header `X-Twilio-Signature`, is that of a token. Several tokens are valid while they
    /// rotate; an empty one never is.
    ///
    /// Twilio signs the URL with or without its port, so both count. How long it takes does not depend on where a wrong
    /// signature differs.
    pub fn is_signed<T: AsRef<[u8]>>(&self, signature: &str, tokens: &[T]) -> bool {
        let Ok(signature) = STANDARD.decode(signature) else { return false };
        let Some(fields) = self.signed_fields() else { return false };
        let tokens = tokens.iter().map(AsRef::as_ref).filter(|it| !it.is_empty());
        tokens.fold(false, |is_signed, token| {
            urls(self.url).iter().fold(is_signed, |is_signed, url| {
                is_signed | mac(token, url, &fields).is_some_and(|it| it.verify_slice(&signature).is_ok())
            })
        })
    }

    /// Returns the signature that Twilio gives such a request; none if its body is no form and the URL has another digest.
    pub fn signature(&self, token: &str) -> Option<String> {
        let mac = mac(token.as_bytes(), self.url, &self.signed_fields()?)?;
        Some(STANDARD.encode(mac.finalize().into_bytes()))
    }

    /// The names and values that are signed, one after the other. None if the body is not the one of the URL.
    fn signed_fields(&self) -> Option<String> {
        if self.is_form {
            // Each value of a name is signed once, in order.
            let fields: BTreeSet<_> = form_urlencoded::parse(self.body).collect();
            return Some(fields.iter().flat_map(|(name, value)| [&**name, &**value]).collect());
        }
        let query = query(self.url);
        let (_, digest) = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == BODY_DIGEST)?;
        // The digest is no secret: who sends the request knows the body.
        let is_body = digest.eq_ignore_ascii_case(&hex::encode(Sha256::digest(self.body)));
        is_body.then(String::new)
    }
}

fn mac(token: &[u8], url: &str, fields: &str) -> Option<Hmac<Sha1>> {
    let mut mac = Hmac::<Sha1>::new_from_slice(token).ok()?;
    mac.update(url.as_bytes());
    mac.update(fields.as_bytes());
    Some(mac)
}

/// The forms of a URL that Twilio signs: as it is, without a port, and with the port of its scheme. They are cut out of the
/// text, because any other change would change the signature.
fn urls(url: &str) -> Vec<String> {
    let mut urls = vec![url.to_owned()];
    let Some((scheme, rest)) = url.split_once("://") else { return urls };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    match authority.rsplit_once(':') {
        // The colons of an IPv6 address stand before its bracket, and that of a password before the `@`.
        Some((host, port)) if port.bytes().all(|it| it.is_ascii_digit()) => {
            urls.push(format!("{scheme}://{host}{path}"))
        }
        _ => {
            let port = if scheme.eq_ignore_ascii_case("https") { 443 } else { 80 };
            urls.push(format!("{scheme}://{authority}:{port}{path}"));
        }
    }
    urls
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::process::{Command, Stdio};

    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    const TOKEN: &str = "12345";
    const URL: &str = "https://example.com/webhooks/twilio?ferry_id=0197&x=%20";
    const FORM: &str = "To=whatsapp%3A%2B33199000001&From=whatsapp%3A%2B12025550100&MessageSid=SM1&Body=Gr%C3%BC%C3%9Fe+%F0%9F%99%82&Empty=";

    fn form<'a>(url: &'a str, body: &'a str) -> TwilioRequest<'a> {
        TwilioRequest { url, is_form: true, body: body.as_bytes() }
    }

    #[test]
    fn the_example_of_twilios_documents_has_its_signature() {
        let request = form(
            "https://mycompany.com/myapp.php?foo=1&bar=2",
            "CallSid=CA1234567890ABCDE&Caller=%2B12349013030&Digits=1234&From=%2B12349013030&To=%2B18005551212",
        );
        assert_eq!(request.signature(TOKEN).as_deref(), Some("0/KCTR6DLpKmkAf8muzZqo1nDgQ="));
        assert!(request.is_signed("0/KCTR6DLpKmkAf8muzZqo1nDgQ=", &[TOKEN]));
    }

    #[test]
    fn any_of_several_tokens_counts_and_an_empty_one_does_not() {
        let request = form(URL, FORM);
        let signature = request.signature(TOKEN).unwrap();
        assert!(request.is_signed(&signature, &["new", TOKEN]));
        assert!(!request.is_signed(&signature, &["new", "old"]));
        assert!(!request.is_signed(&signature, &[] as &[&str]));
        assert!(!request.is_signed(&request.signature("").unwrap(), &["", TOKEN]));
        for signature in ["", "=", "0", &signature[..27], &signature.to_lowercase(), &format!("{signature} ")] {
            assert!(!request.is_signed(signature, &[TOKEN]), "{signature}");
        }
    }

    #[test]
    fn fields_are_signed_in_order_and_once_for_each_value() {
        let signature = form(URL, "a=0&a=1&B=3&b=2").signature(TOKEN).unwrap();
        assert!(form(URL, "b=2&a=1&B=3&a=1&a=0").is_signed(&signature, &[TOKEN]));
        assert!(!form(URL, "a=0&a=2&B=3&b=2").is_signed(&signature, &[TOKEN]));
    }

    #[test]
    fn the_port_of_the_scheme_may_be_signed_or_not() {
        for (url, other) in [
            ("https://example.com/a?b=1", "https://example.com:443/a?b=1"),
            ("http://example.com", "http://example.com:80"),
            ("https://user:1234@example.com/", "https://user:1234@example.com:443/"),
            ("https://[2001:db8::1]/a", "https://[2001:db8::1]:443/a"),
            ("https://example.com?t=12:30", "https://example.com:443?t=12:30"),
        ] {
            let signature = form(other, FORM).signature(TOKEN).unwrap();
            assert!(form(url, FORM).is_signed(&signature, &[TOKEN]), "{url}");
            let signature = form(url, FORM).signature(TOKEN).unwrap();
            assert!(form(other, FORM).is_signed(&signature, &[TOKEN]), "{other}");
            assert!(
                !form(&url.replace("example", "elsewhere").replace("db8", "db9"), FORM).is_signed(&signature, &[TOKEN])
            );
        }
    }

    #[test]
    fn a_body_that_is_no_form_counts_by_its_digest_in_the_url() {
        let body = r#"{"a":1}"#;
        let digest = hex::encode(Sha256::digest(body));
        let url = format!("https://example.com/a?bodySHA256={digest}");
        let json = |url, body| TwilioRequest { url, is_form: false, body };
        let signature = json(&url, body.as_bytes()).signature(TOKEN).unwrap();
        assert!(json(&url, body.as_bytes()).is_signed(&signature, &[TOKEN]));
        assert!(!json(&url, b"{\"a\":2}").is_signed(&signature, &[TOKEN]));
        assert!(!json(&url, b"").is_signed(&signature, &[TOKEN]));
        // Without a digest in the URL nothing proves the body.
        let bare = "https://example.com/a";
        let signature = form(bare, "").signature(TOKEN).unwrap();
        assert!(!json(bare, body.as_bytes()).is_signed(&signature, &[TOKEN]));
        assert!(!json(bare, b"").is_signed(&signature, &[TOKEN]));
    }

    proptest! {
        #[test]
        fn nothing_makes_the_check_panic(url in "\\PC{0,40}", body in prop::collection::vec(any::<u8>(), 0..60), signature in "\\PC{0,40}", is_form: bool) {
            let _ = TwilioRequest { url: &url, is_form, body: &body }.is_signed(&signature, &[TOKEN]);
        }
    }

    const SCRIPT: &str = r#"
import json, sys
from urllib.parse import parse_qsl
from twilio.request_validator import RequestValidator
class Fields(dict):
    def getlist(self, name): return self[name]
def fields(body):
    found = Fields()
    for name, value in parse_qsl(body, keep_blank_values=True): found.setdefault(name, []).append(value)
    return found
out = []
for case in json.load(sys.stdin):
    validator = RequestValidator(case["token"])
    params = fields(case["body"]) if case["is_form"] else case["body"]
    signed = validator.compute_signature(case["url"], params if case["is_form"] else {})
    out.append([signed, validator.validate(case["url"], params, case["signature"])])
json.dump(out, sys.stdout)
"#;

    /// Asks Twilio's client for the signature of each case, and whether it takes ours.
    fn ask_client(python: &str, cases: &[Value]) -> Vec<(String, bool)> {
        let mut client =
            Command::new(python).args(["-c", SCRIPT]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        client.stdin.take().unwrap().write_all(Value::from(cases.to_vec()).to_string().as_bytes()).unwrap();
        let output = client.wait_with_output().unwrap();
        assert!(output.status.success());
        serde_json::from_slice(&output.stdout).unwrap()
    }

    #[test]
    fn twilios_own_client_signs_and_accepts_as_we_do() {
        let Some(python) = test_needs::Need::Clients.find() else { return };
        let json = r#"{"a":"é"}"#;
        let json_url = format!("https://example.com/a?bodySHA256={}&b=1", hex::encode(Sha256::digest(json)));
        let mut requests = vec![(json_url.as_str(), false, json)];
        for url in [
            URL,
            "https://example.com:8443/a",
            "http://example.com/",
            "https://example.com",
            "https://example.com:443/a?b",
        ] {
            for body in ["", FORM, "b=2&a=1&B=3&a=1&a=0", "a=b%26c%3Dd&%C3%A9=%C3%A9&z=%0A", "a&b=&=c"] {
                requests.push((url, true, body));
            }
        }
        let of = |(url, is_form, body): &(&str, bool, &str)| {
            let request = TwilioRequest { url, is_form: *is_form, body: body.as_bytes() };
            let signature = request.signature(TOKEN).unwrap();
            json!({ "url": url, "is_form": is_form, "body": body, "token": TOKEN, "signature": signature })
        };
        let cases: Vec<Value> = requests.iter().map(of).collect();
        let answers = ask_client(&python, &cases);
        assert_eq!(answers.len(), 26);
        let mut n_refused = 0;
        for ((url, is_form, body), (theirs, takes_ours)) in requests.iter().zip(answers) {
            let is_signed = |url: &str, body: &str| {
                TwilioRequest { url, is_form: *is_form, body: body.as_bytes() }.is_signed(&theirs, &[TOKEN])
            };
            assert!(takes_ours, "{url} {body}");
            assert!(is_signed(url, body), "{url} {body}");
            let changed = [
                (url.to_string(), format!("{body}&Body=x")),
                (url.replace("example", "elsewhere"), body.to_string()),
                (format!("{url}&more=1"), body.to_string()),
            ];
            for (url, body) in changed {
                assert!(!is_signed(&url, &body), "{url} {body}");
                n_refused += 1;
            }
        }
        assert_eq!(n_refused, 78);
    }

    #[test]
    fn twilios_own_client_refuses_what_we_refuse() {
        let Some(python) = test_needs::Need::Clients.find() else { return };
        let signature = form(URL, FORM).signature(TOKEN).unwrap();
        let case = |url: &str, body: &str, token: &str| json!({ "url": url, "is_form": true, "body": body, "token": token, "signature": signature });
        let cases = [
            case(URL, FORM, TOKEN),
            case(URL, &FORM.replace("SM1", "SM2"), TOKEN),
            case(&URL.replace("0197", "0198"), FORM, TOKEN),
            case(URL, FORM, "another"),
        ];
        let takes: Vec<bool> = ask_client(&python, &cases).into_iter().map(|it| it.1).collect();
        let ours = |it: &Value| {
            form(it["url"].as_str().unwrap(), it["body"].as_str().unwrap())
                .is_signed(&signature, &[it["token"].as_str().unwrap()])
        };
        assert_eq!(takes, cases.iter().map(ours).collect::<Vec<_>>());
        assert_eq!(takes, [true, false, false, false]);
    }
}
