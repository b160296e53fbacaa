// SPDX-License-Identifier: GPL-2.0-or-later
/* The suites, as data, and where their files are. */
#include "lab/suite.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "lab/cache.h"

/* A tree that was installed with `make install` has its own runner, which speaks TAP; the kernel's
 * source, or a single test, has not. -a: every CPU that may leave. */
static const char kselftest[] =
	"if [ -x run_kselftest.sh ]; then exec ./run_kselftest.sh -c cpu-hotplug; fi\n"
	"echo TAP version 13; echo 1..1\n"
	"(cd cpu-hotplug && bash ./cpu-on-off-test.sh -a 2>&1; echo $? >/tmp/exit) | sed 's/^/# /'\n"
	"case $(cat /tmp/exit) in\n"
	"0) r=ok x= ;;\n"
	"4) r=ok x=' # SKIP it says so' ;;\n"
	"*) r='not ok' x= ;;\n"
	"esac\n"
	"echo \"$r 1 cpu-hotplug/cpu-on-off-test.sh$x\"\n";

/* What runltp does, for one file of runtest/: a name and a command a line. Its results are bits:
 * 1 failed, 2 broke, 4 warned, 32 not tried; a shell's own codes begin at 126. */
static const char ltp[] =
	"export LTPROOT=$PWD TMPDIR=/tmp PATH=$PWD/testcases/bin:/usr/sbin:/usr/bin:/sbin:/bin\n"
	"mkdir -p /var/run\n"
	"[ -s runtest/cpuhotplug ] || { echo no runtest/cpuhotplug; exit 2; }\n"
	"now() { read -r s rest </proc/uptime; echo ${s%.*}${s#*.}; }\n"
	"while read -r name command; do\n"
	"case $name in ''|'#'*) continue ;; esac\n"
	"began=$(now)\n"
	"sh -c \"$command\" </dev/null; rc=$?\n"
	"took=$(($(now) - began))\n"
	"if [ $rc -eq 0 ]; then w=PASS; elif [ $rc -ge 126 ]; then w=BROK\n"
	"elif [ $((rc & 1)) -ne 0 ]; then w=FAIL; elif [ $((rc & 2)) -ne 0 ]; then w=BROK\n"
	"elif [ $((rc & 4)) -ne 0 ]; then w=WARN; elif [ $rc -eq 32 ]; then w=CONF; else w=FAIL; fi\n"
	"echo \"$name $w $rc ${took}0\"\n"
	"done <runtest/cpuhotplug\n";

static const struct {
	const char *name, *format, *command;
	const char *tree; /* in the cache; NULL: none of its own */
	const char
		*needs; /* a file in the user's folder, which there must be; NULL: Debian has it */
	bool takes_arguments;
} suites[] = {
	{ "stress-ng", "stress-ng",
	  "exec stress-ng --pathological --cpu-online 1 --cpu 2 --timeout 20s --metrics-brief",
	  "stress-ng", .takes_arguments = true },
	{ "kselftest", "ktap", kselftest, "kselftest" },
	{ "ltp-cpuhotplug", "ltp", ltp, "ltp", .needs = "runtest/cpuhotplug" },
	{ "ktap", "ktap", NULL, .takes_arguments = true },
};

void suite_choice_free(struct suite_choice *c)
{
	if (!c)
		return;
	free(c->name);
	free(c->command);
	for (size_t i = 0; i < ARRAY_SIZE(c->trees); i++)
		free(c->trees[i]);
	free(c);
}

static int add_tree(struct suite_choice *c, size_t *n, const char *name, struct error *err)
{
	_cleanup_free_ char *sub = text_printf("suites/%s", name), *path = NULL;

	path = sub ? cache_path(sub) : NULL;
	if (!path)
		return -ENOMEM;
	if (access(path, F_OK) < 0)
		return error_set(err, ENOENT,
				 "what the suite takes is not in the cache (\"%s\"); get it with: "
				 "tools/fetch-suite %s",
				 path, name);
	c->trees[(*n)++] = take_ptr(path);
	return 0;
}

static int fill(struct suite_choice *c, size_t which, const char *arguments, const char *dir,
		struct error *err)
{
	bool is_stress = strcmp(suites[which].name, "stress-ng") == 0;
	size_t n = 0;
	int r;

	c->name = strdup(suites[which].name);
	c->format = suites[which].format;
	c->command = !arguments  ? strdup(suites[which].command)
		     : is_stress ? text_printf("exec stress-ng %s", arguments)
				 : strdup(arguments);
	if (!c->name || !c->command)
		return -ENOMEM;
	r = add_tree(c, &n, "base", err);
	/* Of LTP Debian has what its scripts take, but not them. */
	if (r == 0 && suites[which].tree && (!dir || suites[which].needs))
		r = add_tree(c, &n, suites[which].tree, err);
	if (dir || (suites[which].tree && strcmp(suites[which].tree, "kselftest") == 0))
		c->folder = "/" SUITE_FOLDER;
	return r;
}

static int check_folder(size_t which, const char *dir, struct error *err)
{
	const char *file = suites[which].needs;
	_cleanup_free_ char *path = file && dir ? text_printf("%s/%s", dir, file) : NULL;

	if (file && !dir)
		return error_set(err, EINVAL,
				 "%s is not in Debian: name the folder where it is installed "
				 "(/opt/ltp) with --suite-dir",
				 suites[which].name);
	if (dir && access(dir, R_OK | X_OK) < 0)
		return error_set(err, errno, "cannot read the suite's folder \"%s\": %s", dir,
				 strerror(errno));
	if (path && access(path, R_OK) < 0)
		return error_set(err, errno,
				 "there is no installed %s in \"%s\": its %s cannot be read: %s",
				 suites[which].name, dir, file, strerror(errno));
	return 0;
}

int suite_choose(const char *spec, const char *dir, const struct arch *arch,
		 struct suite_choice **ret, struct error *err)
{
	_cleanup_(cleanup_suite_choice) struct suite_choice *c = calloc(1, sizeof(*c));
	size_t len = strcspn(spec, ":"), i = 0;
	const char *arguments = spec[len] ? spec + len + 1 : NULL;
	int r;

	if (!c)
		return -ENOMEM;
	while (i < ARRAY_SIZE(suites) &&
	       (strncmp(suites[i].name, spec, len) != 0 || suites[i].name[len]))
		i++;
	if (i == ARRAY_SIZE(suites) || (arguments && !suites[i].takes_arguments) ||
	    (!arguments && !suites[i].command))
		return error_set(err, EINVAL, "--suite=\"%s\" is none of: " SUITE_NAMES, spec);
	r = check_folder(i, dir, err);
	if (r < 0)
		return r;
	if (!arch_is_native(arch))
		return error_set(err, EINVAL,
				 "suites run in guests of this machine's architecture only, and "
				 "this is one of %s",
				 arch->name);
	r = fill(c, i, arguments, dir, err);
	if (r < 0)
		return r;
	*ret = take_ptr(c);
	return 0;
}
