#!/usr/bin/env bash
# migrate.sh — runs the Job migrate of the last deployment once more, to its end: for a database that is new.
set -euo pipefail
cd "$(dirname "$0")/../.."
kubectl -n perigee delete job migrate --ignore-not-found >/dev/null
kubectl kustomize bin/deploy | awk 'BEGIN { RS = "---\n"; ORS = "---\n" } /(^|\n)kind: Job\n/' | kubectl apply --server-side -f - >/dev/null
kubectl -n perigee wait --for=condition=Complete job/migrate --timeout=120s >/dev/null
