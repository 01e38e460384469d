//! Says whether messages at the platform were over a limit, in any window. It knows nothing of how the limits were kept.

use std::collections::HashMap;

/// A message as the platform saw it, with the limits that held when it was sent. Times are microseconds.
#[derive(Clone, Debug)]
pub(crate) struct Arrival {
    pub(crate) at: i64,
    /// The number of the business that sent it.
    pub(crate) sender: usize,
    pub(crate) person: u8,
    pub(crate) is_spaced: bool,
    pub(crate) opens: bool,
    /// It failed later, so its person does not count for the day.
    pub(crate) has_failed: bool,
    /// It is proven not to have left, so it counts for nobody.
    pub(crate) never_left: bool,
    pub(crate) held: Held,
}

/// The limits that held.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Held {
    pub(crate) rate: u32,
    pub(crate) hour: Option<u32>,
    pub(crate) people: Option<u32>,
    pub(crate) person_per_day: Option<u32>,
    pub(crate) spacing: i64,
    pub(crate) pair_interval: i64,
    pub(crate) pair_burst: u32,
}

/// The numbers of the business.
pub(crate) const N_SENDERS: usize = 2;

const SECOND: i64 = 1_000_000;
const HOUR: i64 = 3_600 * SECOND;
const DAY: i64 = 24 * HOUR;

/// What was over a limit.
pub(crate) fn violations(arrivals: &[Arrival]) -> Vec<String> {
    let mut arrivals = arrivals.to_vec();
    arrivals.sort_by_key(|it| it.at);
    let mut found = Vec::new();
    for sender in 0..N_SENDERS {
        let of_sender: Vec<&Arrival> = arrivals.iter().filter(|it| it.sender == sender).collect();
        let times: Vec<(i64, Option<u32>)> = of_sender.iter().map(|it| (it.at, Some(it.held.rate))).collect();
        found.extend(over("second", SECOND, &times));
        let times: Vec<(i64, Option<u32>)> = of_sender.iter().map(|it| (it.at, it.held.hour)).collect();
        found.extend(over("hour", HOUR, &times));
        for person in 0..=u8::MAX {
            let pair: Vec<&Arrival> = of_sender.iter().filter(|it| it.person == person).copied().collect();
            found.extend(pair_over(&pair));
        }
    }
    found.extend(people_over(&arrivals));
    for person in 0..=u8::MAX {
        let theirs: Vec<&Arrival> = arrivals.iter().filter(|it| it.person == person).collect();
        let spaced: Vec<&Arrival> = theirs.into_iter().filter(|it| it.is_spaced && !it.never_left).collect();
        let times: Vec<(i64, Option<u32>)> = spaced.iter().map(|it| (it.at, it.held.person_per_day)).collect();
        found.extend(over("day of a person", DAY, &times));
        let is_near = |pair: &&[&Arrival]| pair[1].at - pair[0].at < pair[1].held.spacing;
        found.extend(
            spaced.windows(2).filter(is_near).map(|it| format!("person {person} again after {}", it[1].at - it[0].at)),
        );
    }
    found
}

/// Counts what is in the window that ends with each message: no window of that length holds more than one of these.
fn over(name: &str, length: i64, times: &[(i64, Option<u32>)]) -> Vec<String> {
    let mut first = 0;
    let mut found = Vec::new();
    for (n, (at, limit)) in times.iter().enumerate() {
        while times[first].0 <= at - length {
            first += 1;
        }
        let count = n + 1 - first;
        if limit.is_some_and(|it| count > it as usize) {
            found.push(format!("{count} in the {name} that ends at {at}, of {limit:?}"));
        }
    }
    found
}

/// Counts the different people in each window of 24 hours that ends with somebody new.
fn people_over(arrivals: &[Arrival]) -> Vec<String> {
    let counted: Vec<&Arrival> = arrivals.iter().filter(|it| it.opens && !it.has_failed && !it.never_left).collect();
    let mut in_window: HashMap<u8, usize> = HashMap::new();
    let mut first = 0;
    let mut found = Vec::new();
    for arrival in &counted {
        while counted[first].at <= arrival.at - DAY {
            let left = in_window.get_mut(&counted[first].person).unwrap();
            *left -= 1;
            if *left == 0 {
                in_window.remove(&counted[first].person);
            }
            first += 1;
        }
        let n_times = in_window.entry(arrival.person).or_default();
        *n_times += 1;
        let is_new = *n_times == 1;
        if is_new && arrival.held.people.is_some_and(|it| in_window.len() > it as usize) {
            found.push(format!("{} people in the day that ends at {}", in_window.len(), arrival.at));
        }
    }
    found
}

/// Of n messages to one person, all but the burst must have had an interval each. Compares each message with all before it.
fn pair_over(theirs: &[&Arrival]) -> Vec<String> {
    let mut found = Vec::new();
    let mut latest_start = i64::MIN;
    for (n, arrival) in theirs.iter().enumerate() {
        let interval = arrival.held.pair_interval;
        let start = arrival.at - n as i64 * interval;
        latest_start = latest_start.max(start);
        if start < latest_start - (i64::from(arrival.held.pair_burst) - 1) * interval {
            found.push(format!("person {} too often at {}", arrival.person, arrival.at));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arrivals(times: &[(i64, u8)], held: Held) -> Vec<Arrival> {
        let arrival = |(at, person): &(i64, u8)| Arrival {
            at: *at,
            sender: 0,
            person: *person,
            is_spaced: true,
            opens: true,
            has_failed: false,
            never_left: false,
            held,
        };
        times.iter().map(arrival).collect()
    }

    const WIDE: Held = Held {
        rate: 1_000,
        hour: None,
        people: None,
        person_per_day: None,
        spacing: 0,
        pair_interval: 0,
        pair_burst: 1,
    };

    #[test]
    fn the_checker_finds_what_is_over_each_limit_and_nothing_else() {
        let n = |times: &[(i64, u8)], held| violations(&arrivals(times, held)).len();
        let second = Held { rate: 2, ..WIDE };
        assert_eq!(n(&[(0, 1), (900_000, 2), (SECOND, 3)], second), 0);
        assert_eq!(n(&[(0, 1), (900_000, 2), (999_999, 3)], second), 1);
        let hour = Held { hour: Some(1), ..WIDE };
        assert_eq!((n(&[(0, 1), (HOUR, 2)], hour), n(&[(0, 1), (HOUR - 1, 2)], hour)), (0, 1));
        let mut of_two = arrivals(&[(0, 1), (HOUR - 1, 2)], hour);
        of_two[1].sender = 1;
        assert_eq!(violations(&of_two).len(), 0);
        let people = Held { people: Some(2), ..WIDE };
        assert_eq!(n(&[(0, 1), (HOUR, 2), (2 * HOUR, 1), (DAY, 2), (DAY + HOUR, 1)], people), 0);
        assert_eq!(n(&[(0, 1), (HOUR, 2), (2 * HOUR, 1), (DAY, 3)], people), 1);
        let person = Held { person_per_day: Some(1), ..WIDE };
        assert_eq!((n(&[(0, 1), (DAY, 1)], person), n(&[(0, 1), (DAY - 1, 1), (DAY, 2)], person)), (0, 1));
        let spacing = Held { spacing: 6 * HOUR, ..WIDE };
        assert_eq!((n(&[(0, 1), (6 * HOUR, 1)], spacing), n(&[(0, 1), (5 * HOUR, 1)], spacing)), (0, 1));
        let pair = Held { pair_interval: 6 * SECOND, pair_burst: 2, ..WIDE };
        assert_eq!(n(&[(0, 1), (0, 1), (6 * SECOND, 1), (24 * SECOND, 1), (24 * SECOND, 1)], pair), 0);
        assert_eq!(n(&[(0, 1), (0, 1), (5 * SECOND, 1)], pair), 1);
    }
}
