// SPDX-License-Identifier: GPL-2.0-or-later
/* Finds the subcommand and walks its options by their tables. Manuals and completion are docs.c; no
 * subcommand is known here. */
#include "cmd/cmd.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"

static const struct cmd_program *running;

const struct cmd_program *cmd_program(void)
{
	return running;
}

static const char *program_name(void)
{
	return running ? running->name : "hotproof";
}

static void complain(const struct cmd *cmd, const char *fmt, va_list ap)
{
	fflush(stdout);
	fprintf(stderr, "%s%s%s: ", program_name(), cmd ? " " : "", cmd ? cmd->name : "");
	vfprintf(stderr, fmt, ap);
	fputc('\n', stderr);
}

int cmd_usage_error(const struct cmd *cmd, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	complain(cmd, fmt, ap);
	va_end(ap);
	fprintf(stderr, "Try: %s%s%s --help\n", program_name(), cmd ? " " : "",
		cmd ? cmd->name : "");
	return VERDICT_EXIT_USAGE;
}

int cmd_fail(const struct cmd *cmd, int code, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	complain(cmd, fmt, ap);
	va_end(ap);
	return code;
}

static const struct cmd_option *find_long(const struct cmd *cmd, const char *name, size_t len)
{
	for (const struct cmd_option *o = cmd->options; o && o->name; o++)
		if (strlen(o->name) == len && strncmp(o->name, name, len) == 0)
			return o;
	return NULL;
}

static const struct cmd_option *find_letter(const struct cmd *cmd, char letter)
{
	for (const struct cmd_option *o = cmd->options; o && o->name; o++)
		if (o->letter && o->letter == letter)
			return o;
	return NULL;
}

static int usage_error(const struct cmd *cmd, const char *what, const char *on)
{
	cmd_usage_error(cmd, "%s \"%s\"", what, on);
	return -1;
}

static int next_letter(struct cmd_args *a, const char **ret_value)
{
	char letter = *a->letters++;
	const struct cmd_option *o = find_letter(a->cmd, letter);

	if (!o)
		return usage_error(a->cmd, "there is no option", (char[]){ '-', letter, '\0' });
	*ret_value = NULL;
	if (!o->value) {
		if (!*a->letters)
			a->letters = NULL;
		return o->id;
	}
	if (*a->letters)
		*ret_value = a->letters;
	else if (a->at < a->argc)
		*ret_value = a->argv[a->at++];
	else
		return usage_error(a->cmd, "a value is missing after",
				   (char[]){ '-', letter, '\0' });
	a->letters = NULL;
	return o->id;
}

static int next_long(struct cmd_args *a, const char *arg, const char **ret_value)
{
	const char *name = arg + 2, *equal = strchr(name, '=');
	const struct cmd_option *o =
		find_long(a->cmd, name, equal ? (size_t)(equal - name) : strlen(name));

	if (!o)
		return usage_error(a->cmd, "there is no option", arg);
	*ret_value = NULL;
	if (!o->value)
		return equal ? usage_error(a->cmd, "no value is wanted in", arg) : o->id;
	if (equal)
		*ret_value = equal + 1;
	else if (a->at < a->argc)
		*ret_value = a->argv[a->at++];
	else
		return usage_error(a->cmd, "a value is missing after", arg);
	return o->id;
}

int cmd_next(struct cmd_args *a, const char **ret_value)
{
	char *arg;

	if (a->letters)
		return next_letter(a, ret_value);
	*ret_value = NULL;
	if (a->at >= a->argc)
		return CMD_END;
	arg = a->argv[a->at++];
	if (a->only_operands || arg[0] != '-' || arg[1] == '\0') {
		*ret_value = arg;
		return CMD_OPERAND;
	}
	if (strcmp(arg, "--") == 0) {
		a->only_operands = true;
		return cmd_next(a, ret_value);
	}
	if (arg[1] == '-')
		return next_long(a, arg, ret_value);
	a->letters = arg + 1;
	return next_letter(a, ret_value);
}

static bool wants_help(int argc, char **argv)
{
	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
		if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
			return true;
	return false;
}

static const struct cmd *find_cmd(const struct cmd_program *program, const char *name)
{
	for (const struct cmd *const *c = program->cmds; *c; c++)
		if (strcmp((*c)->name, name) == 0)
			return *c;
	return NULL;
}

/* A line that could not be written (a full disk behind the redirection) must not end as success. */
static int flushed(int code)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return code;
	cmd_fail(NULL, 0, "cannot write to the standard output: %s", strerror(errno));
	return code == VERDICT_EXIT_PASSED ? VERDICT_EXIT_NOT_JUDGED : code;
}

/* A page is "PROGRAM.8" or "PROGRAM-COMMAND.8". */
static int print_page(const struct cmd_program *program, const char *page)
{
	for (const struct cmd *const *c = program->cmds; *c; c++) {
		_cleanup_free_ char *name = text_printf("%s-%s.8", program->name, (*c)->name);

		if (name && strcmp(name, page) == 0) {
			cmd_print_man(program, *c);
			return VERDICT_EXIT_PASSED;
		}
	}
	if (strncmp(page, program->name, strlen(program->name)) != 0 ||
	    strcmp(page + strlen(program->name), ".8") != 0)
		return cmd_usage_error(NULL, "there is no page \"%s\"", page);
	cmd_print_man(program, NULL);
	return VERDICT_EXIT_PASSED;
}

/* A hidden command, for tools/gen-docs: docs completion, docs pages, docs man PAGE. */
static int print_docs(const struct cmd_program *program, int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";

	if (strcmp(what, "completion") == 0 && argc == 2) {
		cmd_print_completion(program);
	} else if (strcmp(what, "pages") == 0 && argc == 2) {
		printf("%s.8\n", program->name);
		for (const struct cmd *const *c = program->cmds; *c; c++)
			if (!(*c)->is_hidden && !(*c)->is_passed_on)
				printf("%s-%s.8\n", program->name, (*c)->name);
	} else if (strcmp(what, "man") == 0 && argc == 3) {
		return print_page(program, argv[2]);
	} else {
		return cmd_usage_error(NULL, "docs wants: completion, pages, or man PAGE");
	}
	return VERDICT_EXIT_PASSED;
}

int cmd_main(const struct cmd_program *program, int argc, char **argv)
{
	const struct cmd *cmd;

	running = program;
	if (argc < 2) {
		cmd_usage_error(NULL, "a command is missing");
		return VERDICT_EXIT_USAGE;
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
	    strcmp(argv[1], "help") == 0) {
		cmd = argc > 2 ? find_cmd(program, argv[2]) : NULL;
		if (argc > 2 && !cmd)
			return cmd_usage_error(NULL, "there is no command \"%s\"", argv[2]);
		cmd_print_help(program, cmd);
		return flushed(VERDICT_EXIT_PASSED);
	}
	if (strcmp(argv[1], "--version") == 0) {
		printf("%s %s\n", program->name, HOTPROOF_VERSION);
		return flushed(VERDICT_EXIT_PASSED);
	}
	if (strcmp(argv[1], "docs") == 0)
		return flushed(print_docs(program, argc - 1, argv + 1));
	cmd = find_cmd(program, argv[1]);
	if (!cmd)
		return cmd_usage_error(NULL, "there is no command \"%s\"", argv[1]);
	if (!cmd->is_passed_on && wants_help(argc - 1, argv + 1)) {
		cmd_print_help(program, cmd);
		return flushed(VERDICT_EXIT_PASSED);
	}
	return flushed(cmd->run(argc - 1, argv + 1));
}
