//! Texts that would like to be more than texts.

use crate::pages::{HOSTILE, everywhere, review};

fn page(text: &str) -> String {
    let all = [everywhere(text)];
    let mut review = review(&all);
    (review.name, review.run_id, review.made_by) = (text, text, text);
    (review.scenarios[0].owner, review.scenarios[0].section) = (text, text);
    review_page::html(&review).unwrap()
}

/// The tags of a page, without their attributes.
fn tags(html: &str) -> Vec<&str> {
    let starts = html.split('<').skip(1);
    starts.map(|it| it.split(|it: char| it.is_whitespace() || it == '>').next().unwrap()).collect()
}

#[test]
fn a_hostile_text_adds_no_tag_to_the_page() {
    let harmless = page("hello");
    for text in HOSTILE {
        let html = page(text);
        let added: Vec<&str> = tags(&html).into_iter().filter(|it| !tags(&harmless).contains(it)).collect();
        assert_eq!(added, Vec::<&str>::new(), "{text}");
        assert_eq!(html.matches("<script").count(), 1, "{text}");
        assert!(!text.contains('<') || !html.contains(text), "{text}");
    }
}

#[test]
fn a_word_of_ten_kilobytes_and_a_page_of_nothing_are_written() {
    assert!(page(&"x".repeat(10_000)).len() > 100_000);
    assert!(review_page::html(&review(&[])).unwrap().contains("No scenarios"));
}
