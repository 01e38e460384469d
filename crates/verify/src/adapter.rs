//! The adapters: what each can do, and its calls.

use phone::PhoneNumber;
use whatsapp::{CallCounts, CallError, CheckAnswer, Client};

use crate::KnownAnswers;

/// The kinds of adapters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AdapterKind {
    Contacts,
    Waha,
    Evolution,
    Wuzapi,
    GreenApi,
    Passive,
    File,
}

/// The properties of a kind of adapter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Properties {
    /// The name in plans and evidence.
    pub name: &'static str,
    /// The call, or what its files hold.
    pub protocol: &'static str,
    /// Numbers per call.
    pub largest_batch: usize,
    /// Numbers per day, unless the plan says otherwise.
    pub daily_quota: Option<u64>,
    /// The price of one number, in millionths of a US dollar.
    pub price_micros: u64,
    /// How long an answer counts.
    pub valid_days: u32,
    /// How far its answers can be trusted.
    pub worth: &'static str,
    /// Whether it speaks the protocol of the consumer application through a linked phone.
    pub is_unofficial: bool,
    pub policy: &'static str,
}

/// The reason why gateways through a linked phone are off unless a plan accepts them.
pub const UNOFFICIAL: &str = "it speaks the protocol of the consumer application through a linked phone; WhatsApp's terms \
    forbid this, and numbers that do it get banned: never link the number of the business";

/// Numbers per call to a gateway that takes many. Larger calls are slow and look like a mass check.
const GATEWAY_BATCH: usize = 50;

impl AdapterKind {
    pub const ALL: [Self; 7] =
        [Self::Contacts, Self::Waha, Self::Evolution, Self::Wuzapi, Self::GreenApi, Self::Passive, Self::File];

    /// Returns the properties of this kind.
    pub const fn properties(self) -> Properties {
        let gateway = Properties {
            name: "",
            protocol: "",
            largest_batch: 1,
            daily_quota: None,
            price_micros: 0,
            valid_days: 30,
            worth: "reliable while the linked phone is online",
            is_unofficial: true,
            policy: "unofficial: needs i_accept_unofficial = true",
        };
        match self {
            Self::Contacts => Properties {
                name: "contacts",
                protocol: "POST /v1/contacts",
                largest_batch: 1000,
                price_micros: 1000,
                worth: "doubtful: On-Premises API v2.43 and later call every number valid",
                is_unofficial: false,
                policy: "get opt-in first, and check no more people than you write to: Meta has disabled numbers for it",
                ..gateway
            },
            Self::Waha => Properties {
                name: "waha",
                protocol: "GET /api/contacts/check-exists",
                daily_quota: Some(1000),
                ..gateway
            },
            Self::Evolution => Properties {
                name: "evolution",
                protocol: "POST /chat/whatsappNumbers/{instance}",
                largest_batch: GATEWAY_BATCH,
                daily_quota: Some(1000),
                ..gateway
            },
            Self::Wuzapi => Properties {
                name: "wuzapi",
                protocol: "POST /user/check",
                largest_batch: GATEWAY_BATCH,
                daily_quota: Some(1000),
                ..gateway
            },
            Self::GreenApi => Properties {
                name: "green-api",
                protocol: "POST /waInstance{id}/checkWhatsapp/{token}",
                daily_quota: Some(1000),
                ..gateway
            },
            Self::Passive => Properties {
                name: "passive",
                protocol: "webhook bodies of the Cloud API, one per line",
                largest_batch: 1000,
                valid_days: 180,
                worth: "proof: a message was delivered or received",
                is_unofficial: false,
                policy: "calls no provider",
                ..gateway
            },
            Self::File => Properties {
                name: "file",
                protocol: "a table of numbers and answers that another tool made",
                largest_batch: 1000,
                worth: "depends on the other tool",
                is_unofficial: false,
                policy: "depends on the other tool",
                ..gateway
            },
        }
    }

    /// Returns the kind with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.properties().name == name)
    }
}

/// The source of answers: a provider, or files.
#[derive(Clone, Debug)]
pub enum Adapter {
    Contacts { client: Client, is_blocking: bool },
    Waha { client: Client, session: String },
    Evolution { client: Client, instance: String },
    Wuzapi { client: Client },
    GreenApi { client: Client, instance: String, token: Secret },
    Passive(KnownAnswers),
    File(KnownAnswers),
}

/// A token that is not sent as a header. Its `Debug` hides it.
#[derive(Clone)]
pub struct Secret(pub String);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("<secret>")
    }
}

impl Adapter {
    pub fn kind(&self) -> AdapterKind {
        match self {
            Self::Contacts { .. } => AdapterKind::Contacts,
            Self::Waha { .. } => AdapterKind::Waha,
            Self::Evolution { .. } => AdapterKind::Evolution,
            Self::Wuzapi { .. } => AdapterKind::Wuzapi,
            Self::GreenApi { .. } => AdapterKind::GreenApi,
            Self::Passive(_) => AdapterKind::Passive,
            Self::File(_) => AdapterKind::File,
        }
    }

    /// Returns the method as evidence names it.
    pub fn method(&self) -> &'static str {
        self.kind().properties().name
    }

    /// Returns what was called so far; nothing for an adapter that reads files.
    pub fn counts(&self) -> CallCounts {
        self.client().map(Client::counts).unwrap_or_default()
    }

    /// Returns how many numbers may still be checked; `None` if there is no bound.
    pub(crate) fn quota_left(&self) -> Option<u64> {
        self.client().and_then(Client::quota_left)
    }

    fn client(&self) -> Option<&Client> {
        match self {
            Self::Contacts { client, .. }
            | Self::Waha { client, .. }
            | Self::Evolution { client, .. }
            | Self::Wuzapi { client }
            | Self::GreenApi { client, .. } => Some(client),
            Self::Passive(_) | Self::File(_) => None,
        }
    }

    /// Returns the answers of an adapter that reads files.
    pub(crate) fn known(&self) -> Option<&KnownAnswers> {
        match self {
            Self::Passive(known) | Self::File(known) => Some(known),
            _ => None,
        }
    }

    /// Makes one call, about at most as many numbers as the adapter takes.
    pub(crate) async fn check(&self, numbers: &[PhoneNumber]) -> Result<Vec<CheckAnswer>, CallError> {
        match (self, numbers) {
            (Self::Contacts { client, is_blocking }, _) => client.check(numbers, *is_blocking).await,
            (Self::Evolution { client, instance }, _) => client.check_by_evolution(numbers, instance).await,
            (Self::Wuzapi { client }, _) => client.check_by_wuzapi(numbers).await,
            (Self::Waha { client, session }, [number]) => client.check_by_waha(*number, session).await,
            (Self::GreenApi { client, instance, token }, [number]) => {
                client.check_by_green_api(*number, instance, &token.0).await
            }
            (Self::Waha { .. } | Self::GreenApi { .. } | Self::Passive(_) | Self::File(_), _) => Ok(Vec::new()),
        }
    }
}
