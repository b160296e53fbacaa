// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Reads the files of a run directory into lines, and refuses what is no such file. The bytes are
 * foreign: they may come from a box that died while it wrote, or from somebody's mail. What the
 * lines mean is record.c's.
 */
#include "evidence/record_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/text.h"

#define LINES_STEP 1024
#define RECORD_TIME_MAX ((json_int_t)1 << 60) /* 36 years in ns */

/* One file that is being read. */
struct source {
	struct record *record;
	const char *name; /* "journal" */
	const char *path; /* for messages */
	json_t *seen;     /* raw lines as keys: what is there twice is one line (a lab that sent it
			     again) */
	struct error *err;
};

/* 1, or 0 when it is not there. Only plain files: a FIFO would block, a device never ends. */
static int read_plain(int dirfd, const char *dir, const char *file, char **ret_text,
		      size_t *ret_len, struct error *err)
{
	struct stat st;
	int r;

	if (fstatat(dirfd, file, &st, 0) < 0) {
		if (errno == ENOENT)
			return 0;
		return error_set(err, errno, "cannot look at \"%s/%s\": %s", dir, file,
				 strerror(errno));
	}
	if (!S_ISREG(st.st_mode))
		return error_set(err, EBADMSG,
				 "\"%s/%s\" is not a plain file: this is no run directory", dir,
				 file);
	if ((size_t)st.st_size >= RECORD_FILE_MAX)
		return error_set(err, EFBIG, "\"%s/%s\" has %lld MiB; more than %zu is not read",
				 dir, file, (long long)st.st_size >> 20, RECORD_FILE_MAX >> 20);
	r = file_read(dirfd, file, ret_text, ret_len);
	if (r < 0)
		return error_set(err, -r, "cannot read \"%s/%s\": %s", dir, file, strerror(-r));
	return 1;
}

static int refuse(const struct source *src, long number, const char *why)
{
	return error_set(src->err, EBADMSG, "\"%s\" line %ld: %s", src->path, number, why);
}

static bool has_string(const json_t *o, const char *key)
{
	return json_is_string(json_object_get(o, key));
}

static bool is_one_of(const char *s, const char *const *words)
{
	for (; *words; words++)
		if (strcmp(s, *words) == 0)
			return true;
	return false;
}

/* Readers subtract times: none is so large that this could overflow. Before the box booted is
 * negative. */
static bool has_sane_times(const json_t *o)
{
	static const char *const keys[] = { "t",   "began", "ended", "sent",
					    "box", "back",  "from",  "to" };

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		json_int_t value = record_get_int(o, keys[i]);

		if (value < -RECORD_TIME_MAX || value > RECORD_TIME_MAX)
			return false;
	}
	return true;
}

static const char *what_is_wrong_with_act(const json_t *o, bool is_done)
{
	const json_t *id = json_object_get(o, "act");

	if (!json_is_integer(id) || json_integer_value(id) <= 0 || json_integer_value(id) > INT_MAX)
		return "it is an act without its number";
	if (is_done && !has_string(o, "result"))
		return "it is an act done without its \"result\"";
	if (is_done && record_get_int(o, "ended") < record_get_int(o, "began"))
		return "it is an act that ended before it began";
	return NULL;
}

/* What a line of this type must have to be judged; NULL when it has it. Unknown types are for
 * readers to come. */
static const char *what_is_wrong(const json_t *o, const char *type)
{
	static const char *const results[] = {
		"met", "unmet", "unexercised", "limit", "error", NULL
	};
	const char *of = record_get_str(o, "of");

	if (json_object_get(o, "scenario") && !has_string(o, "scenario"))
		return "its \"scenario\" is not a string";
	if (!has_sane_times(o) || !has_sane_times(json_object_get(o, "data")))
		return "it has a time that no clock shows";
	if (strcmp(type, "act") == 0 || strcmp(type, "done") == 0)
		return what_is_wrong_with_act(o, strcmp(type, "done") == 0);
	if (strcmp(type, "expect") == 0) {
		if (!has_string(o, "claim"))
			return "it is an \"expect\" without a \"claim\"";
		if (!is_one_of(record_get_str(o, "result"), results))
			return "it is an \"expect\" whose \"result\" is none of met, unmet, unexercised, limit, error";
	}
	if (strcmp(type, "begin") == 0 || strcmp(type, "end") == 0) {
		if (strcmp(of, "run") != 0 && strcmp(of, "scenario") != 0)
			return "it is a begin or end that is \"of\" neither a run nor a scenario";
		if (strcmp(of, "scenario") == 0 && !has_string(o, "scenario"))
			return "it is a begin or end of a scenario that it does not name";
	}
	return NULL;
}

static int keep(const struct source *src, long number, json_t *o)
{
	bool is_journal = strcmp(src->name, RUNDIR_JOURNAL) == 0;
	const char *type = record_get_str(o, "type"), *wrong;
	struct record *r = src->record;
	struct record_line *line;

	if (!*type)
		return refuse(src, number, "it has no \"type\": this is no line of a run");
	if (is_journal && record_get_int(o, "seq") <= 0)
		return refuse(src, number, "it has no \"seq\": this is no line of a journal");
	wrong = what_is_wrong(o, type);
	if (wrong)
		return refuse(src, number, wrong);
	if (r->n_lines % LINES_STEP == 0) {
		line = realloc(r->lines, (r->n_lines + LINES_STEP) * sizeof(*line));
		if (!line)
			return error_set(src->err, ENOMEM, "out of memory for \"%s\"", src->path);
		r->lines = line;
	}
	line = &r->lines[r->n_lines++];
	*line = (struct record_line){
		.file = src->name, .number = number, .type = type, .json = json_incref(o)
	};
	line->seq = json_is_integer(json_object_get(o, "seq")) ? record_get_int(o, "seq") : number;
	line->t = record_get_int(o, "t");
	line->scenario = json_string_value(json_object_get(o, "scenario"));
	line->is_alone = json_object_get(o, "alone") && !json_is_null(json_object_get(o, "alone"));
	return 0;
}

/* `is_cut`: the last one, without its newline: the box died while it wrote it. */
static int take_line(const struct source *src, long number, const char *text, size_t len,
		     bool is_cut)
{
	json_t *o;
	json_error_t je;
	int r = 0;

	if (len > RECORD_LINE_MAX)
		return error_set(src->err, EFBIG,
				 "\"%s\" line %ld: has %zu KiB; more than %zu is not read",
				 src->path, number, len >> 10, RECORD_LINE_MAX >> 10);
	o = json_loadb(text, len, 0, &je);
	if (!json_is_object(o)) {
		if (is_cut) {
			json_decref(o);
			src->record->is_truncated = true;
			return 0;
		}
		r = error_set(src->err, EBADMSG, "\"%s\" line %ld: %s%s", src->path, number,
			      o ? "is JSON, but no object" : "is no JSON: ", o ? "" : je.text);
	} else if (strcmp(record_get_str(o, "type"), "datagram") == 0) {
		r = keep(src, number, o);
	} else if (!json_object_getn(src->seen, text, len)) {
		r = keep(src, number, o);
		if (r == 0)
			json_object_setn_new(src->seen, text, len, json_true());
	}
	json_decref(o);
	return r;
}

static int take_lines(const struct source *src, const char *text, size_t len)
{
	const char *end;
	long number = 0;
	int r;

	/* Blocks that were allocated and never written are left as zeros when a box dies. */
	while (len > 0 && text[len - 1] == '\0') {
		len--;
		src->record->is_truncated = true;
	}
	end = text + len;
	while (text < end) {
		const char *nl = memchr(text, '\n', end - text);
		const char *stop = nl ? nl : end;

		r = take_line(src, ++number, text, stop - text, !nl);
		if (r < 0)
			return r;
		text = stop + 1;
	}
	return 0;
}

int record_read_lines(struct record *r, int dirfd, const char *name, bool is_needed,
		      struct error *err)
{
	_cleanup_free_ char *file = text_printf("%s.jsonl", name), *text = NULL, *path = NULL;
	struct source src = { .record = r, .name = name, .err = err };
	size_t len;
	int ret;

	path = file ? text_printf("%s/%s", r->dir, file) : NULL;
	if (!path)
		return -ENOMEM;
	ret = read_plain(dirfd, r->dir, file, &text, &len, err);
	if (ret == 0 && is_needed)
		return error_set(
			err, ENOENT,
			"no \"%s\" in \"%s\": this is no run directory, or the run never began",
			file, r->dir);
	if (ret <= 0)
		return ret;
	src.path = path;
	src.seen = json_object();
	ret = src.seen ? take_lines(&src, text, len) : -ENOMEM;
	json_decref(src.seen);
	return ret;
}

int record_read_document(const struct record *r, int dirfd, const char *name, json_t **ret,
			 struct error *err)
{
	_cleanup_free_ char *file = text_printf("%s.json", name), *text = NULL;
	json_error_t je;
	json_t *doc;
	size_t len;
	int n;

	if (!file)
		return -ENOMEM;
	n = read_plain(dirfd, r->dir, file, &text, &len, err);
	if (n < 0)
		return n;
	if (n == 0) {
		*ret = json_object();
		return *ret ? 0 : -ENOMEM;
	}
	doc = json_loadb(text, len, 0, &je);
	if (!json_is_object(doc)) {
		n = error_set(err, EBADMSG, "\"%s/%s\" line %d: %s%s", r->dir, file,
			      doc ? 1 : je.line,
			      doc ? "is JSON, but no object" : "is no JSON: ", doc ? "" : je.text);
		json_decref(doc);
		return n;
	}
	*ret = doc;
	return 0;
}
