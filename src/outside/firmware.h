// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Judges whether a CPU that the box took off rests in its firmware, and runs again once it is back,
 * from what its virtual CPU showed and how long that one's thread ran. Pure: samples in, lines out;
 * no QEMU, no clock, so that it can be tested and repeated.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

/* Where a virtual CPU is, as its registers tell. */
enum firmware_place {
	FIRMWARE_UNKNOWN, /* nothing is known of this architecture, or the registers were not had */
	FIRMWARE_AWAY,    /* where an offlined CPU has to be */
	FIRMWARE_HERE,    /* anywhere else */
};

struct firmware_sample {
	int64_t at_ns;   /* this host's clock */
	int64_t run_ns;  /* of the virtual CPU's thread since it began */
	int64_t wait_ns; /* the same: it was to run, and had to wait for a CPU of this host */
	int thread;      /* of this host: another one is another virtual CPU */
	bool has_times;  /* run_ns and wait_ns were had */
	bool is_kvm;     /* what KVM shows of a halted CPU was never held against a broken one */
	enum firmware_place at;
	char shows[160]; /* the registers that tell, in words; or why they were not had */
};

/*
 * Fills in `at` and `shows` from what the monitor's "info registers" says of one CPU, and for s390x
 * from its state ("stopped"). `arch` is Debian's name.
 */
void firmware_read(const char *arch, const char *text, struct firmware_sample *sample);

/*
 * `look` is the journal's line "firmware.look"; `before` the sample at this CPU's look before it,
 * NULL: none. Returns lines for outside.jsonl (without seq), as an array.
 */
json_t *firmware_judge(const json_t *look, const struct firmware_sample *before,
		       const struct firmware_sample *now);
