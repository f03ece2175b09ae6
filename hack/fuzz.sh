#!/usr/bin/env bash
# Runs every fuzz target of the root module for the given time each (30s), or for that many executions (20000x), and counts the executions:
#
#   hack/fuzz.sh [TIME] [PACKAGE...]     (default: 10s, every package)
#
# FUZZ_AFRESH=1 begins with the seeds alone; FUZZ_RECORD=FILE appends the count of each target to a file.
# What a target finds becomes a file in its package's testdata/fuzz, which every later test runs.
set -euo pipefail
cd "$(dirname "$0")/.."
time=${1:-10s}
shift || true
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
if [ $# -eq 0 ]; then
	mapfile -t packages < <(grep -rlE '^func Fuzz' --include='*_test.go' --exclude-dir=test . | xargs -n1 dirname | sort -u)
	set -- "${packages[@]}"
fi
# New inputs are kept where "go test -fuzz" keeps them, and tried first the next time, which takes longer than a short run has.
cache=$(go env GOCACHE)/fuzz
[ -z "${FUZZ_AFRESH:-}" ] || cache=$work/cache
# ended tells whether all that went wrong is that the time was over, which Go before 1.27 sometimes takes for a failure (golang.org/issue/75804):
# this line stands alone then, where what a target finds has the place in the test before it, and comes with a file.
ended() {
	diff <(sed -n '/^--- FAIL/,$p' "$2" | sed 's/ ([0-9.]*s)$//') <(printf '%s\n' "--- FAIL: $1" '    context deadline exceeded' FAIL) >/dev/null || return 1
	echo "== the time of $1 was over"
}
for package in "$@"; do
	path=$(go list "$package")
	go test -c -fuzz . -o "$work/fuzz" "$package" # once a package: linking takes longer than a short run
	for target in $(cd "$package" && "$work/fuzz" -test.list '^Fuzz'); do
		echo "== $package $target"
		# Without the limit, shrinking one interesting input may take all the time there is.
		(cd "$package" && "$work/fuzz" -test.run '^$' -test.fuzz "^$target\$" -test.fuzztime "$time" -test.fuzzminimizetime 10x \
			-test.fuzzcachedir "$cache/$path" 2>&1) | tee "$work/output" || ended "$target" "$work/output"
		awk -v target="$package $target" 'match($0, /execs: [0-9]+/) {n = substr($0, RSTART + 7, RLENGTH - 7)} END {print n + 0, target}' "$work/output" >>"$work/counts"
	done
done
awk '{total += $1} END {print "== " NR " targets, " total " executions"}' "$work/counts"
if [ -n "${FUZZ_RECORD:-}" ]; then
	cat "$work/counts" >>"$FUZZ_RECORD"
fi
