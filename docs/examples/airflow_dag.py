"""Ferry as an Airflow DAG (Airflow 3): check, run, audit, export.

Put the project where the workers can read and write it, and name it in FERRY_PROJECT. Secrets come from the environment
of the workers, because the plan names variables: FERRY_CRM_URL, FERRY_CONTACT_KEY, FERRY_VERIFY_TOKEN.
"""

import json
import os
import subprocess
from datetime import datetime, timedelta

from airflow.sdk import dag, task
from airflow.sdk.exceptions import AirflowException, AirflowFailException

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
        raise AirflowException(ended.stderr)
    if ended.returncode not in {0, *doubts}:
        raise AirflowFailException(f"exit code {ended.returncode}: {ended.stderr}")
    return json.loads(ended.stdout) | {"exit": ended.returncode}


@dag(
    schedule="15 2 * * *",
    start_date=datetime(2026, 1, 1),
    catchup=False,
    # Ferry lets one run load into a database at a time; a second one would end with code 75.
    max_active_runs=1,
    default_args={"retries": 12, "retry_delay": timedelta(minutes=30)},
    tags=["ferry"],
)
def ferry_nightly():
    @task
    def check():
        return ferry("check")["all_well"]

    @task
    def run():
        result = ferry("run", "--since", "last", doubts=DONE_WITH_DOUBTS)
        return {key: result[key] for key in ("exit", "run_id", "inserted", "updated", "unchanged")}

    @task(retries=0)
    def audit():
        return ferry("audit")["balanced"]

    @task
    def export_ready():
        return ferry("export", "segment", "ready", "--to", "ready.csv")["contacts"]

    @task(retries=0)
    def look(result):
        if result["exit"] in DONE_WITH_DOUBTS:
            raise AirflowFailException(f"loaded with exit code {result['exit']}: see report.html of {result['run_id']}")

    result = run()
    check() >> result >> audit() >> export_ready()
    look(result)


ferry_nightly()
