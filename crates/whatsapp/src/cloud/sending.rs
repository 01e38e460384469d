//! Sends messages, and asks what must be in order before that.

use http::{LostAnswer, NotAfter, NotSent, OnceConfig, OncePost, OnceSender, SendOutcome};
use url::Url;

use super::messages::{PreparedMessage, SendAnswer, SendReply, read_send_answer};
use crate::{CallError, Client, ClientConfig, Credentials};

/// A client that sends messages. Each message is sent once at most, whatever happens.
#[derive(Clone, Debug)]
pub struct Sending {
    /// For what may be asked twice.
    pub(super) reads: Client,
    pub(super) once: OnceSender,
    pub(super) token: Option<Token>,
}

/// A token, which is never printed.
#[derive(Clone)]
pub(super) struct Token(pub(super) String);

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("<token>")
    }
}

/// What became of a message that was to be sent.
#[derive(Clone, Debug, PartialEq)]
#[must_use]
pub enum Sent {
    /// An answer came. It says whether the message was accepted, or leaves that open too.
    Answered(SendReply),
    /// No byte left, and none will.
    NotSent { why: NotSent },
    /// The message left, and no whole answer came.
    Lost { why: LostAnswer },
}

impl Sent {
    /// Whether the message may have gone out and nothing says that it was accepted.
    pub fn is_unknown(&self) -> bool {
        match self {
            Self::Answered(reply) => matches!(reply.answer, SendAnswer::Unknown(_)),
            Self::NotSent { .. } => false,
            Self::Lost { .. } => true,
        }
    }
}

impl Sending {
    /// Makes a client; `base` comes from [`crate::base_url`] and holds the version of the API.
    pub fn new(base: Url, credentials: Credentials, reads: ClientConfig, once: OnceConfig) -> Result<Self, CallError> {
        let token = match &credentials {
            Credentials::Bearer(token) => Some(Token(token.clone())),
            _ => None,
        };
        let reads = Client::new(base, credentials, reads)?;
        let once = OnceSender::new(reads.0.clone(), once)?;
        Ok(Self { reads, once, token })
    }

    /// Opens connections until `n` are idle. Connections that are idle for long are closed, so call it again.
    pub async fn open(&self, n: usize) -> Result<usize, NotSent> {
        self.once.open(n).await
    }

    /// Sends a message, if it can begin to leave by `not_after`.
    pub async fn send(&self, message: &PreparedMessage, not_after: NotAfter) -> Sent {
        let post = OncePost { path: &message.path, body: &message.body };
        match self.once.send(post, not_after).await {
            SendOutcome::Answer(it) => Sent::Answered(read_send_answer(it.status, &it.headers, &it.body)),
            SendOutcome::NotSent { why } => Sent::NotSent { why },
            SendOutcome::Unknown { why } => Sent::Lost { why },
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead, BufReader, Read, Write};
    use std::net::TcpListener;
    use std::thread::JoinHandle;
    use std::time::Duration;

    use model::Personal;

    use super::*;
    use crate::{Endpoint, MessageContent, OutgoingMessage, Recipient, base_url};

    /// Answers one request per body, each on its own connection, and returns the first lines and the tokens. An empty body
    /// closes the connection instead.
    fn serve(answers: Vec<&'static str>) -> (Url, JoinHandle<Vec<String>>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = base_url(&format!("http://{}/v26.0", listener.local_addr().unwrap())).unwrap();
        let serving = std::thread::spawn(move || {
            let answer = |answer: &str| {
                let (mut stream, _) = listener.accept().unwrap();
                let mut reader = BufReader::new(stream.try_clone().unwrap());
                let head: Vec<String> =
                    reader.by_ref().lines().map(Result::unwrap).take_while(|it| !it.is_empty()).collect();
                let header =
                    |name: &str| head.iter().find_map(|it| it.to_lowercase().strip_prefix(name).map(str::to_owned));
                let length = header("content-length: ").map_or(0, |it| it.parse().unwrap());
                reader.read_exact(&mut vec![0; length]).unwrap();
                if !answer.is_empty() {
                    let head = format!("content-length: {}\r\nconnection: close", answer.len());
                    write!(stream, "HTTP/1.1 200 OK\r\n{head}\r\n\r\n{answer}").unwrap();
                }
                format!("{} {}", head[0], header("authorization: ").unwrap_or_default())
            };
            answers.into_iter().map(answer).collect()
        });
        (url, serving)
    }

    fn sending(base: Url) -> Sending {
        let credentials = Credentials::Bearer("secret".into());
        Sending::new(base, credentials, ClientConfig::default(), OnceConfig::default()).unwrap()
    }

    fn message() -> PreparedMessage {
        let message = OutgoingMessage {
            number: "106".into(),
            recipient: Recipient::Phone(Personal("33199000001".into())),
            content: MessageContent::Text { body: Personal("Bonjour".into()), preview_url: false },
            opaque_id: None,
            endpoint: Endpoint::Messages,
        };
        message.prepare().unwrap()
    }

    fn ample() -> NotAfter {
        NotAfter::within(Duration::from_secs(60))
    }

    #[tokio::test]
    async fn a_message_is_accepted_or_lost_or_was_not_sent() {
        let (base, serving) = serve(vec![r#"{"messages":[{"id":"wamid.1"}]}"#, "{}", ""]);
        let sending = sending(base);
        let Sent::Answered(accepted) = sending.send(&message(), ample()).await else { panic!() };
        assert!(matches!(accepted.answer, SendAnswer::Accepted(_)), "{accepted:?}");
        // A success that names no message, and no answer.
        assert!(sending.send(&message(), ample()).await.is_unknown());
        let lost = sending.send(&message(), ample()).await;
        assert_eq!((lost.is_unknown(), lost), (true, Sent::Lost { why: LostAnswer::Reset }));
        let requests = serving.join().unwrap();
        assert_eq!(requests, vec!["POST /v26.0/106/messages HTTP/1.1 bearer secret"; 3]);
        // The server is gone.
        let refused = sending.send(&message(), ample()).await;
        assert_eq!((refused.is_unknown(), refused), (false, Sent::NotSent { why: NotSent::ConnectRefused }));
        assert!(!format!("{sending:?}").contains("secret"));
    }

    #[tokio::test]
    async fn number_account_and_token_are_asked_for_by_name() {
        let (base, serving) = serve(vec![
            r#"{"status":"CONNECTED"}"#,
            r#"{"account_review_status":"APPROVED"}"#,
            r#"{"data":{"is_valid":true}}"#,
        ]);
        let sending = sending(base.clone());
        assert_eq!(sending.number("106").await.unwrap().status.as_deref(), Some("CONNECTED"));
        assert_eq!(sending.account("102").await.unwrap().review.as_deref(), Some("APPROVED"));
        assert_eq!(sending.token().await.unwrap().unwrap().is_valid, Some(true));
        let requests = serving.join().unwrap();
        let begins = |n: usize, path: &str| requests[n].starts_with(path) && requests[n].ends_with(" bearer secret");
        assert!(begins(0, "GET /v26.0/106?fields=id%2Cstatus%2C"), "{requests:?}");
        assert!(begins(1, "GET /v26.0/102?fields=id%2Cname%2Caccount_review_status%2C"), "{requests:?}");
        assert!(begins(2, "GET /v26.0/debug_token?input_token=secret "), "{requests:?}");
        let key = Credentials::Key("D360-API-KEY", "secret".into());
        let partner = Sending::new(base, key, ClientConfig::default(), OnceConfig::default()).unwrap();
        assert_eq!(partner.token().await.unwrap(), None);
    }
}
