use std::collections::BTreeMap;

use anyhow::Result;
use results::{UnreadableField, UnreadableResult};

use crate::cli::rows::UnreadableArgs;
use crate::exit::Exit;
use crate::output::Output;
use crossing::{find_run, unread_values};
use model::{grouped, printable};

/// Lists all unreadable values of a run, including values that may be personal data.
pub(crate) fn unreadable(args: &UnreadableArgs, output: Output) -> Result<Exit> {
    let looked = find_run(&args.place.place())?;
    let mut values: BTreeMap<(String, &str), Vec<(String, u64)>> = BTreeMap::new();
    for (source, unread) in unread_values(&looked)? {
        for (field, all) in unread.fields() {
            let is_wanted = args.field.as_deref().is_none_or(|it| it == field.name());
            if is_wanted && all.unread > 0 {
                let all = all.commonest().into_iter().map(|(value, n)| (value.to_owned(), n)).collect();
                values.insert((source.clone(), field.name()), all);
            }
        }
    }
    let fields = values.iter().map(|((source, field), values)| UnreadableField { source, field, values }).collect();
    output.print(&UnreadableResult { fields }, || {
        let mut text = String::new();
        for ((source, field), values) in &values {
            text += &format!("{source} {field}\n");
            for (value, n) in values {
                text += &format!("{:>9}  {}\n", grouped(*n), printable(value));
            }
        }
        if text.is_empty() { "every value could be read\n".to_owned() } else { text }
    })?;
    Ok(Exit::Done)
}
