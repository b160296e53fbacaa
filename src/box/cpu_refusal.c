// SPDX-License-Identifier: GPL-2.0-or-later
/* Legal causes of a refusal, each shown with its proof (catalogue 2.1). A refusal without one is a
 * failure. */
#include <errno.h>
#include <string.h>

#include "base/text.h"
#include "box/cpu.h"

static int last_online(struct box *box, int cpu, char **ret_proof)
{
	struct cpulist online, only = cpulist_of(cpu);

	if (cpu_online_read(box, &online) < 0 || !cpulist_equal(&online, &only))
		return 0;
	*ret_proof = text_printf("cpu%d is the last online CPU (online mask \"%s\")", cpu,
				 cpulist_str(&online));
	return *ret_proof ? 1 : -ENOMEM;
}

int cpu_explain_refusal(struct box *box, int cpu, int err, const char *kmsg, char **ret_proof)
{
	if (err == EBUSY && last_online(box, cpu, ret_proof) == 1)
		return 1;
	if (err == ENOSPC && kmsg && strstr(kmsg, "Cannot disable CPU")) {
		*ret_proof = strdup(kmsg);
		return *ret_proof ? 1 : -ENOMEM;
	}
	return 0;
}
