#!/usr/bin/env bash
# kind.sh — a kind cluster with Knative and perigee in it. It needs docker or podman, kind and kubectl.
set -euo pipefail
cd "$(dirname "$0")/../.."
kind get clusters 2>/dev/null | grep -qx perigee || kind create cluster --config manifests/overlays/kind/cluster.yaml
kubectl config use-context kind-perigee >/dev/null
manifests/deploy/knative.sh
manifests/deploy/images.sh
for name in $(kubectl kustomize manifests/overlays/kind | sed -n 's/^ *image: \(dev.local\/perigee-[a-z-]*\):dev$/\1/p' | sort -u); do
  kind load docker-image --name perigee "$name:$(cat bin/images/tag)"
done
manifests/deploy/secrets.sh stores
manifests/deploy/deploy.sh kind
echo "Perigee is at http://127.0.0.1:8080. To upload: kubectl -n perigee port-forward service/objects 9000"
