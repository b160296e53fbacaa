// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Reads machine files as the lab does and says what they are. It boots nothing: that takes a minute
 * each, and tests/guest does it for the machines that are built in.
 */
#include <stdio.h>

#include "lab/machine.h"

int main(int argc, char *argv[])
{
	for (int i = 1; i < argc; i++) {
		_cleanup_(cleanup_machine) struct machine *m = NULL;
		struct error err = {};

		if (machine_load(argv[i], &m, &err) < 0) {
			fprintf(stderr, "%s\n", err.text);
			return 1;
		}
		printf("%s: %d CPUs, kernel %s\n", m->name, m->cpus, m->kernel);
	}
	return argc > 1 ? 0 : 1;
}
