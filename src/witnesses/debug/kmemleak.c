// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * kmemleak, where the kernel has it: memory that nothing points to any more. It looks at objects
 * older than five seconds only, and reports one at its second look; so it is asked once, at the end
 * of the scenario, and says nothing of what was lost in the last seconds.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/wait.h"
#include "stage/expect.h"
#include "stage/stage.h"
#include "witnesses/witnesses.h"

#define FILE_KMEMLEAK "sys/kernel/debug/kmemleak"
#define MIN_AGE_NS (6 * NS_PER_S)
#define SHOWN 1500 /* characters of the report that are kept */

static const struct claim no_leak = {
	.id = "debug.no-memory-leaked",
	.summary = "kmemleak finds no memory that the scenario left without an owner",
	.explain =
		"Each CPU that goes or comes frees and allocates per-CPU areas, sysfs objects, hctxs, pools. What nothing points to afterwards "
		"is lost until the next boot. The report names who allocated it. kmemleak may err: an object that is kept by a "
		"disguised pointer only looks lost.",
	.refs = REFS("Documentation/dev-tools/kmemleak.rst"),
	.faults = FAULTS("root:memory-leaked"),
};

static int probe_kmemleak(struct box *box, char **ret_why)
{
	_cleanup_free_ char *text = NULL;

	if (box_read(box, FILE_KMEMLEAK, &text) == 0)
		return 1;
	*ret_why = text_printf(
		"no /" FILE_KMEMLEAK
		": the kernel is built without CONFIG_DEBUG_KMEMLEAK, or it is off, or debugfs is not mounted");
	return 0;
}

static const struct need need_kmemleak = {
	.id = "kernel.kmemleak",
	.summary = "a kernel with kmemleak, and debugfs to ask it by",
	.probe = probe_kmemleak,
};

struct leaks {
	int64_t first_done_ns; /* of the first act that did something; 0: none did */
};

static int plant(struct stage *s, void **ret_state)
{
	struct leaks *l = calloc(1, sizeof(*l));
	int r;

	if (!l)
		return -ENOMEM;
	/* What was found before is no matter of ours: it is grey from now on. */
	r = box_write(stage_box(s), FILE_KMEMLEAK, "clear");
	if (r < 0) {
		free(l);
		return r;
	}
	*ret_state = l;
	return 0;
}

static int after(struct stage *s, void *state, const struct act *act)
{
	struct leaks *l = state;

	(void)s;
	if (act->is_done && l->first_done_ns == 0)
		l->first_done_ns = act->ended_ns;
	return 0;
}

/* An object is reported at the second scan that does not find a pointer to it. */
static int ask(struct stage *s, char **ret_report)
{
	int r = 0;

	for (int i = 0; r == 0 && i < 2; i++)
		r = box_write(stage_box(s), FILE_KMEMLEAK, "scan");
	return r < 0 ? r : box_read(stage_box(s), FILE_KMEMLEAK, ret_report);
}

static int judge(struct stage *s, const struct leaks *l)
{
	_cleanup_free_ char *report = NULL;
	bool is_clean;
	int r;

	if (l->first_done_ns == 0 ||
	    (box_is_real(stage_box(s)) && wait_now_ns() - l->first_done_ns < MIN_AGE_NS)) {
		expect_unexercised(
			s, NULL, &no_leak, NULL,
			"the scenario was over before an object could be old enough for kmemleak");
		return 0;
	}
	r = ask(s, &report);
	if (r < 0)
		return r;
	is_clean = !strstr(report, "unreferenced object");
	if (strlen(report) > SHOWN)
		report[SHOWN] = '\0';
	expect(s, NULL, &no_leak, is_clean, is_clean ? NULL : json_pack("{s:s}", "report", report),
	       is_clean ? "kmemleak found nothing" : "kmemleak found unreferenced objects");
	return 0;
}

static int uproot(struct stage *s, void *state)
{
	int r = judge(s, state);

	free(state);
	return r;
}

const struct witness witness_kmemleak = {
	.id = "kmemleak",
	.summary = "memory that nothing points to any more, where the kernel looks for it",
	.explain = "Asks `/sys/kernel/debug/kmemleak` for two scans at the end of a scenario.",
	.claims = CLAIMS(&no_leak),
	.needs = NEEDS(&need_kmemleak),
	.plant = plant,
	.after = after,
	.uproot = uproot,
};
