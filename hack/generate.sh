#!/usr/bin/env bash
# Generates the deepcopy functions and CRDs from the types in api/, what comes from the endpoint table in webhook/, and the list of
# differences from OpenKruise in docs/.
set -euo pipefail
cd "$(dirname "$0")/.."
temporary=$(mktemp -d)
trap 'rm -rf "$temporary"' EXIT

go run sigs.k8s.io/controller-tools/cmd/controller-gen@v0.21.0 \
	object crd paths=./api/... output:crd:dir="$temporary"

# controller-gen knows no conversion webhooks; a kind of one version needs none. There is no caBundle: the server publishes it at run time.
cat >"$temporary/conversion" <<'END'
  conversion:
    strategy: Webhook
    webhook:
      clientConfig:
        service:
          namespace: kruise-admission
          name: kruise-admission-webhook
          path: /convert
          port: 443
      conversionReviewVersions:
      - v1
      - v1beta1
END
for crd in "$temporary"/*.yaml; do
	if [ "$(grep -c '^    served: true$' "$crd")" -gt 1 ]; then
		sed -i "/^spec:\$/r $temporary/conversion" "$crd"
	fi
	cp "$crd" deploy/crds/
done

go test ./webhook -run '^(TestManifest|TestManifestForChart|TestEndpointTable|TestGateTable)$' -update
go test ./cmd/kruise-admission -run '^(TestGeneratedManifests|TestReference|TestMetricsReference)$' -update
go test ./internal/recorded -run '^TestCompatibility$' -update

hack/chart-files.sh
