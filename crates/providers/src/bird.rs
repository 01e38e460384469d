//! Bird (workspaces): contacts, with the identifiers that the list of contacts leaves out.
//!
//! Facts: docs.bird.com/api/contacts-api, list-contacts and list-contact-identifiers; read 2026-11-22. The rate is not
//! documented.

mod contacts;

use std::time::Duration;

use http::{CallError, Credentials};
use model::Channel;

use crate::{Limit, Paging, ProviderSpec, StreamSpec, Windows};

pub(crate) const BIRD: ProviderSpec = ProviderSpec {
    name: "bird",
    title: "Bird (workspaces)",
    hosts: &["https://api.bird.com"],
    account: Some("workspace id"),
    secret: "access key",
    auth: |it| Credentials::Key("Authorization", format!("AccessKey {}", it.account.secret)),
    read_error: |status, _| CallError::Refused { status, code: None },
    streams: &[StreamSpec {
        name: "contacts",
        title: "contacts",
        profile: Some("bird-contacts"),
        channel: Channel::Sms,
        holds_refusals: false,
        windows: Windows::None,
        paging: Paging::Cursor,
        page_rows: 100,
        limit: Limit {
            interval: Duration::from_millis(100),
            source: "no rate is documented in docs.bird.com/api/contacts-api, 2026-11-22: ten calls a second are modest",
        },
        price: None,
        consumes: false,
        gaps: &[
            "each contact whose phone the list leaves out takes a call of its own",
            "contacts have the date on which they were created, and not that of their last message",
        ],
        needs: &[],
        open: |connection| Box::new(contacts::Contacts::new(connection)),
    }],
};
