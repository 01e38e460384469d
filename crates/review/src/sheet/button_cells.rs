//! The buttons of a template as lines.

use template::Button;

/// What stands for a button whose title WhatsApp writes.
const NO_TITLE: &str = "(WhatsApp writes the title)";

/// The titles, one per line.
pub(super) fn titles(buttons: &[Button]) -> String {
    let title = |it: &Button| it.text.as_deref().map_or(NO_TITLE.to_owned(), |it| it.replace('\n', " "));
    buttons.iter().map(title).collect::<Vec<_>>().join("\n")
}

/// What the buttons do, one per line.
pub(super) fn acts(buttons: &[Button]) -> String {
    let act = |it: &Button| match (&it.url, &it.phone_number) {
        (Some(url), _) => format!("opens {url}"),
        (_, Some(number)) => format!("calls {number}"),
        _ if it.is("QUICK_REPLY") => "replies".to_owned(),
        _ if it.is("COPY_CODE") || it.is_otp() => "copies the code".to_owned(),
        _ if it.is("FLOW") => "opens a form".to_owned(),
        _ => it.kind.to_lowercase().replace('_', " "),
    };
    buttons.iter().map(act).collect::<Vec<_>>().join("\n")
}

/// Gives the buttons other titles.
pub(super) fn retitle(buttons: &mut [Button], lines: &str) -> Result<(), String> {
    let lines: Vec<&str> = lines.strip_suffix('\n').unwrap_or(lines).split('\n').collect();
    if buttons.is_empty() {
        return Err("the template has no buttons: add them in the source of the scenario".to_owned());
    }
    if lines.len() != buttons.len() {
        let (n_lines, n_buttons) =
            (model::counted(lines.len() as u64, "line"), model::counted(buttons.len() as u64, "button"));
        return Err(format!(
            "buttons has {n_lines} for {n_buttons}: write one title per line; buttons are added and removed in the source"
        ));
    }
    let before = titles(buttons);
    for ((button, line), old) in buttons.iter_mut().zip(lines).zip(before.split('\n')) {
        if line == old {
            continue;
        }
        match &mut button.text {
            Some(text) => line.clone_into(text),
            None => return Err(format!("the title of the button “{old}” is not for editing: bring it back")),
        }
    }
    Ok(())
}
