// SPDX-License-Identifier: GPL-2.0-or-later
/* Repeatable numbers from a seed. What they choose is the caller's. */
#include "base/prng.h"

static uint64_t splitmix(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15ULL;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
	return z ^ (z >> 31);
}

void prng_seed(struct prng *p, uint64_t seed, const char *stream)
{
	uint64_t state = seed;

	/* Every character goes through the mixer: names that differ in one give other streams. */
	for (; *stream; stream++)
		state = splitmix(&state) ^ (unsigned char)*stream;
	for (int i = 0; i < 4; i++)
		p->s[i] = splitmix(&state);
}

static uint64_t rotate(uint64_t x, int by)
{
	return (x << by) | (x >> (64 - by));
}

uint64_t prng_next(struct prng *p)
{
	uint64_t *s = p->s, result = rotate(s[1] * 5, 7) * 9, t = s[1] << 17;

	s[2] ^= s[0];
	s[3] ^= s[1];
	s[1] ^= s[2];
	s[0] ^= s[3];
	s[2] ^= t;
	s[3] = rotate(s[3], 45);
	return result;
}

uint64_t prng_below(struct prng *p, uint64_t n)
{
	uint64_t limit, x;

	if (n == 0)
		return 0;
	/* The last, incomplete round of n would make small numbers likelier. */
	limit = UINT64_MAX - UINT64_MAX % n;
	do
		x = prng_next(p);
	while (x >= limit);
	return x % n;
}
