use smallvec::{SmallVec, smallvec};

use crate::number::PhoneNumber;

/// The spellings of one number: usually one, at most two.
pub type Variants = SmallVec<[PhoneNumber; 2]>;

/// From this Brazilian area code on, WhatsApp mostly knows mobile numbers without their ninth digit. Lower area codes
/// got the digit before WhatsApp was common there.
const WITHOUT_NINTH: u64 = 31;

impl PhoneNumber {
    /// The spellings under which WhatsApp may know the number, including its own, the likeliest first.
    ///
    /// Brazil added a ninth digit to mobile numbers, Mexico had a 1 after its country code until 2019, and Argentina
    /// has a 9 there for calls from abroad. Accounts from before the change keep the old number. No provider states
    /// which spelling is likelier; the order follows the gateways (`createJid` of Evolution API).
    pub fn variants(self) -> Variants {
        match self.spellings() {
            Some(spellings) => spellings.map(Self::from_digits).into(),
            None => smallvec![self],
        }
    }

    /// Whether it has two spellings.
    pub fn has_variants(self) -> bool {
        self.spellings().is_some()
    }

    /// Both spellings of a number of twelve digits, or of thirteen with the added one; the likelier first.
    fn spellings(self) -> Option<[u64; 2]> {
        let digits = self.digits();
        let code = match digits / 10_u64.pow(10) {
            it @ 10..100 => it,
            it @ 100..1000 => it / 10,
            _ => return None,
        };
        let [longer, shorter] = match code {
            52 => with_and_without(digits, 1, 10)?,
            54 => with_and_without(digits, 9, 10)?,
            55 => with_and_without(digits, 9, 8).filter(|it| is_brazilian_mobile(it[1]))?,
            _ => return None,
        };
        let is_shorter_likelier = code == 55 && shorter / 10_u64.pow(8) % 100 >= WITHOUT_NINTH;
        Some(if is_shorter_likelier { [shorter, longer] } else { [longer, shorter] })
    }
}

/// The number with and without `digit` before its last `n_last` digits; none if it has another digit there.
fn with_and_without(number: u64, digit: u64, n_last: u32) -> Option<[u64; 2]> {
    let place = 10_u64.pow(n_last);
    let (before, last) = (number / place, number % place);
    let before = match number >= 10_u64.pow(12) {
        true if before % 10 != digit => return None,
        true => before / 10,
        false => before,
    };
    Some([(10 * before + digit) * place + last, before * place + last])
}

/// Whether a number of twelve digits was a mobile number before the ninth digit: the eight after the area code begin
/// with 6 to 9.
fn is_brazilian_mobile(number: u64) -> bool {
    number / 10_u64.pow(7) % 10 >= 6
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_three_countries_have_two_spellings() {
        for (number, expected) in [
            ("+5511960000001", "+5511960000001 +551160000001"),
            ("+551160000001", "+5511960000001 +551160000001"),
            ("+5585980000001", "+558580000001 +5585980000001"),
            ("+5511860000001", "+5511860000001"),
            // Fixed lines have one spelling.
            ("+551130000001", "+551130000001"),
            ("+5511930000001", "+5511930000001"),
            ("+525500000001", "+5215500000001 +525500000001"),
            ("+5215500000001", "+5215500000001 +525500000001"),
            ("+5225500000001", "+5225500000001"),
            ("+521550000001", "+5211550000001 +521550000001"),
            ("+52155000001", "+52155000001"),
            ("+5491100000001", "+5491100000001 +541100000001"),
            ("+33199000001", "+33199000001"),
            ("+12025550123", "+12025550123"),
        ] {
            let variants = PhoneNumber::from_e164(number).unwrap().variants();
            let shown: Vec<String> = variants.iter().map(ToString::to_string).collect();
            assert_eq!(shown.join(" "), expected, "{number}");
        }
    }
}
