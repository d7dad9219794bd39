#!/bin/sh
# SPDX-License-Identifier: MIT
# Assembles the measured loops into flat binaries. Needs GNU as, ld and objcopy.
#
#   build.sh [TARGET]      TARGET defaults to the directory of this script
set -eu
here=$(cd "$(dirname "$0")" && pwd)
target=${1:-$here}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

for source in "$here"/*.S; do
    name=$(basename "$source" .S)
    as --64 --fatal-warnings -I "$here" -o "$scratch/loop.o" "$source"
    ld -e 0x100000 -Ttext 0x100000 --build-id=none -o "$scratch/loop.elf" "$scratch/loop.o"
    objcopy -O binary -j .text "$scratch/loop.elf" "$target/$name.bin"
done
