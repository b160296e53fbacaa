// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a subcommand declares. Parsing, --help, manual pages and bash completion all come from these
 * tables: an option is declared once. One file per subcommand, `extern const struct cmd cmd_NAME;`,
 * listed in its program's main file.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "evidence/verdict.h" /* the exit codes */

/* What a value or operand is, for completion only. */
enum cmd_kind {
	CMD_TEXT,
	CMD_FILE,
	CMD_DIR,
	CMD_SCENARIO,
	CMD_WITNESS,
	CMD_CLAIM,
	CMD_ID,
	CMD_WORDS
};

struct cmd_option {
	int id;              /* what cmd_next() returns; >= 1 */
	const char *name;    /* without the two dashes */
	char letter;         /* "-o" for it, or 0 */
	const char *value;   /* "DIR"; NULL: a flag */
	const char *summary; /* one line */
	enum cmd_kind kind;  /* of the value */
	const char *words;   /* CMD_WORDS: "text ktap junit" */
	bool is_hidden;      /* for the lab and the tests: in no manual */
};

struct cmd {
	const char *name;
	const char *summary;              /* one line, no full stop */
	const char *usage;                /* "[OPTION]... DIR" */
	const char *explain;              /* paragraphs for the manual; may be NULL */
	const struct cmd_option *options; /* ended by one without a name; NULL: none */
	enum cmd_kind operands;
	bool is_hidden;
	bool is_passed_on; /* options are not ours to know: run() gets them all, --help too */
	int (*run)(int argc,
		   char **argv); /* argv[0] is the subcommand's name; returns the exit code */
};

struct cmd_program {
	const char *name; /* "hotproof" */
	const char *summary;
	const struct cmd *const *cmds; /* NULL-terminated */
};

/* The whole of a program's main(): finds the subcommand, answers --help and --version. */
int cmd_main(const struct cmd_program *program, int argc, char **argv);

/* Walks the arguments. */
struct cmd_args {
	const struct cmd *cmd;
	int argc, at;
	char **argv;
	char *letters; /* rest of a bundle like -vq */
	bool only_operands;
};

#define CMD_ARGS(cmd_, argc_, argv_)                                     \
	{                                                                \
		.cmd = (cmd_), .argc = (argc_), .at = 1, .argv = (argv_) \
	}
#define CMD_END 0
#define CMD_OPERAND (-2)

/*
 * The id of the next option, CMD_OPERAND, or CMD_END; *ret_value is its value, the operand, or
 * NULL. -1: a usage error, which has been said on stderr: return VERDICT_EXIT_USAGE.
 */
_must_check_ int cmd_next(struct cmd_args *args, const char **ret_value);

/* "hotproof judge: TEXT" on stderr, with a hint at --help; returns VERDICT_EXIT_USAGE. */
int cmd_usage_error(const struct cmd *cmd, const char *fmt, ...) _printf_(2, 3);

/* "hotproof judge: TEXT" on stderr; returns `code`, so that `return cmd_fail(...)` reads well. */
int cmd_fail(const struct cmd *cmd, int code, const char *fmt, ...) _printf_(3, 4);

/* Texts for cmd/docs.c and --help, to stdout. */
void cmd_print_help(const struct cmd_program *program, const struct cmd *cmd);
void cmd_print_man(const struct cmd_program *program, const struct cmd *cmd);
void cmd_print_completion(const struct cmd_program *program);

/* The tables as JSON: for `list --json`. */
json_t *cmd_table_json(const struct cmd_program *program);

/* The running program's table, as given to cmd_main(). */
const struct cmd_program *cmd_program(void);
