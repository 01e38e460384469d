use std::fs;
use std::io::Read;
use std::path::Path;

use jiff::Timestamp;
use proptest::prelude::*;

use crate::{Bodies, Frame, FrameKind, PageError, PageStore, read_store};

fn page(rows: u64) -> Frame {
    Frame { rows, ..Frame::new(FrameKind::Page, 1, Timestamp::UNIX_EPOCH) }
}

fn text_of(path: &Path) -> std::io::Result<String> {
    let mut text = String::new();
    Bodies::new(fs::File::open(path)?, path)?.read_to_string(&mut text)?;
    Ok(text)
}

#[test]
fn pages_come_back_as_one_text_and_other_frames_do_not_show() {
    let home = tempfile::tempdir().unwrap();
    let (mut store, contents) = PageStore::open(home.path()).unwrap();
    assert!(contents.frames.is_empty());
    store.append(Frame::new(FrameKind::Begin, 1, Timestamp::UNIX_EPOCH), b"").unwrap();
    store.append(page(1), b"{\"messages\":[{\"sid\":\"SM1\"}]}").unwrap();
    store.append(page(1), b"{\n\"messages\":[{\"sid\":\"SM2\"}]}").unwrap();
    store.append(Frame::new(FrameKind::End, 1, Timestamp::UNIX_EPOCH), b"").unwrap();
    let path = home.path().join("000001.pages");
    assert_eq!(text_of(&path).unwrap(), "{\"messages\":[{\"sid\":\"SM1\"}]}\n{\n\"messages\":[{\"sid\":\"SM2\"}]}\n");
    let contents = read_store(home.path()).unwrap();
    assert_eq!(contents.frames.len(), 4);
    assert_eq!(contents.chain, Some(store.chain()));
    assert_eq!(contents.body(&contents.frames[2]).unwrap(), b"{\n\"messages\":[{\"sid\":\"SM2\"}]}");
}

#[test]
fn each_process_begins_a_segment_and_two_cannot_write_at_once() {
    let home = tempfile::tempdir().unwrap();
    let (mut first, _) = PageStore::open(home.path()).unwrap();
    first.append(page(1), b"{}").unwrap();
    assert!(matches!(PageStore::open(home.path()), Err(PageError::Locked { .. })));
    drop(first);
    let (mut second, contents) = PageStore::open(home.path()).unwrap();
    assert_eq!(contents.segments.len(), 1);
    second.append(page(1), b"{}").unwrap();
    drop(second);
    assert_eq!(read_store(home.path()).unwrap().segments.len(), 2);
}

#[test]
fn a_page_that_was_changed_or_exchanged_is_found() {
    let home = tempfile::tempdir().unwrap();
    let (mut store, _) = PageStore::open(home.path()).unwrap();
    store.append(page(1), b"{\"a\":1}").unwrap();
    store.append(page(1), b"{\"a\":2}").unwrap();
    drop(store);
    let path = home.path().join("000001.pages");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replace("{\"a\":1}", "{\"a\":3}")).unwrap();
    assert_eq!(text_of(&path).unwrap_err().kind(), std::io::ErrorKind::InvalidData);
    fs::write(&path, text.replacen("\"rows\":1", "\"rows\":9", 1)).unwrap();
    assert!(matches!(read_store(home.path()), Err(PageError::Damaged { .. })));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// A crash cuts the file anywhere: whole frames stay, and writing goes on behind them.
    #[test]
    fn a_file_that_is_cut_anywhere_keeps_its_whole_frames(n_pages in 1_usize..6, cut in 0.0..1.0_f64) {
        let home = tempfile::tempdir().unwrap();
        let (mut store, _) = PageStore::open(home.path()).unwrap();
        let bodies: Vec<String> = (0..n_pages).map(|it| format!("{{\"n\":{it}}}\n\n")).collect();
        let path = home.path().join("000001.pages");
        let mut ends = vec![];
        for body in &bodies {
            store.append(page(1), body.as_bytes()).unwrap();
            ends.push(fs::metadata(&path).unwrap().len());
        }
        drop(store);
        let length = (*ends.last().unwrap() as f64 * cut) as u64;
        fs::OpenOptions::new().write(true).open(&path).unwrap().set_len(length).unwrap();
        let n_whole = ends.iter().filter(|it| **it <= length).count();
        prop_assert_eq!(read_store(home.path()).unwrap().frames.len(), n_whole);
        let (mut store, contents) = PageStore::open(home.path()).unwrap();
        prop_assert_eq!(contents.frames.len(), n_whole);
        store.append(page(1), b"{}").unwrap();
        drop(store);
        prop_assert_eq!(read_store(home.path()).unwrap().frames.len(), n_whole + 1);
        let kept: String = bodies[..n_whole].iter().map(|it| format!("{it}\n")).collect();
        prop_assert_eq!(text_of(&path).unwrap(), kept);
    }
}
