#!/usr/bin/env bash
# backing.sh start|stop|env — the database and the object store that a lab's functions use, beside the cluster, on fixed
# ports of the loopback. `env` prints what a run of one's own needs: addresses and credentials.
set -euo pipefail
cd "$(dirname "$0")/../.."
here=bin/lab
mkdir -p "$here"

credentials() {
  if [ ! -f "$here/credentials" ]; then
    (
      umask 077
      for name in PGPASSWORD AWS_SECRET_ACCESS_KEY; do echo "export $name=$(od -An -N18 -tx1 /dev/urandom | tr -d ' \n')"; done >"$here/credentials"
      echo 'export AWS_ACCESS_KEY_ID=perigee' >>"$here/credentials"
    )
  fi
  cat "$here/credentials"
}
gateway() { # the Gateway's port on the first node
  local node
  node=$(kubectl get nodes -o jsonpath='{.items[0].status.addresses[?(@.type=="InternalIP")].address}')
  echo "http://$node:31082"
}
inside() { echo "http://$(kubectl -n traefik get service traefik-internal -o jsonpath='{.spec.clusterIP}')"; } # as overlays/lab names it
broker() { echo "http://$(kubectl -n knative-eventing get service broker-ingress -o jsonpath='{.spec.clusterIP}')/perigee/default"; }
alive() { [ -f "$here/pid" ] && { tr '\0' ' ' <"/proc/$(cat "$here/pid")/cmdline" | grep -q 'local-runner backing'; } 2>/dev/null; }

case $1 in
start)
  if alive; then exit; fi
  eval "$(credentials)"
  : >"$here/log"
  setsid nohup bin/local-runner backing --state "$here/state" --url "$(gateway)" --inside "$(inside)" --events "$(broker)" --issuer 127.0.0.1:9090 --issuer-url http://host.lab:9090 >"$here/log" 2>&1 </dev/null &
  echo $! >"$here/pid"
  for _ in $(seq 300); do
    if grep -q '^ready ' "$here/log"; then exit; fi
    kill -0 "$(cat "$here/pid")" 2>/dev/null || break
    sleep 0.1
  done
  cat "$here/log" >&2
  exit 1
  ;;
stop)
  if ! alive; then exit 0; fi
  kill -INT "$(cat "$here/pid")"
  for _ in $(seq 300); do
    if ! alive; then exit; fi
    sleep 0.1
  done
  echo "the backing does not stop" >&2
  exit 1
  ;;
env)
  credentials
  echo "export PERIGEE_CLUSTER_URL=$(gateway) PERIGEE_CLUSTER_EVENTS=$(broker) PERIGEE_CLUSTER_INSIDE=$(inside)"
  ;;
esac
