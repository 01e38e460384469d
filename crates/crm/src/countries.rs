//! Counts of the people who may be written to, by country.

use crate::sql::Row;
use crate::{Crm, LoadError};

/// The people of a country.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CountryPeople {
    /// The two-letter code; empty for people whose country is not known.
    pub country: String,
    /// People who have consented to WhatsApp and are not known to be without it.
    pub consented: u64,
    /// People who are on WhatsApp, have refused nothing and have not consented to WhatsApp yet.
    pub invitable: u64,
}

// The view leaves out refusals, unclear statements, suppressions and people who are held.
const COUNTRIES: &str = "select coalesce(region, ''), \
    sum(case when whatsapp_consent = 'yes' and segment <> 're-engage' then 1 else 0 end), \
    sum(case when whatsapp_consent is null and segment = 'ready' then 1 else 0 end) \
    from person_view group by 1 order by 1";

impl Crm {
    /// The people who may be written to, by country. Countries without such people are left out.
    pub async fn people_by_country(&self) -> Result<Vec<CountryPeople>, LoadError> {
        let mut reader = self.read_only("count the people by country").await?;
        let people =
            |it: &dyn Row| Ok(CountryPeople { country: it.text(0)?, consented: it.count(1)?, invitable: it.count(2)? });
        let mut countries = reader.select(COUNTRIES, &[], people).await?;
        countries.retain(|it| it.consented + it.invitable > 0);
        Ok(countries)
    }
}
