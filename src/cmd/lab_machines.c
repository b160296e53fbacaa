// SPDX-License-Identifier: GPL-2.0-or-later
/* `hotproof lab machines`: the guest shapes that are built in. */
#include <stdio.h>
#include <string.h>

#include "cmd/lab.h"
#include "lab/machine.h"

static int run(int argc, char **argv)
{
	struct cmd_args args = CMD_ARGS(&cmd_lab_machines, argc, argv);
	const char *value;
	int o = cmd_next(&args, &value);

	if (o == CMD_OPERAND)
		return cmd_usage_error(&cmd_lab_machines, "takes no operand, but was given \"%s\"",
				       value);
	if (o != CMD_END)
		return VERDICT_EXIT_USAGE;
	for (const struct embedded_text *t = machine_texts; t->name; t++) {
		_cleanup_(cleanup_machine) struct machine *m = NULL;
		struct error err = {};

		if (machine_parse(t->name, t->text, &m, &err) < 0)
			return cmd_fail(&cmd_lab_machines, VERDICT_EXIT_NOT_JUDGED, "%s", err.text);
		printf("%-22s %-8s %2d CPUs, %4d MiB, kernel %-18s %s%s\n", m->name, m->arch,
		       m->cpus, m->mem_mib, m->kernel, m->summary ? m->summary : "",
		       strcmp(m->name, MACHINE_DEFAULT) == 0 ? " (default)" : "");
	}
	return VERDICT_EXIT_PASSED;
}

const struct cmd cmd_lab_machines = {
	.name = "machines",
	.summary = "List the guest shapes that are built in",
	.usage = "",
	.run = run,
};
