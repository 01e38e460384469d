use smallvec::{SmallVec, smallvec};

use crate::PhoneNumber;

/// The spellings of one number: mostly one, at most two.
pub type Variants = SmallVec<[PhoneNumber; 2]>;

/// From this Brazilian area code on WhatsApp mostly knows mobile numbers without their ninth digit. Those below got the
/// digit before WhatsApp was common there.
const WITHOUT_NINTH: u64 = 31;

impl PhoneNumber {
    /// The spellings under which WhatsApp may know the number, the likeliest first, itself among them.
    ///
    /// Brazil added a ninth digit to mobile numbers, Mexico had a 1 after its code until 2019, and Argentina has a 9
    /// there when one calls from abroad; accounts made before go on under the old number. Which spelling is likelier
    /// follows what gateways do (Evolution API's `createJid`): no provider states it.
    pub fn variants(self) -> Variants {
        let digits = self.digits();
        let first_two = digits.checked_ilog10().map(|it| digits / 10_u64.pow(it.saturating_sub(1)));
        if !matches!(first_two, Some(52 | 54 | 55)) {
            return smallvec![self];
        }
        let text = digits.to_string();
        let Some((with, without, is_with_likelier)) = brazilian(&text)
            .or_else(|| after_code(&text, "52", "1", true))
            .or_else(|| after_code(&text, "54", "9", true))
        else {
            return smallvec![self];
        };
        let number = |it: String| it.parse().ok().map(Self::from_digits);
        let [first, second] = if is_with_likelier { [with, without] } else { [without, with] };
        [first, second].into_iter().filter_map(number).collect()
    }
}

/// With and without the ninth digit, and whether it is likelier with it.
fn brazilian(text: &str) -> Option<(String, String, bool)> {
    let national = text.strip_prefix("55")?;
    let area = national.get(..2)?;
    let local = national.get(2..)?;
    let is_mobile = |it: &str| it.len() == 8 && it.starts_with(['6', '7', '8', '9']);
    let short = match local.len() {
        9 => local.strip_prefix('9')?,
        _ => local,
    };
    let is_with_likelier = area.parse::<u64>().ok()? < WITHOUT_NINTH;
    is_mobile(short).then(|| (format!("55{area}9{short}"), format!("55{area}{short}"), is_with_likelier))
}

/// With and without a digit between the code of a country and a number of ten digits.
fn after_code(text: &str, code: &str, digit: &str, is_with_likelier: bool) -> Option<(String, String, bool)> {
    let rest = text.strip_prefix(code)?;
    let short = if rest.len() == 11 { rest.strip_prefix(digit)? } else { rest };
    (short.len() == 10).then(|| (format!("{code}{digit}{short}"), format!("{code}{short}"), is_with_likelier))
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
            // A fixed line has none.
            ("+551130000001", "+551130000001"),
            ("+525500000001", "+5215500000001 +525500000001"),
            ("+5215500000001", "+5215500000001 +525500000001"),
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
