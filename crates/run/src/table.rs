//! Tables as Parquet files: columns of optional texts and whole numbers.
//!
//! The low-level writer of the `parquet` crate is enough, so the build does not need Arrow.

mod reader;
mod writer;

use model::Digest;
use serde::{Deserialize, Serialize};

pub use crate::table::reader::TableReader;
pub use crate::table::writer::TableWriter;

/// Limits the rows of the first groups: a group is written at once and read by one thread. Metadata of every group
/// stays in memory until the file is closed, so later groups are larger.
const GROUP_ROWS: usize = 8_000;
const GROUPS_OF_A_SIZE: usize = 500;
const MOST_DOUBLINGS: usize = 2;

/// Returns the number of rows in the next group.
fn group_rows(n_groups: usize) -> usize {
    GROUP_ROWS << (n_groups / GROUPS_OF_A_SIZE).min(MOST_DOUBLINGS)
}

/// The footer key for the digests of batches.
const DIGESTS: &str = "ferry.batches";

/// The digests of a table, as the footer holds them.
#[derive(Serialize, Deserialize)]
struct Footer {
    size: usize,
    digests: Vec<Digest>,
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::sync_channel;

    use model::Hasher;

    use super::*;
    use crate::{ArtifactWriter, Column, Group};

    #[test]
    fn groups_become_larger_where_there_are_many() {
        assert_eq!([0, 499, 500, 999, 1000, 100_000].map(group_rows), [8_000, 8_000, 16_000, 16_000, 32_000, 32_000]);
    }

    fn put(writer: &mut TableWriter, fill: impl FnOnce(&mut Group)) {
        let filled = |row: &mut Group| {
            fill(row);
            row.end_row();
        };
        writer.row(filled).unwrap();
    }

    #[test]
    fn digests_of_batches_are_of_their_rows_however_those_were_added() {
        let home = tempfile::tempdir().unwrap();
        let columns = [Column::text("name"), Column::int("n")];
        let mut rows = Group::with_room(&columns, 0);
        for n in 0..GROUP_ROWS + 700 {
            rows.push_text(0, (n % 3 != 0).then_some("Zoë"));
            rows.push_int(1, Some(n as i64));
            rows.end_row();
        }
        let written = |name: &str, size, add: &dyn Fn(&mut TableWriter)| {
            let path = home.path().join(name);
            let file = ArtifactWriter::create(&path).unwrap();
            let (mut writer, digests) = TableWriter::create_with_digests(file, &columns, size).unwrap();
            add(&mut writer);
            let artifact = writer.publish().unwrap();
            let reader = TableReader::open(&path).unwrap();
            assert_eq!(digests.iter().collect::<Vec<_>>(), reader.batch_digests(size).unwrap());
            (artifact.sha256, reader)
        };
        let (at_once, reader) = written("at_once", 1500, &|it| it.rows(&rows).unwrap());
        let (in_pieces, _) = written("in_pieces", 1500, &|it| {
            for start in (0..rows.n_rows).step_by(333) {
                let mut piece = Group::with_room(&columns, 0);
                piece.append(&rows, start..rows.n_rows.min(start + 333));
                it.rows(&piece).unwrap();
            }
        });
        assert_eq!(at_once, in_pieces);

        let digests = reader.batch_digests(1500).unwrap();
        assert_eq!(reader.digest_batches(1500).unwrap(), digests);
        assert_eq!((digests.len(), reader.batch_digests(1000)), (rows.n_rows.div_ceil(1500), None));
        let mut first = Hasher::default();
        rows.digest(0..1500, &mut first);
        assert_eq!(digests[0], first.finish());
        assert_ne!(digests[0], digests[1]);
    }

    #[test]
    fn rows_that_are_passed_on_are_those_that_are_written() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("t.parquet");
        let columns = [Column::text("name"), Column::int("n")];
        let (passed_on, passed) = sync_channel(3);
        let mut writer =
            TableWriter::create_and_pass_on(ArtifactWriter::create(&path).unwrap(), &columns, passed_on).unwrap();
        for n in 0..2 * GROUP_ROWS + 3 {
            put(&mut writer, |row| {
                row.push_text(0, (n % 3 != 0).then_some("Zoë"));
                row.push_int(1, (n % 2 != 0).then_some(n as i64));
            });
        }
        writer.publish().unwrap();
        let reader = TableReader::open(&path).unwrap();
        let cells = |group: &Group| -> Vec<(Option<String>, Option<i64>)> {
            (0..group.n_rows).map(|it| (group.text(0, it).map(str::to_owned), group.int(1, it))).collect()
        };
        let passed: Vec<_> = passed.iter().map(|it| cells(&it)).collect();
        assert_eq!(passed.len(), 3);
        assert_eq!(passed, reader.groups().map(|it| cells(&it.unwrap())).collect::<Vec<_>>());
    }

    #[test]
    fn a_table_reads_back_what_was_written() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("t.parquet");
        let columns = [Column::text("name"), Column::int("n")];
        let mut writer = TableWriter::create(ArtifactWriter::create(&path).unwrap(), &columns).unwrap();
        let n_rows = GROUP_ROWS + 3;
        for n in 0..n_rows {
            put(&mut writer, |row| {
                row.push_text(0, (n % 3 != 0).then_some("Zoë"));
                row.push_int(1, (n % 2 != 0).then_some(n as i64));
            });
        }
        assert_eq!(writer.publish().unwrap().rows, n_rows as u64);

        let reader = TableReader::open(&path).unwrap();
        assert_eq!(
            (reader.n_groups(), reader.n_rows(), reader.columns()),
            (2, n_rows as u64, vec!["name".into(), "n".into()])
        );
        let mut n = 0;
        for group in reader.groups() {
            let group = group.unwrap();
            for row in 0..group.n_rows {
                assert_eq!(group.text(0, row), (n % 3 != 0).then_some("Zoë"));
                assert_eq!(group.int(1, row), (n % 2 != 0).then_some(n as i64));
                n += 1;
            }
        }
        assert_eq!(n, n_rows);
    }

    #[test]
    fn several_threads_read_one_table_without_getting_in_each_others_way() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("t.parquet");
        let mut writer = TableWriter::create(ArtifactWriter::create(&path).unwrap(), &[Column::int("n")]).unwrap();
        for n in 0..8 * GROUP_ROWS {
            put(&mut writer, |row| row.push_int(0, Some(n as i64)));
        }
        writer.publish().unwrap();
        let reader = TableReader::open(&path).unwrap();
        std::thread::scope(|scope| {
            for thread in 0..8 {
                let reader = &reader;
                scope.spawn(move || {
                    for group in (0..8).map(|it| (it + thread) % 8) {
                        let rows = reader.group(group).unwrap();
                        assert_eq!(rows.int(0, 7), Some((group * GROUP_ROWS + 7) as i64));
                    }
                });
            }
        });
    }

    #[test]
    fn an_empty_table_is_a_table() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("t.parquet");
        let writer = TableWriter::create(ArtifactWriter::create(&path).unwrap(), &[Column::text("name")]).unwrap();
        assert_eq!(writer.publish().unwrap().rows, 0);
        assert_eq!(TableReader::open(&path).unwrap().n_groups(), 0);
    }
}
