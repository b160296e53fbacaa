// SPDX-License-Identifier: GPL-2.0-or-later
/* lab/channel: lines of a guest, good and bad, and the files that they end up in. */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/text.h"
#include "lab/channel.h"

struct world {
	char dir[64];
	int guest, lab;
	struct rundir *rd;
	struct channel *channel;
	int n_lines;
	char last_type[32];
};

static void on_line(void *ctx, const json_t *line)
{
	struct world *w = ctx;

	w->n_lines++;
	snprintf(w->last_type, sizeof(w->last_type), "%s",
		 json_string_value(json_object_get(line, "type")));
}

static int setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	int fds[2];

	strcpy(w->dir, "/tmp/test-channel-XXXXXX");
	if (!mkdtemp(w->dir) || socketpair(AF_UNIX, SOCK_STREAM, 0, fds) < 0)
		return -1;
	w->lab = fds[0];
	w->guest = fds[1];
	if (rundir_create(w->dir, &w->rd, NULL) < 0 ||
	    channel_new(w->lab, w->rd, on_line, w, &w->channel) < 0)
		return -1;
	*state = w;
	return 0;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static int teardown(void **state)
{
	struct world *w = *state;

	channel_free(w->channel);
	rundir_free(w->rd);
	close(w->lab);
	if (w->guest >= 0)
		close(w->guest);
	nftw(w->dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	free(w);
	return 0;
}

static void say(struct world *w, const char *text)
{
	assert_int_equal(write(w->guest, text, strlen(text)), (ssize_t)strlen(text));
	assert_int_equal(channel_read(w->channel, NULL), 1);
}

static void assert_file(struct world *w, const char *name, const char *want)
{
	_cleanup_free_ char *path = text_printf("%s/%s", w->dir, name), *text = NULL;

	if (!want) {
		assert_int_equal(access(path, F_OK), -1);
		return;
	}
	assert_int_equal(file_read(AT_FDCWD, path, &text, NULL), 0);
	assert_string_equal(text, want);
}

static void streams_go_to_files(void **state)
{
	struct world *w = *state;
	char ack[64] = "";

	say(w, "meta {\"kernel\":\"6.1\"}\ncatalog {}\n");
	say(w,
	    "journal {\"seq\":1,\"t\":10,\"type\":\"begin\"}\nkmsg 4,1,2,-;hello world\ntools/top top - 1\n");
	say(w, "journal! {\"seq\":2,\"t\":20,\"type\":\"act\"}\n");
	assert_int_equal(read(w->guest, ack, sizeof(ack) - 1), 6);
	assert_string_equal(ack, "ack 2\n");
	assert_file(w, "meta.json", "{\n \"kernel\": \"6.1\"\n}");
	assert_file(
		w, "journal.jsonl",
		"{\"seq\":1,\"t\":10,\"type\":\"begin\"}\n{\"seq\":2,\"t\":20,\"type\":\"act\"}\n");
	assert_file(w, "kmsg.txt", "4,1,2,-;hello world\n");
	assert_file(w, "tools/top.txt", "top - 1\n");
	assert_file(w, "stray.txt", NULL);
	assert_int_equal(w->n_lines, 2);
	assert_string_equal(w->last_type, "act");
	assert_int_equal(channel_counts(w->channel)->last_seq, 2);
	assert_int_equal(channel_counts(w->channel)->last_t, 20);
}

static void lines_in_pieces(void **state)
{
	struct world *w = *state;

	say(w, "jour");
	say(w, "nal {\"seq\":1,\"type\":\"no");
	assert_int_equal(w->n_lines, 0);
	say(w, "te\"}\njournal {\"seq\":2,\"type\":\"x\"}");
	assert_int_equal(w->n_lines, 1);
	close(w->guest);
	w->guest = -1;
	assert_int_equal(channel_finish(w->channel, NULL), 0);
	/* The unfinished line is kept, and is no evidence. */
	assert_file(w, "journal.jsonl", "{\"seq\":1,\"type\":\"note\"}\n");
	assert_file(w, "stray.txt", "journal {\"seq\":2,\"type\":\"x\"}\n");
}

static void garbage_is_kept_apart(void **state)
{
	struct world *w = *state;

	say(w, "journal {\"seq\":1,\"type\":\"note\"}\n");
	say(w, "journal no json\njournal {\"seq\":0}\njournal [1]\n");
	say(w,
	    "\n \nhello\n../../evil x\ntools/../evil x\noutside {\"type\":\"expect\"}\nresults {}\n");
	say(w, "tools/ x\nmeta 7\njournal!{}\nkmsg! x\n");
	assert_file(w, "journal.jsonl", "{\"seq\":1,\"type\":\"note\"}\n");
	assert_file(w, "outside.jsonl", NULL);
	assert_file(w, "results.json", NULL);
	assert_file(w, "meta.json", NULL);
	assert_int_equal(w->n_lines, 1);
	assert_int_equal(channel_counts(w->channel)->stray, 13);
}

static void endless_line_is_dropped(void **state)
{
	struct world *w = *state;
	char block[65536];
	int n = 0;

	memset(block, 'x', sizeof(block));
	fcntl(w->guest, F_SETFL, O_NONBLOCK);
	while (n < 5 << 20) {
		ssize_t k = write(w->guest, block, sizeof(block));

		n += k > 0 ? (int)k : 0;
		assert_int_equal(channel_read(w->channel, NULL), 1);
	}
	say(w, "\njournal {\"seq\":1,\"type\":\"note\"}\n");
	while (channel_counts(w->channel)->journal == 0)
		assert_int_equal(channel_read(w->channel, NULL), 1);
	assert_file(w, "journal.jsonl", "{\"seq\":1,\"type\":\"note\"}\n");
}

static void last_word_is_answered(void **state)
{
	struct world *w = *state;
	char ack[64] = "";

	say(w, "guest! {\"seq\":0,\"type\":\"exit\",\"status\":0}\n");
	assert_int_equal(read(w->guest, ack, sizeof(ack) - 1), 6);
	assert_string_equal(ack, "ack 0\n");
	assert_string_equal(w->last_type, "exit");
	assert_int_equal(channel_counts(w->channel)->journal, 0);
}

static void full_disk_stops_the_guest(void **state)
{
	struct world *w = *state;
	_cleanup_free_ char *path = text_printf("%s/journal.jsonl", w->dir);
	struct error err = {};
	char ack[8];

	/* A file that takes nothing. */
	assert_int_equal(symlink("/dev/full", path), 0);
	assert_true(write(w->guest, "journal! {\"seq\":1,\"type\":\"act\"}\n", 33) == 33);
	assert_int_equal(channel_read(w->channel, &err), -ENOSPC);
	assert_non_null(strstr(err.text, "No space left"));
	assert_int_equal(recv(w->guest, ack, sizeof(ack), MSG_DONTWAIT), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(streams_go_to_files, setup, teardown),
		cmocka_unit_test_setup_teardown(lines_in_pieces, setup, teardown),
		cmocka_unit_test_setup_teardown(garbage_is_kept_apart, setup, teardown),
		cmocka_unit_test_setup_teardown(endless_line_is_dropped, setup, teardown),
		cmocka_unit_test_setup_teardown(last_word_is_answered, setup, teardown),
		cmocka_unit_test_setup_teardown(full_disk_stops_the_guest, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
