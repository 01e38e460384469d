//! `ferry template lint`.

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};
use anyhow::Result;
use campaign::{Document, Excerpt};
use model::{Finding, Severity, counted, printable, printable_text};
use template_desk::Linted;

use crate::cli::template::{LintArgs, LintOutput};
use crate::exit::Exit;
use crate::output::{Output, is_coloured};

pub(super) fn lint(args: &LintArgs, output: Output) -> Result<Exit> {
    let linted = template_desk::lint(&args.files, args.fix)?;
    match args.kind {
        LintOutput::Sarif => Output::print_foreign(&linted.sarif())?,
        LintOutput::Json => output.as_json().print(&linted.json(), String::new)?,
        LintOutput::Text => output.print_coloured(&linted.json(), || text(&linted))?,
    }
    Ok(if linted.n_of(Severity::Error) > 0 { Exit::Failed } else { Exit::Done })
}

fn text(linted: &Linted) -> String {
    let mut text: String = linted.findings.iter().map(|(n, it)| rendered(&linted.documents[*n], it)).collect();
    linted.fixed.iter().for_each(|it| text += &format!("fixed {}\n", printable(it)));
    text + &format!(
        "{}: {}, {}, {}\n",
        counted(linted.n_templates(), "template"),
        counted(linted.n_of(Severity::Error), "error"),
        counted(linted.n_of(Severity::Warning), "warning"),
        counted(linted.n_of(Severity::Note), "note")
    )
}

/// A finding in the style of a compiler.
fn rendered(document: &Document, finding: &Finding) -> String {
    let level = match finding.rule.severity {
        Severity::Error => Level::ERROR,
        Severity::Loss | Severity::Warning => Level::WARNING,
        Severity::Note => Level::NOTE,
    };
    let range = document.range(&finding.place, finding.span);
    let path = printable(&document.path.to_string_lossy()).into_owned();
    let (message, fix) = (printable_text(&finding.message), finding.fix.as_deref().map(printable_text));
    let Excerpt { bytes, first_line } = document.excerpt(&range);
    // The renderer counts columns from the start of the excerpt, which in a long line is not the start of the line.
    let place = |column: usize| format!("{path}:{first_line}:{column}");
    let column_shown = document.text[bytes.start..range.start].chars().count() + 1;
    let (shown, column) = (place(column_shown), place(document.line(range.start).1));
    let span = range.start - bytes.start..range.end - bytes.start;
    let annotation = AnnotationKind::Primary.span(span).label(message);
    let snippet = Snippet::source(&document.text[bytes]).line_start(first_line).annotation(annotation);
    let snippet = snippet.path(path.as_str());
    let mut group = level.primary_title(finding.rule.about).id(finding.rule.code).element(snippet);
    if let Some(fix) = fix {
        group = group.element(Level::HELP.message(fix));
    }
    group = group.element(Level::NOTE.message(format!("{}: {}", finding.rule.name, finding.rule.source)));
    let renderer = if is_coloured() { Renderer::styled() } else { Renderer::plain() };
    renderer.render(&[group]).replacen(&shown, &column, 1) + "\n\n"
}
