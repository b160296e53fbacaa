// SPDX-License-Identifier: GPL-2.0-or-later
/* The command line's tables: how options are walked, and that what is printed from them is whole.
 * The subcommands themselves are not here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "cmd/cmd.h"

enum { OPT_FLAG = 1, OPT_VALUE, OPT_HIDDEN };

static const struct cmd_option options[] = {
	{ OPT_FLAG, "flag", 'f', NULL, "A flag" },
	{ OPT_VALUE, "value", 'v', "DIR", "A value", CMD_DIR },
	{ OPT_HIDDEN, "hidden", 0, NULL, "Not for the manual", .is_hidden = true },
	{},
};

static char *seen; /* what the toy was given, as one text */
static size_t seen_size;

static int run(int argc, char **argv);

static const struct cmd toy = {
	.name = "toy",
	.summary = "Play with options",
	.usage = "[OPTION]... WORD...",
	.explain = "A first line.\n\n.dangerous at the start of a line, and a back\\slash.",
	.options = options,
	.run = run,
};

static int run(int argc, char **argv)
{
	struct cmd_args args = CMD_ARGS(&toy, argc, argv);
	const char *value;
	FILE *out;
	int o;

	free(seen);
	out = open_memstream(&seen, &seen_size);
	while ((o = cmd_next(&args, &value)) != CMD_END) {
		if (o == -1)
			break;
		fprintf(out, "%s%s;",
			o == CMD_OPERAND ? "word "
			: o == OPT_FLAG  ? "flag"
			: o == OPT_VALUE ? "value "
					 : "hidden",
			value ? value : "");
	}
	fclose(out);
	return o == -1 ? VERDICT_EXIT_USAGE : 42;
}

static const struct cmd *const cmds[] = { &toy, NULL };
static const struct cmd_program program = { .name = "prog", .summary = "Nothing", .cmds = cmds };

#define MAIN(...)                                                      \
	({                                                             \
		char *argv_[] = { (char *)"prog", __VA_ARGS__, NULL }; \
		cmd_main(&program, (int)ARRAY_SIZE(argv_) - 1, argv_); \
	})

#define W(s) ((char *)(s))

static void options_are_walked(void **state)
{
	assert_int_equal(MAIN(W("toy"), W("-fv"), W("x"), W("a"), W("--value=y=z"), W("--value"),
			      W("w"), W("-"), W("--"), W("--flag")),
			 42);
	assert_string_equal(seen, "flag;value x;word a;value y=z;value w;word -;word --flag;");
	assert_int_equal(MAIN(W("toy"), W("-vx"), W("--hidden")), 42);
	assert_string_equal(seen, "value x;hidden;");
	assert_int_equal(MAIN(W("toy"), W("--value=")), 42);
	assert_string_equal(seen, "value ;");
}

static void wrong_use_is_2(void **state)
{
	assert_int_equal(MAIN(W("toy"), W("--nope")), 2);
	assert_int_equal(MAIN(W("toy"), W("-x")), 2);
	assert_int_equal(MAIN(W("toy"), W("--value")), 2);
	assert_int_equal(MAIN(W("toy"), W("-v")), 2);
	assert_int_equal(MAIN(W("toy"), W("--flag=1")), 2);
	assert_int_equal(MAIN(W("nope")), 2);
	assert_int_equal(cmd_main(&program, 1, (char *[]){ W("prog"), NULL }), 2);
}

/* Runs cmd_main() with stdout going to a text, owned by the caller. */
static char *said(int argc, char **argv)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size), *old = stdout;

	stdout = out;
	assert_int_equal(cmd_main(&program, argc, argv), 0);
	stdout = old;
	fclose(out);
	return text;
}

static void help_and_manual_come_from_the_table(void **state)
{
	_cleanup_free_ char *help = said(3, (char *[]){ W("prog"), W("toy"), W("--help"), NULL });
	_cleanup_free_ char *man =
		said(4, (char *[]){ W("prog"), W("docs"), W("man"), W("prog-toy.8"), NULL });
	_cleanup_free_ char *pages = said(3, (char *[]){ W("prog"), W("docs"), W("pages"), NULL });
	_cleanup_free_ char *completion =
		said(3, (char *[]){ W("prog"), W("docs"), W("completion"), NULL });

	assert_non_null(strstr(help, "-v, --value=DIR"));
	assert_null(strstr(help, "hidden"));
	assert_non_null(strstr(man, "\\&.dangerous"));
	assert_non_null(strstr(man, "back\\eslash"));
	assert_null(strstr(man, "hidden"));
	assert_string_equal(pages, "prog.8\nprog-toy.8\n");
	assert_non_null(strstr(completion, "--value | -v) COMPREPLY=($(compgen -d"));
	assert_null(strstr(completion, "hidden"));
}

static int free_seen(void **state)
{
	free(seen);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(options_are_walked),
		cmocka_unit_test(wrong_use_is_2),
		cmocka_unit_test(help_and_manual_come_from_the_table),
	};

	return cmocka_run_group_tests(tests, NULL, free_seen);
}
