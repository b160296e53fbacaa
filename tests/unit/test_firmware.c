// SPDX-License-Identifier: GPL-2.0-or-later
/* outside/: what looks at a virtual CPU prove. Registers as QEMU 10.0 printed them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "base/wait.h"
#include "outside/firmware.h"

#define RETURNED "fw.returned-to-firmware"
#define COMES_BACK "fw.comes-back"

static const char x86_dead[] =
	"\r\nCPU#1\r\nRAX=0000000000000000 RBX=0000000000000001 RCX=0000000000000000\r\n"
	"RIP=ffffffff95862b8a RFL=00000046 [---Z-P-] CPL=0 II=0 A20=1 SMM=0 HLT=1\r\n";
static const char x86_idle[] =
	"RIP=ffffffff96217a0b RFL=00000246 [---Z-P-] CPL=0 II=0 A20=1 SMM=0 HLT=1\r\n";
static const char x86_spins[] =
	"RIP=ffffffffc0354010 RFL=00000046 [---Z-P-] CPL=0 II=0 A20=1 SMM=0 HLT=0\r\n";

static const struct {
	const char *arch, *text;
	enum firmware_place place;
} registers[] = {
	{ "amd64", x86_dead, FIRMWARE_AWAY },
	{ "amd64", x86_idle, FIRMWARE_HERE },
	{ "amd64", x86_spins, FIRMWARE_HERE },
	{ "i386", "EIP=cc057b22 EFL=00000046 [---Z-P-] CPL=0 II=0 A20=1 SMM=0 HLT=1\r\n",
	  FIRMWARE_AWAY },
	{ "arm64", " PC=ffffa80e310280ac X00=0000000084000002 X01=0000000000000000\r\n",
	  FIRMWARE_AWAY },
	{ "arm64", " PC=ffffa80e31baf4fc X00=0000000000000005 X01=0000000084000002\r\n",
	  FIRMWARE_HERE },
	{ "riscv64",
	  " V      =   0\r\n pc       000000008000ed8a\r\n mhartid  0000000000000001\r\n",
	  FIRMWARE_AWAY },
	{ "riscv64", " pc       ffffffff80dbe370\r\n", FIRMWARE_HERE },
	{ "ppc64el", "NIP 000000002fff0010   LR 0000\r\nMSR 0000000000001002 HID0 0\r\n",
	  FIRMWARE_AWAY },
	{ "ppc64el", "NIP c0000000000e1130   LR 0000\r\nMSR 8000000000009033 HID0 0\r\n",
	  FIRMWARE_HERE },
	{ "s390x", "stopped", FIRMWARE_AWAY },
	{ "s390x", "operating", FIRMWARE_HERE },
	{ "amd64", "", FIRMWARE_UNKNOWN },
	{ "amd64", "Error: invalid CPU index", FIRMWARE_UNKNOWN },
	{ "arm64", " XPC=1 X000=84000002\r\n", FIRMWARE_UNKNOWN },
	{ "sparc64", x86_dead, FIRMWARE_UNKNOWN },
};

static void registers_are_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(registers); i++) {
		struct firmware_sample s = {};

		firmware_read(registers[i].arch, registers[i].text, &s);
		if (s.at != registers[i].place)
			fail_msg("%s: %s", registers[i].arch, registers[i].text);
		assert_true(*s.shows);
	}
}

/* After so many ms of this host's time, with so many of them run and waited by the thread. */
static struct firmware_sample sample(const char *text, int at, int run, int wait)
{
	struct firmware_sample s = { .at_ns = NS_PER_S + at * NS_PER_MS,
				     .run_ns = NS_PER_S + run * NS_PER_MS,
				     .wait_ns = NS_PER_S + wait * NS_PER_MS,
				     .has_times = true };

	firmware_read("amd64", text, &s);
	return s;
}

/* `claim` NULL: nothing may be expected. */
static void check_look(const char *phase, bool has_mwait, const struct firmware_sample *before,
		       struct firmware_sample now, const char *claim, const char *result)
{
	json_t *look = json_pack("{s:i, s:i, s:s, s:i, s:{s:i, s:s, s:b}}", "seq", 9, "t", 77,
				 "scenario", "cpu.cycle", "act", 7, "data", "cpu", 1, "phase",
				 phase, "mwait", has_mwait);
	json_t *lines = firmware_judge(look, before, &now), *line = json_array_get(lines, 1);

	assert_int_equal(json_array_size(lines), claim ? 2 : 1);
	assert_string_equal(json_string_value(json_object_get(json_array_get(lines, 0), "what")),
			    "firmware.seen");
	if (claim) {
		assert_string_equal(json_string_value(json_object_get(line, "claim")), claim);
		assert_string_equal(json_string_value(json_object_get(line, "result")), result);
		assert_string_equal(json_string_value(json_object_get(line, "scenario")),
				    "cpu.cycle");
		assert_int_equal(json_integer_value(json_object_get(line, "act")), 7);
	}
	json_decref(lines);
	json_decref(look);
}

static void rest_is_judged(void **state)
{
	struct firmware_sample off = sample(x86_dead, 0, 0, 0), late = sample(x86_spins, 0, 0, 0);

	(void)state;
	check_look("off", false, NULL, off, NULL, NULL);
	check_look("still-off", false, &off, sample(x86_dead, 200, 1, 0), RETURNED, "met");
	/* The kernel may say that it is off a moment before the CPU has got to its halt. */
	check_look("still-off", false, &late, sample(x86_dead, 200, 9, 0), RETURNED, "met");
	check_look("still-off", false, &off, sample(x86_spins, 200, 190, 0), RETURNED, "unmet");
	check_look("still-off", false, &off, sample(x86_spins, 200, 0, 0), RETURNED, "unmet");
	/* In motion between two looks that both found it at rest. */
	check_look("still-off", false, &off, sample(x86_dead, 200, 190, 0), RETURNED, "unmet");
}

static void what_proves_nothing_is_no_verdict(void **state)
{
	struct firmware_sample off = sample(x86_dead, 0, 0, 0), blind = sample("", 0, 0, 0);
	struct firmware_sample kvm = sample(x86_spins, 200, 9, 0);
	struct firmware_sample untimed = sample(x86_dead, 200, 0, 0);

	(void)state;
	untimed.has_times = false;
	check_look("still-off", false, NULL, sample(x86_dead, 200, 0, 0), RETURNED, "unexercised");
	check_look("still-off", false, &blind, sample(x86_spins, 200, 0, 0), RETURNED,
		   "unexercised");
	check_look("still-off", false, &off, sample("", 200, 0, 0), RETURNED, "unexercised");
	check_look("still-off", false, &off, untimed, RETURNED, "unexercised");
	/* Too short, and long enough but for a host that let nothing run. */
	check_look("still-off", false, &off, sample(x86_spins, 90, 0, 0), RETURNED, "unexercised");
	check_look("still-off", false, &off, sample(x86_spins, 400, 9, 350), RETURNED,
		   "unexercised");
	/* MWAIT shows as running. */
	check_look("still-off", true, &off, sample(x86_spins, 200, 190, 0), RETURNED,
		   "unexercised");
	kvm.is_kvm = true;
	check_look("still-off", false, &off, kvm, RETURNED, "unexercised");
	check_look("on", false, NULL, sample(x86_idle, 200, 0, 0), COMES_BACK, "unexercised");
	check_look("on", false, &blind, sample(x86_idle, 200, 0, 0), COMES_BACK, "unexercised");
}

static void return_is_judged(void **state)
{
	struct firmware_sample off = sample(x86_dead, 0, 0, 0);

	(void)state;
	check_look("on", false, &off, sample(x86_idle, 50, 5, 0), COMES_BACK, "met");
	/* vcpu-stays-away */
	check_look("on", false, &off, sample(x86_dead, 500, 0, 0), COMES_BACK, "unmet");
	check_look("on", false, &off, sample(x86_idle, 500, 0, 0), COMES_BACK, "unmet");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(registers_are_read),
		cmocka_unit_test(rest_is_judged),
		cmocka_unit_test(what_proves_nothing_is_no_verdict),
		cmocka_unit_test(return_is_judged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
