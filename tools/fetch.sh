# SPDX-License-Identifier: GPL-2.0-or-later
# What fetch-kernel and fetch-userland share: where the cache is, how a .deb gets there, how to say why not.
# Sourced by bash, never run. It installs nothing on this machine: apt downloads and verifies, dpkg-deb
# extracts into the cache, no maintainer script runs.
# shellcheck shell=bash

# A script that ends by set -e says where: an end without a word tells nobody what to do.
set -E
trap 'fetch_say "line $LINENO of ${BASH_SOURCE[0]##*/} failed: $BASH_COMMAND"' ERR

fetch_cache()
{
	local base=${XDG_CACHE_HOME:-${HOME:-/root}/.cache}

	printf '%s\n' "${HOTPROOF_CACHE:-$base/hotproof}"
}

# fetch_folder WHAT ARCH: the folder of WHAT in the cache for that architecture.
fetch_folder()
{
	local suffix=-$2

	[[ $2 != amd64 ]] || suffix=
	printf '%s\n' "$(fetch_cache)/$1$suffix"
}

fetch_say()
{
	printf '%s: %s\n' "${0##*/}" "$*" >&2
}

fetch_die()
{
	fetch_say "$*"
	exit 1
}

# 77: nothing is broken, this machine just does not offer it.
fetch_skip()
{
	fetch_say "$*"
	exit 77
}

fetch_need_tools()
{
	local tool

	for tool in apt-get apt-cache dpkg-deb flock "$@"; do
		command -v "$tool" >/dev/null ||
			fetch_die "the program '$tool' is missing; './dev setup' installs what is needed"
	done
}

# fetch_version PACKAGE PATTERN: the newest version that the package lists know and the pattern allows.
fetch_version()
{
	apt-cache madison "$1" 2>/dev/null | awk -F ' *[|] *' -v want="$2" '
		/Packages/ && $2 ~ want { print $2; exit }'
}

# fetch_depends PACKAGE VERSION PATTERN: name and exact version (empty when there is none) of its one
# dependency that matches.
fetch_depends()
{
	apt-cache show "$1=$2" 2>/dev/null | awk -v want="$3" '
		/^Depends:/ {
			sub(/^Depends: */, "")
			n = split($0, part, / *[,|] */)
			for (i = 1; i <= n; i++) {
				split(part[i], word, /[ ()]+/)
				if (word[1] ~ want) {
					print word[1], (word[2] == "=" ? word[3] : "")
					exit
				}
			}
		}'
}

# fetch_foreign ARCH [SUITE]: from here on apt knows the packages of ARCH in SUITE, and no others.
fetch_foreign()
{
	local suite=${2-}

	# Older suites than trixie have no riscv64.
	[[ -n $suite || $1 != riscv64 ]] || suite=sid
	APT_CONFIG=$("$(dirname "${BASH_SOURCE[0]}")/apt-state" "$1" ${suite:+"$suite"}) || exit
	export APT_CONFIG
}

# fetch_debs DIR PACKAGE[=VERSION]...: download into DIR; apt checks each against the signed lists.
fetch_debs()
{
	local dir=$1
	shift

	mkdir -p "$dir"
	# As root, apt would drop to its own user, which cannot write here; it says so in a warning
	# that only worries people. Its verification is the same.
	(cd "$dir" && apt-get -q -o APT::Sandbox::User=root download "$@") >"$dir/apt.log" 2>&1 || {
		cat "$dir/apt.log" >&2
		fetch_die "apt cannot download '$*': see its words above; 'apt-get update' renews stale lists"
	}
}

# fetch_lock CACHE NAME: one fetcher of a thing at a time; a second one waits and then finds it there.
fetch_lock()
{
	mkdir -p "$1" || fetch_die "cannot make the cache folder '$1'; HOTPROOF_CACHE names another"
	exec 8>"$1/.lock-$2"
	flock -w 600 8 || fetch_die "another process has held '$1/.lock-$2' for 10 minutes"
}
