#!/bin/sh
# SPDX-License-Identifier: MIT
# run.sh BUILD SECONDS: every fuzzer of a build for SECONDS, two at a time, starting from its corpus.
# New inputs go to a temporary copy, so that the tree stays as it is. One line per fuzzer; what made
# one fail is kept under build/fuzz/, and running the fuzzer with that file repeats it.

set -eu

if [ $# -ne 2 ] || [ "$2" -lt 1 ]; then
	echo "usage: $0 BUILD SECONDS" >&2
	exit 64
fi
build=$1 seconds=$2
corpus=$(dirname "$0")/corpus
out=$(cd "$(dirname "$0")/../.." && pwd)/build/fuzz
mkdir -p "$out"
tmp=$(mktemp -d)
running=

# Our own fuzzers, by pid; then what they worked on.
clean_up() {
	for pid in $running; do
		kill "$pid" 2>/dev/null || true
	done
	wait
	rm -rf "$tmp"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# Start one in the background, its pid in $pid. The seconds bound a healthy run; timeout bounds one
# that hangs, and outlives this script when that is killed. Leaks are looked for once, at the end:
# libconfig leaks at many errors, and a look after each of them costs 95 % of the speed.
fuzz() {
	mkdir "$tmp/$1"
	cp -r "$corpus/$1/." "$tmp/$1" 2>/dev/null || true
	timeout -k 5 $((seconds + 60)) "$build/tests/fuzz/fuzz_$1" "$tmp/$1" \
		-max_total_time="$seconds" -timeout=10 -rss_limit_mb=1024 -detect_leaks=0 \
		-print_final_stats=1 -artifact_prefix="$out/$1-" >"$tmp/$1.log" 2>&1 &
	pid=$!
	running="$running $pid"
}

# "stat::name: n" of libFuzzer's last lines.
stat_of() {
	sed -n "s/^stat::$2: *//p" "$tmp/$1.log"
}

# Wait for fuzzer $1 with pid $2 and say what became of it.
report() {
	status=0
	wait "$2" || status=$?
	if [ "$status" -eq 0 ]; then
		echo "ok   fuzz_$1: $(stat_of "$1" number_of_executed_units) inputs," \
			"$(stat_of "$1" new_units_added) of them new, $seconds s"
		return
	fi
	failed=$((failed + 1))
	cp "$tmp/$1.log" "$out/$1.log"
	artifact=$(sed -n 's/.*Test unit written to //p' "$tmp/$1.log" | tail -n 1)
	echo "FAIL fuzz_$1: exit status $status; input ${artifact:-none}, log $out/$1.log"
}

failed=0 total=0 first= first_pid=
for fuzzer in "$build"/tests/fuzz/fuzz_*; do
	case $fuzzer in *.o | *.d | *.dSYM) continue ;; esac
	[ -f "$fuzzer" ] && [ -x "$fuzzer" ] || continue
	total=$((total + 1))
	second=${fuzzer##*/fuzz_}
	fuzz "$second"
	if [ -n "$first" ]; then
		report "$first" "$first_pid"
		report "$second" "$pid"
		first=
	else
		first=$second first_pid=$pid
	fi
done
if [ -n "$first" ]; then
	report "$first" "$first_pid"
fi
if [ "$total" -eq 0 ]; then
	echo "no fuzzers in $build/tests/fuzz: make fuzz builds them" >&2
	exit 1
fi
echo "$((total - failed)) passed, $failed failed, 0 skipped"
[ "$failed" -eq 0 ]
