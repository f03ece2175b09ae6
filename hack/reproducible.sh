#!/usr/bin/env bash
# Fails when the last commit, built in two folders and two environments, does not give the same release. What is not committed does not count.
set -euo pipefail
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export PLATFORMS=${PLATFORMS:-linux/amd64}
git clone -q . "$work/a"
"$work/a/hack/release.sh" v0.0.0 "$work/a/dist" >/dev/null
(
	umask 077
	export TZ=Asia/Tokyo LC_ALL=C GOFLAGS=-buildvcs=false GOAMD64=v3 GOARM64=v8.1 CGO_ENABLED=1
	git clone -q . "$work/another/place/b"
	"$work/another/place/b/hack/release.sh" v0.0.0 "$work/another/place/b/dist" >/dev/null
)
if ! diff -r "$work/a/dist" "$work/another/place/b/dist"; then
	echo "two builds of the same commit differ" >&2
	exit 1
fi
cat "$work/a/dist/checksums.txt"
