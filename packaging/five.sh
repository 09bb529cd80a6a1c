#!/usr/bin/env bash
# Starts five nodes on this machine, each a process of its own, waits until they are one mesh,
# shows it, and ends them: with Ctrl-C, or by itself after a while.
#
#   packaging/five.sh              until Ctrl-C
#   packaging/five.sh --for 10s
#
# DEMO names a program that is built already. Variables of 'demo node', such as KITH_SERVER for
# a NATS server other than that of this machine, are for all five.
set -uo pipefail
set -m # each node is a process group of its own: Ctrl-C is for this script, which ends them in order

ids=(a b c d e)
most=60 # seconds to wait for a mesh
export KITH_CLUSTER=${KITH_CLUSTER:-five-$$} # others on the same NATS are not in it

usage() {
	echo "usage: five.sh [--for DURATION], such as --for 10s; got '$*'" >&2
	exit 2
}

lasts=
case $# in
0) ;;
2)
	[[ $1 == --for && $2 =~ ^([0-9]+)s?$ ]] || usage "$@"
	lasts=${BASH_REMATCH[1]}
	;;
*) usage "$@" ;;
esac

dir=$(mktemp -d "${TMPDIR:-/tmp}/kith-five.XXXXXX") || exit 1
pids=()

# finish ends the nodes, which say goodbye to each other, and tells how that went.
finish() {
	local status=$? i
	trap - EXIT
	trap '' INT TERM
	for i in $(jobs -p); do # a pause: the signal may have come before its number was noted
		[[ " ${pids[*]} " == *" $i "* ]] && continue
		disown "$i" 2>/dev/null # so that its end is not announced
		kill "$i" 2>/dev/null
	done
	echo
	for i in "${!pids[@]}"; do
		kill -TERM "${pids[i]}" 2>/dev/null
	done
	for i in "${!pids[@]}"; do
		if wait "${pids[i]}"; then
			echo "${ids[i]} has left"
		else
			echo "${ids[i]} ended with status $?; the end of its log:" >&2
			tail -n 5 "$dir/${ids[i]}.log" >&2
			status=1
		fi
	done
	rm -rf "$dir"
	exit "$status"
}
trap finish EXIT
trap 'exit 0' INT TERM

fail() {
	echo "five.sh: $*" >&2
	exit 1
}

# pause waits so many seconds. A signal does not have to wait for that.
pause() {
	sleep "$1" >/dev/null 2>&1 &
	wait "$!"
}

# lacking names the nodes that have not got a neighbor yet.
lacking() {
	local id
	for id in "${ids[@]}"; do
		grep -q '"neighbor_up"' "$dir/$id.log" || printf '%s ' "$id"
	done
}

# until_so COMMAND...: calls it until it succeeds, and fails when it takes too long or a
# node has ended.
until_so() {
	local until=$((SECONDS + most)) i
	until "$@"; do
		for i in "${!pids[@]}"; do
			kill -0 "${pids[i]}" 2>/dev/null || fail "${ids[i]} has ended"
		done
		((SECONDS < until)) || fail "there is no mesh after $most s; no neighbor yet: $(lacking)"
		pause 0.1
	done
}

all_have_neighbors() { [[ -z $(lacking) ]]; }

# one_mesh succeeds when all five answer, and are one component with symmetric views.
one_mesh() {
	"$demo" inspect >"$dir/inspect.txt" 2>"$dir/inspect.err" &&
		grep -q ": ${#ids[@]} nodes, 1 component" "$dir/inspect.txt"
}

demo=${DEMO:-}
if [[ -z $demo ]]; then
	demo=$dir/demo
	(cd "$(dirname "${BASH_SOURCE[0]}")/.." && go build -o "$demo" ./cmd/demo) || fail "demo cannot be built"
fi

for id in "${ids[@]}"; do
	"$demo" node --id "$id" --log-format json >"$dir/$id.log" 2>&1 </dev/null &
	pids+=($!)
	echo "$id is process $!"
done
until_so all_have_neighbors
until_so one_mesh
echo
cat "$dir/inspect.txt"
echo
if [[ -n $lasts ]]; then
	echo "they end in $lasts s, or with Ctrl-C"
	pause "$lasts"
else
	echo "Ctrl-C ends them; their logs are in $dir"
	while true; do pause 3600; done
fi
exit 0
