#!/bin/sh
# SPDX-License-Identifier: MIT
# Assembles and links every fixture, in a fixed order and with nothing of this machine in the result, into the
# resources of the program, and writes the index. Needs GNU as and ld (2.40 made the committed images).
#
#   asm-fixtures/build.sh [TARGET]      TARGET defaults to src/main/resources/io/github/nmi64/fixtures
set -eu
LC_ALL=C
export LC_ALL

here=$(cd "$(dirname "$0")" && pwd)
target=${1:-$here/../src/main/resources/io/github/nmi64/fixtures}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

mkdir -p "$target"
target=$(cd "$target" && pwd)
: > "$scratch/index.txt"

cd "$here"
for source in */*.S; do
    case $source in bringup/*) continue ;; esac # below
    name=${source%.S}
    title=$(sed -n 's/^ *directive "title \(.*\)"$/\1/p' "$source")
    [ -n "$title" ] || { echo "$source: no title directive" >&2; exit 2; }
    mkdir -p "$scratch/out/$(dirname "$name")"
    as --64 --fatal-warnings -I include -o "$scratch/fixture.o" "$source"
    ld -n --build-id=none --fatal-warnings -T link.ld -o "$scratch/out/$name.elf" "$scratch/fixture.o"
    chmod 644 "$scratch/out/$name.elf"
    # Tells a source that is byte for byte this one, and so needs no assembler to run.
    digest=$(cat "$source" include/* link.ld | sha256sum | cut -d ' ' -f 1)
    printf '%s\t%s\t%s\n' "$name" "$title" "$digest" >> "$scratch/index.txt"
done

# What is loaded beside a kernel image is not linked: the program fills in the kernel's addresses.
mkdir "$scratch/bringup"
for source in bringup/*.S; do
    as --64 --fatal-warnings -I bringup -o "$scratch/bringup/$(basename "$source" .S).o" "$source"
done

# Replace only once everything was built; images whose source is gone disappear.
find "$target" -name '*.elf' -exec rm -f {} +
cp -R "$scratch/out/." "$target/"
mkdir -p "$target/../bringup"
cp "$scratch"/bringup/*.o "$target/../bringup/"
# By name: the order of the sources differs where one name continues another, as their suffix takes part.
sort -t "$(printf '\t')" -k 1,1 "$scratch/index.txt" > "$target/index.txt"
echo "$(wc -l < "$scratch/index.txt") fixtures in $target"
