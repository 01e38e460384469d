//! Aligns two messages: finds the tokens that both have in the same order.

/// Limits the table of an alignment, in cells. Only the equal ends of longer messages are aligned.
const MAX_CELLS: usize = 250_000;

/// The positions of common tokens in both, so that their weights add up to the most.
pub(super) fn align(a: &[u32], b: &[u32], weight: impl Fn(u32) -> u32) -> Vec<(usize, usize)> {
    let n_start = a.iter().zip(b).take_while(|it| it.0 == it.1).count();
    let (rest_a, rest_b) = (&a[n_start..], &b[n_start..]);
    let n_end = rest_a.iter().rev().zip(rest_b.iter().rev()).take_while(|it| it.0 == it.1).count();
    let (middle_a, middle_b) = (&rest_a[..rest_a.len() - n_end], &rest_b[..rest_b.len() - n_end]);
    let mut pairs: Vec<(usize, usize)> = (0..n_start).map(|n| (n, n)).collect();
    pairs.extend(middle(middle_a, middle_b, weight).into_iter().map(|it| (n_start + it.0, n_start + it.1)));
    pairs.extend((0..n_end).map(|n| (a.len() - n_end + n, b.len() - n_end + n)));
    pairs
}

fn middle(a: &[u32], b: &[u32], weight: impl Fn(u32) -> u32) -> Vec<(usize, usize)> {
    if a.is_empty() || b.is_empty() || a.len() * b.len() > MAX_CELLS {
        return Vec::new();
    }
    // The best weight of what is left from each pair of positions.
    let width = b.len() + 1;
    let mut best = vec![0u32; (a.len() + 1) * width];
    for i in (0..a.len()).rev() {
        for j in (0..b.len()).rev() {
            let without = best[(i + 1) * width + j].max(best[i * width + j + 1]);
            let with = if a[i] == b[j] { best[(i + 1) * width + j + 1] + weight(a[i]) } else { 0 };
            best[i * width + j] = without.max(with);
        }
    }
    let (mut i, mut j, mut pairs) = (0, 0, Vec::new());
    while i < a.len() && j < b.len() {
        let here = best[i * width + j];
        match () {
            () if a[i] == b[j] && here == best[(i + 1) * width + j + 1] + weight(a[i]) => {
                pairs.push((i, j));
                (i, j) = (i + 1, j + 1);
            }
            () if here == best[(i + 1) * width + j] => i += 1,
            () => j += 1,
        }
    }
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn common_words_are_found_in_their_order() {
        let pairs = |a: &str, b: &str| {
            let ids = |it: &str| it.bytes().map(u32::from).collect::<Vec<_>>();
            align(&ids(a), &ids(b), |_| 1).into_iter().map(|it| a.as_bytes()[it.0] as char).collect::<String>()
        };
        assert_eq!(pairs("hi ana it is ready", "hi bob it is ready"), "hi  it is ready");
        assert_eq!(pairs("abc", ""), "");
        assert_eq!(pairs("axbyc", "abc"), "abc");
    }
}
