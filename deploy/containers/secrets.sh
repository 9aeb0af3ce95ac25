#!/bin/sh
# Adds to the .env of this folder the passwords that compose.yaml asks for and that are not there yet.
set -eu
umask 077
touch .env
[ -z "$(tail -c 1 .env)" ] || echo >> .env
for name in POSTGRES_PASSWORD GRAFANA_PASSWORD WORKBENCH_METRICS_TOKEN; do
    if ! grep -q "^$name=." .env; then
        echo "$name=$(od -An -N24 -tx1 /dev/urandom | tr -d ' \n')" >> .env
        echo "$name was made and written into .env" >&2
    fi
done
