#!/usr/bin/env bash
# e2e.sh — the stories of test/story, and how long cold starts take, on the lab of the present KUBECONFIG. Each story has a
# database and an object store of its own beside the cluster, in the place of those that lab-up has started.
set -euo pipefail
cd "$(dirname "$0")/../.."
: "${KUBECONFIG:?is the file that leads to the cluster}"
pods() { kubectl -n perigee get pods --selector serving.knative.dev/service --output name; }
for _ in $(seq 150); do # pods go while their database is there
  if [ -z "$(pods)" ]; then break; fi
  sleep 2
done
manifests/deploy/backing.sh stop
trap 'manifests/deploy/backing.sh start' EXIT
manifests/deploy/dry-run.sh
eval "$(manifests/deploy/backing.sh env)"
PERIGEE_CLUSTER_TAG=$(cat bin/images/tag)
export PERIGEE_CLUSTER_TAG
${GO:-go} test -count=1 -timeout 120m -tags netgo,osusergo,e2e ./test/story -v "$@"
