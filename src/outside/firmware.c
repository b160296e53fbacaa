// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The judgement of looks at virtual CPUs. Registers alone may deceive, since an emulator shows them
 * in the middle of anything, and times alone too, since a loaded host lets nothing run; so each
 * counts only as far as the other leaves no way out.
 */
#include "outside/firmware.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "base/wait.h"
#include "outside/line.h"

#define WITNESS "firmware"
#define RETURNED "fw.returned-to-firmware"
#define COMES_BACK "fw.comes-back"
/* So long the thread could have run, if it had wanted to: less says nothing of whether it rests. */
#define ENOUGH_NS (100 * NS_PER_MS)
/* A resting one is still woken for the emulator's own errands (TLB flushes of all CPUs). */
#define BUSY_SHARE 2 /* ran for more than one half of the time that it could */

/* The hexadecimal number after the first `name` that stands by itself. */
static bool number_after(const char *text, const char *name, uint64_t *ret)
{
	size_t len = strlen(name);

	for (const char *at = strstr(text, name); at; at = strstr(at + 1, name)) {
		char *end;

		if (at > text && (isalnum((unsigned char)at[-1]) || at[-1] == '_'))
			continue;
		if (at[len] != '=' && at[len] != ' ')
			continue;
		at += len + 1;
		at += strspn(at, " ");
		*ret = strtoull(at, &end, 16);
		if (end > at)
			return true;
	}
	return false;
}

static void put(struct firmware_sample *s, bool is_away, const char *fmt, ...) _printf_(3, 4);
static void put(struct firmware_sample *s, bool is_away, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(s->shows, sizeof(s->shows), fmt, ap);
	va_end(ap);
	s->at = is_away ? FIRMWARE_AWAY : FIRMWARE_HERE;
}

/* play_dead() halts with interrupts off; an idle CPU halts with them on. */
static void read_x86(const char *text, struct firmware_sample *s)
{
	uint64_t flags, halted, ip = 0;

	if (!number_after(text, "HLT", &halted) ||
	    (!number_after(text, "RFL", &flags) && !number_after(text, "EFL", &flags)))
		return;
	if (!number_after(text, "RIP", &ip) && !number_after(text, "EIP", &ip))
		return;
	put(s, halted && !(flags & 0x200), "%s, interrupts %s, at %#llx",
	    halted ? "halted" : "not halted", flags & 0x200 ? "on" : "off", (unsigned long long)ip);
}

#define PSCI_CPU_OFF 0x84000002

static void read_arm64(const char *text, struct firmware_sample *s)
{
	uint64_t x0, pc;

	if (!number_after(text, "X00", &x0) || !number_after(text, "PC", &pc))
		return;
	put(s, x0 == PSCI_CPU_OFF, "X0 = %#llx (CPU_OFF is %#x), at %#llx", (unsigned long long)x0,
	    PSCI_CPU_OFF, (unsigned long long)pc);
}

/* OpenSBI lies at the start of memory; the kernel runs at virtual addresses. */
static void read_riscv64(const char *text, struct firmware_sample *s)
{
	uint64_t pc;

	if (!number_after(text, "pc", &pc))
		return;
	put(s, pc >= 0x80000000 && pc < 0x80200000, "at %#llx, %s OpenSBI", (unsigned long long)pc,
	    pc >= 0x80000000 && pc < 0x80200000 ? "in" : "outside of");
}

#define MSR_EE 0x8000
#define MSR_RELOCATED 0x30 /* IR and DR */

/* stop-self: real mode, no interrupt may wake it. */
static void read_ppc64el(const char *text, struct firmware_sample *s)
{
	uint64_t msr, nip;

	if (!number_after(text, "MSR", &msr) || !number_after(text, "NIP", &nip))
		return;
	put(s, !(msr & (MSR_EE | MSR_RELOCATED)), "MSR = %#llx: %s mode, interrupts %s, at %#llx",
	    (unsigned long long)msr, msr & MSR_RELOCATED ? "virtual" : "real",
	    msr & MSR_EE ? "on" : "off", (unsigned long long)nip);
}

static void read_s390x(const char *text, struct firmware_sample *s)
{
	put(s, strcmp(text, "stopped") == 0, "state \"%s\"", text);
}

void firmware_read(const char *arch, const char *text, struct firmware_sample *sample)
{
	static const struct {
		const char *arch;
		void (*read)(const char *text, struct firmware_sample *s);
	} readers[] = { { "amd64", read_x86 },       { "i386", read_x86 },
			{ "arm64", read_arm64 },     { "riscv64", read_riscv64 },
			{ "ppc64el", read_ppc64el }, { "s390x", read_s390x } };

	sample->at = FIRMWARE_UNKNOWN;
	snprintf(sample->shows, sizeof(sample->shows), "the registers tell nothing");
	for (size_t i = 0; i < ARRAY_SIZE(readers); i++)
		if (strcmp(readers[i].arch, arch) == 0)
			readers[i].read(text, sample);
}

struct span {
	int64_t run, wait, free, whole; /* free: of the whole, what it did not wait */
	bool is_known;
};

static struct span between(const struct firmware_sample *a, const struct firmware_sample *b)
{
	struct span t = { .is_known = a->has_times && b->has_times };

	t.run = b->run_ns - a->run_ns;
	t.wait = b->wait_ns - a->wait_ns;
	t.whole = b->at_ns - a->at_ns;
	t.free = t.whole - t.wait;
	return t;
}

static json_t *facts(const struct firmware_sample *before, const struct firmware_sample *now)
{
	static const char *const places[] = { "unknown", "away", "here" };
	json_t *data = json_pack("{s:s, s:s}", "at", places[now->at], "shows", now->shows);

	if (before) {
		struct span t = between(before, now);

		json_object_update_new(data, json_pack("{s:s, s:s}", "was_at", places[before->at],
						       "showed", before->shows));
		if (t.is_known)
			json_object_update_new(data, json_pack("{s:I, s:I, s:I}", "ran_ns",
							       (json_int_t)t.run, "waited_ns",
							       (json_int_t)t.wait, "whole_ns",
							       (json_int_t)t.whole));
	}
	return data;
}

/* What is said of one look; `result` is the run format's word. */
struct answer {
	const char *result;
	char *text;
};

#define ANSWER(result, ...) ((struct answer){ result, text_printf(__VA_ARGS__) })

static struct answer judge_rest(const json_t *data, const struct firmware_sample *a,
				const struct firmware_sample *b)
{
	int cpu = (int)json_integer_value(json_object_get(data, "cpu"));
	struct span t;

	if (!a || a->at == FIRMWARE_UNKNOWN || b->at == FIRMWARE_UNKNOWN)
		return ANSWER("unexercised", "cpu%d could not be looked at twice: %s", cpu,
			      !a                          ? "there is no first look"
			      : a->at == FIRMWARE_UNKNOWN ? a->shows
							  : b->shows);
	if (a->thread != b->thread)
		return ANSWER("unexercised", "cpu%d was taken out and another one put in", cpu);
	t = between(a, b);
	if (!t.is_known || t.free < ENOUGH_NS)
		return ANSWER(
			"unexercised",
			"cpu%d was off for %.0f ms, in which its thread could run for %.0f ms: too short to tell whether it rests",
			cpu, wait_ms(t.whole), t.is_known ? wait_ms(t.free) : 0.0);
	/* MWAIT is a legal rest, which an emulator shows as running. */
	if (json_is_true(json_object_get(data, "mwait")) && b->at == FIRMWARE_HERE)
		return ANSWER(
			"unexercised",
			"cpu%d rests in MWAIT, where its registers do not tell it from one that runs",
			cpu);
	if (b->at == FIRMWARE_HERE && b->is_kvm && t.run * BUSY_SHARE <= t.free)
		return ANSWER("unexercised", "cpu%d stands still, and KVM shows it elsewhere: %s",
			      cpu, b->shows);
	if (b->at == FIRMWARE_HERE)
		return ANSWER(
			"unmet",
			"cpu%d is off and its virtual CPU has not left: %s; it ran for %.1f of %.1f ms",
			cpu, b->shows, wait_ms(t.run), wait_ms(t.free));
	if (t.run * BUSY_SHARE > t.free)
		return ANSWER("unmet",
			      "cpu%d is off (%s), and its virtual CPU ran for %.1f of %.1f ms", cpu,
			      b->shows, wait_ms(t.run), wait_ms(t.free));
	return ANSWER("met", "cpu%d rests: %s%s; it ran for %.1f of %.1f ms", cpu, b->shows,
		      a->at == FIRMWARE_AWAY ? ", twice" : "", wait_ms(t.run), wait_ms(t.free));
}

static struct answer judge_return(const json_t *data, const struct firmware_sample *a,
				  const struct firmware_sample *b)
{
	int cpu = (int)json_integer_value(json_object_get(data, "cpu"));
	struct span t;
	bool is_same;

	if (!a || a->at != FIRMWARE_AWAY || b->at == FIRMWARE_UNKNOWN)
		return ANSWER("unexercised", "cpu%d was not seen to be away before: %s", cpu,
			      a ? a->shows : "there is no look at it");
	if (a->thread != b->thread)
		return ANSWER("unexercised", "cpu%d was taken out and another one put in", cpu);
	t = between(a, b);
	if (!t.is_known)
		return ANSWER("unexercised",
			      "it is not known how long the virtual CPU of cpu%d ran", cpu);
	/* One that runs may be seen in the firmware for a moment: it does work for the kernel. */
	is_same = b->at == FIRMWARE_AWAY && strcmp(a->shows, b->shows) == 0;
	if (t.run <= 0 || (is_same && t.run < NS_PER_MS))
		return ANSWER(
			"unmet",
			"cpu%d is online, and its virtual CPU ran for %.3f ms since it was away: %s",
			cpu, wait_ms(t.run), b->shows);
	return ANSWER("met", "cpu%d runs again: %.1f ms since it was away; %s", cpu, wait_ms(t.run),
		      b->shows);
}

json_t *firmware_judge(const json_t *look, const struct firmware_sample *before,
		       const struct firmware_sample *now)
{
	const json_t *data = json_object_get(look, "data");
	const char *phase = json_string_value(json_object_get(data, "phase"));
	int64_t t = json_integer_value(json_object_get(look, "t"));
	json_t *lines = json_array(),
	       *seen = facts(phase && strcmp(phase, "off") ? before : NULL, now);
	struct answer a = {};

	json_object_set(seen, "cpu", json_object_get(data, "cpu"));
	json_object_set(seen, "phase", json_object_get(data, "phase"));
	json_array_append_new(
		lines, line_about(look, WITNESS, t, "observe",
				  json_pack("{s:s, s:O}", "what", "firmware.seen", "data", seen)));
	if (phase && strcmp(phase, "still-off") == 0)
		a = judge_rest(data, before, now);
	else if (phase && strcmp(phase, "on") == 0)
		a = judge_return(data, before, now);
	if (a.result)
		json_array_append_new(lines,
				      line_expect(look, WITNESS, t,
						  strcmp(phase, "on") == 0 ? COMES_BACK : RETURNED,
						  a.result, a.text, json_incref(seen)));
	json_decref(seen);
	return lines;
}
