// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * `key` and `push`: a box's own key, and its runs to a tracker elsewhere. HTTP, TLS and proxies are
 * curl(1)'s: there is no second client of that here. What is sent twice is there once.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "base/file.h"
#include "base/process.h"
#include "base/text.h"
#include "base/wait.h"
#include "cmd/tracker/tracker.h"
#include "evidence/record.h"
#include "store/take/bundle.h"
#include "store/take/signature.h"

#define DEADLINE_S 300

enum { OPT_TOKEN = 1, OPT_KEY, OPT_DEADLINE };

static const struct cmd_option push_options[] = {
	{ OPT_TOKEN, "token-file", 't', "FILE", "Holds the token that the tracker gave", CMD_FILE },
	{ OPT_KEY, "key", 'k', "FILE", "Sign with this key; 'hotproof tracker key' makes one",
	  CMD_FILE },
	{ OPT_DEADLINE, "deadline", 0, "SECONDS",
	  "How long to try again with each run (default: 300)" },
	{},
};

struct push {
	const char *url, *token_file, *key;
	int deadline_s;
	char *token;
};

/* Goes into curl's configuration between quotes. */
static bool is_quotable(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < 32 || *text == '"' || *text == '\\' || *text == 127)
			return false;
	return true;
}

static int read_token(struct push *p, struct error *err)
{
	size_t len = 0;
	int r;

	if (!p->token_file)
		return error_set(err, EINVAL,
				 "--token-file is missing: 'hotproof tracker token', on"
				 " the tracker, makes a token");
	r = file_read(AT_FDCWD, p->token_file, &p->token, &len);
	if (r < 0)
		return error_set(err, -r, "cannot read the token \"%s\": %s", p->token_file,
				 strerror(-r));
	p->token[strcspn(p->token, "\r\n")] = '\0';
	if (!*p->token || !is_quotable(p->token))
		return error_set(err, EINVAL, "\"%s\" holds no token", p->token_file);
	return 0;
}

/* In files that nobody else can read: what stands in argv, everybody can. */
static int write_request(const struct push *p, const char *folder,
			 const struct bundle_packed *packed, const char *signature,
			 struct error *err)
{
	_cleanup_free_ char *data = text_printf("%s/run.tar.zst", folder),
			    *config = text_printf("%s/config", folder), *text = NULL;
	int r;

	if (!data || !config || !is_quotable(data))
		return error_set(err, EINVAL, "TMPDIR has a name that cannot be used");
	text = text_printf(
		"url = \"%s/api/v1/runs\"\nproto = \"=http,https\"\nrequest = \"POST\"\n"
		"data-binary = \"@%s\"\nheader = \"Content-Type: application/octet-stream\"\n"
		"header = \"Authorization: Bearer %s\"\nheader = \"Expect:\"\n%s%s%s"
		"silent\nconnect-timeout = 20\nretry = 100\nretry-connrefused\nretry-max-time = %d\n"
		"write-out = \"\\n%%{http_code} %%{errormsg}\"\n",
		p->url, data, p->token, signature ? "header = \"Hotproof-Signature: " : "",
		signature ? signature : "", signature ? "\"\n" : "", p->deadline_s);
	r = text ? file_replace(AT_FDCWD, data, packed->data, packed->len) : -ENOMEM;
	if (r >= 0)
		r = file_replace(AT_FDCWD, config, text, strlen(text));
	return r < 0 ? error_set(err, -r, "cannot write to \"%s\": %s", folder, strerror(-r)) : 0;
}

/* The answer, with "\nSTATUS why" behind it. */
static int ask(const struct push *p, const char *folder, char **ret, struct error *err)
{
	_cleanup_free_ char *config = text_printf("%s/config", folder);
	int status = 0, r;

	if (!config)
		return error_set(err, ENOMEM, "out of memory for a request");
	r = process_capture((const char *const[]){ "curl", "--disable", "--config", config, NULL },
			    wait_now_ns() + (int64_t)(p->deadline_s + 60) * NS_PER_S, ret, &status,
			    err);
	if (r == -ENOENT)
		return error_set(err, ENOENT, "there is no curl here, which does the sending");
	return r;
}

static int judge(const char *answer, const char *run, struct error *err)
{
	const char *tail = strrchr(answer, '\n');
	int status = tail ? atoi(tail + 1) : 0;
	json_t *doc = json_loads(answer, JSON_DISABLE_EOF_CHECK, NULL);
	int r = 0;

	if (status == 201)
		printf("%s: taken as %s, %lld passed, %lld failed\n", run,
		       record_get_str(doc, "run"), (long long)record_get_int(doc, "passed"),
		       (long long)record_get_int(doc, "failed"));
	else if (status == 200)
		printf("%s: is there already\n", run);
	else if (status > 0)
		r = error_set(err, EPROTO, "the tracker answers %d: %.300s", status,
			      *record_get_str(doc, "error") ? record_get_str(doc, "error") : "?");
	else
		r = error_set(err, EIO, "the tracker cannot be reached: %.200s",
			      tail && strchr(tail, ' ') ? strchr(tail, ' ') + 1 : "no answer");
	json_decref(doc);
	return r;
}

static int push_run(const struct push *p, const char *run, struct error *err)
{
	char folder[BUNDLE_PATH] _cleanup_bundle_dir_ = "";
	struct bundle_packed packed = { 0 };
	_cleanup_free_ char *signature = NULL, *answer = NULL, *data = NULL,
			    *journal = text_printf("%s/journal.jsonl", run);
	int r;

	if (!journal || access(journal, R_OK) < 0)
		return error_set(err, ENOENT, "this is no run directory: it has no journal.jsonl");
	r = bundle_pack(run, &packed, err);
	data = packed.data;
	if (r >= 0 && p->key)
		r = signature_make(p->key, packed.digest, &signature, err);
	if (r >= 0)
		r = bundle_make_dir(folder, err);
	if (r >= 0)
		r = write_request(p, folder, &packed, signature, err);
	if (r >= 0)
		r = ask(p, folder, &answer, err);
	return r < 0 ? r : judge(answer, run, err);
}

static int push_all(struct push *p, const char **runs, int n)
{
	struct error err = { 0 };
	int bad = 0;

	if (read_token(p, &err) < 0)
		return cmd_fail(&cmd_tracker_push, VERDICT_EXIT_USAGE, "%s", err.text);
	for (int i = 0; i < n; i++) {
		err = (struct error){ 0 };
		if (push_run(p, runs[i], &err) < 0) {
			cmd_fail(&cmd_tracker_push, 0, "\"%s\" was not taken: %s", runs[i],
				 err.text);
			bad++;
		}
	}
	return bad ? VERDICT_EXIT_FAILED : VERDICT_EXIT_PASSED;
}

static int run_push(int argc, char **argv)
{
	struct cmd_args args = CMD_ARGS(&cmd_tracker_push, argc, argv);
	_cleanup_free_ const char **runs = calloc((size_t)argc, sizeof(*runs));
	struct push p = { .deadline_s = DEADLINE_S };
	_cleanup_free_ char *url = NULL;
	const char *value;
	int o, n = 0;

	while ((o = cmd_next(&args, &value)) != CMD_END) {
		if (o == OPT_TOKEN)
			p.token_file = value;
		else if (o == OPT_KEY)
			p.key = value;
		else if (o == OPT_DEADLINE && (text_to_int(value, &p.deadline_s) < 0 ||
					       p.deadline_s < 1 || p.deadline_s > 86400))
			return cmd_usage_error(&cmd_tracker_push, "\"%s\" is no number of seconds",
					       value);
		else if (o == CMD_OPERAND && !url)
			url = strdup(value);
		else if (o == CMD_OPERAND && runs)
			runs[n++] = value;
		else if (o != OPT_DEADLINE)
			return VERDICT_EXIT_USAGE;
	}
	if (!url || n == 0)
		return cmd_usage_error(&cmd_tracker_push, "the URL or the run is missing");
	if ((!text_starts(url, "http://") && !text_starts(url, "https://")) || !is_quotable(url))
		return cmd_usage_error(&cmd_tracker_push, "\"%s\" is no http or https URL", url);
	while (url[strlen(url) - 1] == '/')
		url[strlen(url) - 1] = '\0';
	p.url = url;
	o = push_all(&p, runs, n);
	free(p.token);
	return o;
}

static int run_key(int argc, char **argv)
{
	struct cmd_args args = CMD_ARGS(&cmd_tracker_key, argc, argv);
	const char *value, *path = NULL;
	char text[SIGNATURE_KEY_TEXT];
	struct error err = { 0 };
	int o;

	while ((o = cmd_next(&args, &value)) != CMD_END) {
		if (o != CMD_OPERAND || path)
			return VERDICT_EXIT_USAGE;
		path = value;
	}
	if (!path)
		return cmd_usage_error(&cmd_tracker_key, "the file to write is missing");
	if (signature_key_make(path, text, &err) < 0)
		return cmd_fail(&cmd_tracker_key, VERDICT_EXIT_FAILED, "%s", err.text);
	printf("%s\n", text);
	return VERDICT_EXIT_PASSED;
}

const struct cmd cmd_tracker_push = {
	.name = "push",
	.summary = "Send run directories to a tracker elsewhere",
	.usage = "[OPTION]... URL RUN...",
	.explain =
		"Each run is packed, signed if there is a key, and sent by curl(1), which is tried again until the deadline while the "
		"tracker is busy or away. What was sent before is there once, so that the same command may be run again.",
	.options = push_options,
	.operands = CMD_DIR,
	.run = run_push,
};

static const struct cmd_option key_options[] = { {} };

const struct cmd cmd_tracker_key = {
	.name = "key",
	.summary = "Make a key with which a box signs its runs",
	.usage = "FILE",
	.explain =
		"The key goes into the file, which must not be there yet; its public half is printed. A maintainer registers that on the machine's "
		"page; from then on the tracker takes no run of that machine that is not signed with it.",
	.options = key_options,
	.operands = CMD_FILE,
	.run = run_key,
};
