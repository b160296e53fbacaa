// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A small generator of numbers that can be had again from their seed, on every box and with every C
 * library: splitmix64 for seeding, xoshiro256** for the stream (both by Blackman and Vigna, public
 * domain algorithms). Not for secrets.
 */
#pragma once

#include <stdint.h>

struct prng {
	uint64_t s[4];
};

/* A stream of its own for each name: one more name does not change what the others give. */
void prng_seed(struct prng *p, uint64_t seed, const char *stream);

uint64_t prng_next(struct prng *p);

/* 0 .. n-1, each as likely as the others; 0 for n == 0. */
uint64_t prng_below(struct prng *p, uint64_t n);
