#!/usr/bin/env bash
# A deployment in plain shell, with the tool on the PATH and the database in PG* or EVIDENTLY_SCHEMA_CONNECTION. Stops at the first no.
# CANARY: a command that says, by its exit code, whether the canary is well; by default verification does.
set -euo pipefail

evidently-schema preflight > preflight.txt || { code=$?; cat preflight.txt; exit "$code"; }
evidently-schema migrate --to Reads --wait 600
evidently-schema verify

evidently-schema route dashboard 10 --shadow on --reason "canary"
if ! ${CANARY:-evidently-schema verify}; then
    evidently-schema route dashboard 0 --reason "canary failed"
    echo "The canary failed: dashboard is read from legacy again." >&2
    exit 1
fi
evidently-schema route dashboard 100 --reason "canary is well"
