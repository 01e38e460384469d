//! Digests the part of a plan that cleaned contacts depend on.

use clean::ReadField;
use model::{Digest, DigestInput};
use phone::Region;

use crate::{MergeSection, Plan, PlanError, PlanWording};

impl Plan {
    /// Digests the settings of the plan that cleaned contacts depend on. Version 2.
    pub fn clean_digest(&self) -> Result<Digest, PlanError> {
        Ok(self.clean_input()?.digest())
    }

    /// Digests the rules by which rows become contacts: other rules make another run of the same exports. Gates are not
    /// among them: a run that a gate stopped goes on when the gate is raised. Version 1.
    pub fn rules_digest(&self) -> Result<Digest, PlanError> {
        Ok(self.with_sources(self.with_rules(DigestInput::new("plan.rules", 1))?).digest())
    }

    pub(crate) fn clean_input(&self) -> Result<DigestInput, PlanError> {
        let mut input = self.with_rules(DigestInput::new("plan.clean", 2))?;
        for field in ReadField::ALL {
            input = input.optional(field.name(), self.gates.max_unreadable(field));
        }
        Ok(self.with_sources(input))
    }

    fn with_rules(&self, input: DigestInput) -> Result<DigestInput, PlanError> {
        let mut own_numbers: Vec<String> = self.own_numbers()?.iter().map(ToString::to_string).collect();
        own_numbers.sort();
        let MergeSection { name, email, language, consent } = self.merge;
        let input = input
            .optional("default_region", self.default_region().as_ref().map(Region::code))
            .field("words", self.words().digest())
            .list("own_numbers", own_numbers)
            .field("merge.name", name.name())
            .field("merge.email", email.name())
            .field("merge.language", language.name())
            .field("merge.consent", consent.name());
        self.with_wordings(input)
    }

    /// Adds the wordings, if there are any: plans without them have the digests that they had before.
    fn with_wordings(&self, input: DigestInput) -> Result<DigestInput, PlanError> {
        let nested = |input: DigestInput, it: &PlanWording| {
            let wording = DigestInput::new("wording", 1)
                .field("name", &it.name)
                .field("language", &it.language)
                .field("text", &it.text)
                .list("purposes", it.purposes.iter().map(|it| it.name()));
            input.nested("wording", &wording)
        };
        Ok(self.wordings()?.iter().fold(input, nested))
    }

    fn with_sources(&self, input: DigestInput) -> DigestInput {
        self.sources.iter().fold(input, |input, it| input.nested("source", &it.clean_input()))
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::Plan;
    use crate::read::tests::PLAN;

    #[test]
    fn what_cleaning_depends_on_is_digested_by_the_names_of_a_plan() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("plan.toml");
        std::fs::write(&path, PLAN).unwrap();
        let plan = Plan::read(&path).unwrap();
        let input = plan.clean_input().unwrap();
        // The consent words have their own digest, which their own tests check.
        let text = input.text().replace(&plan.words().digest().to_string(), "DIGEST");
        expect![[r#"
            plan.clean 2
            default_region=2:FR
            words=64:DIGEST
            own_numbers=[0]
            merge.name=6:latest
            merge.email=6:latest
            merge.language=6:latest
            merge.consent=16:latest-statement
            consent=1:0
            date=4:0.05
            region=4:0.01
            language=-
            email=-
            name=-
            source=817:source.clean 1
            name=3:sms
            channel=3:sms
            priority=1:1
            scope=3:sms
            profile=640:profile 1
            name=7:columns
            title=40:a table with columns that the plan names
            documented=0:
            channel=-
            signature=[0]
            without=[0]
            records=[0]
            only_pages=5:false
            is_certain=-
            each=[0]
            pairs=[0]
            total=[0]
            next=[0]
            window_days=-
            gaps=[0]
            consent=-
            consent_channel=-
            dates_consent=5:false
            is_international=5:false
            direction=-
            columns=36:columns 1
            phone=[1]
            =11:PhoneNumber

            guess=10:columns 1

            words=228:words 1
            inbound=[0]
            outbound=[0]
            neutral=[0]
            ignored=[0]
            subscribed=[0]
            unsubscribed=[0]
            implied=[0]
            delivered=[0]
            unreachable=[0]
            opted_out_errors=[0]
            unreachable_errors=[0]
            sms=[0]
            viber=[0]
            other_channels=[0]
            share_phone=[0]

            is_exact=4:true

            reading=87:source.reading 1
            date_order=-
            date_format=-
            timezone=-
            numbers=-
            region=-
            header_row=-


        "#]]
        .assert_eq(&text);
    }
}
