#!/usr/bin/env bash
# minikube.sh — a minikube cluster with Knative and perigee in it. It needs docker or podman, minikube and kubectl.
set -euo pipefail
cd "$(dirname "$0")/../.."
minikube status --profile perigee >/dev/null 2>&1 || minikube start --profile perigee --cpus 4 --memory 6g --kubernetes-version v1.34.4
kubectl config use-context perigee >/dev/null
manifests/deploy/knative.sh
manifests/deploy/images.sh
for name in $(kubectl kustomize manifests/overlays/minikube | sed -n 's/^ *image: \(dev.local\/perigee-[a-z-]*\):dev$/\1/p' | sort -u); do
  minikube image load --profile perigee "$name:$(cat bin/images/tag)"
done
manifests/deploy/secrets.sh stores
manifests/deploy/deploy.sh minikube
echo "Perigee is at http://127.0.0.1:8080 after: kubectl -n perigee-gateway port-forward service/traefik 8080:80"
