// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Imitates a parser that takes any digit for a truth value: "2" written to "online" is taken as 1
 * and says success. No CPU moves by it.
 */
#include "fault.h"

struct parse {
	const char *text;
	bool *result;
};

static int note(struct kretprobe_instance *call, struct pt_regs *regs)
{
	struct parse *parse = (struct parse *)call->data;

	parse->text = (const char *)regs_get_kernel_argument(regs, 0);
	parse->result = (bool *)regs_get_kernel_argument(regs, 1);
	return 0;
}

static int accept(struct kretprobe_instance *call, struct pt_regs *regs)
{
	const struct parse *parse = (const struct parse *)call->data;

	if ((int)regs_return_value(regs) == -EINVAL && *parse->text == '2') {
		*parse->result = true;
		regs_set_return_value(regs, 0);
	}
	return 0;
}

static struct kretprobe probe = {
	.kp.symbol_name = "kstrtobool",
	.entry_handler = note,
	.handler = accept,
	.data_size = sizeof(struct parse),
};

static const struct fault fault = { .retprobes = (struct kretprobe *[]){ &probe, NULL } };

FAULT_MODULE(fault, NULL);
