#!/usr/bin/env bash
# Builds the archives of a release with their bills of materials, the krew manifest that names them, and the checksums of it all:
#
#   hack/release.sh v1.2.3 [FOLDER]     (default folder: dist)
#
# PLATFORMS="linux/amd64 ..." builds only some. The same commit and the same Go (GOTOOLCHAIN=go1.26.8, say) give the same bytes, whatever the
# environment says besides, unless BUILDFLAGS says otherwise. Needs GNU tar.
set -euo pipefail
version=${1:?usage: hack/release.sh VERSION [FOLDER]}
mkdir -p "${2:-dist}"
out=$(cd "${2:-dist}" && pwd)
cd "$(dirname "$0")/.."
[[ $version =~ ^v[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.-]+)?$ ]] || { echo "the version $version is not like v1.2.3" >&2; exit 2; }

export GOWORK=off CGO_ENABLED=0
[[ -v BUILDFLAGS ]] || export GOFLAGS=-mod=readonly GOEXPERIMENT= GOAMD64=v1 GOARM64=v8.0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
sed "s/v0\.0\.0/$version/g" deploy/krew/kruise-admission.yaml >"$out/kruise-admission.yaml"
: >"$out/checksums.txt"
for platform in ${PLATFORMS:-linux/amd64 linux/arm64 darwin/amd64 darwin/arm64 windows/amd64}; do
	os=${platform%/*} arch=${platform#*/}
	binary=kruise-admission
	[[ $os == windows ]] && binary=kruise-admission.exe
	archive=kruise-admission_${version}_${os}_${arch}.tar.gz
	GOOS=$os GOARCH=$arch go build ${BUILDFLAGS--trimpath} -ldflags "-s -w -X main.version=$version" -o "$work/$binary" ./cmd/kruise-admission
	cp LICENSE "$work/LICENSE"
	tar --sort=name --owner=0 --group=0 --numeric-owner --mode=u+w,a+rX,go-w --mtime='1980-01-01 00:00Z' -C "$work" -cf - LICENSE "$binary" | gzip -n9 >"$out/$archive"
	rm "$work/$binary"
	(cd hack/sbom && go run . "$out/$archive")
	(cd "$out" && sha256sum "$archive" "$archive.cdx.json" >>checksums.txt)
	sum=$(sha256sum "$out/$archive" | cut -d' ' -f1)
	# The checksum belongs in the line below the address of its archive.
	sed -i "\,/$archive\$,{n;s/sha256: .*/sha256: $sum/}" "$out/kruise-admission.yaml"
	echo "built $archive"
done
(cd "$out" && sha256sum kruise-admission.yaml >>checksums.txt)
