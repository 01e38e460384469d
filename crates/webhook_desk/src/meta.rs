//! Addresses at Meta, by the account of `[whatsapp]`.

use anyhow::{Context, Result, bail};
use plan::{Plan, WhatsappSection};
use whatsapp::{Client, ClientConfig, NumberCallbacks};

use crate::found::{Found, Messages, Place, Registered};

/// Attempts of a request: somebody waits for the answer.
const ATTEMPTS: usize = 3;

/// The account of a plan, with a client.
pub(crate) fn account(plan: &Plan) -> Result<(Client, &WhatsappSection)> {
    let Some(section) = &plan.whatsapp else {
        bail!("the plan has no [whatsapp]: name the account there, as in account = \"1234567890\"");
    };
    let config = ClientConfig { timeout: section.timeout(), attempts: ATTEMPTS, ..ClientConfig::default() };
    let client = Client::new(section.base_url(plan)?, section.credentials(plan)?, config)?;
    Ok((client, section))
}

/// Asks Meta for the addresses of the app, of the account and of each number.
pub(crate) async fn find(plan: &Plan) -> Result<Found> {
    let (client, section) = account(plan)?;
    let account = section.account.get_ref();
    let apps = client.subscribed_apps(account).await.context("could not ask which apps get the webhooks")?;
    let numbers = client.number_callbacks(account).await.context("could not ask for the addresses of the numbers")?;
    let own = section.app_id.as_deref().map_or(apps.first(), |id| apps.iter().find(|it| it.id == id));
    let mut found = Found::default();
    found.registered.push(Registered {
        place: Place::App,
        id: own.map(|it| it.id.clone()).unwrap_or_default(),
        url: numbers.iter().find_map(|it| it.of_app.clone()),
    });
    let of_account =
        numbers.iter().find_map(|it| it.of_account.clone()).or_else(|| own.and_then(|it| it.callback.clone()));
    found.registered.push(Registered { place: Place::Account, id: account.clone(), url: of_account });
    for number in numbers {
        found.messages.push(messages(&number));
        found.registered.push(Registered { place: Place::Number, id: number.id, url: number.of_number });
    }
    Ok(found)
}

fn messages(number: &NumberCallbacks) -> Messages {
    let by = match (&number.of_number, &number.of_account) {
        (Some(_), _) => Place::Number,
        (None, Some(_)) => Place::Account,
        (None, None) => Place::App,
    };
    Messages { number: number.id.clone(), by, url: number.messages_go_to().map(str::to_owned) }
}
