#!/usr/bin/env bash
# Fails when a generated file differs from what `make generate` makes. Works on a copy, so that it never changes the tree it checks. The
# plain manifests are left to test/chart.TestManifests, which renders them again whenever the end-to-end tests run.
set -euo pipefail
cd "$(dirname "$0")/.."
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
{
	git ls-files -z --cached --others --exclude-standard -- . ':!test'
	git ls-files -z --cached --others --exclude-standard -- test/conformance/deviations.yaml test/conformance/testdata
} | tar --null --ignore-failed-read -cf - -T - 2>/dev/null | tar -xf - -C "$copy"
(cd "$copy" && hack/generate.sh >/dev/null)
if ! diff -r -u --exclude=.git --exclude=bin --exclude=test . "$copy"; then
	echo "generated files are not up to date: run 'make generate' and commit the result" >&2
	exit 1
fi
