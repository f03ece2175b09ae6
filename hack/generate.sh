#!/usr/bin/env bash
# Generates the deepcopy functions and CRDs from the types in api/, what comes from the endpoint table in webhook/, and the list of
# differences from OpenKruise in docs/. The plain manifests in deploy/ are rendered from the chart afterwards, by `make manifests`.
set -euo pipefail
cd "$(dirname "$0")/.."
crds=deploy/charts/kruise-admission/files/crds

rm -f "$crds"/*.yaml
go run sigs.k8s.io/controller-tools/cmd/controller-gen@v0.21.0 \
	object crd paths=./api/... output:crd:dir="$crds"

go test ./webhook -run '^(TestManifestForChart|TestEndpointTable|TestGateTable)$' -update
go test ./cmd/kruise-admission -run '^(TestGeneratedManifests|TestReference|TestMetricsReference|TestConfigurationReference)$' -update
go test ./internal/recorded -run '^TestCompatibility$' -update
