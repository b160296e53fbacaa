// SPDX-License-Identifier: GPL-2.0-or-later
/* lab/remote_ssh and lab/kernel_tree: what is no box's URL and no built kernel tree. The real ones
 * are tests/box and tests/guest. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/text.h"
#include "lab/fleet.h"
#include "lab/kernel_tree.h"
#include "lab/remote_ssh.h"

static void urls_are_taken_apart(void **state)
{
	static const char *const bad[] = { "root@a",    "ssh://",        "ssh://-oX", "ssh://r@-oX",
					   "ssh://a:0", "ssh://a:x",     "ssh://a b", "ssh://r@",
					   "ssh://a/b", "ssh://a:70000", "ssh://:22", "ssh://a'b" };
	struct remote_ssh s = {};

	(void)state;
	assert_int_equal(remote_ssh_open("ssh://root@box:2222", NULL, &s), 0);
	assert_string_equal(s.target, "root@box");
	assert_string_equal(s.host, "box");
	assert_string_equal(s.port, "2222");
	remote_ssh_close(&s);
	assert_int_equal(remote_ssh_open("ssh://box", NULL, &s), 0);
	assert_string_equal(s.target, "box");
	assert_string_equal(s.port, "22");
	remote_ssh_close(&s);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(remote_ssh_open(bad[i], NULL, &s), -EINVAL);
}

static void put(const char *dir, const char *name, const char *text)
{
	_cleanup_free_ char *path = text_printf("%s/%s", dir, name), *folder = strdup(path);

	*strrchr(folder, '/') = '\0';
	assert_int_equal(file_mkdirs(folder, 0755), 0);
	assert_int_equal(file_replace(AT_FDCWD, path, text, strlen(text)), 0);
}

static void trees_that_are_none_say_what_is_missing(void **state)
{
	const struct arch *amd64 = arch_find("amd64");
	char dir[] = "/tmp/test-tree-XXXXXX";
	struct kernel_tree *t = NULL;
	struct error err = {};

	(void)state;
	assert_non_null(mkdtemp(dir));
	assert_int_equal(kernel_tree_open("/no/such", amd64, &t, &err), -ENOENT);
	assert_int_equal(kernel_tree_open(dir, amd64, &t, &err), -ENOENT);
	assert_non_null(strstr(err.text, "arch/x86/boot/bzImage"));
	put(dir, "arch/x86/boot/bzImage", "kernel");
	assert_int_equal(kernel_tree_open(dir, amd64, &t, &err), -ENOENT);
	assert_non_null(strstr(err.text, "kernel.release"));
	put(dir, "include/config/kernel.release", "../../etc\n");
	assert_int_equal(kernel_tree_open(dir, amd64, &t, &err), -EBADMSG);
	put(dir, "include/config/kernel.release", "6.1.0-own\n");
	assert_int_equal(kernel_tree_open(dir, amd64, &t, &err), -ENOENT);
	assert_non_null(strstr(err.text, "modules"));
	assert_null(t);
	put(dir, "lib/modules/6.1.0-own/modules.dep", "");
	assert_int_equal(kernel_tree_open(dir, amd64, &t, &err), 0);
	assert_non_null(strstr(t->modules, "/lib/modules/6.1.0-own"));
	assert_null(t->stage);
	kernel_tree_free(t);
	fleet_forget(dir);
	assert_int_equal(access(dir, F_OK), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(urls_are_taken_apart),
		cmocka_unit_test(trees_that_are_none_say_what_is_missing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
