// SPDX-License-Identifier: GPL-2.0-or-later
/* The words for states, and what results make of a cell. Time and machines are cell.c's. */
#include <string.h>

#include "store/cells/cell.h"

#define FLAKY_WINDOW 10 /* results that tell something; older ones are history */
#define SETTLED 3       /* as many equal ones in a row end a flaky time */

const struct cell_word cell_words[CELL_STATES] = {
	[CELL_NEVER] = { "never-tried", "never tried", "·", "No run has ever tried it here.", 5 },
	[CELL_PASS] = { "pass", "pass", "✓",
			"Proved: at least one comparison was really made and all held.", 1 },
	[CELL_FAIL] = { "fail", "fail", "✗", "A promise is broken.", 12 },
	[CELL_CRASH] = { "crash", "crash", "☠", "The box crashed or hung while it was tried.", 11 },
	[CELL_KNOWN] = { "known", "known defect", "!", "It fails by a known defect of this kernel.",
			 8 },
	[CELL_FLAKY] = { "flaky", "flaky", "~",
			 "It passes and fails on the same kernel, machine and options.", 10 },
	[CELL_SKIP] = { "skip", "skip", "○",
			"A need was unmet, or the precondition never came. It proves nothing.", 3 },
	[CELL_LIMIT] = { "limit", "limit", "▽", "The kernel proved that it cannot be had here.",
			 2 },
	[CELL_ERROR] = { "error", "not judged", "?", "It was tried and could not be judged.", 9 },
	[CELL_MISSING] = { "missing", "missing", "…", "It was due and did not come.", 7 },
	[CELL_STALE] = { "stale", "stale", "◷", "Proved too long ago to count.", 6 },
	[CELL_BLOCKED] = { "blocked", "blocked", "⊘", "The machine for it is broken.", 4 },
	[CELL_NOT_APPLICABLE] = { "not-applicable", "not applicable", "–",
				  "A rule says that it does not apply here.", 0 },
};

enum cell_state cell_state_of(const char *word)
{
	for (int i = 0; i < CELL_STATES; i++)
		if (strcmp(cell_words[i].word, word) == 0)
			return (enum cell_state)i;
	return CELL_STATES;
}

char cell_letter(const char *verdict, const char *kind, bool is_known)
{
	static const struct {
		const char *verdict;
		char letter;
	} letters[] = { { "pass", 'P' },  { "error", 'E' }, { "timeout", 'T' },
			{ "crash", 'C' }, { "skip", 'S' },  { "fail", 'F' } };

	if (is_known && (strcmp(verdict, "fail") == 0 || strcmp(verdict, "crash") == 0))
		return 'K';
	if (strcmp(verdict, "skip") == 0 && strcmp(kind, "limit") == 0)
		return 'L';
	if (strcmp(verdict, "skip") == 0 && strcmp(kind, "unexercised") == 0)
		return 'U';
	for (size_t i = 0; i < ARRAY_SIZE(letters); i++)
		if (strcmp(verdict, letters[i].verdict) == 0)
			return letters[i].letter;
	return 'E';
}

/* Passes and failures both, and the last ones do not agree yet. */
static bool is_flaky(const char *recent)
{
	int n = 0, passes = 0, failures = 0, equal = 0;
	char newest = 0;

	for (; *recent && n < FLAKY_WINDOW; recent++) {
		char l = *recent == 'C' || *recent == 'T' ? 'F' : *recent;

		if (l != 'P' && l != 'F')
			continue;
		if (!newest)
			newest = l;
		if (l == newest && equal == n)
			equal++;
		passes += l == 'P';
		failures += l == 'F';
		n++;
	}
	return passes > 0 && failures > 0 && equal < SETTLED;
}

enum cell_state cell_base(const char *recent)
{
	switch (*recent) {
	case 'P': return is_flaky(recent) ? CELL_FLAKY : CELL_PASS;
	case 'F': return is_flaky(recent) ? CELL_FLAKY : CELL_FAIL;
	case 'C':
	case 'T': return is_flaky(recent) ? CELL_FLAKY : CELL_CRASH;
	case 'K': return CELL_KNOWN;
	case 'L': return CELL_LIMIT;
	case 'S':
	case 'U': return CELL_SKIP;
	case 'E': return CELL_ERROR;
	case '-': return CELL_MISSING;
	default: return CELL_NEVER;
	}
}
