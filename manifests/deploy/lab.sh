#!/usr/bin/env bash
# lab.sh — brings a lab up and perigee in it: a cluster of one node that is built from Go modules, without a registry and without
# a container engine. LAB is its folder; its own README tells how it is built.
set -euo pipefail
cd "$(dirname "$0")/../.."
: "${LAB:?is the folder of the lab, with up.sh, load-image.sh and expose.sh}"
GO=${GO:-go}

. "$LAB/env.sh"
# A lab that is up is left alone: to start it once more would end its kube-proxy, whose settings would be written anew.
if ! kubectl --request-timeout=5s get crd services.serving.knative.dev triggers.eventing.knative.dev >/dev/null 2>&1; then
  "$LAB/up.sh" serving eventing
fi
kubectl apply --server-side -f "$($GO -C test/manifests list -m -f '{{.Dir}}' sigs.k8s.io/gateway-api)/config/crd/standard" >/dev/null
manifests/deploy/images.sh
manifests/deploy/backing.sh start
"$LAB/expose.sh" 5432 9000 9090 9091 9092 9093 # 9091 for subscribers of stories, the last two for services elsewhere
eval "$(bin/local-runner env --state bin/lab/state)"
manifests/deploy/secrets.sh backing
manifests/deploy/deploy.sh lab
echo "Perigee is at $PERIGEE_URL. Next: . $LAB/env.sh && make e2e; bin/local-runner upload --state bin/lab/state FOLDER"
