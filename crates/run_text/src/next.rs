//! The command that comes after a run.

use std::path::Path;

use crossing::RunReport;
use model::{Reason, Segment, shell_word};
use plan::Plan;

/// The command to run after this one, or what to do before it.
pub fn command(plan: &Plan, report: &RunReport) -> String {
    let place = place(plan, &report.run_dir);
    let ready = report.segments.as_ref().and_then(|it| it.get(Segment::Ready.name())).copied().unwrap_or(0);
    match () {
        () if report.dry_run || report.sample.is_some() => match named_plan(plan) {
            Some(path) => format!("ferry run {path}"),
            None => "ferry run".to_owned(),
        },
        () if report.sources.is_empty() => {
            format!("ferry scenario review --to review.xlsx{}", plan_option(plan))
        }
        () if lacks_region(report) => "set default_region in [run] of the plan, then: ferry run".to_owned(),
        () if report.reject_rate > report.max_reject_rate => {
            let folder = shell_word(&crate::path(&report.run_dir.join("clean/rejects")));
            format!("correct the rows in {folder}, then: ferry fix FILE{place}")
        }
        () if report.is_over_unreadable => format!("ferry unreadable{place}"),
        () if report.uninformative.is_some() => {
            "name another verifier in [verify] of the plan, then: ferry run".to_owned()
        }
        () if plan.verify.is_none() => "add [verify] to the plan, then: ferry verify".to_owned(),
        () if ready > 0 => format!("ferry export segment ready --to ready.csv{place}"),
        () => format!("ferry audit{place}"),
    }
}

/// Whether most rows have a national number whose country is not known: then the plan lacks something, not the rows.
fn lacks_region(report: &RunReport) -> bool {
    report.rejects.get(Reason::NoRegion.code()).is_some_and(|it| it * 2 > report.counts.rows_in)
}

/// The options by which a later command finds the run.
fn place(plan: &Plan, run_dir: &Path) -> String {
    let run_dir = std::path::absolute(run_dir).unwrap_or_else(|_| run_dir.to_owned());
    if run_dir.parent() != Some(&plan.folder().join("runs")) {
        return format!(" --run-dir {}", shell_word(&crate::path(&run_dir)));
    }
    plan_option(plan)
}

/// The option that names the plan; empty if commands take it by themselves.
fn plan_option(plan: &Plan) -> String {
    named_plan(plan).map_or(String::new(), |it| format!(" --plan {it}"))
}

/// The plan, unless it is the one that commands take by themselves.
fn named_plan(plan: &Plan) -> Option<String> {
    let path = crate::path(&plan.path);
    (path != "plan.toml").then(|| shell_word(&path))
}
