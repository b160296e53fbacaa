// SPDX-License-Identifier: GPL-2.0-or-later
/* What the lab itself adds to the evidence: how the guest was made, how it died, what was seen from
 * outside. */
#include "lab/session_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <fcntl.h>
#include <string.h>

#include "base/file.h"
#include "base/text.h"
#include "base/wait.h"
#include "lab/console.h"

#define QMP_PATIENCE_NS (10 * NS_PER_S)
#define DUMP_PATIENCE_NS (60 * NS_PER_S)
#define HEAR_OUT_NS (5 * NS_PER_S)
#define CONSOLE_LINES 60

static int64_t ms(int64_t ns)
{
	return ns / NS_PER_MS;
}

int session_record_lab(struct session *s)
{
	const struct machine *m = s->setup->machine;
	const struct session_outcome *o = s->outcome;
	json_t *doc = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:i, s:i, s:i, s:i}", "machine",
				m->name, "kernel", s->setup->kernel, "accelerator",
				s->use_kvm ? "kvm" : "tcg", "kvm", s->kvm_why ? s->kvm_why : "",
				"qemu", qmp_version(s->qemu->qmp), "command", s->qemu->command,
				"cpus", m->cpus, "mem_mib", m->mem_mib, "failed_boots",
				s->n_failed_boots, "lost_guests", s->setup->n_lost);
	int r;

	if (!doc)
		return -ENOMEM;
	/* From the beginning on this host's clock; null: it never came so far. */
	json_object_set_new(
		doc, "ms",
		json_pack("{s:I, s:o, s:o}", "prepared", (json_int_t)ms(o->prepare_ns), "booted",
			  s->booted_ns ? json_integer(ms(s->booted_ns - s->began_ns)) : json_null(),
			  "first_act",
			  o->first_act_ns ? json_integer(ms(o->first_act_ns)) : json_null()));
	r = rundir_put(s->rd, "lab", doc);
	json_decref(doc);
	return r;
}

/* The guest's own numbers end where it ended; the lab's lines go on from there. */
static int append_journal(struct session *s, const char *type, json_t *fields)
{
	const struct channel_counts *counts = channel_counts(s->channel);
	_cleanup_free_ char *text = NULL;
	json_t *line = json_pack("{s:I, s:I, s:s}", "seq", (json_int_t)counts->last_seq + 1, "t",
				 (json_int_t)counts->last_t, "type", type);
	int r;

	if (s->scenario)
		json_object_set_new(line, "scenario", json_string(s->scenario));
	if (s->scenario && s->alone)
		json_object_set(line, "alone", s->alone);
	json_object_set_new(line, "source", json_string("lab"));
	json_object_update(line, fields);
	json_decref(fields);
	text = json_dumps(line, JSON_COMPACT | JSON_PRESERVE_ORDER);
	json_decref(line);
	r = text ? rundir_append_sync(s->rd, text, counts->last_seq + 1) : -ENOMEM;
	if (r == 0)
		channel_count_own(s->channel);
	return r;
}

/* "in act 7, offline cpu 3", "after act 7 ..., in cpu.cycle", "between scenarios"; owned by the
 * caller. */
static char *where(const struct session *s)
{
	const char *verb = json_string_value(json_object_get(s->act, "verb"));
	int id = (int)json_integer_value(json_object_get(s->act, "act"));
	int cpu = (int)json_integer_value(json_object_get(s->act, "cpu"));

	if (!s->scenario)
		return strdup("outside of any scenario");
	if (!s->act)
		return text_printf("in %s, before its first act", s->scenario);
	return text_printf("%s act %d (%s cpu %d) of %s", s->is_in_flight ? "in" : "after", id,
			   verb ? verb : "?", cpu, s->scenario);
}

static char *registers_of(struct session *s)
{
	char *text = NULL;
	struct error err = {};

	if (!s->qemu || s->qemu->process.pid <= 0)
		return NULL;
	if (qmp_hmp(s->qemu->qmp, "info registers -a", wait_now_ns() + wait_scaled(QMP_PATIENCE_NS),
		    &text, &err) < 0)
		text = strdup(err.text);
	for (char *c = text; c && *c; c++)
		if (*c == '\r')
			*c = ' ';
	return text;
}

static void add_words(json_t *stacks, const char *who, const char *words)
{
	if (words && *words)
		json_array_append_new(stacks, json_pack("{s:s, s:s}", "who", who, "stack", words));
}

/* Its memory, for crash(8): what became of that, owned by the caller; NULL: nobody wants it. */
static char *dump_memory(struct session *s)
{
	_cleanup_free_ char *dir = s->setup->want_dump ? realpath(s->setup->out, NULL) : NULL;
	_cleanup_free_ char *to = dir ? text_printf("file:%s/" SESSION_DUMP, dir) : NULL;
	struct error err = {};

	if (!to || !s->qemu || s->qemu->process.pid <= 0)
		return NULL;
	if (qmp_command(s->qemu->qmp, "dump-guest-memory",
			json_pack("{s:b, s:s, s:s}", "paging", 0, "protocol", to, "format",
				  "kdump-zlib"),
			wait_now_ns() + wait_scaled(DUMP_PATIENCE_NS), NULL, &err) < 0)
		return text_printf("no memory dump: %s", err.text);
	return strdup("memory is dumped in " SESSION_DUMP);
}

void session_hear_out(struct session *s)
{
	struct error err = {};

	if (!s->has_panicked || !s->qemu || s->qemu->process.pid <= 0)
		return;
	if (qmp_command(s->qemu->qmp, "cont", NULL, wait_now_ns() + wait_scaled(QMP_PATIENCE_NS),
			NULL, &err) < 0)
		return;
	/* Its reset ends QEMU; a guest that does not reset has said what it could. */
	(void)!process_wait(&s->qemu->process, wait_now_ns() + wait_scaled(HEAR_OUT_NS),
			    &s->qemu->status);
}

/* What there is to be read of a guest that died or hangs: the console, the virtual CPUs if QEMU is
 * still there, the journal's last line. */
static json_t *last_words(struct session *s)
{
	_cleanup_free_ char *registers = registers_of(s), *dump = dump_memory(s), *tail = NULL;
	_cleanup_free_ char *line = NULL;
	json_t *stacks = json_array();

	session_hear_out(s);
	tail = console_tail(s->console, CONSOLE_LINES);
	line = s->last ? json_dumps(s->last, JSON_COMPACT | JSON_PRESERVE_ORDER) : NULL;
	add_words(stacks, "virtual CPUs: info registers -a", registers);
	add_words(stacks, "console: last lines", tail);
	add_words(stacks, "journal: last line", line);
	add_words(stacks, "journal: dump", dump);
	return stacks;
}

static int act_of(const struct session *s)
{
	return s->scenario ? (int)json_integer_value(json_object_get(s->act, "act")) : 0;
}

int session_record_crash(struct session *s, const char *how, const char *what)
{
	_cleanup_free_ char *place = where(s), *panic = NULL, *text = NULL;
	_cleanup_free_ char *oops = NULL, *function = NULL;
	json_t *stacks = last_words(s);
	bool has_oops = console_oops(s->console, &oops, &function);

	panic = console_panic(s->console);
	text = text_printf("the %s %s %s%s%s", s->qemu ? "guest" : "box", what, place ? place : "",
			   panic ? ": " : "", panic ? panic : "");
	if (!text) {
		json_decref(stacks);
		return -ENOMEM;
	}
	snprintf(s->outcome->text, sizeof(s->outcome->text), "%s", text);
	return append_journal(
		s, "crash",
		json_pack("{s:s, s:s, s:i, s:o, s:o*}", "how", how, "text", text, "act", act_of(s),
			  "stacks", stacks, "data",
			  has_oops ? json_pack("{s:s, s:s}", "oops", oops, "function", function)
				   : NULL));
}

/* Not a crash: nothing is known of what had not been judged yet. The run's end says that it is not
 * complete. */
static int record_cut(struct session *s, const char *what, const char *text, json_t *data)
{
	int r;

	snprintf(s->outcome->text, sizeof(s->outcome->text), "%s", text);
	r = append_journal(s, "note",
			   json_pack("{s:s, s:s, s:o}", "what", what, "text", text, "data", data));
	if (r == 0 && s->scenario)
		r = append_journal(s, "end", json_pack("{s:s}", "of", "scenario"));
	free(take_ptr(s->scenario));
	if (r == 0)
		r = append_journal(s, "end", json_pack("{s:s, s:s}", "of", "run", "stopped", text));
	return r;
}

int session_record_interrupted(struct session *s)
{
	_cleanup_free_ char *place = where(s), *text = NULL;

	text = text_printf("interrupted by the user %s", place ? place : "");
	return text ? record_cut(s, "interrupted", text, json_object()) : -ENOMEM;
}

int session_record_lost(struct session *s, const char *why)
{
	_cleanup_free_ char *place = where(s), *text = NULL;

	text = text_printf("the %s was lost %s: %s", s->qemu ? "guest" : "box", place ? place : "",
			   why);
	return text ? record_cut(s, "lost", text, json_pack("{s:o}", "stacks", last_words(s)))
		    : -ENOMEM;
}

int session_record_hang(struct session *s, const char *what, int64_t after_ns)
{
	_cleanup_free_ char *place = where(s), *text = NULL;
	int r;

	text = text_printf("the guest hung %s: %s", place ? place : "", what);
	if (!text)
		return -ENOMEM;
	snprintf(s->outcome->text, sizeof(s->outcome->text), "%s", text);
	r = append_journal(s, "timeout",
			   json_pack("{s:i, s:I, s:s, s:o}", "act", s->is_in_flight ? act_of(s) : 0,
				     "after_ms", (json_int_t)(after_ns / NS_PER_MS), "text", text,
				     "stacks", last_words(s)));
	/* The scenario ends here, and by this: without an end it would count as a crash. */
	if (r == 0 && s->scenario)
		r = append_journal(s, "end", json_pack("{s:s}", "of", "scenario"));
	return r;
}

static int append_outside(struct session *s, json_t *line)
{
	_cleanup_free_ char *text = NULL;
	json_t *numbered;
	int r;

	numbered = json_pack("{s:I}", "seq", (json_int_t)++s->outside_seq);
	json_object_update(numbered, line);
	text = json_dumps(numbered, JSON_COMPACT | JSON_PRESERVE_ORDER);
	json_decref(numbered);
	r = text ? rundir_append(s->rd, RUNDIR_OUTSIDE, text) : -ENOMEM;
	return r;
}

static int append_lines(struct session *s, json_t *lines)
{
	json_t *line;
	size_t i;
	int r = 0;

	json_array_foreach(lines, i, line)
		if (r == 0)
			r = append_outside(s, line);
	json_decref(lines);
	return r;
}

/* Unanswered and in no window: nobody was meant to answer it. */
static bool is_idle(const struct session *s, const json_t *datagram)
{
	json_int_t sent = json_integer_value(json_object_get(datagram, "sent"));
	json_t *window, *data;
	size_t i;

	if (!json_is_null(json_object_get(datagram, "back")))
		return false;
	json_array_foreach(s->windows, i, window) {
		data = json_object_get(window, "data");
		if (sent >= json_integer_value(json_object_get(data, "from")) - PACKETS_LEAD_NS &&
		    sent <= json_integer_value(json_object_get(data, "to")))
			return false;
	}
	return true;
}

static int append_datagrams(struct session *s, const struct packets_clock *clock)
{
	json_int_t n_idle = 0;
	json_t *line;
	int r = 0;

	for (size_t n = 0; r == 0 && s->prober && (line = prober_line(s->prober, clock, n)); n++) {
		if (!clock || is_idle(s, line))
			n_idle++;
		else
			r = append_outside(s, line);
		json_decref(line);
	}
	if (r < 0 || n_idle == 0)
		return r;
	line = json_pack("{s:s, s:s, s:s, s:{s:I}}", "type", "note", "what", "prober.idle", "text",
			 "datagrams sent while no window was open, and not answered", "data",
			 "datagrams", n_idle);
	r = append_outside(s, line);
	json_decref(line);
	return r;
}

int session_record_look(struct session *s, const json_t *look)
{
	int r = s->vcpus ? 0
			 : vcpus_new(s->setup->machine->isa, s->use_kvm, s->qemu->qmp,
				     s->qemu->process.pid, &s->vcpus);

	return r < 0 ? r : append_lines(s, vcpus_look(s->vcpus, look));
}

int session_record_plug(struct session *s, const json_t *line)
{
	int r = s->plug ? 0 : plug_new(s->setup->machine->isa, s->qemu->qmp, &s->plug);

	return r < 0 ? r : append_lines(s, plug_line(s->plug, line));
}

int session_record_outside(struct session *s)
{
	_cleanup_(cleanup_packets_clock) struct packets_clock *clock = NULL;
	const struct packets none = {}, *p = s->prober ? prober_packets(s->prober) : &none;
	json_t *window;
	size_t i;
	int r = packets_clock_new(p, &clock);

	if (r < 0 && r != -ENODATA)
		return r;
	r = clock ? append_lines(s, packets_clock_lines(clock)) : 0;
	if (r == 0)
		r = append_datagrams(s, clock);
	json_array_foreach(s->windows, i, window)
		if (r == 0)
			r = append_lines(s, packets_judge(p, clock, window));
	return r;
}
