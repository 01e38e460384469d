//! Finds the header below lines such as the title of an export.

/// Lines in which the header is searched.
pub(crate) const MOST_LINES: usize = 40;
/// Most filled cells of a line above the header.
const MOST_TITLE_CELLS: usize = 2;
/// Fewest digits of a phone number.
const FEWEST_DIGITS: usize = 7;
/// Fewest digits of a number in a line with words that is no header: one more than a day has.
const DIGITS_OF_ROWS: usize = 9;

/// The index of the header in the first lines of a table, if the lines above it are certainly not part of the table.
/// Returns none if the header is the first line, or if there is any doubt.
///
/// The header is certain if it names a column that holds numbers in the lines below, such as phone numbers.
pub(crate) fn header_below_titles(lines: &[Vec<String>]) -> Option<usize> {
    let width = usual_width(lines)?;
    let index = lines.iter().position(|it| it.len() == width && n_filled(it) * 2 > width && n_filled(it) > 1)?;
    let (header, titles, rows) = (lines.get(index)?, lines.get(..index)?, lines.get(index + 1..)?);
    let are_titles = titles.iter().all(|it| n_filled(it) <= MOST_TITLE_CELLS && n_filled(it) * 2 <= width);
    let n_wide = rows.iter().filter(|it| it.len() == width).count();
    let is_table = n_wide > 0 && n_wide * 5 >= rows.len() * 4;
    let is_certain = index > 0 && are_titles && is_table && are_names(header) && names_numbers(header, rows);
    is_certain.then_some(index)
}

/// The most frequent number of cells. On a tie, the larger one.
fn usual_width(lines: &[Vec<String>]) -> Option<usize> {
    let n_with = |width: usize| lines.iter().filter(|it| it.len() == width).count();
    lines.iter().map(Vec::len).filter(|it| *it > 1).max_by_key(|it| (n_with(*it), *it))
}

fn n_filled(cells: &[String]) -> usize {
    cells.iter().filter(|it| !it.trim().is_empty()).count()
}

/// Whether cells may be names of columns: words, all different.
fn are_names(cells: &[String]) -> bool {
    let names: Vec<&str> = cells.iter().map(|it| it.trim()).filter(|it| !it.is_empty()).collect();
    let is_name = |it: &&str| it.contains(char::is_alphabetic) && n_digits(it) < FEWEST_DIGITS && !it.contains('@');
    names.iter().all(is_name) && (1..names.len()).all(|n| !names[..n].contains(&names[n]))
}

/// Whether most filled cells of a named column are numbers.
fn names_numbers(header: &[String], rows: &[Vec<String>]) -> bool {
    let named = header.iter().enumerate().filter(|it| !it.1.trim().is_empty() && n_digits(it.1) == 0);
    named.map(|it| it.0).any(|column| {
        let cells = rows.iter().filter_map(|it| it.get(column)).filter(|it| !it.trim().is_empty());
        let (n_numbers, n_cells) =
            cells.fold((0, 0), |(numbers, all), it| (numbers + usize::from(n_digits(it) >= FEWEST_DIGITS), all + 1));
        n_numbers > 0 && n_numbers * 2 > n_cells
    })
}

/// Whether the first line is a row and not a header, as in a list of phone numbers, with or without names.
pub(crate) fn is_row(cells: &[String]) -> bool {
    let is_bare = |it: &String| it.chars().all(|it| it.is_ascii_digit() || it.is_whitespace() || "+-().".contains(it));
    match cells.iter().any(|it| it.contains(char::is_alphabetic)) {
        false => cells.iter().any(|it| n_digits(it) >= FEWEST_DIGITS),
        // A column may be named by a day, such as 20260131, but not by a longer number. In a list of one column, nothing but
        // a person has that many digits, whatever is written beside them.
        true => cells.iter().any(|it| (is_bare(it) || cells.len() == 1) && n_digits(it) >= DIGITS_OF_ROWS),
    }
}

/// Names for the columns of a table without a header.
pub(crate) fn numbered(n_columns: usize) -> Vec<String> {
    (1..=n_columns).map(|it| format!("column_{it}")).collect()
}

fn n_digits(text: &str) -> usize {
    text.chars().filter(char::is_ascii_digit).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(text: &str) -> Option<usize> {
        let lines: Vec<Vec<String>> = text.lines().map(|it| it.split(';').map(str::to_owned).collect()).collect();
        header_below_titles(&lines)
    }

    #[test]
    fn a_title_is_above_the_header() {
        for (text, header) in [
            ("Export clients du 03/03/2026\nNom;Mobile\nAna;+33199000001\nBen;+33199000002", 1),
            ("Export clients;;;\nle 3 mars;;;\n;;;\nNom;Mobile;Ville;Date\nAna;+33199000001;Lyon;\nBen;;;", 3),
            ("Client;;Contact;\nNom;Ville;Mobile;E-mail\nAna;Lyon;+33199000001;a@example.com", 1),
            ("Kunden;42;;;;\nName;Telefon;Ort;PLZ;Land;Mail\nAna;+4915112345678;Bonn;53111;DE;", 1),
        ] {
            assert_eq!(place(text), Some(header), "{text}");
        }
    }

    #[test]
    fn a_first_line_that_may_be_the_header_stays_it() {
        for text in [
            "Nom;Mobile\nAna;+33199000001",
            "phone\n+33199000001\n+33199000002",
            "+33199000001;Ana;;;\n+33199000002;Ben;;;\n+33199000003;Cy;Lyon;FR;x",
            // A header with few names, and rows of words only.
            "name;;\nAna;Smith;Paris\nBen;Doe;Lyon\nCy;Roe;Nice",
            "phone;;;\n+33199000001;Ana;Lyon;FR\n+33199000002;Ben;Nice;FR",
            // Two lines may be the table as well as the others.
            "Nom;Mobile\nAna;+33199000001\nid;phone;name\n1;+33199000002;Ben",
            "Title\nAna;Smith\nBen;Doe",
            "",
        ] {
            assert_eq!(place(text), None, "{text}");
        }
    }
}
