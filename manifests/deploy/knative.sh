#!/usr/bin/env bash
# knative.sh — installs Knative with Kourier, the in-memory broker and the Gateway API in the cluster of the present
# KUBECONFIG, from their published releases.
set -euo pipefail
KNATIVE=${KNATIVE:-1.22.0}
GATEWAY_API=${GATEWAY_API:-1.4.0}
release() { echo "https://github.com/$1/releases/download/$2"; }
apply() { kubectl apply --server-side --force-conflicts -f "$1" >/dev/null; }
serving=$(release knative/serving "knative-v$KNATIVE")
eventing=$(release knative/eventing "knative-v$KNATIVE")

apply "$(release kubernetes-sigs/gateway-api "v$GATEWAY_API")/standard-install.yaml"
apply "$serving/serving-crds.yaml"
apply "$eventing/eventing-crds.yaml"
kubectl wait --for=condition=Established --timeout=120s crd --all >/dev/null
apply "$serving/serving-core.yaml"
apply "$(release knative-extensions/net-kourier "knative-v$KNATIVE")/kourier.yaml"
kubectl -n knative-serving patch configmap config-network --type merge -p '{"data":{"ingress-class":"kourier.ingress.networking.knative.dev"}}' >/dev/null
apply "$eventing/eventing-core.yaml"
apply "$eventing/in-memory-channel.yaml"
apply "$eventing/mt-channel-broker.yaml"
for namespace in knative-serving kourier-system knative-eventing; do
  kubectl -n "$namespace" wait --for=condition=Available --timeout=600s deployment --all >/dev/null
done
echo "Knative $KNATIVE is ready."
