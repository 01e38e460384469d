use jiff::SignedDuration;
use std::collections::BTreeMap;

use super::*;
use crate::read::tests::PLAN;

/// From line 19 on: the segment to 21, the campaign to 25, its steps from 26 and 35.
const CAMPAIGN: &str = r#"[[segment]]
name = "sleepers"
where = "messages > 5"
[[campaign]]
name = "spring"
segment = "sleepers"
not_after = "2026-12-24"
[[campaign.step]]
name = "invite"
template = "invitation"
language = "fr"
[campaign.step.parameters]
1 = "first_name or text:friend"
2 = "attributes.city"
header_link = "text:https://example.com/a.jpg"
"button.0" = "text:one or two"
[[campaign.step]]
name = "offer"
template = "offer_2"
only = "consented in invite"
wait = "3 days"
"#;
const SENDING: &str = "[whatsapp]\naccount = \"1\"\n[sending]\nmode = \"live\"\nnumber = \"1\"\nhours = \"10:00-12:00\"\n\
    zone = \"Europe/Paris\"\n";

fn plan(sections: &str) -> Result<Plan, String> {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("plan.toml");
    std::fs::write(&path, format!("{PLAN}{sections}")).unwrap();
    Plan::read(&path).map_err(|it| it.to_string().replace(&format!("{}/", home.path().display()), ""))
}

/// The campaign with something else in it.
fn changed(from: &str, to: &str) -> Result<PlanCampaign, String> {
    assert!(CAMPAIGN.contains(from), "{from}");
    plan(&CAMPAIGN.replacen(from, to, 1)).map(|mut it| it.campaigns.remove(0))
}

fn error(from: &str, to: &str) -> String {
    changed(from, to).err().unwrap_or_else(|| "fine".to_owned())
}

/// The campaign with a key more, at line 26.
fn with_key(key: &str) -> Result<PlanCampaign, String> {
    changed("[[campaign.step]]\nname = \"invite\"", &format!("{key}\n[[campaign.step]]\nname = \"invite\""))
}

fn moment(text: &str) -> Timestamp {
    text.parse().unwrap()
}

#[test]
fn a_campaign_has_its_steps_in_their_order_with_values_for_their_variables() {
    let plan = plan(CAMPAIGN).unwrap();
    let campaign = plan.campaign("spring").unwrap();
    assert_eq!((campaign.segment.as_str(), campaign.hours.to_string().as_str()), ("sleepers", "09:00-20:00"));
    assert_eq!((campaign.not_before, campaign.max_people, &campaign.max_spend), (None, None, &None));
    let [invite, offer] = campaign.steps.as_slice() else { panic!("{:?}", campaign.steps) };
    assert_eq!(invite.content, StepContent::Template { name: "invitation".to_owned() });
    assert_eq!((invite.language.as_deref(), &invite.only, &invite.after), (Some("fr"), &None, &None));
    assert_eq!(invite.wait, SignedDuration::ZERO);
    let text = |it: &str| ParameterValue { first: ParameterSource::Text(it.to_owned()), otherwise: None };
    let expected = [
        (
            ParameterPlace::Number(1),
            ParameterValue {
                first: ParameterSource::Field("first_name".to_owned()),
                otherwise: Some(ParameterSource::Text("friend".to_owned())),
            },
        ),
        (
            ParameterPlace::Number(2),
            ParameterValue { first: ParameterSource::Attribute("city".to_owned()), otherwise: None },
        ),
        (ParameterPlace::HeaderLink, text("https://example.com/a.jpg")),
        (ParameterPlace::Button(0), text("one or two")),
    ];
    assert_eq!(invite.parameters.clone().into_iter().collect::<Vec<_>>(), expected);
    assert_eq!(offer.only, Some(StepCondition::ConsentedIn { step: "invite".to_owned() }));
    assert_eq!((offer.wait, offer.after.as_deref()), (SignedDuration::from_hours(72), Some("invite")));
    assert!(campaign.step("offer").is_some() && campaign.step("offers").is_none());
}

#[test]
fn a_button_without_quotes_is_the_same_button() {
    let quoted = changed("first_name or", "first_name or").unwrap();
    let dotted = changed("\"button.0\"", "button.0").unwrap();
    assert_eq!(dotted.steps[0].parameters, quoted.steps[0].parameters);
}

#[test]
fn a_variable_says_what_the_person_has_or_else_what_the_plan_says() {
    let values: BTreeMap<String, String> = [("first_name", " "), ("last_name", "Roux"), ("attributes.city", "Lyon")]
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .into();
    let says = |value: &str| {
        let campaign = changed("first_name or text:friend", value).unwrap();
        campaign.steps[0].parameters[&ParameterPlace::Number(1)].resolve(&values).map(str::to_owned)
    };
    assert_eq!(says("attributes.city").as_deref(), Some("Lyon"));
    assert_eq!(says("first_name"), None);
    assert_eq!(says("first_name or text:friend").as_deref(), Some("friend"));
    assert_eq!(says("first_name or last_name").as_deref(), Some("Roux"));
    assert_eq!(says("name or attributes.town"), None);
    assert_eq!(says("text:first_name or last_name").as_deref(), Some("first_name or last_name"));
}

#[test]
fn days_are_whole_days_where_the_business_is() {
    let campaign = with_key("not_before = 2026-12-01").unwrap();
    assert_eq!(campaign.not_before, Some(moment("2026-12-01T00:00:00Z")));
    assert_eq!(campaign.not_after, moment("2026-12-25T00:00:00Z"));
    let in_paris = plan(&format!("{CAMPAIGN}{SENDING}")).unwrap();
    assert_eq!(in_paris.campaigns[0].not_after, moment("2026-12-25T00:00:00+01:00"));
    for text in ["\"2026-12-24T18:00:00+01:00\"", "2026-12-24T18:00:00+01:00"] {
        let campaign = changed("\"2026-12-24\"", text).unwrap();
        assert_eq!(campaign.not_after, moment("2026-12-24T17:00:00Z"), "{text}");
    }
    // A campaign of the past is no mistake of the plan: nothing is sent any more.
    assert_eq!(error("2026-12-24", "2020-12-24"), "fine");
}

#[test]
fn a_campaign_has_the_hours_of_sending_unless_it_has_its_own() {
    let hours = |own: &str| {
        let campaign = CAMPAIGN.replace("not_after", &format!("{own}not_after"));
        plan(&format!("{campaign}{SENDING}")).unwrap().campaigns[0].hours.to_string()
    };
    assert_eq!(hours(""), "10:00-12:00");
    assert_eq!(hours("hours = \"18:30-19:00\"\n"), "18:30-19:00");
    assert_eq!(hours("hours = \"any\"\n"), "00:00-24:00");
}

#[test]
fn a_campaign_can_have_a_most_of_people_and_of_money() {
    let limited = |rates: &str| {
        let campaign = CAMPAIGN.replacen("not_after", "max_people = 1\nmax_spend = \"500.50 EUR\"\nnot_after", 1);
        plan(&format!("{campaign}{rates}")).map(|mut it| it.campaigns.remove(0))
    };
    let campaign = limited("[rates]\npath = \"rates.csv\"\n").unwrap();
    assert_eq!(campaign.max_people, Some(1));
    let spend = campaign.max_spend.unwrap();
    assert_eq!((spend.amount.micros(), spend.currency.as_str()), (500_500_000, "EUR"));
    assert_eq!(
        limited("").unwrap_err(),
        "plan.toml:26: max_spend needs prices: add [rates] with path = \"…\", or leave out max_spend"
    );
    assert_eq!(
        limited("[rates]\npath = \"rates.csv\"\ncurrency = \"USD\"\n").unwrap_err(),
        "plan.toml:26: max_spend is in EUR and [rates] in USD: write it in USD"
    );
    assert!(limited("[rates]\npath = \"rates.csv\"\ncurrency = \"EUR\"\n").is_ok());
}

#[test]
fn a_wrong_campaign_is_told_with_its_line_and_what_to_write() {
    for (from, to, expected) in [
        (
            "name = \"spring\"",
            "name = \"Spring\"",
            "plan.toml:23: \"Spring\" cannot name a campaign: use 1 to 64 small letters, digits and hyphens, a letter or \
             digit first",
        ),
        (
            "segment = \"sleepers\"",
            "segment = \"sleeper\"",
            "plan.toml:24: the plan has no [[segment]] \"sleeper\"; did you mean \"sleepers\"?",
        ),
        (
            "segment = \"sleepers\"",
            "segment = \"ready\"",
            "plan.toml:24: \"ready\" is a segment that Ferry makes: add a [[segment]] with where = \"segment = 'ready'\", and \
             name it",
        ),
        ("not_after = \"2026-12-24\"\n", "", "plan.toml:22: missing field `not_after`"),
        (
            "2026-12-24",
            "24.12.2026",
            "plan.toml:25: not_after \"24.12.2026\": write a day such as 2026-12-24, or a moment with its offset such as \
             2026-12-24T18:00:00+01:00",
        ),
        (
            "2026-12-24",
            "2026-12-24T18:00:00",
            "plan.toml:25: not_after \"2026-12-24T18:00:00\": write a day such as 2026-12-24, or a moment with its offset \
             such as 2026-12-24T18:00:00+01:00",
        ),
        (
            "\"2026-12-24\"",
            "5",
            "plan.toml:25: a day such as 2026-12-24, or a moment such as 2026-12-24T18:00:00+01:00",
        ),
        (
            "segment = ",
            "segmant = ",
            "plan.toml:24: unknown field `segmant`, expected one of `name`, `segment`, `not_after`, `not_before`, \
             `max_people`, `max_spend`, `hours`, `step`; did you mean `segment`?",
        ),
    ] {
        assert_eq!(error(from, to), expected, "{to}");
    }
    for (key, expected) in [
        ("not_before = \"2026-12-26\"", "not_before is after not_after, so nothing would be sent: exchange them"),
        (
            "not_before = \"2026-13-01\"",
            "not_before \"2026-13-01\": write a day such as 2026-12-24, or a moment with its offset such as \
             2026-12-24T18:00:00+01:00",
        ),
        ("max_people = 0", "max_people is 0: it can be from 1 to 18446744073709551615"),
        ("max_spend = \"500\"", "max_spend \"500\": write an amount and a currency, such as \"500 EUR\""),
        ("max_spend = \"500 eur\"", "max_spend \"500 eur\": write an amount and a currency, such as \"500 EUR\""),
        ("max_spend = \"1,000 EUR\"", "max_spend \"1,000 EUR\": write an amount and a currency, such as \"500 EUR\""),
        (
            "hours = \"20:00-20:00\"",
            "hours \"20:00-20:00\": write them such as \"09:00-20:00\", the end after the start, or \"any\"",
        ),
    ] {
        assert_eq!(with_key(key).unwrap_err(), format!("plan.toml:26: {expected}"), "{key}");
    }
    let twice = format!("{CAMPAIGN}{}", CAMPAIGN.split_once("[[campaign]]").unwrap().1.replacen("", "[[campaign]]", 1));
    assert_eq!(plan(&twice).unwrap_err(), "plan.toml:41: two campaigns are named \"spring\"");
    let confirmations = twice.replacen("\"spring\"", "\"confirm-stop\"", 1);
    let told = plan(&confirmations).unwrap_err();
    assert!(told.ends_with("\"confirm-stop\" names the confirmations of stops: choose another name"), "{told}");
}

#[test]
fn a_wrong_step_is_told_with_its_line_and_what_to_write() {
    for (from, to, expected) in [
        (
            "name = \"invite\"",
            "name = \"the invite\"",
            "plan.toml:27: \"the invite\" cannot name a step: use 1 to 64 small letters, digits and hyphens, a letter or digit \
             first",
        ),
        (
            "name = \"offer\"",
            "name = \"invite\"",
            "plan.toml:36: two steps of campaign \"spring\" are named \"invite\"",
        ),
        ("template = \"offer_2\"\n", "", "plan.toml:36: step \"offer\" says nothing: give it a template or a text"),
        (
            "template = \"offer_2\"\n",
            "template = \"offer_2\"\ntext = \"Hello\"\n",
            "plan.toml:38: step \"offer\" has template and text: give one",
        ),
        (
            "\"offer_2\"",
            "\"Offer.fr\"",
            "plan.toml:37: \"Offer.fr\" cannot name a template: it has small letters, digits and _, without a language",
        ),
        (
            "template = \"offer_2\"",
            "text = \" \"",
            "plan.toml:37: the text has 0 characters: it can have from 1 to 4096",
        ),
        (
            "template = \"offer_2\"",
            "text = \"Hello {{first_name}}\"",
            "plan.toml:37: a text is sent as it is, so people would read {{: use a template for variables",
        ),
        (
            "template = \"invitation\"",
            "text = \"Hello\"",
            "plan.toml:29: language belongs to a template: a text is sent as it is",
        ),
        (
            "template = \"invitation\"\nlanguage = \"fr\"",
            "text = \"Hello\"",
            "plan.toml:30: parameters belongs to a template: a text is sent as it is",
        ),
        (
            "language = \"fr\"",
            "language = \"french\"",
            "plan.toml:29: \"french\" is not a language of templates: write its code, such as fr or pt_BR",
        ),
        (
            "language = \"fr\"",
            "language = \"pt-BR\"",
            "plan.toml:29: \"pt-BR\" is not a language of templates: write its code, such as fr or pt_BR",
        ),
        ("language = \"fr\"", "language = \"pt_BR\"", "fine"),
        (
            "consented in invite",
            "consented",
            "plan.toml:38: only = \"consented\": write it such as \"consented in STEP\", with the name of an earlier step",
        ),
        (
            "consented in invite",
            "consent in invite",
            "plan.toml:38: unknown condition `consent`, expected one of `consented`, `not consented`, `delivered`, \
             `not delivered`; did you mean `consented`?",
        ),
        (
            "consented in invite",
            "not consented in invites",
            "plan.toml:38: no step before this one is named \"invites\"; did you mean \"invite\"?",
        ),
        ("consented in invite", "delivered in offer", "plan.toml:38: no step before this one is named \"offer\""),
        ("consented in invite", "not delivered in invite", "fine"),
        (
            "only = \"consented in invite\"\nwait = \"3 days\"",
            "only = \"not delivered in invite\"",
            "plan.toml:38: only \"not delivered in invite\" is true of everybody at first: add wait, such as \"3 days\"",
        ),
        ("only = \"consented in invite\"\n", "", "fine"),
        ("3 days", "6 hours", "fine"),
        ("3 days", "1 hour", "fine"),
        ("3 days", "3d", "plan.toml:39: wait \"3d\": write it such as \"3 days\" or \"6 hours\""),
        ("3 days", "-3 days", "plan.toml:39: wait \"-3 days\": write it such as \"3 days\" or \"6 hours\""),
        ("3 days", "0 days", "plan.toml:39: wait \"0 days\": it can be from 1 hour to 365 days"),
        ("3 days", "366 days", "plan.toml:39: wait \"366 days\": it can be from 1 hour to 365 days"),
        (
            "language = \"fr\"",
            "wait = \"1 day\"",
            "plan.toml:29: the first step has nothing to wait for: use not_before of the campaign",
        ),
        (
            "wait = ",
            "waits = ",
            "plan.toml:39: unknown field `waits`, expected one of `name`, `template`, `text`, `language`, `only`, `wait`, \
             `parameters`; did you mean `wait`?",
        ),
    ] {
        assert_eq!(error(from, to), expected, "{to}");
    }
}

#[test]
fn a_campaign_has_from_one_to_twenty_steps() {
    let before = CAMPAIGN.split_once("[[campaign.step]]").unwrap().0;
    let steps = |n: usize| -> String {
        (1..=n).map(|it| format!("[[campaign.step]]\nname = \"s{it}\"\ntemplate = \"t\"\n")).collect()
    };
    let told = |n: usize| plan(&format!("{before}{}", steps(n))).err().unwrap_or_else(|| "fine".to_owned());
    assert_eq!(
        told(0),
        "plan.toml:23: campaign \"spring\" has no step: add [[campaign.step]] with a name and a template"
    );
    assert_eq!((told(1), told(20)), ("fine".to_owned(), "fine".to_owned()));
    assert_eq!(told(21), "plan.toml:23: campaign \"spring\" has 21 steps: 20 are the most");
}

#[test]
fn a_wrong_parameter_is_told_with_its_line_and_what_to_write() {
    let place = "write the number or the name of a variable of the body, or header, header_link, button.0";
    for (from, to, expected) in [
        (
            "first_name or",
            "firstname or",
            "31: unknown field `firstname`, expected one of `first_name`, `last_name`, `name`, `email`, `language`, \
             `attributes.NAME`, `text:TEXT`; did you mean `first_name`?"
                .to_owned(),
        ),
        (
            "text:friend",
            "friend",
            "31: unknown field `friend`, expected one of `first_name`, `last_name`, `name`, `email`, `language`, \
             `attributes.NAME`, `text:TEXT`; did you mean `first_name`?"
                .to_owned(),
        ),
        ("text:friend", "text: ", "31: the text after text: is empty: WhatsApp refuses empty variables".to_owned()),
        (
            "attributes.city",
            "attributes.City",
            "32: \"attributes.City\" names no attribute: write attributes. and a name of [source.attributes]"
                .to_owned(),
        ),
        ("\n1 = ", "\n0 = ", format!("31: parameter \"0\": {place}")),
        ("\n1 = ", "\nName = ", format!("31: parameter \"Name\": {place}")),
        (
            "\"button.0\"",
            "\"button.10\"",
            "34: parameter \"button.10\": buttons are counted from button.0 to button.9".to_owned(),
        ),
        (
            "\"button.0\"",
            "button.x",
            "34: parameter \"button.x\": buttons are counted from button.0 to button.9".to_owned(),
        ),
        ("\n1 = ", "\n3 = ", "31: parameters have no variable 1: number them from 1 without gaps".to_owned()),
        (
            "\n1 = ",
            "\ncustomer_name = ",
            "31: parameters have the number 2 and the name \"customer_name\": a template has numbers or names"
                .to_owned(),
        ),
        (
            "\n1 = ",
            "\nheader = ",
            "31: parameters have header and header_link: a header is a text or a file, so give one".to_owned(),
        ),
        ("\"attributes.city\"", "5", "32: a text such as \"first_name or text:friend\"".to_owned()),
    ] {
        assert_eq!(error(from, to), format!("plan.toml:{expected}"), "{to}");
    }
    let named = "first = \"name\"\nsecond = \"last_name\"";
    assert_eq!(error("1 = \"first_name or text:friend\"\n2 = \"attributes.city\"", named), "fine");
}

#[test]
fn a_campaign_that_is_not_there_is_told_with_the_nearest_name() {
    let plan = plan(CAMPAIGN).unwrap();
    let told = plan.campaign("sprint").unwrap_err().to_string();
    assert!(told.ends_with("plan.toml:1: the plan has no [[campaign]] \"sprint\"; did you mean \"spring\"?"), "{told}");
    let campaign = plan.campaign("spring").unwrap();
    let told = plan.wrong_campaign(campaign, "it is over").to_string();
    assert!(told.ends_with("plan.toml:23: campaign \"spring\": it is over"), "{told}");
    let told = plan.wrong_step(&campaign.steps[1], "its template is paused").to_string();
    assert!(told.ends_with("plan.toml:36: step \"offer\": its template is paused"), "{told}");
}

#[test]
fn the_campaign_of_the_documentation_is_one_that_a_plan_can_have() {
    let page = include_str!("../../../../../docs/plan.md");
    let mut examples = page.split("```toml\n").filter_map(|it| it.split("```").next());
    let plan = plan(examples.find(|it| it.contains("[[campaign]]\n")).unwrap()).unwrap();
    assert_eq!(plan.campaign("spring-2027").unwrap().steps.len(), 2);
}
