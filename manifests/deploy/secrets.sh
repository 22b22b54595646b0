#!/usr/bin/env bash
# secrets.sh STORES — makes the secrets that the functions name, once, with passwords that nobody has to know.
#   secrets.sh stores    for the overlays kind and minikube, whose database and object store are in the cluster
#   secrets.sh backing   for the lab, from DATABASE_URL, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY of `local-runner env`
set -euo pipefail
kubectl create namespace perigee --dry-run=client -o yaml | kubectl apply --server-side -f - >/dev/null
has() { kubectl -n perigee get secret "$1" >/dev/null 2>&1; }
# The values come by pipes: arguments could be read by others on this machine.
secret() { # NAME KEY=VALUE…
  local name=$1 pair
  shift
  {
    printf 'apiVersion: v1\nkind: Secret\nmetadata:\n  name: %s\n  namespace: perigee\ndata:\n' "$name"
    for pair in "$@"; do printf '  %s: %s\n' "${pair%%=*}" "$(printf %s "${pair#*=}" | base64 -w0)"; done
  } | kubectl apply --server-side --force-conflicts -f - >/dev/null
}
random() { od -An -N18 -tx1 /dev/urandom | tr -d ' \n'; }
database() { # OWNER WRITER READER: addresses
  secret perigee-database-owner "DATABASE_URL=$1"
  secret perigee-database "DATABASE_URL=$2"
  secret perigee-database-reader "DATABASE_URL=$3"
}
objects() { # ACCESS_KEY SECRET_KEY
  for name in perigee-objects perigee-cache; do
    secret "$name" AWS_ENDPOINT_URL=http://objects.perigee.svc.cluster.local:9000 AWS_REGION=us-east-1 "AWS_ACCESS_KEY_ID=$1" "AWS_SECRET_ACCESS_KEY=$2"
  done
  # What is sealed with a key is lost with it: it is made once.
  key=$(kubectl -n perigee get secret perigee-workspaces -o jsonpath='{.data.WORKSPACE_KEY}' 2>/dev/null | base64 -d || true)
  secret perigee-workspaces AWS_ENDPOINT_URL=http://objects.perigee.svc.cluster.local:9000 AWS_REGION=us-east-1 "AWS_ACCESS_KEY_ID=$1" "AWS_SECRET_ACCESS_KEY=$2" \
    "WORKSPACE_KEY=${key:-$(head -c 32 /dev/urandom | base64 -w0)}"
}

case $1 in
stores)
  if has postgis; then exit; fi
  owner=$(random) writer=$(random) reader=$(random)
  database "postgres://perigee:$owner@postgis:5432/perigee?sslmode=disable" \
    "postgres://perigee_writer:$writer@pgbouncer:5432/perigee?sslmode=disable" "postgres://perigee_reader:$reader@pgbouncer:5432/perigee?sslmode=disable"
  secret pgbouncer "userlist.txt=\"perigee_writer\" \"$writer\"
\"perigee_reader\" \"$reader\"
"
  objects perigee "$(random)"
  secret postgis "SUPERUSER_PASSWORD=$(random)" "OWNER_PASSWORD=$owner" "WRITER_PASSWORD=$writer" "READER_PASSWORD=$reader"
  ;;
backing)
  url=$(printf %s "$DATABASE_URL" | sed -E 's#@[^/]*/#@postgis.perigee.svc.cluster.local:5432/#')
  database "$url" "$url" "$url"
  objects "$AWS_ACCESS_KEY_ID" "$AWS_SECRET_ACCESS_KEY"
  ;;
*)
  echo "secrets.sh stores or secrets.sh backing" >&2
  exit 2
  ;;
esac
