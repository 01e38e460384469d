//! The accounts, the numbers and the people of webhooks. All numbers are reserved for fiction.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::providers::{Person, phone_of};
use crate::webhooks::dice::Dice;

/// A number of the business.
pub(super) struct Sender {
    /// The WhatsApp Business Account that it belongs to. Each is of a portfolio of its own.
    pub(super) account: &'static str,
    pub(super) id: &'static str,
    pub(super) digits: &'static str,
}

/// The numbers of the business: two accounts with two numbers, and one with one.
pub(super) const SENDERS: [Sender; 5] = [
    Sender { account: "400000000000011", id: "500000000000101", digits: "14155550142" },
    Sender { account: "400000000000011", id: "500000000000102", digits: "14155550143" },
    Sender { account: "400000000000022", id: "500000000000201", digits: "13125550171" },
    Sender { account: "400000000000022", id: "500000000000202", digits: "13125550172" },
    Sender { account: "400000000000033", id: "500000000000301", digits: "33199009999" },
];

impl Sender {
    /// The number as `display_phone_number` has it: with the signs that people write.
    pub(super) fn display(&self) -> String {
        match self.digits.strip_prefix('1') {
            Some(rest) if rest.len() == 10 => format!("+1 {}-{}-{}", &rest[..3], &rest[3..6], &rest[6..]),
            _ => self.digits.to_owned(),
        }
    }

    pub(super) fn metadata(&self) -> Value {
        json!({ "display_phone_number": self.digits, "phone_number_id": self.id })
    }
}

/// The place of the first person who changes numbers. Those before keep theirs.
const FIRST_MOVER: u32 = 8_000;

/// The number of people who change numbers. Their new numbers are at the places behind theirs.
const MOVERS: u32 = 999;

/// The most people who keep their numbers.
pub(super) const MOST_PEOPLE: u32 = FIRST_MOVER;

/// Someone who writes to the business, as WhatsApp names them.
#[derive(Clone)]
pub(super) struct Someone {
    seed: u64,
    place: u32,
    /// The digits of the number.
    pub(super) wa_id: String,
    pub(super) name: String,
    pub(super) username: Option<String>,
    /// Whether the business is not shown the number.
    pub(super) hides_number: bool,
}

impl Someone {
    /// The person at a place. People of one seed are those of the providers of that seed.
    pub(super) fn new(seed: u64, place: u32) -> Self {
        let person = Person::at_place(seed, "whatsapp", place, place, Timestamp::UNIX_EPOCH);
        let mut dice = Dice::new(seed, "someone", u64::from(place));
        let hides_number = dice.chance(0.12);
        let has_name = hides_number || dice.chance(0.1);
        let name = [Some(person.first_name), person.last_name].into_iter().flatten().collect::<Vec<_>>().join(" ");
        Self {
            seed,
            place,
            wa_id: phone_of(seed, place).to_string(),
            name,
            username: has_name.then(|| format!("user.{}", dice.digits(8))),
            hides_number,
        }
    }

    /// A person before and after a change of numbers.
    pub(super) fn moving(seed: u64, n: u64) -> (Self, Self) {
        let place = FIRST_MOVER + (n % u64::from(MOVERS)) as u32;
        let before = Self { hides_number: false, ..Self::new(seed, place) };
        let after = Self { name: before.name.clone(), hides_number: false, ..Self::new(seed, place + MOVERS) };
        (before, after)
    }

    /// The business-scoped user id, which differs by portfolio and changes with the number.
    pub(super) fn user_id(&self, sender: &Sender) -> String {
        let account = SENDERS.iter().position(|it| it.account == sender.account).unwrap_or_default() as u64;
        let mut dice = Dice::new(self.seed, "user id", account * 100_000 + u64::from(self.place));
        format!("{}.{}", self.country(), dice.digits(16))
    }

    /// The user id of a firm with several portfolios. Few accounts have such ids.
    pub(super) fn parent_id(&self, sender: &Sender) -> Option<String> {
        let is_enrolled = sender.account == SENDERS[2].account;
        let mut dice = Dice::new(self.seed, "parent id", u64::from(self.place));
        is_enrolled.then(|| format!("{}.ENT.{}", self.country(), dice.digits(16)))
    }

    /// The item of `contacts` for the person. Statuses before `delivered` show no user name.
    pub(super) fn contact(&self, sender: &Sender, shows_username: bool) -> Value {
        let mut contact = Map::new();
        let mut profile = Map::from_iter([("name".to_owned(), self.name.clone().into())]);
        if let Some(username) = self.username.as_ref().filter(|_| shows_username) {
            profile.insert("username".to_owned(), username.clone().into());
        }
        contact.insert("profile".to_owned(), profile.into());
        contact.insert("user_id".to_owned(), self.user_id(sender).into());
        if let Some(id) = self.parent_id(sender) {
            contact.insert("parent_user_id".to_owned(), id.into());
        }
        if !self.hides_number {
            contact.insert("wa_id".to_owned(), self.wa_id.clone().into());
        }
        contact.into()
    }

    /// The ids of the person in an item, by the names of its fields. A number that is hidden is left out, and so is what
    /// has no name there.
    pub(super) fn ids(&self, sender: &Sender, names: [&str; 3]) -> Map<String, Value> {
        let number = (!self.hides_number).then(|| self.wa_id.clone());
        let ids = [number, Some(self.user_id(sender)), self.parent_id(sender)];
        let ids = names.into_iter().zip(ids).filter(|(name, _)| !name.is_empty());
        ids.filter_map(|(name, id)| Some((name.to_owned(), Value::from(id?)))).collect()
    }

    fn country(&self) -> &'static str {
        if self.wa_id.starts_with('1') { "US" } else { "FR" }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_numbers_are_reserved_for_fiction() {
        let is_fiction = |digits: &str| {
            let is_american = digits.len() == 11 && digits.starts_with('1') && digits[4..].starts_with("55501");
            is_american || (digits.len() == 11 && digits.starts_with("3319900"))
        };
        for sender in &SENDERS {
            assert!(is_fiction(sender.digits), "{}", sender.digits);
        }
        for place in 0..MOST_PEOPLE + 2 * MOVERS {
            let someone = Someone::new(5, place);
            assert!(is_fiction(&someone.wa_id), "{}", someone.wa_id);
            assert!(SENDERS.iter().all(|it| it.digits != someone.wa_id));
        }
    }

    #[test]
    fn a_person_who_moves_has_another_number_and_another_user_id() {
        let (before, after) = Someone::moving(5, 1_234);
        assert_ne!(before.wa_id, after.wa_id);
        assert_ne!(before.user_id(&SENDERS[0]), after.user_id(&SENDERS[0]));
        assert_eq!(before.name, after.name);
    }

    #[test]
    fn a_user_id_is_of_one_account() {
        let someone = Someone::new(5, 3);
        assert_eq!(someone.user_id(&SENDERS[0]), someone.user_id(&SENDERS[1]));
        assert_ne!(someone.user_id(&SENDERS[0]), someone.user_id(&SENDERS[2]));
    }
}
