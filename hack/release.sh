#!/usr/bin/env bash
# Builds the archives of a release, their checksums, and the krew manifest that names them:
#
#   hack/release.sh v1.2.3 [FOLDER]     (default folder: dist)
#
# PLATFORMS="linux/amd64 ..." builds only some. The same commit gives the same bytes, unless BUILDFLAGS says otherwise.
set -euo pipefail
version=${1:?usage: hack/release.sh VERSION [FOLDER]}
mkdir -p "${2:-dist}"
out=$(cd "${2:-dist}" && pwd)
cd "$(dirname "$0")/.."
[[ $version =~ ^v[0-9]+\.[0-9]+\.[0-9]+ ]] || { echo "the version $version is not like v1.2.3" >&2; exit 2; }

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
sed "s/v0\.0\.0/$version/g" deploy/krew/kruise-admission.yaml >"$out/kruise-admission.yaml"
: >"$out/checksums.txt"
for platform in ${PLATFORMS:-linux/amd64 linux/arm64 darwin/amd64 darwin/arm64 windows/amd64}; do
	os=${platform%/*} arch=${platform#*/}
	binary=kruise-admission
	[[ $os == windows ]] && binary=kruise-admission.exe
	archive=kruise-admission_${version}_${os}_${arch}.tar.gz
	CGO_ENABLED=0 GOOS=$os GOARCH=$arch go build ${BUILDFLAGS--trimpath} -ldflags "-s -w -X main.version=$version" -o "$work/$binary" ./cmd/kruise-admission
	cp LICENSE "$work/LICENSE"
	tar --sort=name --owner=0 --group=0 --numeric-owner --mtime='1980-01-01 00:00Z' -C "$work" -cf - LICENSE "$binary" | gzip -n9 >"$out/$archive"
	rm "$work/$binary"
	sum=$(sha256sum "$out/$archive" | cut -d' ' -f1)
	echo "$sum  $archive" >>"$out/checksums.txt"
	# The checksum belongs in the line below the address of its archive.
	sed -i "\,/$archive\$,{n;s/sha256: .*/sha256: $sum/}" "$out/kruise-admission.yaml"
	echo "built $archive"
done
