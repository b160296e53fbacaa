# SPDX-License-Identifier: GPL-2.0-or-later
# A Slurm cluster of two nodes on loopback, of Debian's packages, under $work: slurmctld and two slurmd, started by
# cluster_start and ended by cluster_stop, by their pids. Sourced by tests/slurm/run. It needs no root, no munge, no
# cgroups and installs nothing: what is not in PATH is unpacked from .deb files into the cache.
# shellcheck shell=bash
# shellcheck disable=SC2154 # $work is the test's

slurm_packages=(slurmctld slurmd slurm-client slurm-wlm-basic-plugins libhwloc15 liblua5.1-0 libmunge2)
slurm_root=${HOTPROOF_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/hotproof}/slurm

# fetch_slurm: 0 when it is there; what it cannot have it names.
fetch_slurm()
{
	local fresh

	[[ ! -x $slurm_root/usr/sbin/slurmctld-wlm ]] || return 0
	command -v apt-get >/dev/null || { echo 'there is no apt-get to fetch slurm-wlm with'; return 1; }
	fresh=$(mktemp -d)
	if ! (cd "$fresh" && apt-get -qq download "${slurm_packages[@]}" >log 2>&1); then
		echo "apt cannot fetch ${slurm_packages[*]}: $(tail -n 1 "$fresh/log")"
		rm -rf -- "$fresh"
		return 1
	fi
	mkdir -p "$slurm_root"
	for deb in "$fresh"/*.deb; do
		dpkg-deb -x "$deb" "$slurm_root" || return 1
	done
	rm -rf -- "$fresh"
}

free_port()
{
	python3 -c 'import socket
s = [socket.socket() for _ in range(3)]
for one in s:
    one.bind(("127.0.0.1", 0))
print(*[one.getsockname()[1] for one in s])'
}

cluster_config()
{
	local libs=$1 ports
	read -ra ports < <(free_port)

	cat >"$work/slurm.conf" <<END
ClusterName=hotproof
SlurmctldHost=$(hostname)(127.0.0.1)
SlurmctldPort=${ports[0]}
AuthType=auth/none
CredType=cred/none
SlurmUser=$(id -un)
SlurmdUser=$(id -un)
PluginDir=$libs
StateSaveLocation=$work/slurm/state
SlurmdSpoolDir=$work/slurm/spool-%n
SlurmctldPidFile=$work/slurm/slurmctld.pid
SlurmdPidFile=$work/slurm/%n.pid
SlurmctldLogFile=$work/slurm/slurmctld.log
SlurmdLogFile=$work/slurm/%n.log
ProctrackType=proctrack/pgid
TaskPlugin=task/none
SwitchType=switch/none
MpiDefault=none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SelectType=select/linear
SlurmdTimeout=5
KillWait=2
InactiveLimit=0
MinJobAge=30
ReturnToService=2
SchedulerParameters=sched_min_interval=100000,batch_sched_delay=1
NodeName=lab1 NodeHostname=$(hostname) NodeAddr=127.0.0.1 Port=${ports[1]} CPUs=2 RealMemory=4000
NodeName=lab2 NodeHostname=$(hostname) NodeAddr=127.0.0.1 Port=${ports[2]} CPUs=2 RealMemory=4000
PartitionName=lab Nodes=lab1,lab2 Default=YES MaxTime=INFINITE State=UP
END
}

# The programs take their configuration and libraries from the environment of this shell.
cluster_use()
{
	local libs

	libs=$slurm_root/usr/lib/$(uname -m)-linux-gnu
	export LD_LIBRARY_PATH=$libs:$libs/slurm-wlm SLURM_CONF=$work/slurm.conf
	export PATH=$slurm_root/usr/bin:$PATH
	cluster_config "$libs/slurm-wlm"
}

# node_start NAME: its pid in node_pid[NAME].
declare -gA node_pid
node_start()
{
	"$slurm_root/usr/sbin/slurmd-wlm" -D -N "$1" -d "$slurm_root/usr/sbin/slurmstepd-wlm" \
		</dev/null >"$work/slurm/$1.out" 2>&1 &
	node_pid[$1]=$!
}

cluster_start()
{
	mkdir -p "$work/slurm/state" "$work/slurm/spool-lab1" "$work/slurm/spool-lab2"
	cluster_use
	"$slurm_root/usr/sbin/slurmctld-wlm" -D -c </dev/null >"$work/slurm/slurmctld.out" 2>&1 &
	node_pid[controller]=$!
	node_start lab1
	node_start lab2
	until_true 30 both_idle || { tail -n 5 "$work"/slurm/*.log "$work"/slurm/*.out; return 1; }
}

both_idle()
{
	[[ $(sinfo -h -N -t idle -o %N 2>/dev/null | wc -l) -eq 2 ]]
}

# until_true SECONDS COMMAND...: asked again by a clock that costs nothing.
until_true()
{
	local end=$((SECONDS + $1))
	shift

	while ! "$@"; do
		[[ $SECONDS -lt $end ]] || return 1
		read -rt 0.2 <> <(:) || :
	done
}

cluster_stop()
{
	local pid

	scancel --quiet --me 2>/dev/null
	# slurmstepd stands in a session of its own: the spool says which are ours.
	for pid in "${node_pid[@]}" $(pgrep -f "^slurmstepd: " | while read -r p; do
		tr '\0' '\n' <"/proc/$p/environ" 2>/dev/null | grep -qxF "SLURM_CONF=$work/slurm.conf" && echo "$p"; done); do
		kill "$pid" 2>/dev/null
	done
	wait "${node_pid[@]}" 2>/dev/null
	return 0
}
