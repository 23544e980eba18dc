#!/bin/bash
# Run by the image at its first start, after the database of POSTGRES_DB: one of MLflow's own.
set -euo pipefail
psql -v ON_ERROR_STOP=1 -U "$POSTGRES_USER" -d "$POSTGRES_DB" -c 'CREATE DATABASE mlflow'
