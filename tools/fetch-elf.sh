# SPDX-License-Identifier: GPL-2.0-or-later
# Takes programs out of unpacked packages with the shared libraries that they need, by what their ELF headers say.
# Sourced by fetch-userland and fetch-suite, never run; it loads and runs none of them.
# shellcheck shell=bash

# find_file TREE NAME: the one file of that name that a loader would find, as a path inside TREE.
find_file()
{
	(cd "$1" && find . -name "$2" \( -type f -o -type l \) -path '*/lib*' | sed 's,^\./,,' | sort | head -n 1)
}

# take TREE ROOT PATH [AS]: copy a file, following links; what is taken is remembered in the array queue.
take()
{
	local as=${4:-$3}

	[[ -e $1/$3 ]] || fetch_die "the packages have no '$3': the closure in this script is out of date"
	mkdir -p "$2/$(dirname "$as")"
	cp -L "$1/$3" "$2/$as"
	queue+=("$as")
}

# take_needed TREE ROOT: walk from what is in queue to all shared libraries, by what the ELF headers say.
take_needed()
{
	local tree=$1 root=$2 file need path loader

	while [[ ${#queue[@]} -gt 0 ]]; do
		file=${queue[0]}
		queue=("${queue[@]:1}")
		loader=$(readelf -lW "$root/$file" 2>/dev/null |
			sed -n 's/.*program interpreter: \/\(.*\)\].*/\1/p')
		if [[ -n $loader && ! -e $root/$loader ]]; then
			path=$(find_file "$tree" "${loader##*/}")
			take "$tree" "$root" "${path:?}" "$loader"
		fi
		for need in $(readelf -dW "$root/$file" 2>/dev/null | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p'); do
			[[ ! -e $root/usr/lib/$need && ! -e $root/lib64/$need ]] || continue
			path=$(find_file "$tree" "$need")
			[[ -n $path ]] || fetch_die "'$file' needs '$need', which no package of the closure has"
			# One folder that every Debian loader searches without a cache file.
			take "$tree" "$root" "$path" "usr/lib/$need"
		done
	done
}
