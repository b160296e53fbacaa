// SPDX-License-Identifier: GPL-2.0-or-later
/* The command line of `hotproof lab run` as a struct. It checks values one by one; what belongs
 * together is lab_run.c's matter. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "cmd/cmd.h"
#include "lab/kernel_tree.h"
#include "lab/machine.h"
#include "lab/suite.h"

struct lab_list {
	const char **v; /* NULL-terminated once it holds something */
	size_t n;
};

struct lab_request {
	struct suite_choice *choice; /* owned; NULL: no other suite */
	struct machine *machine;     /* owned; filled in later */
	const char *machine_name, *kernel, *modules, *append, *out, *scale, *hotproof, *exec,
		*race_plan, *cpu_model;
	struct lab_list insmod, add, plan, baselines;
	char *baseline; /* owned; filled in later: what the runs of `baselines` hold */
	int cpus, mem, want_kvm;
	const char *suite, *suite_dir, *box, *tree_dir;
	struct kernel_tree *tree; /* owned; NULL: none */
	struct lab_list ssh_options;
	int prober_port; /* on the box */
	char prober_text[16];
	bool is_known_ok, has_no_report, is_quiet, want_dump;
};

extern const struct cmd_option lab_args_options[];

/* 0, or the exit code of what was wrong and has been said. */
_must_check_ int lab_args_parse(int argc, char **argv, struct lab_request *ret);
void lab_args_clear(struct lab_request *q);

/* Words that the guest's run gets; value may be NULL. 0 or an exit code. */
_must_check_ int lab_args_pass_on(struct lab_request *q, const char *name, const char *value);
