#!/usr/bin/env bash
# dry-run.sh [OVERLAY…] — asks the cluster of the present KUBECONFIG whether it would take each overlay, field by field, and what
# its webhooks say. Knative tries each pod, so that namespaces and accounts have to be there: they are made, and nothing else.
set -euo pipefail
cd "$(dirname "$0")/../.."
[ $# -gt 0 ] || set -- $(ls manifests/overlays)
failed=0
pick() { awk -v kinds="$1" 'BEGIN { RS = "---\n"; ORS = "---\n" } $0 ~ "(^|\n)kind: (" kinds ")\n"'; }
for overlay in "$@"; do
  built=$(mktemp)
  kubectl kustomize "manifests/overlays/$overlay" >"$built"
  # the namespaces that the overlay has, and those that it only names
  { sed -n 's/^  namespace: \([a-z-]*\)$/\1/p' "$built"; echo perigee; } | sort -u | while read -r namespace; do
    kubectl create namespace "$namespace" --dry-run=client -o yaml | kubectl apply --server-side -f - >/dev/null
  done
  pick ServiceAccount <"$built" | kubectl apply --server-side --force-conflicts -f - >/dev/null
  # A Job of the last release cannot be changed: as a new one it is looked at all the same.
  sed '/^kind: Job$/,/^---$/ s/^  name: migrate$/  name: migrate-dry-run/' "$built" |
    kubectl apply --server-side --force-conflicts --dry-run=server --validate=strict -f - >"$built.said" 2>&1 || failed=1
  printf '%-12s %s objects\n' "$overlay" "$(grep -c ' serverside-applied (server dry run)$' "$built.said" || true)"
  grep -v ' serverside-applied (server dry run)$' "$built.said" || true
  rm -f "$built" "$built.said"
done
exit "$failed"
