// SPDX-License-Identifier: GPL-2.0-or-later
/* meta.json in the tracker's terms. Whether a name is registered is not asked here. */
#include "store/take/names.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "evidence/record.h"

const char *names_arch(const char *machine)
{
	static const char *const words[][2] = {
		{ "x86_64", "amd64" }, { "aarch64", "arm64" },   { "i686", "i386" },
		{ "armv7l", "armhf" }, { "ppc64le", "ppc64el" }, { "loongarch64", "loong64" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (strcmp(machine, words[i][0]) == 0)
			return words[i][1];
	return machine;
}

bool names_is_name(const char *text)
{
	size_t n = strlen(text);

	for (size_t i = 0; i < n; i++)
		if ((unsigned char)text[i] < 32 || text[i] == 127)
			return false;
	return n > 0 && n <= LIMITS_NAME;
}

int64_t names_kernel_number(const char *release)
{
	unsigned int part[3] = { 0 }, rc = 0;
	const char *mark = strstr(release, "-rc");
	int n = sscanf(release, "%5u.%5u.%5u", &part[0], &part[1], &part[2]);

	if (n < 1)
		return 0;
	if (!mark || sscanf(mark, "-rc%3u", &rc) != 1)
		rc = 999;
	return (((int64_t)part[0] * 100000 + part[1]) * 100000 + part[2]) * 1000 + rc;
}

/*
 * Debian's release names the ABI ("6.1.0-56"), which hides what the kernel is; its /proc/version
 * tells: "... SMP PREEMPT_DYNAMIC Debian 6.1.192-2 (2026-11-16)".
 */
static void find_version(struct names *n, const char *banner)
{
	const char *debian = strstr(banner, " Debian ");

	/* The compiler is named so too, in parentheses: the last one is the kernel's. */
	for (const char *more = debian; more; more = strstr(more + 1, " Debian "))
		debian = more;
	if (debian && names_kernel_number(debian + 8) > 0) {
		snprintf(n->version, sizeof(n->version), "%.*s", (int)strcspn(debian + 8, " )"),
			 debian + 8);
		snprintf(n->kernel, sizeof(n->kernel), "%s (%s)", n->version, n->release);
	} else {
		snprintf(n->version, sizeof(n->version), "%.63s", n->release);
		snprintf(n->kernel, sizeof(n->kernel), "%s", n->release);
	}
	n->number = names_kernel_number(n->version);
}

static void find_series(struct names *n)
{
	unsigned int major = 0, minor = 0;

	if (sscanf(n->version, "%5u.%5u", &major, &minor) == 2)
		snprintf(n->series, sizeof(n->series), "%u.%u", major, minor);
	else
		snprintf(n->series, sizeof(n->series), "other");
}

/* Where the kernel talks to, and where it came from, are no options of what is proved. */
static bool is_option(const char *word)
{
	static const char *const noise[] = {
		"console=", "panic=",   "BOOT_IMAGE=",    "root=",     "rootfstype=",  "initrd=",
		"rdinit=",  "init=",    "hotproof.",      "loglevel=", "earlyprintk=", "earlycon",
		"resume=",  "rootwait", "no_timer_check", "printk.",
	};
	static const char *const words[] = { "quiet", "ro", "rw", "splash", "debug", "--" };

	for (size_t i = 0; i < ARRAY_SIZE(noise); i++)
		if (text_starts(word, noise[i]))
			return false;
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (strcmp(word, words[i]) == 0)
			return false;
	return true;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void find_options(struct names *n, const char *cmdline)
{
	_cleanup_free_ char *copy = strdup(cmdline);
	const char *words[128] = { 0 };
	char *cursor = copy, *word;
	size_t count = 0, at = 0;

	while (copy && count < ARRAY_SIZE(words) && (word = text_next_word(&cursor)))
		if (is_option(word))
			words[count++] = word;
	qsort(words, count, sizeof(*words), by_text);
	n->options[0] = '\0';
	for (size_t i = 0; i < count && at < LIMITS_OPTIONS; i++)
		at += (size_t)snprintf(n->options + at, sizeof(n->options) - at, "%s%s",
				       i ? " " : "", words[i]);
}

/* "2026-11-23T10:56:05Z", or the "20261123T100000Z" within a run's name. */
static int64_t find_time(const json_t *meta, const char *run)
{
	const char *stamp = record_get_str(meta, "time"), *dash;
	struct tm tm = { 0 };

	if (strptime(stamp, "%Y-%m-%dT%H:%M:%SZ", &tm))
		return (int64_t)timegm(&tm);
	dash = strchr(run, '-');
	if (dash && strptime(dash + 1, "%Y%m%dT%H%M%SZ", &tm))
		return (int64_t)timegm(&tm);
	return 0;
}

static bool copy_name(char *to, const json_t *meta, const char *key)
{
	const char *text = record_get_str(meta, key);

	if (!names_is_name(text))
		return false;
	strcpy(to, text);
	return true;
}

/* "run-20261123T100000Z-x" is made to be told from all others; "run" is not. */
bool names_is_own(const char *run)
{
	unsigned int day, time;
	int n = 0;

	return sscanf(run, "run-%8uT%6uZ-%n", &day, &time, &n) == 2 && n > 0 && run[n];
}

bool names_of_run(const json_t *meta, struct names *ret, const char **ret_missing)
{
	*ret = (struct names){ 0 };
	*ret_missing = "run";
	if (!copy_name(ret->run, meta, "run") || strchr(ret->run, '/'))
		return false;
	*ret_missing = "machine";
	if (!copy_name(ret->machine, meta, "machine"))
		return false;
	*ret_missing = "kernel";
	if (!copy_name(ret->release, meta, "kernel"))
		return false;
	snprintf(ret->arch, sizeof(ret->arch), "%.31s", names_arch(record_get_str(meta, "arch")));
	snprintf(ret->hotproof, sizeof(ret->hotproof), "%.31s", record_get_str(meta, "version"));
	find_version(ret, record_get_str(meta, "kernel_version"));
	find_series(ret);
	find_options(ret, record_get_str(meta, "cmdline"));
	ret->began_at = find_time(meta, ret->run);
	return true;
}
