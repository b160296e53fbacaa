// SPDX-License-Identifier: GPL-2.0-or-later
/* What must be set before a suspend ends at the CPUs, and whether this kernel can do it. */
#include "scenarios/pm/pm.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

static const struct pm_knobs wanted = { {
	/* Else a pass waits for five seconds. */
	{ "sys/module/suspend/parameters/pm_test_delay", "0", true, "" },
	/* s2idle leaves the CPUs online. */
	{ "sys/power/mem_sleep", "deep", true, "" },
	{ "sys/power/pm_test", "processors", false, "" },
} };

static bool has_word(const char *text, const char *word)
{
	size_t n = strlen(word);

	for (const char *at = text; (at = strstr(at, word)); at += n)
		if ((at == text || strchr(" [", at[-1])) && (!at[n] || strchr(" ]\n", at[n])))
			return true;
	return false;
}

static int probe(struct box *box, char **ret_why)
{
	_cleanup_free_ char *test = NULL, *state = NULL, *sleep = NULL;

	if (box_readf(box, &test, "sys/power/pm_test") < 0 || !has_word(test, "processors")) {
		*ret_why = text_printf(
			"there is no power/pm_test: the kernel is built without CONFIG_PM_DEBUG (the machine amd64-4-6.1-generic has one with it)");
		return 0;
	}
	if (box_readf(box, &state, PM_STATE) < 0 || !has_word(state, PM_WORD)) {
		*ret_why = text_printf("power/state does not offer \"" PM_WORD "\"");
		return 0;
	}
	if (box_readf(box, &sleep, "sys/power/mem_sleep") == 0 && !has_word(sleep, "deep")) {
		*ret_why = text_printf(
			"power/mem_sleep offers \"%s\": the CPUs stay online in these", sleep);
		return 0;
	}
	return 1;
}

const struct need pm_need_test = {
	.id = "box.pm-test",
	.summary = "power/pm_test, to try a suspend up to the CPUs",
	.probe = probe,
};

/* "none [deep]" is "deep". */
static void chosen(const char *text, char *buf, size_t size)
{
	const char *from = strchr(text, '[');

	from = from ? from + 1 : text;
	snprintf(buf, size, "%.*s", (int)strcspn(from, "]\n"), from);
}

int pm_knobs_read(struct box *box, struct pm_knobs *ret)
{
	*ret = wanted;
	for (int i = 0; i < PM_KNOBS; i++) {
		struct pm_knob *k = &ret->knobs[i];
		_cleanup_free_ char *text = NULL;
		int r = box_readf(box, &text, "%s", k->path);

		if (r < 0 && !k->is_optional)
			return r;
		if (r == 0)
			chosen(text, k->was, sizeof(k->was));
	}
	return 0;
}
