// SPDX-License-Identifier: GPL-2.0-or-later
/* Lists of foreign results, and the small formats of LTP and stress-ng. KTAP and JUnit have files
 * of their own. */
#include "evidence/foreign.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "evidence/foreign_internal.h"
#include "evidence/record.h"

static const struct {
	const char *name;
	void (*parse)(struct foreign_list *l, char *text);
} formats[] = { { "ktap", foreign_ktap },
		{ "junit", foreign_junit },
		{ "ltp", foreign_ltp },
		{ "stress-ng", foreign_stress_ng } };

static const char *const verdict_words[] = { "pass", "fail", "skip", "fail", "error" };

void foreign_add(struct foreign_list *l, const char *name, enum foreign_verdict verdict,
		 const char *why)
{
	char claim[FOREIGN_NAME + 1], cut[FOREIGN_WHY];
	json_t *had;

	if (json_array_size(l->results) >= FOREIGN_RESULTS || !*name)
		return;
	/* "suite.test" is what a claim looks like; tests are told from claims by their scenario. */
	snprintf(claim, sizeof(claim), "%.*s", FOREIGN_NAME, name);
	for (char *c = claim; *c; c++)
		if ((unsigned char)*c < 32 || *c == 127)
			*c = ' ';
	snprintf(cut, sizeof(cut), "%s", why);
	had = json_object_get(l->by_name, claim);
	if (had && verdict != FOREIGN_FAIL && verdict != FOREIGN_ERROR)
		return;
	if (!had) {
		had = json_object();
		json_array_append_new(l->results, had);
		/* A name that is no UTF-8 is not found again, and so is there as often as it came.
		 */
		(void)json_object_set(l->by_name, claim, had);
	}
	json_object_set_new(had, "scenario", json_string(l->suite));
	json_object_set_new(had, "claim", json_string(claim) ?: json_string("not UTF-8"));
	json_object_set_new(had, "verdict", json_string(verdict_words[verdict]));
	json_object_set_new(had, "kind", json_string(verdict == FOREIGN_SKIP ? "need" : ""));
	json_object_set_new(had, "why", json_string(cut) ?: json_string("(not UTF-8)"));
	json_object_set_new(had, "expected", json_integer(1));
	json_object_set_new(had, "exercised", json_integer(verdict != FOREIGN_SKIP));
	if (verdict == FOREIGN_KNOWN)
		json_object_set_new(had, "known", json_object());
}

/* "cpuhotplug02 1 TBROK: why" of a test, the older kind, or "file.c:12: TBROK: why": the why. */
static char *ltp_reason(char *line)
{
	static const char *const words[] = { " TFAIL: ", " TBROK: ", " TCONF: ", " TWARN: " };
	char *at = NULL;

	for (size_t i = 0; !at && i < ARRAY_SIZE(words); i++)
		at = strstr(line, words[i]);
	return at ? text_strip(at + 1) : NULL;
}

static void ltp_add(struct foreign_list *l, char *name, const char *word, char *rest,
		    const char *reason)
{
	static const struct {
		const char *word;
		enum foreign_verdict verdict;
	} verdicts[] = { { "PASS", FOREIGN_PASS },
			 { "FAIL", FOREIGN_FAIL },
			 { "CONF", FOREIGN_SKIP },
			 { "BROK", FOREIGN_ERROR },
			 { "WARN", FOREIGN_ERROR } };
	const char *status = text_next_word(&rest), *ms = status ? text_next_word(&rest) : NULL;

	for (size_t i = 0; status && i < ARRAY_SIZE(verdicts); i++)
		if (strcmp(verdicts[i].word, word) == 0) {
			_cleanup_free_ char *why =
				text_printf("%s, exit code %s%s%s%s%s%s", word, status,
					    ms ? ", after " : "", ms ? ms : "", ms ? " ms" : "",
					    reason ? ": " : "", reason ? reason : "");

			foreign_add(l, name, verdicts[i].verdict, why ? why : "");
		}
}

/* "cpuhotplug02  PASS  0" of runltp -l, with the milliseconds behind it where the lab ran it; BROK
 * could not be judged, CONF was not tried. */
void foreign_ltp(struct foreign_list *l, char *text)
{
	char *line, *reason = NULL;

	while ((line = text_next_line(&text))) {
		char *said = ltp_reason(line), *name = said ? NULL : text_next_word(&line),
		     *word = name ? text_next_word(&line) : NULL;
		size_t had = json_array_size(l->results);

		reason = said ? said : reason;
		if (!word)
			continue;
		ltp_add(l, name, word, line, reason);
		if (json_array_size(l->results) > had)
			reason = NULL;
	}
}

/* "stress-ng: fail:  [12] cpu-online: why": what comes behind the bracket, if it is such a line. */
static char *stress_ng_words(char *line, const char *kind)
{
	size_t len = strlen("stress-ng: ");

	if (!text_starts(line, "stress-ng: ") || !text_starts(line + len, kind))
		return NULL;
	line = strchr(line, ']');
	return line ? text_strip(line + 1) : NULL;
}

/* "cpu 1057 20.28 ..." of the metrics: the stressor went to its end. */
static void stress_ng_metric(struct foreign_list *l, char *words)
{
	char *name = text_next_word(&words), *ops = name ? text_next_word(&words) : NULL;

	if (ops && strspn(ops, "0123456789.") == strlen(ops))
		foreign_add(l, name, FOREIGN_PASS, "went to its end");
}

static void stress_ng_disabled(struct foreign_list *l, char *words)
{
	char *name = words + strlen("disabled '"), *end = strchr(name, '\'');

	if (!end)
		return;
	*end = '\0';
	foreign_add(l, name, FOREIGN_SKIP, text_strip(end + 1));
}

/* "passed: 2: cpu (1) cpu-online (1)" of newer ones. */
static void stress_ng_sum(struct foreign_list *l, char *words, enum foreign_verdict verdict,
			  const char *why)
{
	char *word = text_next_word(&words);

	if (!word || !text_next_word(&words))
		return;
	while ((word = text_next_word(&words)))
		if (*word != '(')
			foreign_add(l, word, verdict, why);
}

void foreign_stress_ng(struct foreign_list *l, char *text)
{
	char *line, *words;

	while ((line = text_next_line(&text))) {
		if ((words = stress_ng_words(line, "metrc:"))) {
			stress_ng_metric(l, words);
		} else if ((words = stress_ng_words(line, "fail:")) && strchr(words, ':')) {
			*strchr(words, ':') = '\0';
			foreign_add(l, words, FOREIGN_FAIL, text_strip(words + strlen(words) + 1));
		} else if ((words = stress_ng_words(line, "info:"))) {
			if (text_starts(words, "disabled '"))
				stress_ng_disabled(l, words);
			else if (text_starts(words, "passed: "))
				stress_ng_sum(l, words, FOREIGN_PASS, "passed");
			else if (text_starts(words, "failed: "))
				stress_ng_sum(l, words, FOREIGN_FAIL, "failed");
			else if (text_starts(words, "skipped: "))
				stress_ng_sum(l, words, FOREIGN_SKIP, "skipped");
		}
	}
}

static json_t *document(const struct foreign_list *l)
{
	json_t *one, *counts = json_pack("{s:i, s:i, s:i, s:i, s:i}", "pass", 0, "fail", 0, "known",
					 0, "skip", 0, "error", 0);
	size_t i;

	json_array_foreach(l->results, i, one) {
		const char *word = json_object_get(one, "known") ? "known"
								 : record_get_str(one, "verdict");

		json_object_set_new(counts, word, json_integer(record_get_int(counts, word) + 1));
	}
	return json_pack("{s:i, s:b, s:s?, s:o, s:O}", "format", 1, "complete", !l->stopped,
			 "stopped", l->stopped, "counts", counts, "results", l->results);
}

int foreign_parse(const struct foreign *f, json_t **ret_results, struct error *err)
{
	struct foreign_list list = { .suite = f->suite,
				     .results = json_array(),
				     .by_name = json_object() };
	_cleanup_free_ char *copy = strndup(f->text, f->len);
	void (*parse)(struct foreign_list * l, char *text) = NULL;
	json_t *doc = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(formats); i++)
		if (strcmp(formats[i].name, f->format) == 0)
			parse = formats[i].parse;
	if (parse && copy && list.results) {
		parse(&list, copy);
		doc = json_array_size(list.results) ? document(&list) : NULL;
	}
	json_decref(list.results);
	json_decref(list.by_name);
	if (!parse)
		return error_set(err, EINVAL,
				 "\"%.40s\" is no format: ktap, junit, ltp or stress-ng",
				 f->format);
	if (!doc)
		return error_set(err, EBADMSG, "there is no result of the format %s in it",
				 f->format);
	*ret_results = doc;
	return 0;
}
