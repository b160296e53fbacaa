// SPDX-License-Identifier: GPL-2.0-or-later
/* The words of a run on a box, and what options mean nothing there. */
#include "cmd/lab_box.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "cmd/lab.h"
#include "cmd/lab_end.h"
#include "lab/guest_program.h"
#include "lab/image.h"
#include "lab/remote.h"

static const char *own_program; /* of --hotproof; NULL: found by architecture */

static char *find_program(const char *uname)
{
	for (const struct arch *a = arch_table; a->name; a++) {
		_cleanup_free_ char *path = NULL;

		if (strcmp(a->uname, uname) != 0)
			continue;
		path = own_program ? strdup(own_program) : guest_program_find(a);
		if (path && image_check_program(path, a, NULL) == 0)
			return take_ptr(path);
	}
	return NULL;
}

static int check(const struct lab_request *q)
{
	static const char no[] = "means nothing with --box: the box is as it is";

	if (q->kernel || q->modules || q->tree_dir || q->append || q->cpu_model || q->cpus ||
	    q->mem)
		return cmd_usage_error(&cmd_lab_run, "a kernel, CPUs, memory or boot options %s",
				       no);
	if (q->insmod.n || q->add.n || q->suite || q->exec)
		return cmd_usage_error(&cmd_lab_run, "--insmod, --add and --suite: each %s", no);
	if (q->race_plan || q->baselines.n)
		return cmd_usage_error(&cmd_lab_run,
				       "--plan and --baseline cannot go to a box yet");
	return 0;
}

static int finish_plan(struct lab_request *q, const char *out, const char *repeat)
{
	const char *slash = strrchr(out, '/'), *name = slash && slash[1] ? slash + 1 : out;
	const struct {
		const char *name, *value;
	} words[] = { { "--box", NULL },
		      { "--go", NULL },
		      { "--machine", q->machine_name ? q->machine_name : q->box },
		      { "--name", name },
		      { "--repeat", repeat } };
	int r = 0;

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(words); i++)
		r = lab_args_pass_on(q, words[i].name, words[i].value);
	if (r == 0 && q->prober_port) {
		snprintf(q->prober_text, sizeof(q->prober_text), "%d", q->prober_port);
		r = lab_args_pass_on(q, "--prober-port", q->prober_text);
	}
	return r;
}

int lab_box_play(struct lab_request *q, const char *out, int signal_fd, const char *repeat)
{
	struct lab_display *display;
	struct remote_setup setup = {
		.url = q->box,
		.ssh_options = q->ssh_options.v,
		.program = find_program,
		.out = out,
		.prober_port = q->prober_port,
		.signal_fd = signal_fd,
	};
	struct session_outcome outcome = {};
	struct error err = {};
	int r = check(q);

	if (r == 0)
		r = finish_plan(q, out, repeat);
	if (r != 0)
		return r;
	own_program = q->hotproof;
	setup.plan_argv = q->plan.v;
	display = lab_display_new(q->is_quiet);
	setup.watch = display ? lab_display_watch : NULL;
	setup.watch_ctx = display;
	r = remote_run(&setup, &outcome, &err);
	lab_display_free(display);
	if (r < 0)
		return cmd_fail(&cmd_lab_run,
				r == -EEXIST || r == -EINVAL ? VERDICT_EXIT_USAGE
							     : VERDICT_EXIT_NOT_JUDGED,
				"%s", err.text);
	return lab_end(out, &outcome, q->is_known_ok, !q->has_no_report);
}
