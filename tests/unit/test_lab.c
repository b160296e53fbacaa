// SPDX-License-Identifier: GPL-2.0-or-later
/* lab/: archives, machine files, module folders and images. No guest is started. */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/process.h"
#include "base/text.h"
#include "base/wait.h"
#include "lab/console.h"
#include "lab/cpio.h"
#include "lab/image.h"
#include "lab/machine.h"
#include "lab/modules.h"

static char dir[64];

static int setup(void **state)
{
	(void)state;
	strcpy(dir, "/tmp/test-lab-XXXXXX");
	return mkdtemp(dir) ? 0 : -1;
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
	(void)state;
	return nftw(dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

/* A file below the test's folder; parents are made. Returns its path in a buffer of its own. */
static const char *put(const char *name, const void *data, size_t len)
{
	static char path[256];
	char *slash;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	slash = strrchr(path, '/');
	*slash = '\0';
	assert_int_equal(file_mkdirs(path, 0755), 0);
	*slash = '/';
	assert_int_equal(file_replace(AT_FDCWD, path, data, len), 0);
	return path;
}

static const char *put_text(const char *name, const char *text)
{
	return put(name, text, strlen(text));
}

/* What cpio(1) lists; the test is skipped where there is none. */
static char *list_archive(int fd)
{
	const char *const argv[] = { "cpio", "-itv", "--quiet", "-n", "-F", NULL, NULL };
	const char *words[ARRAY_SIZE(argv)];
	char path[64], *text = NULL;
	int status;

	memcpy(words, argv, sizeof(argv));
	snprintf(path, sizeof(path), "/proc/%d/fd/%d", (int)getpid(), fd);
	words[5] = path;
	if (process_capture(words, wait_now_ns() + 20 * NS_PER_S, &text, &status, NULL) < 0)
		skip();
	assert_int_equal(status, 0);
	return text;
}

static void assert_member(const char *list, const char *mode, const char *name)
{
	_cleanup_free_ char *copy = strdup(list);
	char *cursor = copy, *line;

	while ((line = text_next_line(&cursor)))
		if (text_starts(line, mode) && text_ends(line, name) &&
		    line[strlen(line) - strlen(name) - 1] == ' ')
			return;
	fail_msg("no \"%s %s\" in:\n%s", mode, name, list);
}

static void archive_is_what_cpio_reads(void **state)
{
	_cleanup_(cleanup_cpio) struct cpio *c = NULL;
	_cleanup_close_ int fd = memfd_create("a", 0);
	_cleanup_free_ char *list = NULL, *big = calloc(1, 1 << 20), *tree = NULL, *link = NULL;

	(void)state;
	put_text("tree/bin/x", "x");
	put_text("tree/.hidden", "");
	tree = text_printf("%s/tree", dir);
	link = text_printf("%s/tree/link", dir);
	assert_int_equal(symlink("bin/x", link), 0);
	assert_int_equal(chmod(put_text("tree/bin/run", "#!"), 0755), 0);
	assert_int_equal(cpio_new(fd, &c), 0);
	assert_int_equal(cpio_add_dir(c, "a/b"), 0);
	assert_int_equal(cpio_add_data(c, "a/b/c/one", 0600, "1", 1), 0);
	assert_int_equal(cpio_add_data(c, "empty", 0644, "", 0), 0);
	assert_int_equal(cpio_add_data(c, "big", 0644, big, 1 << 20), 0);
	assert_int_equal(cpio_add_node(c, "dev/console", S_IFCHR | 0600, 5, 1), 0);
	assert_int_equal(cpio_add_tree(c, "", tree, NULL), 0);
	assert_int_equal(cpio_add_data(c, "../x", 0644, "", 0), -EINVAL);
	assert_int_equal(cpio_add_data(c, "/x", 0644, "", 0), -EINVAL);
	assert_int_equal(cpio_add_file(c, "y", "/nonexistent", NULL), -ENOENT);
	assert_int_equal(cpio_finish(c), 0);
	list = list_archive(fd);
	assert_member(list, "drwxr-xr-x", "a/b");
	assert_member(list, "drwxr-xr-x", "a/b/c");
	assert_member(list, "-rw-------", "a/b/c/one");
	assert_member(list, "-rw-r--r--", "empty");
	assert_member(list, "-rw-r--r--", "big");
	assert_member(list, "crw-------", "dev/console");
	assert_member(list, "-rwxr-xr-x", "bin/run");
	assert_member(list, "lrwxrwxrwx", "link -> bin/x");
	assert_member(list, "-rw-r--r--", ".hidden");
}

static void built_in_machines_are_good(void **state)
{
	int n = 0;

	(void)state;
	for (const struct embedded_text *t = machine_texts; t->name; t++, n++) {
		_cleanup_(cleanup_machine) struct machine *m = NULL;
		struct error err = {};

		assert_int_equal(machine_load(t->name, &m, &err), 0);
		assert_string_equal(m->name, t->name);
		assert_non_null(m->summary);
	}
	assert_true(n >= 3);
}

#define REST "\"arch\":\"amd64\",\"cpu_model\":\"max\",\"kernel\":\"6.1\",\"mem_mib\":512,"
#define FOUR "\"cpus\":4,\"sockets\":1,\"cores\":2,\"threads\":2"

static void machine_files(void **state)
{
	static const struct {
		const char *text, *complaint;
	} bad[] = {
		{ "", "no JSON object" },
		{ "[]", "no JSON object" },
		{ "{" REST FOUR ",\"cpsu\":4}", "\"cpsu\" is not known" },
		{ "{" REST "\"cpus\":4,\"sockets\":1,\"cores\":2,\"threads\":1}",
		  "sockets * cores * threads is 2" },
		{ "{" REST "\"cpus\":0,\"sockets\":1,\"cores\":2,\"threads\":1}",
		  "\"cpus\" is no number" },
		{ "{" REST "\"cpus\":1,\"sockets\":1,\"cores\":1}", "has no \"threads\"" },
		{ "{\"arch\":\"vax\",\"cpu_model\":\"x\",\"kernel\":\"6.1\",\"mem_mib\":512," FOUR
		  "}",
		  "\"vax\"" },
		{ "{" REST FOUR ",\"nic\":7}", "\"nic\" is no text" },
		{ "{\"arch\":\"amd64\",\"cpu_model\":\"x\",\"kernel\":\"6.1\",\"mem_mib\":16," FOUR
		  "}",
		  "16 MiB" },
	};
	_cleanup_(cleanup_machine) struct machine *m = NULL;
	struct error err = {};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		assert_true(machine_parse("m", bad[i].text, &m, &err) < 0);
		assert_null(m);
		if (!strstr(err.text, bad[i].complaint))
			fail_msg("\"%s\" does not say \"%s\"", err.text, bad[i].complaint);
	}
	assert_int_equal(machine_load("nosuch", &m, &err), -ENOENT);
	assert_int_equal(machine_load("/nonexistent.json", &m, &err), -ENOENT);
	assert_int_equal(machine_load(put_text("mine.json", "{" REST FOUR "}"), &m, &err), 0);
	assert_string_equal(m->name, "mine");
	assert_null(m->nic);
	machine_set_cpus(m, 6);
	assert_int_equal(m->cores, 6);
	assert_int_equal(m->threads, 1);
}

static const char dep[] =
	"kernel/net/core/failover.ko.xz:\n"
	"kernel/drivers/net/net_failover.ko: kernel/net/core/failover.ko.xz\n"
	"kernel/drivers/net/virtio_net.ko: kernel/drivers/net/net_failover.ko "
	"kernel/net/core/failover.ko.xz\n"
	"kernel/drivers/misc/pvpanic/pvpanic-pci.ko: kernel/drivers/misc/pvpanic/pvpanic.ko\n"
	"kernel/drivers/misc/pvpanic/pvpanic.ko:\n";

static void modules_in_loading_order(void **state)
{
	static const char *const want[] = { "kernel/net/core/failover.ko.xz",
					    "kernel/drivers/net/net_failover.ko",
					    "kernel/drivers/net/virtio_net.ko",
					    "kernel/drivers/misc/pvpanic/pvpanic.ko",
					    "kernel/drivers/misc/pvpanic/pvpanic-pci.ko" };
	_cleanup_(cleanup_modules) struct modules *m = NULL;
	struct error err = {};

	(void)state;
	assert_int_equal(modules_open(dir, &m, &err), -ENOENT);
	assert_non_null(strstr(err.text, "depmod"));
	put_text("modules.dep", dep);
	put_text("modules.builtin", "kernel/drivers/virtio/virtio_pci.ko\n");
	assert_int_equal(modules_open(dir, &m, &err), 0);
	assert_int_equal(modules_want(m, "virtio-net", &err), 1);
	assert_int_equal(modules_want(m, "failover", &err), 1);
	assert_int_equal(modules_want(m, "virtio_pci", &err), 0);
	assert_int_equal(modules_want(m, "pvpanic_pci", &err), 1);
	assert_int_equal(modules_want(m, "pvp", &err), -ENOENT);
	assert_int_equal(modules_want(m, "net", &err), -ENOENT);
	assert_int_equal(modules_count(m), ARRAY_SIZE(want));
	for (size_t i = 0; i < ARRAY_SIZE(want); i++)
		assert_string_equal(modules_file(m, i), want[i]);
}

/* As much of a module as the lab looks at. */
static const char module[] = "\177ELF....\0license=GPL\0depends=failover,own\0vermagic=x";

static void module_files(void **state)
{
	_cleanup_free_ char *data = NULL, *plain = modules_plain_name("a/b.ko.xz"),
			    *same = modules_plain_name("b.ko");
	_cleanup_free_ char *needs = NULL;
	struct error err = {};
	size_t len;

	(void)state;
	assert_string_equal(plain, "a/b.ko");
	assert_string_equal(same, "b.ko");
	assert_int_equal(modules_read(put("m.ko", module, sizeof(module)), &data, &len, &err), 0);
	assert_int_equal(len, sizeof(module));
	needs = modules_depends(data, len);
	assert_string_equal(needs, "failover,own");
	assert_null(modules_depends("\0depends=\0", 10));
	assert_null(modules_depends("\0xdepends=a\0", 12));
	assert_null(modules_depends("depends=cut", 11));
	assert_int_equal(modules_read(put_text("text.ko", "hello"), &data, &len, &err), -ENOEXEC);
	assert_int_equal(modules_read(put_text("bad.ko.xz", "hello"), &data, &len, &err), -EBADMSG);
	assert_int_equal(modules_read(dir, &data, &len, &err), -EINVAL);
	assert_int_equal(modules_read("/nonexistent.ko", &data, &len, &err), -ENOENT);
}

/* The image's text as a whole: members are not packed. */
static char *image_text(int fd, size_t size)
{
	char *data = malloc(size + 1);

	assert_int_equal(pread(fd, data, size, 0), (ssize_t)size);
	for (size_t i = 0; i < size; i++)
		if (!data[i])
			data[i] = ' ';
	data[size] = '\0';
	return data;
}

static void image_holds_what_it_must(void **state)
{
	_cleanup_free_ char *list = NULL, *text = NULL, *user = NULL, *add = NULL, *init = NULL;
	const char *insmod[] = { NULL, NULL }, *adds[] = { NULL, NULL };
	static const char *const argv[] = { "--go", "--scenario", "cpu.*", NULL };
	struct image_spec spec = {
		.modules = dir, .insmod = insmod, .add = adds, .plan_argv = argv, .watchdog_s = 100
	};
	_cleanup_close_ int fd = -1;
	struct error err = {};
	size_t size;

	(void)state;
	put_text("modules.dep", "f.ko:\nn.ko: f.ko\nvirtio_net.ko: n.ko f.ko\n");
	put_text("modules.builtin", "virtio_pci.ko\nvirtio_console.ko\nvirtio_blk.ko\n");
	put("f.ko", module, sizeof(module));
	put("n.ko", module, sizeof(module));
	put("virtio_net.ko", module, sizeof(module));
	user = text_printf("%s,list=1,2,name=x", put("user/mine.ko", module, sizeof(module)));
	init = strdup(put_text("hotproof", "\177ELF"));
	put_text("add/etc/extra", "here");
	add = text_printf("%s/add", dir);
	insmod[0] = user;
	adds[0] = add;
	spec.hotproof = init;
	assert_int_equal(image_build(&spec, &fd, &size, &err), 0);
	list = list_archive(fd);
	assert_member(list, "-", "init");
	assert_member(list, "-", "lib/hotproof/modules/virtio_net.ko");
	assert_member(list, "-", "lib/hotproof/modules/user-1/mine.ko");
	assert_member(list, "-", "etc/extra");
	assert_member(list, "c", "dev/console");
	text = image_text(fd, size);
	assert_non_null(strstr(text, "/lib/hotproof/modules/f.ko\n/lib/hotproof/modules/n.ko\n"
				     "/lib/hotproof/modules/virtio_net.ko\n"
				     "/lib/hotproof/modules/user-1/mine.ko list=1,2 name=x\n"));
	assert_non_null(
		strstr(text, "{\"argv\":[\"--go\",\"--scenario\",\"cpu.*\"],\"watchdog_s\":100}"));
	insmod[0] = "/nonexistent.ko,a=b";
	assert_int_equal(image_build(&spec, &fd, &size, &err), -ENOENT);
	assert_non_null(strstr(err.text, "\"/nonexistent.ko\""));
	assert_int_equal(image_check_program(init, &arch_table[0], &err), -ENOEXEC);
	assert_int_equal(image_check_program("/nonexistent", &arch_table[0], &err), -ENOENT);
}

static void console_tells_lost_timer(void **state)
{
	_cleanup_free_ char *path = text_printf("%s/console.txt", dir);
	FILE *f = fopen(path, "w");

	(void)state;
	assert_non_null(f);
	fputs("[    3.9] virtio_blk virtio2: [vda] 131072 512-byte logical blocks\n", f);
	fflush(f);
	assert_false(console_has_lost_timer(path));
	fputs("[   23.3] rcu: rcu_preempt kthread timer wakeup didn't happen for 5249 jiffies!\n",
	      f);
	fclose(f);
	assert_true(console_has_lost_timer(path));
	assert_null(console_panic(path));
	unlink(path);
	assert_false(console_has_lost_timer(path));
}

/* As 6.1 and 6.12 write it, and arm64. */
static void console_tells_oops(void **state)
{
	static const char *const consoles[] = {
		"[   12.255195] divide error: 0000 [#1] PREEMPT SMP PTI\n"
		"[   12.261365] RIP: 0010:inactive_task_timer+0x124/0x500\n"
		"[   12.273842] RIP: 0033:0x49380d\n",
		"[    9.0] Oops: divide error: 0000 [#1] SMP PTI\n"
		"[    9.1] RIP: 0010:inactive_task_timer+0xd7/0x5d0\n",
		"[    9.0] Internal error: Oops: 0000000096000004 [#1] SMP\n"
		"[    9.1] pc : inactive_task_timer+0xd7/0x5d0\n",
	};
	_cleanup_free_ char *path = text_printf("%s/console.txt", dir);
	_cleanup_free_ char *none = NULL, *nowhere = NULL;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(consoles); i++) {
		_cleanup_free_ char *what = NULL, *function = NULL;

		put_text("console.txt", consoles[i]);
		assert_true(console_oops(path, &what, &function));
		assert_string_equal(what, i < 2 ? "divide error" : "Internal error");
		assert_string_equal(function, "inactive_task_timer");
	}
	put_text("console.txt", "[    6.9] smpboot: CPU 0 is now offline\n");
	assert_false(console_oops(path, &none, &nowhere));
	unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(archive_is_what_cpio_reads, setup, teardown),
		cmocka_unit_test(built_in_machines_are_good),
		cmocka_unit_test_setup_teardown(machine_files, setup, teardown),
		cmocka_unit_test_setup_teardown(modules_in_loading_order, setup, teardown),
		cmocka_unit_test_setup_teardown(module_files, setup, teardown),
		cmocka_unit_test_setup_teardown(image_holds_what_it_must, setup, teardown),
		cmocka_unit_test_setup_teardown(console_tells_lost_timer, setup, teardown),
		cmocka_unit_test_setup_teardown(console_tells_oops, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
