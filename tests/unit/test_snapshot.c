// SPDX-License-Identifier: GPL-2.0-or-later
/* Saving and restoring a box, in memory and by way of a file. Tasks are tried in guests: they need
 * a real box. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "base/wait.h"
#include "box/snapshot.h"
#include "support/shared_box.h"

struct fixture {
	struct shared_box *m;
	struct box *box;
	json_t *snapshot, *items;
};

static int begin(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	if (!f || shared_box_open(&f->m, &f->box) < 0 || snapshot_take(f->box, &f->snapshot) < 0)
		return -1;
	*state = f;
	return 0;
}

static int end(void **state)
{
	struct fixture *f = *state;

	json_decref(f->snapshot);
	json_decref(f->items);
	box_free(f->box);
	free(f);
	return 0;
}

static int restore(struct fixture *f)
{
	json_decref(f->items);
	f->items = NULL;
	return snapshot_restore(f->box, f->snapshot, &f->items);
}

/* The item about `what`, or NULL. */
static const json_t *item(const struct fixture *f, const char *what)
{
	json_t *i;
	size_t k;

	json_array_foreach(f->items, k, i) {
		if (strstr(json_string_value(json_object_get(i, "what")), what))
			return i;
	}
	return NULL;
}

static void nothing_to_do_is_nothing_done(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(restore(f), 1);
	assert_int_equal(json_array_size(f->items), 0);
	assert_int_equal(f->m->writes, 0);
}

static void all_is_put_back(void **state)
{
	struct fixture *f = *state;

	f->m->online = 1;
	f->m->fail[2] = 153;
	strcpy(f->m->irq, "0");
	strcpy(f->m->irq_default, "1");
	strcpy(f->m->cpuset, "1");
	strcpy(f->m->partition, "root");
	f->m->busy = 2; /* a passing EBUSY is waited out */
	assert_int_equal(restore(f), 1);
	assert_int_equal(f->m->online, 0xf);
	assert_int_equal(f->m->fail[2], -1);
	assert_string_equal(f->m->irq, "0-3");
	assert_string_equal(f->m->irq_default, "f");
	assert_string_equal(f->m->cpuset, "1-2");
	assert_string_equal(f->m->partition, "member");
	assert_int_equal(json_array_size(f->items), 8);
	assert_true(json_is_true(json_object_get(item(f, "cpu3"), "ok")));
}

/* A CPU that was off before stays off: the box is put back as it was, not as it should be. */
static void off_stays_off(void **state)
{
	struct fixture *f = *state;

	f->m->online = 0x7;
	json_decref(f->snapshot);
	assert_int_equal(snapshot_take(f->box, &f->snapshot), 0);
	f->m->online = 0xf;
	assert_int_equal(restore(f), 1);
	assert_int_equal(f->m->online, 0x7);
}

static void what_stays_wrong_is_said(void **state)
{
	struct fixture *f = *state;

	f->m->online = 0x3;
	f->m->stays_off = 2;
	strcpy(f->m->irq, "0");
	f->m->irq_is_deaf = true;
	assert_int_equal(restore(f), 0);
	assert_int_equal(f->m->online, 0xb); /* the others are put back all the same */
	assert_true(json_is_false(json_object_get(item(f, "cpu2"), "ok")));
	assert_string_equal(json_string_value(json_object_get(item(f, "cpu2"), "why")), "EIO");
	assert_true(json_is_false(json_object_get(item(f, "irq/24"), "ok")));
	assert_true(json_is_true(json_object_get(item(f, "cpu3"), "ok")));
}

static void traps_are_cleared_without_a_snapshot(void **state)
{
	struct fixture *f = *state;
	json_t *items = json_array();

	f->m->fail[1] = 12;
	assert_true(snapshot_clear_traps(f->box, items));
	assert_int_equal(f->m->fail[1], -1);
	assert_int_equal(json_array_size(items), 1);
	json_decref(items);
}

static void files_keep_it(void **state)
{
	char dir[] = "/tmp/hotproof-snapshot-XXXXXX";
	struct fixture *f = *state;
	_cleanup_free_ char *path = NULL, *parent = NULL;
	json_t *loaded = NULL;
	FILE *garbage;

	assert_non_null(mkdtemp(dir));
	parent = text_printf("%s/deep", dir);
	path = text_printf("%s/snapshot.json", parent);
	assert_int_equal(snapshot_load(f->box, path, &loaded), -ENOENT);
	assert_int_equal(snapshot_save(f->snapshot, path), 0);
	assert_int_equal(snapshot_load(f->box, path, &loaded), 0);
	assert_true(json_equal(loaded, f->snapshot));
	json_decref(loaded);
	garbage = fopen(path, "w");
	fputs("{\"format\":", garbage);
	fclose(garbage);
	assert_int_equal(snapshot_load(f->box, path, &loaded), -ESTALE);
	unlink(path);
	rmdir(parent);
	rmdir(dir);
}

int main(void)
{
	/* How long a cpuset may take to follow hotplug need not be waited for: nothing follows
	 * here. */
	wait_set_scale(0.1);

	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(nothing_to_do_is_nothing_done, begin, end),
		cmocka_unit_test_setup_teardown(all_is_put_back, begin, end),
		cmocka_unit_test_setup_teardown(off_stays_off, begin, end),
		cmocka_unit_test_setup_teardown(what_stays_wrong_is_said, begin, end),
		cmocka_unit_test_setup_teardown(traps_are_cleared_without_a_snapshot, begin, end),
		cmocka_unit_test_setup_teardown(files_keep_it, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
