# SPDX-License-Identifier: GPL-2.0-or-later
# What ./dev needs from Debian, what of it is missing here, and getting it. Sourced by ./dev, never run.
# It is not a general installer: it knows Debian's own packages and, on bookworm, bookworm-backports (for
# QEMU 10 and kernel 6.12), and always says what will come before it comes.
# shellcheck shell=bash

# "program=package" is there when the program is; a bare package when dpkg has it.
# shellcheck disable=SC2034 # used by ./dev
readonly for_build=(gcc libc6-dev meson ninja=ninja-build pkg-config libjansson-dev libcmocka-dev python3
	libsqlite3-dev libpq-dev libmicrohttpd-dev libsodium-dev libarchive-dev libmd4c-dev libgmime-3.0-dev libcurl4-gnutls-dev)
readonly for_test=(cpio xz=xz-utils zstd postgresql) # postgresql: on bookworm it brings postgresql-15
readonly for_guest=(flock=util-linux xz=xz-utils readelf=binutils depmod=kmod)
readonly for_faults=(gcc make libelf1 libssl3 pahole)
readonly for_lint=(clang clang-format shellcheck cppcheck git python3)

say()
{
	printf 'dev: %s\n' "$*"
}

die()
{
	printf 'dev: %s\n' "$*" >&2
	exit 1
}

as_root()
{
	if [[ $EUID -eq 0 ]]; then
		"$@" </dev/null
	elif command -v sudo >/dev/null; then
		sudo "$@"
	else
		die "'$*' needs root, and there is no sudo: run this as root once"
	fi
}

apt_do()
{
	as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=600 "$@"
}

codename()
{
	local VERSION_CODENAME=unknown

	# shellcheck disable=SC1091 # the system's own file
	[[ ! -r /etc/os-release ]] || . /etc/os-release
	echo "$VERSION_CODENAME"
}

is_installed()
{
	dpkg-query -W -f '${db:Status-Status}\n' "$1" 2>/dev/null | grep -qx installed
}

# missing ITEM...: prints the packages that have to be installed.
missing()
{
	local item

	for item in "$@"; do
		case $item in
		*=*) command -v "${item%%=*}" >/dev/null || echo "${item#*=}" ;;
		*) is_installed "$item" || echo "$item" ;;
		esac
	done
}

# plan_install PACKAGE...: what apt would do, in the array words and the text plan. On a bookworm that holds
# libraries of backports already, some packages of bookworm itself only go together with more of them.
plan_install()
{
	words=(--no-install-recommends -y "$@")
	plan=$(apt-get -s install "${words[@]}" 2>&1) && return
	[[ $(codename) == bookworm ]] || return
	words=(-t bookworm-backports "${words[@]}")
	apt-get -s install "${words[@]}" >/dev/null 2>&1 && plan=$(apt-get -s install "${words[@]}" 2>&1)
}

# install_packages PACKAGE...: says exactly what comes, then lets it come.
install_packages()
{
	local plan words

	if ! plan_install "$@"; then
		say "apt does not know how to install '$*' yet: running apt-get update"
		apt_do update
		plan_install "$@" || die "apt cannot install '$*': $(tail -n 3 <<<"$plan")"
	fi
	say "missing: $*; apt will install these packages:"
	awk '/^Inst / { sub(/[(]/, "", $0); print "  " $2, ($3 ~ /^\[/ ? $4 : $3) }' <<<"$plan"
	apt_do install "${words[@]}" >/dev/null || {
		# Lists older than the archive: one update and one more try.
		say "apt failed; running apt-get update and trying once more"
		apt_do update
		apt_do install "${words[@]}" || die "apt could not install '$*'; see its words above"
	}
}

need()
{
	local packages

	mapfile -t packages < <(missing "$@" | sort -u)
	[[ ${#packages[@]} -gt 0 ]] || return 0
	command -v apt-get >/dev/null || die "this needs ${packages[*]}, and only Debian's apt is known here"
	[[ -z ${HOTPROOF_NO_INSTALL-} ]] || die "missing and HOTPROOF_NO_INSTALL is set: ${packages[*]}"
	install_packages "${packages[@]}"
}

need_backports()
{
	local suite entry rc=0 file=/etc/apt/sources.list.d/hotproof-backports.sources

	suite=$(codename)
	[[ $suite == bookworm ]] || return 0
	entry=$(tools/backports-source "$suite") || rc=$?
	case $rc in
	3) ;;
	0)
		[[ -z ${HOTPROOF_NO_INSTALL-} ]] ||
			die "$suite-backports is not configured and HOTPROOF_NO_INSTALL is set"
		say "$suite-backports (QEMU 10, kernel 6.12) is not configured; writing '$file' from the" \
			"machine's own $suite entry:"
		printf '%s\n' "$entry"
		as_root_write "$file" "$entry"
		apt_do update
		;;
	*) die "no apt source for '$suite' with 'main' found to derive $suite-backports from" ;;
	esac
	# Configured, but never fetched: a machine image often comes without lists.
	apt-cache policy | grep -q "n=$suite-backports" || apt_do update
}

as_root_write()
{
	# shellcheck disable=SC2016 # expanded by the inner shell
	as_root sh -c 'printf "%s\n" "$2" >"$1"' sh "$1" "$2"
}

# The rest of this file: QEMU's programs and cross compilers, each of an architecture (default: amd64).

qemu_program()
{
	case $1 in
	amd64 | i386) echo qemu-system-x86_64 ;;
	arm64) echo qemu-system-aarch64 ;;
	ppc64el) echo qemu-system-ppc64 ;;
	*) echo "qemu-system-$1" ;;
	esac
}

qemu_package()
{
	case $1 in
	amd64 | i386) echo qemu-system-x86 ;;
	arm64) echo qemu-system-arm ;;
	ppc64el) echo qemu-system-ppc ;;
	riscv64) echo qemu-system-riscv ;;
	*) echo "qemu-system-$1" ;;
	esac
}

# cross_compiler ARCH: as need() wants it. Its C library's headers are only recommended by it.
cross_compiler()
{
	local triplet=$1-linux-gnu

	case $1 in
	arm64) triplet=aarch64-linux-gnu ;;
	i386) triplet=i686-linux-gnu ;;
	ppc64el) triplet=powerpc64le-linux-gnu ;;
	esac
	echo "$triplet-gcc=gcc-$triplet" "libc6-dev-$1-cross"
}

qemu_is_good()
{
	local version

	version=$("$(qemu_program "$1")" --version 2>/dev/null | sed -n '1s/.*version \([0-9]*\).*/\1/p')
	[[ ${version:-0} -ge 10 ]]
}

# need_qemu [ARCH]: 7.2 corrupts its own heap when a vCPU leaves: an old one does not count as present.
need_qemu()
{
	local arch=${1:-amd64} package also=()

	package=$(qemu_package "$arch")
	qemu_is_good "$arch" && return 0
	[[ -z ${HOTPROOF_NO_INSTALL-} ]] || die "QEMU 10 ($package) is missing and HOTPROOF_NO_INSTALL is set"
	need_backports
	if [[ $(codename) == bookworm ]]; then
		[[ $package != qemu-system-x86 ]] || also=(seabios)
		[[ $package != qemu-system-riscv ]] || also=(opensbi)
		# Named one by one, so that nothing else comes from backports for it.
		also+=("$package" qemu-system-common qemu-system-data)
		install_packages "${also[@]/%//bookworm-backports}"
	else
		install_packages "$package"
	fi
	qemu_is_good "$arch" || die "the installed $(qemu_program "$arch") is older than 10; hotproof cannot trust it"
}
