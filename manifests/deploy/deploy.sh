#!/usr/bin/env bash
# deploy.sh OVERLAY — gives the cluster of the present KUBECONFIG an overlay with the images of the last `make images`, and
# waits until everything is ready. OVERLAY is a name of manifests/overlays, or a folder of one's own below the project.
set -euo pipefail
cd "$(dirname "$0")/../.."
overlay=$1
[ -d "$overlay" ] || overlay=manifests/overlays/$1
[ -f "$overlay/kustomization.yaml" ] || { echo "There is no overlay $1: $(ls manifests/overlays | tr '\n' ' ')" >&2; exit 2; }

# The overlay with the tag of this build, as a kustomization of its own.
mkdir -p bin/deploy
{
  printf 'apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources:\n  - ../../%s\n' "$overlay"
  if [ -n "${TAG:-}" ] || [ -f bin/images/tag ]; then
    echo images:
    for name in $(kubectl kustomize "$overlay" | sed -n 's/^ *image: \(dev.local\/perigee-[a-z-]*\):dev$/\1/p' | sort -u); do
      printf '  - name: %s\n    newTag: "%s"\n' "$name" "${TAG:-$(cat bin/images/tag)}"
    done
  fi
} >bin/deploy/kustomization.yaml

built=$(mktemp)
trap 'rm -f "$built"' EXIT
kubectl kustomize bin/deploy >"$built"
documents() { awk -v pattern="$1" 'BEGIN { RS = "---\n"; ORS = "---\n" } $0 ~ pattern' "$built"; }
apply() { kubectl apply --server-side --force-conflicts -f - >/dev/null; }

# First what the functions stand on, then the schema, then the functions. A Job cannot be changed: that of the last release
# goes before that of this one comes.
waiting=$(kubectl -n perigee get inmemorychannel default-kne-trigger -o jsonpath='{.metadata.annotations.messaging\.knative\.dev/async-handler}' 2>/dev/null || echo none)
awk 'BEGIN { RS = "---\n"; ORS = "---\n" } !/(^|\n)kind: Job\n/ && !/(^|\n)apiVersion: serving.knative.dev/' "$built" | apply
# An in-memory channel that was made before its Broker said how it answers goes on as it did: the Broker makes it anew.
if [ -z "$waiting" ]; then kubectl -n perigee delete inmemorychannel default-kne-trigger >/dev/null; fi
documents '(^|\n)kind: (Deployment|StatefulSet)\n' | kubectl get -f - --no-headers -o custom-columns=NAMESPACE:.metadata.namespace,KIND:.kind,NAME:.metadata.name |
  while read -r namespace kind name; do kubectl -n "$namespace" rollout status "$kind/$name" --timeout=600s </dev/null; done
kubectl -n perigee delete job migrate --ignore-not-found >/dev/null
documents '(^|\n)kind: Job\n' | apply
kubectl -n perigee wait --for=condition=Complete job/migrate --timeout=300s
apply <"$built"
kubectl -n perigee wait --for=condition=Ready ksvc --all --timeout=300s
kubectl -n perigee wait --for=condition=Ready broker,trigger --all --timeout=120s
