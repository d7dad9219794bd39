#!/bin/bash
# SPDX-License-Identifier: MIT
# Compares processor time per round of the measured loops: nmi64 and Bochs in turn, medians of several turns.
#
#   scripts/bochs/compare.sh CLASSPATH [TURNS]
#
# CLASSPATH holds the compiled program, its tests and libraries. See run.sh for what else is needed.
set -eu
classpath=$1
turns=${2:-3}
here=$(cd "$(dirname "$0")" && pwd)

median() { sort -g | awk '{ value[NR] = $1 } END { print value[int((NR + 1) / 2)] }'; }

printf '%-8s %14s %14s %8s\n' loop 'nmi64 ns' 'Bochs ns' ratio
while read -r loop rounds; do
    ours=() theirs=()
    for ((turn = 0; turn < turns; turn++)); do
        ours+=("$(java -cp "$classpath" io.github.nmi64.bench.RoundTime "$loop" "$rounds" 7 2> /dev/null)")
        boot=$("$here/run.sh" "$loop" 0)
        whole=$("$here/run.sh" "$loop" $((rounds * 8)))
        theirs+=("$(echo "($whole - $boot) * 1000000000 / ($rounds * 8)" | bc)")
    done
    a=$(printf '%s\n' "${ours[@]}" | median)
    b=$(printf '%s\n' "${theirs[@]}" | median)
    printf '%-8s %14.1f %14.1f %8.2f\n' "$loop" "$a" "$b" "$(echo "scale=4; $b / $a" | bc)"
done << END
alu 3000000
memory 6000
call 700000
int3 2000000
mixed 2000000
END
