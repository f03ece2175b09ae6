#!/usr/bin/env bash
# Fails when the last commit, built in two folders, does not give the same archive. What is not committed does not count.
set -euo pipefail
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for copy in "$work/a" "$work/another/place/b"; do
	git clone -q . "$copy"
	PLATFORMS=${PLATFORMS:-linux/amd64} "$copy/hack/release.sh" v0.0.0 "$copy/dist" >/dev/null
done
if ! diff -r "$work/a/dist" "$work/another/place/b/dist"; then
	echo "two builds of the same commit differ" >&2
	exit 1
fi
cat "$work/a/dist/checksums.txt"
