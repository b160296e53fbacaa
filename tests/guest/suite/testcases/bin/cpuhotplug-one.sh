#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Plays the part of one of LTP's tests: a CPU goes and comes back. usage: cpuhotplug-one.sh CPU
cpu=/sys/devices/system/cpu/cpu$1/online

echo 0 >"$cpu" || exit 1
[ "$(cat "$cpu")" = 0 ] || exit 1
echo 1 >"$cpu" || exit 1
[ "$(cat "$cpu")" = 1 ]
