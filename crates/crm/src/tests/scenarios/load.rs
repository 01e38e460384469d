//! Loading: what the source says today, beside what people wrote.

use std::pin::pin;
use std::task::Poll;

use expect_test::expect;
use model::Stage;

use super::{APPROVE, at, changed, edit, of_message, of_template, section, taken, version_words};
use crate::check::{RUN, check, people_of, run_row};
use crate::tests::two::take;
use crate::{LoadError, Review, ScenarioSet, ScenarioSets};

const HELLO: &str = "
    hello
      template greeting Good day {{1}}.
      step first greeting
      message ask Which day?
      finding W_LONG";

#[test]
fn a_section_is_loaded_with_its_receipt_and_loading_it_again_changes_nothing() {
    check(async |place| {
        let crm = place.open().await;
        let changes = crm.load_section(HELLO, 10).await;
        assert_eq!(changed(&changes), "greeting New, ask New");
        expect![[r#"
            hello of shop
            message first undecided: greeting
            message ask undecided: Which day?
            template greeting 1 undecided: Good day {{1}}.
            finding W_LONG of shop"#]]
        .assert_eq(&crm.kept_words().await);
        assert_eq!(crm.receipts(RUN, Stage::Translate).await.unwrap().len(), 1);

        let before = crm.scenario_dump().await;
        let changes = crm.load_section(HELLO, 20).await;
        assert_eq!(changed(&changes), "greeting Unchanged, ask Unchanged");
        assert_eq!(crm.scenario_dump().await, before);
    });
}
