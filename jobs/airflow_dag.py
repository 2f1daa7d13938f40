"""Requests to forget, every night, as a DAG of Airflow 2 or 3 (docs/nightly.md). Not run by the authors on an Airflow of their own; a test
runs what it does with a stand-in for Airflow's two classes.

One run at a time, and no runs for nights that are over: the next night takes what an earlier one left. A failed run is tried again and
goes on where it was (exit 1); a wrong setting (2) and a model that is not put in service (3) are the same the next time, so they fail at
once."""

import subprocess
from datetime import datetime, timedelta

from airflow.exceptions import AirflowFailException
from airflow.models.dag import DAG

try:
    from airflow.providers.standard.operators.python import PythonOperator
except ImportError:
    from airflow.operators.python import PythonOperator

HOME = "/opt/lethe"
ARGUMENTS = ["nightly", "conf/nightly.conf"]


def night():
    code = subprocess.run(["./submit.sh", *ARGUMENTS], cwd=HOME).returncode
    if code in (2, 3):
        raise AirflowFailException(f"nightly ended with {code}, as its output says")
    if code != 0:
        raise RuntimeError(f"nightly ended with {code}; the next try goes on where it was")


with DAG(
    dag_id="lethe_nightly",
    schedule="17 1 * * *",
    start_date=datetime(2026, 1, 1),
    catchup=False,
    max_active_runs=1,
    default_args={"retries": 3, "retry_delay": timedelta(minutes=5)},
):
    PythonOperator(task_id="nightly", python_callable=night)
