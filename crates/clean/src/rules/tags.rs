/// The tags of a cell: words between commas, semicolons or bars, or a list in JSON.
pub fn tags(cell: &str) -> impl Iterator<Item = &str> {
    let list = cell.trim().strip_prefix('[').and_then(|it| it.strip_suffix(']'));
    let is_quote = move |it: char| it == '"' && list.is_some();
    list.unwrap_or(cell)
        .split([',', ';', '|'])
        .map(move |it| it.trim().trim_matches(is_quote).trim())
        .filter(|it| !it.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_split_at_commas_semicolons_and_bars() {
        assert_eq!(tags("vip, spring;; b2b|").collect::<Vec<_>>(), ["vip", "spring", "b2b"]);
        assert_eq!(tags(r#"["vip","spring sale"]"#).collect::<Vec<_>>(), ["vip", "spring sale"]);
    }
}
