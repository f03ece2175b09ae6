#!/usr/bin/env bash
# Copies what the chart shares with the plain manifests into the chart, where alone Helm can read it.
set -euo pipefail
cd "$(dirname "$0")/../deploy"
files=charts/kruise-admission/files
mkdir -p "$files/crds"
rm -f "$files"/crds/*.yaml
cp crds/*.yaml "$files/crds/"
cp manifests/10-rbac.yaml "$files/rbac.yaml"
cp dashboard/kruise-admission.json "$files/dashboard.json"
