//! Versioned texts from which digests of formats and profiles are made.

use model::{Channel, ConsentChannel, ConsentState, DigestInput, Direction};

use crate::formats::json::JsonLayout;
use crate::formats::sheet::SheetKind;
use crate::profile::{Mapping, Profile, ProfileWords};
use crate::source::FileFormat;

impl FileFormat {
    /// How the rows of a file are found. Version 1.
    pub fn digest_input(&self) -> DigestInput {
        let input = DigestInput::new("form", 1);
        match self {
            Self::Csv { delimiter, encoding, has_header } => input
                .field("kind", "delimited")
                .field("delimiter", delimiter)
                .field("encoding", encoding.name())
                .field("has_header", has_header),
            Self::Json { layout, encoding } => {
                let input = input.field("kind", "json").field("encoding", encoding.name());
                match layout {
                    JsonLayout::Lines => input.field("records", "lines"),
                    JsonLayout::Values => input.field("records", "values"),
                    JsonLayout::Under(key) => input.field("records", "under").field("key", key),
                }
            }
            Self::Sheet { kind, sheet, others, has_header } => {
                let kind = match kind {
                    SheetKind::Xlsx => "xlsx",
                    SheetKind::Ods => "ods",
                };
                let input = input.field("kind", kind).field("sheet", sheet).list("others", others);
                if *has_header { input } else { input.field("has_header", "false") }
            }
            Self::VCard { encoding } => input.field("kind", "vcard").field("encoding", encoding.name()),
        }
    }
}

impl Profile {
    /// All that the profile says, also what only the coverage of a source shows. Version 1.
    pub fn digest_input(&self) -> DigestInput {
        let direction = self.direction.map(|it| match it {
            Direction::Inbound => "inbound",
            Direction::Outbound => "outbound",
        });
        let input = DigestInput::new("profile", 1)
            .field("name", &self.name)
            .field("title", &self.title)
            .field("documented", &self.documented)
            .optional("channel", self.channel.map(Channel::name))
            .list("signature", &self.signature)
            .list("without", &self.without)
            .list("records", &self.records)
            .field("only_pages", self.only_pages)
            .optional("is_certain", self.is_certain)
            .list("each", &self.each)
            .list("pairs", &self.pairs)
            .list("total", &self.total)
            .list("next", &self.next)
            .optional("window_days", self.window_days)
            .list("gaps", &self.gaps)
            .optional("consent", self.consent.map(ConsentState::name))
            .optional("consent_channel", self.consent_channel.map(ConsentChannel::name))
            .field("dates_consent", self.dates_consent)
            .field("is_international", self.is_international)
            .optional("direction", direction)
            .nested("columns", &columns(&self.columns))
            .nested("guess", &columns(&self.guess))
            .nested("words", &words(&self.words))
            .field("is_exact", self.is_exact);
        // Left out where there are none: a profile without attributes keeps its digest.
        match self.attributes.is_empty() {
            true => input,
            false => input.nested("attributes", &columns(&self.attributes)),
        }
    }
}

fn columns(mapping: &Mapping) -> DigestInput {
    let input = DigestInput::new("columns", 1);
    mapping.iter().fold(input, |input, (field, names)| input.list(field, names.iter()))
}

fn words(words: &ProfileWords) -> DigestInput {
    DigestInput::new("words", 1)
        .list("inbound", &words.inbound)
        .list("outbound", &words.outbound)
        .list("neutral", &words.neutral)
        .list("ignored", &words.ignored)
        .list("subscribed", &words.subscribed)
        .list("unsubscribed", &words.unsubscribed)
        .list("implied", &words.implied)
        .list("delivered", &words.delivered)
        .list("unreachable", &words.unreachable)
        .list("opted_out_errors", &words.opted_out_errors)
        .list("unreachable_errors", &words.unreachable_errors)
        .list("sms", &words.sms)
        .list("viber", &words.viber)
        .list("other_channels", &words.other_channels)
        .list("share_phone", &words.share_phone)
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;
    use crate::text::encoding::Encoding;

    #[test]
    fn a_format_and_a_profile_are_digested_from_names_that_no_rename_of_a_type_changes() {
        let encoding = Encoding::UTF_8;
        let json = FileFormat::Json { layout: JsonLayout::Under("items".into()), encoding };
        expect![[r#"
            form 1
            kind=4:json
            encoding=5:utf-8
            records=5:under
            key=5:items
        "#]]
        .assert_eq(json.digest_input().text());
        let sheet = FileFormat::Sheet {
            kind: SheetKind::Xlsx,
            sheet: "People".into(),
            others: vec!["Notes".into()],
            has_header: true,
        };
        expect![[r#"
            form 1
            kind=4:xlsx
            sheet=6:People
            others=[1]
            =5:Notes
        "#]]
        .assert_eq(sheet.digest_input().text());
        let columns = [("phone".to_owned(), "Mobile".into())].into();
        let profile = Profile { consent: Some(ConsentState::Stop), ..Profile::of_columns(columns) };
        expect![[r#"
            profile 1
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
            consent=4:stop
            consent_channel=-
            dates_consent=5:false
            is_international=5:false
            direction=-
            columns=30:columns 1
            phone=[1]
            =6:Mobile

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
        "#]]
        .assert_eq(profile.digest_input().text());
    }
}
