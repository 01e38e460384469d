//! How scenarios are read and written, as a plan says.

use plan::{BusinessSection, OptOutSection, Plan, ScenarioSection};
use scenario_import::{Format, Options};
use translate::{Business, OptOutWording, Parameters};

/// How the files of a `[[scenario]]` are read.
pub fn read_options(section: &ScenarioSection, business: &BusinessSection) -> Options {
    Options {
        format: section.kind().and_then(Format::from_name),
        language: section.language.as_ref().map(|it| it.get_ref().clone()).or_else(|| business.language.clone()),
        min_messages: section.min_messages.unwrap_or(Options::default().min_messages),
        text_column: section.text_column.clone(),
        name_column: section.name_column.clone(),
        language_column: section.language_column.clone(),
    }
}

/// How scenarios are compiled: with what the plan says of the business.
pub fn compile_options(plan: Option<&Plan>) -> translate::Options {
    let Some(plan) = plan else { return translate::Options::default() };
    let BusinessSection { name, contact, opt_out, .. } = &plan.business;
    let wording = |it: &OptOutSection| OptOutWording { button: it.button().to_owned(), line: it.line().to_owned() };
    let opt_out = opt_out.iter().map(|(language, it)| (language.clone(), wording(it))).collect();
    let footer = plan.business.footer().map(str::to_owned);
    let parameters = if plan.translate.named { Parameters::Named } else { Parameters::Positional };
    translate::Options {
        parameters,
        business: Business { name: name.clone(), footer, contact: contact.clone(), opt_out },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_can_name_every_format_and_no_other() {
        let mut names: Vec<&str> = Format::ALL.map(Format::name).to_vec();
        let mut known = plan::SCENARIO_KINDS.to_vec();
        names.sort_unstable();
        known.sort_unstable();
        assert_eq!(names, known);
    }
}
