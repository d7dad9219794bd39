#!/bin/bash
# SPDX-License-Identifier: MIT
# Runs one of the measured loops under Bochs and prints the processor time of the process in seconds: user mode only,
# so that other work on the machine and waiting for the terminal do not count.
#
#   scripts/bochs/run.sh LOOP ROUNDS       LOOP is alu, memory, call, int3 or mixed; 0 rounds measure booting alone
#
# Needs Bochs 2.7 with its terminal display (Debian: bochs bochs-term bochsbios vgabios), GNU as and ld, and
# script(1).
# BOCHS names another program.
set -eu
loop=$1
rounds=$2
here=$(cd "$(dirname "$0")" && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

"$here/../../src/test/resources/io/github/nmi64/bench/build.sh" "$scratch"
size=$(wc -c < "$scratch/$loop.bin")
sectors=$(((size + 511) / 512))
as --defsym SECTORS=$sectors --defsym "ROUNDS=$rounds" -o "$scratch/boot.o" "$here/boot.S"
ld -m elf_x86_64 -e _start -Ttext 0x7c00 --oformat binary -o "$scratch/boot.bin" "$scratch/boot.o"
cat "$scratch/boot.bin" "$scratch/$loop.bin" > "$scratch/disk"
truncate -s 1474560 "$scratch/disk"

share=${BOCHS_SHARE:-/usr/share/bochs}
vga=${BOCHS_VGABIOS:-/usr/share/vgabios/vgabios.bin}
cat > "$scratch/bochsrc" <<END
megs: 64
romimage: file=$share/BIOS-bochs-latest
vgaromimage: file=$vga
display_library: ${BOCHS_DISPLAY:-term}
cpu: count=1, ips=1000000000, reset_on_triple_fault=0
clock: sync=none
floppya: 1_44=$scratch/disk, status=inserted
boot: floppy
log: $scratch/log
panic: action=fatal
error: action=report
info: action=ignore
END
echo continue > "$scratch/commands"

cd "$scratch"
command="${BOCHS:-bochs-bin} -q -f $scratch/bochsrc -rc $scratch/commands"
TIMEFORMAT=%U
seconds=$({ time TERM=xterm script -qec "$command" /dev/null > "$scratch/screen" 2>&1 < /dev/null; } 2>&1 || true)
grep -q 'Shutdown port: shutdown requested' "$scratch/log" || {
    cat "$scratch/log" >&2
    echo "Bochs did not reach the end of the loop" >&2
    exit 1
}
echo "$seconds"
