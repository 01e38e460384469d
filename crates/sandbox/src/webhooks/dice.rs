//! Chances of webhooks: as many as are asked for, of one seed, one purpose and one number.

use crate::providers::draw::Draw;

/// A [`Draw`] that does not end.
pub(super) struct Dice {
    seed: u64,
    purpose: &'static str,
    n: u64,
    n_blocks: u64,
    block: Draw,
    left: u8,
}

/// The independent chances of one block.
const BLOCK: u8 = 8;

impl Dice {
    pub(super) fn new(seed: u64, purpose: &'static str, n: u64) -> Self {
        Self { seed, purpose, n, n_blocks: 1, block: Draw::new(seed, &[purpose, "0"], n), left: BLOCK }
    }

    /// A number from 0 up to 1.
    pub(super) fn share(&mut self) -> f64 {
        if self.left == 0 {
            self.block = Draw::new(self.seed, &[self.purpose, &self.n_blocks.to_string()], self.n);
            self.n_blocks += 1;
            self.left = BLOCK;
        }
        self.left -= 1;
        self.block.share()
    }

    /// Whether something happens that does so in this share of cases.
    pub(super) fn chance(&mut self, share: f64) -> bool {
        self.share() < share
    }

    /// A number from 0 up to `end`.
    pub(super) fn below(&mut self, end: u64) -> u64 {
        (self.share() * end as f64) as u64
    }

    pub(super) fn pick<T: Copy, const N: usize>(&mut self, of: &[T; N]) -> T {
        of[self.below(N as u64) as usize]
    }

    /// Picks by weights, which need no certain sum.
    pub(super) fn weighed<T: Copy, const N: usize>(&mut self, of: &[(T, u32); N]) -> T {
        let sum: u32 = of.iter().map(|it| it.1).sum();
        let mut place = self.below(u64::from(sum)) as u32;
        for (value, weight) in of {
            match place.checked_sub(*weight) {
                Some(rest) => place = rest,
                None => return *value,
            }
        }
        of[0].0
    }

    /// So many digits, of which the first is not 0.
    pub(super) fn digits(&mut self, n: usize) -> String {
        let mut digits = (1 + self.below(9)).to_string();
        while digits.len() < n {
            digits += &format!("{:06}", self.below(1_000_000));
        }
        digits.truncate(n);
        digits
    }

    /// So many letters and digits, as ids have them.
    pub(super) fn letters(&mut self, n: usize) -> String {
        const LETTERS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
        let mut letters = String::with_capacity(n + 6);
        while letters.len() < n {
            let mut rest = self.below(1 << 30);
            for _ in 0..6 {
                letters.push(char::from(LETTERS[(rest % 32) as usize]));
                rest /= 32;
            }
        }
        letters.truncate(n);
        letters
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn chances_do_not_repeat_and_are_the_same_each_time() {
        let throw = || {
            let mut dice = Dice::new(1, "test", 7);
            (0..100).map(|_| dice.below(1 << 32)).collect::<Vec<_>>()
        };
        assert_eq!(throw(), throw());
        assert_eq!(throw().into_iter().collect::<BTreeSet<_>>().len(), 100);
    }

    #[test]
    fn what_weighs_more_comes_more_often_and_nothing_weighs_nothing() {
        let mut dice = Dice::new(1, "test", 0);
        let picked: Vec<char> = (0..1_000).map(|_| dice.weighed(&[('a', 1), ('b', 9), ('c', 0)])).collect();
        let n = |letter| picked.iter().filter(|it| **it == letter).count();
        assert!((60..160).contains(&n('a')), "{}", n('a'));
        assert_eq!((n('a') + n('b'), n('c')), (1_000, 0));
        assert_eq!((dice.digits(15).len(), dice.letters(20).len()), (15, 20));
    }
}
