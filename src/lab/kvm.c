// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The tiny guest is a stock kernel without any root: under a KVM that works it reaches its own
 * panic within a second or two, says so on the console, and QEMU ends. Nothing else counts as an
 * answer.
 */
#include "lab/kvm.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/process.h"
#include "base/text.h"
#include "base/wait.h"
#include "lab/arch.h"
#include "lab/cache.h"
#include "lab/qemu.h"

#define PROBE_NS (8 * NS_PER_S)
#define REMEMBERED "kvm-answer"

/* What an answer holds for: another boot of the host or another QEMU asks anew. */
static char *probe_key(void)
{
	_cleanup_free_ char *boot = NULL, *version = NULL;

	if (file_read(AT_FDCWD, "/proc/sys/kernel/random/boot_id", &boot, NULL) < 0 ||
	    qemu_version(arch_table[0].qemu, &version, NULL) < 0)
		return NULL;
	return text_printf("%s %s", text_strip(boot), version);
}

static bool recall(const char *key, int *ret_works, char **ret_why)
{
	_cleanup_free_ char *path = cache_path(REMEMBERED), *text = NULL;
	size_t n = strlen(key);

	if (!path || file_read(AT_FDCWD, path, &text, NULL) < 0)
		return false;
	if (strncmp(text, key, n) != 0 || !text_starts(text + n, "\n") || !text[n + 1] ||
	    text[n + 2] != ' ')
		return false;
	*ret_works = text[n + 1] == '1';
	*ret_why = strdup(text_strip(text + n + 3));
	return *ret_why != NULL;
}

static void remember(const char *key, int works, const char *why)
{
	_cleanup_free_ char *dir = cache_path(""), *path = cache_path(REMEMBERED);
	_cleanup_free_ char *text = text_printf("%s\n%d %s\n", key, works, why);

	/* When it cannot be remembered, it is probed again next time: no reason to fail. */
	if (!dir || !path || !text || file_mkdirs(dir, 0755) < 0 ||
	    file_replace(AT_FDCWD, path, text, strlen(text)) < 0)
		return;
}

void kvm_forget(void)
{
	_cleanup_free_ char *path = cache_path(REMEMBERED);

	if (path)
		unlink(path);
}

static int boot_guest(const char *kernel, int console, int complaints, struct error *err)
{
	_cleanup_free_ char *serial = text_printf("file:/proc/self/fd/%d", console);
	const char *const argv[] = { arch_table[0].qemu,
				     "-nodefaults",
				     "-no-user-config",
				     "-display",
				     "none",
				     "-no-reboot",
				     "-accel",
				     "kvm",
				     "-cpu",
				     "max",
				     "-smp",
				     "2",
				     "-m",
				     "256",
				     "-kernel",
				     kernel,
				     "-append",
				     "console=ttyS0 panic=-1",
				     "-serial",
				     serial ? serial : "null",
				     NULL };
	_cleanup_process_ struct process p = PROCESS_NONE;
	int status, r;

	fcntl(console, F_SETFD, 0);
	r = process_start(argv, -1, -1, complaints, &p, err);
	fcntl(console, F_SETFD, FD_CLOEXEC);
	if (r < 0)
		return r;
	r = process_wait(&p, wait_now_ns() + PROBE_NS, &status);
	/* No grace: a vCPU that hangs in the kernel heeds nothing less than SIGKILL. */
	process_end(&p, 0);
	return r;
}

/* The last line of a nameless file, owned by the caller ("" when there is none). */
static char *last_line(int fd)
{
	char text[1024] = "", *cursor = text, *line, *last = text;
	ssize_t n = pread(fd, text, sizeof(text) - 1, 0);

	text[n > 0 ? n : 0] = '\0';
	while ((line = text_next_line(&cursor)))
		if (*text_strip(line))
			last = text_strip(line);
	return strdup(last);
}

static bool has_panicked(int console)
{
	_cleanup_free_ char *path = text_printf("/proc/self/fd/%d", console), *text = NULL;

	return path && file_read(AT_FDCWD, path, &text, NULL) == 0 &&
	       strstr(text, "Kernel panic - not syncing");
}

static int probe_for_real(const char *kernel, char **ret_why, struct error *err)
{
	_cleanup_close_ int console = memfd_create("console", MFD_CLOEXEC);
	_cleanup_close_ int complaints = memfd_create("complaints", MFD_CLOEXEC);
	_cleanup_free_ char *last = NULL;
	int r, works;

	if (console < 0 || complaints < 0)
		return -errno;
	r = boot_guest(kernel, console, complaints, err);
	if (r < 0)
		return r;
	last = last_line(complaints);
	works = r == 1 && has_panicked(console);
	if (works)
		*ret_why = strdup("a guest booted with it");
	else if (r == 1)
		*ret_why = text_printf("no guest boots with it: %s",
				       last && *last ? last : "QEMU ended");
	else
		*ret_why = text_printf("a guest did not boot with it within %lld s",
				       (long long)(PROBE_NS / NS_PER_S));
	return *ret_why ? works : -ENOMEM;
}

int kvm_probe(const char *kernel, char **ret_why, struct error *err)
{
	_cleanup_free_ char *key = NULL;
	int works, r;

	if (access("/dev/kvm", R_OK | W_OK) < 0) {
		*ret_why = text_printf("/dev/kvm: %s", strerror(errno));
		return *ret_why ? 0 : -ENOMEM;
	}
	key = probe_key();
	if (key && recall(key, &works, ret_why))
		return works;
	if (!kernel)
		return -EAGAIN;
	r = probe_for_real(kernel, ret_why, err);
	if (r >= 0 && key)
		remember(key, r, *ret_why);
	return r;
}
