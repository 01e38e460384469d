//! A small page, as it is written.

use expect_test::expect_file;

use crate::pages::{translated, worked_on};

#[test]
fn a_page_is_what_it_was() {
    let mut all = translated("neutral/scenarios.json");
    all.truncate(1);
    all.extend(translated("sms-list/salon.csv").into_iter().take(2));
    let html = review_page::html(&worked_on(&all)).unwrap();
    let (before, rest) = html.split_once("<style>").unwrap();
    let (_, body) = rest.split_once("</style>").unwrap();
    let (body, after) = body.split_once("<script>").unwrap();
    let end = after.split_once("</script>").unwrap().1;
    // The hashes of style and script change with them.
    let policy = before.split("'sha256-").map(|it| it.split_once('\'').map_or(it, |it| it.1)).collect::<Vec<_>>();
    let shown = format!("{}<style></style>{body}<script></script>{end}", policy.join("HASH"));
    expect_file!["../../../../fixtures/review-page/small.html"].assert_eq(&shown);
}
