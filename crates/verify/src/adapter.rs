//! Who can be asked, and what is known of each.

use phone::PhoneNumber;
use whatsapp::{CallCounts, CallError, CheckAnswer, Client};

use crate::Known;

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

/// What is known of a kind of adapter before anybody is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Properties {
    /// As plans and evidence name it.
    pub name: &'static str,
    pub wire: &'static str,
    /// Numbers in one call.
    pub largest_batch: usize,
    /// Numbers a day, unless the plan says otherwise.
    pub daily_quota: Option<u64>,
    /// Of one number, in millionths of a US dollar.
    pub price_micros: u64,
    /// For how long an answer counts.
    pub valid_days: u32,
    /// What its answers are worth.
    pub worth: &'static str,
    /// It speaks the protocol of the consumer application through a linked phone.
    pub is_unofficial: bool,
    pub policy: &'static str,
}

/// Why gateways through a linked phone are off unless a plan accepts them.
pub const UNOFFICIAL: &str = "it speaks the protocol of the consumer application through a linked phone; WhatsApp's terms \
    refuse that, and numbers that do it get banned: never link the number of the business";

/// A batch of one call to a gateway that takes many; more is slow and looks like what it is.
const GATEWAY_BATCH: usize = 50;

impl AdapterKind {
    pub const ALL: [Self; 7] =
        [Self::Contacts, Self::Waha, Self::Evolution, Self::Wuzapi, Self::GreenApi, Self::Passive, Self::File];

    /// What is known of it.
    pub const fn properties(self) -> Properties {
        let gateway = Properties {
            name: "",
            wire: "",
            largest_batch: 1,
            daily_quota: None,
            price_micros: 0,
            valid_days: 30,
            worth: "informative while the linked phone is well",
            is_unofficial: true,
            policy: "unofficial: needs i_accept_unofficial = true",
        };
        match self {
            Self::Contacts => Properties {
                name: "contacts",
                wire: "POST /v1/contacts",
                largest_batch: 1000,
                price_micros: 1000,
                worth: "doubtful: since On-Premises API v2.43 every number is called valid",
                is_unofficial: false,
                policy: "ask for opt-in first, and about no more people than you write to: Meta disabled numbers for it",
                ..gateway
            },
            Self::Waha => {
                Properties { name: "waha", wire: "GET /api/contacts/check-exists", daily_quota: Some(1000), ..gateway }
            }
            Self::Evolution => Properties {
                name: "evolution",
                wire: "POST /chat/whatsappNumbers/{instance}",
                largest_batch: GATEWAY_BATCH,
                daily_quota: Some(1000),
                ..gateway
            },
            Self::Wuzapi => Properties {
                name: "wuzapi",
                wire: "POST /user/check",
                largest_batch: GATEWAY_BATCH,
                daily_quota: Some(1000),
                ..gateway
            },
            Self::GreenApi => Properties {
                name: "green-api",
                wire: "POST /waInstance{id}/checkWhatsapp/{token}",
                daily_quota: Some(1000),
                ..gateway
            },
            Self::Passive => Properties {
                name: "passive",
                wire: "bodies of webhooks of the Cloud API, one a line",
                largest_batch: 1000,
                valid_days: 180,
                worth: "proof: a message was delivered or written",
                is_unofficial: false,
                policy: "the only way that asks nobody",
                ..gateway
            },
            Self::File => Properties {
                name: "file",
                wire: "a table of numbers and answers that another tool made",
                largest_batch: 1000,
                worth: "that of the other tool",
                is_unofficial: false,
                policy: "that of the other tool",
                ..gateway
            },
        }
    }

    /// The kind of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.properties().name == name)
    }
}

/// Who is asked.
#[derive(Clone, Debug)]
pub enum Adapter {
    Contacts { client: Client, is_blocking: bool },
    Waha { client: Client, session: String },
    Evolution { client: Client, instance: String },
    Wuzapi { client: Client },
    GreenApi { client: Client, instance: String, token: Secret },
    Passive(Known),
    File(Known),
}

/// A token that is no header. Its `Debug` shows nothing of it.
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

    /// The method as evidence names it.
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

    /// What is known already, of an adapter that asks nobody.
    pub(crate) fn known(&self) -> Option<&Known> {
        match self {
            Self::Passive(known) | Self::File(known) => Some(known),
            _ => None,
        }
    }

    /// One call about as many numbers as the adapter takes at once.
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
