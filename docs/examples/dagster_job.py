"""Ferry as a Dagster job: check, run, audit, export, every night.

    dagster dev -f dagster_job.py

Name the project in FERRY_PROJECT. Secrets come from the environment of the process, because the plan names variables:
FERRY_CRM_URL, FERRY_CONTACT_KEY, FERRY_VERIFY_TOKEN.
"""

import json
import os
import subprocess

import dagster as dg

FERRY = os.environ.get("FERRY", "ferry")
PROJECT = os.environ.get("FERRY_PROJECT", "/srv/ferry")
TRY_LATER = 75
# The run has loaded, and a person should look at its rows (3) or at its provider (5).
DONE_WITH_DOUBTS = {3, 5}


def ferry(*arguments, doubts=frozenset()):
    """Runs a command and returns its result. Only a temporary failure is tried again."""
    command = [FERRY, *arguments, "--quiet", "--format", "json"]
    ended = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True)
    if ended.returncode == TRY_LATER:
        raise dg.RetryRequested(max_retries=12, seconds_to_wait=1800)
    if ended.returncode not in {0, *doubts}:
        raise dg.Failure(f"exit code {ended.returncode}: {ended.stderr}", allow_retries=False)
    return json.loads(ended.stdout) | {"exit": ended.returncode}


@dg.op
def check() -> bool:
    return ferry("check")["all_well"]


@dg.op(ins={"is_well": dg.In(dg.Nothing)})
def run(context) -> dict:
    result = ferry("run", "--since", "last", doubts=DONE_WITH_DOUBTS)
    if result["exit"] in DONE_WITH_DOUBTS:
        context.log.warning(f"exit code {result['exit']}: see report.html of {result['run_id']}")
    keys = ("exit", "run_id", "inserted", "updated", "unchanged")
    context.add_output_metadata({key: result[key] for key in keys})
    return result


@dg.op(ins={"result": dg.In(dg.Nothing)})
def audit() -> bool:
    return ferry("audit")["balanced"]


@dg.op(ins={"is_balanced": dg.In(dg.Nothing)})
def export_ready() -> int:
    return ferry("export", "segment", "ready", "--to", "ready.csv")["contacts"]


# Ferry lets one run load into a database at a time; a second one would end with code 75.
@dg.job(tags={"dagster/concurrency_key": "ferry"})
def ferry_nightly():
    export_ready(audit(run(check())))


defs = dg.Definitions(jobs=[ferry_nightly], schedules=[dg.ScheduleDefinition(job=ferry_nightly, cron_schedule="15 2 * * *")])
