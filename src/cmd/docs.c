// SPDX-License-Identifier: GPL-2.0-or-later
/* --help, manual pages (man(7) source), bash completion and JSON, all from the tables of the
 * subcommands. Knows none of them. */
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "cmd/cmd.h"

static void print_option_head(const struct cmd_option *o, char *buf, size_t size)
{
	snprintf(buf, size, "%c%c%s--%s%s%s", o->letter ? '-' : ' ', o->letter ? o->letter : ' ',
		 o->letter ? ", " : "  ", o->name, o->value ? "=" : "", o->value ? o->value : "");
}

static void print_cmd_help(const struct cmd_program *program, const struct cmd *cmd)
{
	printf("usage: %s %s %s\n%s.\n", program->name, cmd->name, cmd->usage, cmd->summary);
	if (cmd->explain)
		printf("\n%s\n", cmd->explain);
	printf("\n");
	for (const struct cmd_option *o = cmd->options; o && o->name; o++) {
		char head[80];

		if (o->is_hidden)
			continue;
		print_option_head(o, head, sizeof(head));
		printf("  %-28s %s\n", head, o->summary);
	}
	printf("  %-28s %s\n", "-h, --help", "Say this");
}

void cmd_print_help(const struct cmd_program *program, const struct cmd *cmd)
{
	if (cmd) {
		print_cmd_help(program, cmd);
		return;
	}
	printf("usage: %s COMMAND [OPTION]...\n%s.\n\n", program->name, program->summary);
	for (const struct cmd *const *c = program->cmds; *c; c++)
		if (!(*c)->is_hidden)
			printf("  %-10s %s\n", (*c)->name, (*c)->summary);
	printf("\n%s COMMAND --help says more of one. Exit codes: 0 all passed, 1 something failed,\n"
	       "2 usage, 77 nothing could be tried, 99 could not judge.\n",
	       program->name);
}

/* man(7): a leading dot or quote would be a request, a backslash an escape, a plain '-' may become
 * a hyphen. */
static void print_roff(const char *text)
{
	bool at_start = true;

	for (; *text; text++) {
		if (at_start && (*text == '.' || *text == '\''))
			fputs("\\&", stdout);
		at_start = *text == '\n';
		if (at_start && text[1] == '\n') {
			fputs("\n.PP", stdout);
			continue;
		}
		if (*text == '\\')
			fputs("\\e", stdout);
		else if (*text == '-')
			fputs("\\-", stdout);
		else
			putchar(*text);
	}
}

static void print_roff_upper(const char *text)
{
	for (; *text; text++)
		putchar(*text >= 'a' && *text <= 'z' ? *text - 32 : *text);
}

static void print_man_head(const struct cmd_program *program, const struct cmd *cmd)
{
	printf(".\\\" Made from the program's own tables; do not edit.\n.TH ");
	print_roff_upper(program->name);
	if (cmd) {
		putchar('-');
		print_roff_upper(cmd->name);
	}
	printf(" 8 \"\" \"hotproof %s\"\n.SH NAME\n%s%s%s \\- ", HOTPROOF_VERSION, program->name,
	       cmd ? "-" : "", cmd ? cmd->name : "");
	print_roff(cmd ? cmd->summary : program->summary);
	printf("\n.SH SYNOPSIS\n.B %s", program->name);
	if (cmd)
		printf(" %s", cmd->name);
	printf("\n");
	print_roff(cmd ? cmd->usage : "COMMAND [OPTION]...");
	printf("\n");
}

static void print_man_option(const char *name, const char *letter, const char *value,
			     const char *summary)
{
	printf(".TP\n");
	if (*letter)
		printf("\\fB\\-%s\\fR, ", letter);
	printf("\\fB\\-\\-");
	print_roff(name);
	printf("\\fR");
	if (value)
		printf("=\\fI%s\\fR", value);
	printf("\n");
	print_roff(summary);
	printf("\n");
}

static void print_man_cmds(const struct cmd_program *program)
{
	printf(".SH COMMANDS\n");
	for (const struct cmd *const *c = program->cmds; *c; c++) {
		if ((*c)->is_hidden)
			continue;
		printf(".TP\n.BR %s\\-%s (8)\n", program->name, (*c)->name);
		print_roff((*c)->summary);
		printf("\n");
	}
}

static const struct {
	int code;
	const char *what;
} exit_codes[] = {
	{ VERDICT_EXIT_PASSED, "All that was tried passed." },
	{ VERDICT_EXIT_FAILED, "Something failed, crashed or ran out of time." },
	{ VERDICT_EXIT_USAGE, "The command line was not understood." },
	{ VERDICT_EXIT_NOT_TRIED, "Nothing could be tried: a need was unmet." },
	{ VERDICT_EXIT_NOT_JUDGED, "It could not be judged." },
};

void cmd_print_man(const struct cmd_program *program, const struct cmd *cmd)
{
	print_man_head(program, cmd);
	if (cmd && cmd->explain) {
		printf(".SH DESCRIPTION\n");
		print_roff(cmd->explain);
		printf("\n");
	}
	if (!cmd)
		print_man_cmds(program);
	printf(".SH OPTIONS\n");
	for (const struct cmd_option *o = cmd ? cmd->options : NULL; o && o->name; o++)
		if (!o->is_hidden)
			print_man_option(o->name, o->letter ? (char[]){ o->letter, '\0' } : "",
					 o->value, o->summary);
	print_man_option("help", "h", NULL, "Say what there is, and end.");
	if (!cmd)
		print_man_option("version", "", NULL, "Say which version this is, and end.");
	printf(".SH EXIT STATUS\n");
	for (size_t i = 0; i < ARRAY_SIZE(exit_codes); i++)
		printf(".TP\n%d\n%s\n", exit_codes[i].code, exit_codes[i].what);
}

static const char *kind_names[] = {
	[CMD_TEXT] = "text",       [CMD_FILE] = "file",
	[CMD_DIR] = "dir",         [CMD_SCENARIO] = "scenario",
	[CMD_WITNESS] = "witness", [CMD_CLAIM] = "claim",
	[CMD_ID] = "id",           [CMD_WORDS] = "words",
};

/* What bash offers after an option, or as an operand. */
static void print_compgen(const struct cmd_program *program, enum cmd_kind kind, const char *words)
{
	switch (kind) {
	case CMD_TEXT: printf("COMPREPLY=()"); break;
	case CMD_FILE: printf("COMPREPLY=($(compgen -f -- \"$cur\"))"); break;
	case CMD_DIR: printf("COMPREPLY=($(compgen -d -- \"$cur\"))"); break;
	case CMD_WORDS:
		printf("COMPREPLY=($(compgen -W '%s' -- \"$cur\"))", words ? words : "");
		break;
	case CMD_SCENARIO:
	case CMD_WITNESS:
	case CMD_CLAIM:
	case CMD_ID:
		printf("COMPREPLY=($(compgen -W \"$(%s list --ids=%s 2>/dev/null)\" -- \"$cur\"))",
		       program->name, kind_names[kind]);
		break;
	}
}

static void print_cmd_completion(const struct cmd_program *program, const struct cmd *cmd)
{
	printf("\t%s)\n\t\tcase $prev in\n", cmd->name);
	for (const struct cmd_option *o = cmd->options; o && o->name; o++) {
		if (o->is_hidden || !o->value)
			continue;
		printf("\t\t--%s", o->name);
		if (o->letter)
			printf(" | -%c", o->letter);
		printf(") ");
		print_compgen(program, o->kind, o->words);
		printf("; return ;;\n");
	}
	printf("\t\tesac\n\t\tif [[ $cur == -* ]]; then\n\t\t\tCOMPREPLY=($(compgen -W '");
	for (const struct cmd_option *o = cmd->options; o && o->name; o++)
		if (!o->is_hidden)
			printf("--%s%s ", o->name, o->value ? "=" : "");
	printf("--help' -- \"$cur\"))\n\t\t\t[[ ${COMPREPLY-} != *= ]] || compopt -o nospace\n\t\telse\n\t\t\t");
	print_compgen(program, cmd->operands, NULL);
	printf("\n\t\tfi\n\t\t;;\n");
}

void cmd_print_completion(const struct cmd_program *program)
{
	_cleanup_free_ char *fn = strdup(program->name);

	for (char *c = fn; c && *c; c++)
		if (*c == '-')
			*c = '_';
	printf("# bash completion for %s; made from the program's own tables, do not edit.\n",
	       program->name);
	printf("# shellcheck shell=bash disable=SC2207\n_%s()\n{\n\tlocal cur prev\n\n", fn);
	/* COMP_WORDBREAKS holds '=': "--out=x" arrives as three words. */
	printf("\tcur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} COMPREPLY=()\n"
	       "\tif [[ $cur == = ]]; then\n\t\tcur=''\n"
	       "\telif [[ $prev == = && COMP_CWORD -ge 2 ]]; then\n\t\tprev=${COMP_WORDS[COMP_CWORD - 2]}\n\tfi\n"
	       "\tif [[ COMP_CWORD -eq 1 ]]; then\n\t\tCOMPREPLY=($(compgen -W '");
	for (const struct cmd *const *c = program->cmds; *c; c++)
		if (!(*c)->is_hidden)
			printf("%s ", (*c)->name);
	printf("--help --version' -- \"$cur\"))\n\t\treturn\n\tfi\n\tcase ${COMP_WORDS[1]} in\n");
	for (const struct cmd *const *c = program->cmds; *c; c++) {
		if ((*c)->is_hidden)
			continue;
		if ((*c)->is_passed_on)
			printf("\t%s)\n\t\tdeclare -F _%s_%s >/dev/null || return\n"
			       "\t\tCOMP_WORDS=(%s-%s \"${COMP_WORDS[@]:2}\")\n\t\tCOMP_CWORD=$((COMP_CWORD - 1))\n"
			       "\t\t_%s_%s\n\t\t;;\n",
			       (*c)->name, fn, (*c)->name, program->name, (*c)->name, fn,
			       (*c)->name);
		else
			print_cmd_completion(program, *c);
	}
	printf("\tesac\n}\ncomplete -F _%s %s\n", fn, program->name);
}

static json_t *option_json(const struct cmd_option *o)
{
	json_t *j = json_pack("{s:s}", "name", o->name);

	if (o->letter)
		json_object_set_new(j, "letter", json_string((char[]){ o->letter, '\0' }));
	if (o->value) {
		json_object_set_new(j, "value", json_string(o->value));
		json_object_set_new(j, "kind", json_string(kind_names[o->kind]));
	}
	if (o->words)
		json_object_set_new(j, "words", json_string(o->words));
	json_object_set_new(j, "summary", json_string(o->summary));
	return j;
}

json_t *cmd_table_json(const struct cmd_program *program)
{
	json_t *all = json_array();

	for (const struct cmd *const *c = program->cmds; *c; c++) {
		json_t *options = json_array();

		for (const struct cmd_option *o = (*c)->options; o && o->name; o++)
			if (!o->is_hidden)
				json_array_append_new(options, option_json(o));
		if ((*c)->is_hidden)
			json_decref(options);
		else
			json_array_append_new(all,
					      json_pack("{s:s, s:s, s:s, s:o}", "name", (*c)->name,
							"usage", (*c)->usage, "summary",
							(*c)->summary, "options", options));
	}
	return all;
}
