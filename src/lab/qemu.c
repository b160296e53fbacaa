// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Starts QEMU. All its connections are descriptors that it inherits, its image and disk are
 * nameless files: when the process is gone, nothing of it is left, however it and we have ended.
 */
#include "lab/qemu.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "base/file.h"
#include "base/text.h"
#include "base/wait.h"
#include "base/ping.h"

#define ARGS_MAX 96
#define DISK_SIZE ((off_t)64 << 20)
/* Not quiet: a guest that dies early must say where. panic=-1 with -no-reboot ends QEMU. */
#define KERNEL_OPTIONS "panic=-1 printk.devkmsg=on"

struct args {
	char *v[ARGS_MAX + 1];
	size_t n;
	bool is_short; /* memory, or ARGS_MAX */
};

static void args_clear(struct args *a)
{
	for (size_t i = 0; i < a->n; i++)
		free(a->v[i]);
}

static void add(struct args *a, const char *fmt, ...) _printf_(2, 3);
static void add(struct args *a, const char *fmt, ...)
{
	char *s = NULL;
	va_list ap;

	va_start(ap, fmt);
	if (a->n == ARGS_MAX || vasprintf(&s, fmt, ap) < 0)
		a->is_short = true;
	else
		a->v[a->n++] = s;
	va_end(ap);
}

struct ends {
	int qmp, port, console, image, disk; /* what QEMU inherits */
};

static void add_board(struct args *a, const struct qemu_spec *spec)
{
	const struct machine *m = spec->machine;

	add(a, "%s", m->isa->qemu);
	add(a, "-nodefaults");
	add(a, "-no-user-config");
	add(a, "-display");
	add(a, "none");
	add(a, "-no-reboot");
	/* The guest stands still when it panics or hangs, so that it can be looked at. */
	add(a, "-action");
	add(a, "panic=pause,watchdog=pause");
	add(a, "-M");
	add(a, "%s", m->isa->board);
	add(a, "-accel");
	add(a, "%s", spec->use_kvm ? "kvm" : "tcg,thread=multi");
	add(a, "-cpu");
	add(a, "%s", m->cpu_model);
	add(a, "-smp");
	add(a, "%d,maxcpus=%d,sockets=%d,cores=%d,threads=%d", m->cpus,
	    m->max_cpus ? m->max_cpus : m->cpus, m->sockets, m->cores, m->threads);
	add(a, "-m");
	add(a, "%d", m->mem_mib);
	if (m->firmware) {
		add(a, "-bios");
		add(a, "%s", m->firmware);
	}
}

static void add_devices(struct args *a, const struct qemu_spec *spec, const struct ends *ends)
{
	const struct machine *m = spec->machine;

	add(a, "-chardev");
	add(a, "socket,id=qmp,fd=%d", ends->qmp);
	add(a, "-mon");
	add(a, "chardev=qmp,mode=control");
	add(a, "-chardev");
	add(a, "file,id=console,path=/proc/self/fd/%d", ends->console);
	add(a, "-serial");
	add(a, "chardev:console");
	add(a, "-chardev");
	add(a, "socket,id=port,fd=%d", ends->port);
	add(a, "-device");
	add(a, "virtio-serial-%s", m->isa->virtio_bus);
	add(a, "-device");
	add(a, "virtserialport,chardev=port,name=hotproof");
	if (m->isa->panic_device) {
		add(a, "-device");
		add(a, "%s", m->isa->panic_device);
	}
	if (m->isa->watchdog) {
		add(a, "-device");
		add(a, "%s", m->isa->watchdog);
	}
	if (spec->has_dump && m->isa->has_vmcoreinfo) {
		add(a, "-device");
		add(a, "vmcoreinfo");
	}
	if (m->nic) {
		add(a, "-netdev");
		add(a, "user,id=net,hostfwd=udp:127.0.0.1:0-:%d", PING_PORT);
		add(a, "-device");
		add(a, "%s,netdev=net%s", m->nic, text_ends(m->nic, "-pci") ? ",romfile=" : "");
	}
	if (m->disk) {
		add(a, "-drive");
		add(a, "if=none,id=disk,format=raw,cache=unsafe,file=/proc/self/fd/%d", ends->disk);
		add(a, "-device");
		add(a, "%s,drive=disk,num-queues=%d", m->disk, m->cpus);
	}
}

static void add_kernel(struct args *a, const struct qemu_spec *spec, const struct ends *ends)
{
	const char *own = spec->machine->append ? spec->machine->append : "";

	add(a, "-kernel");
	add(a, "%s", spec->kernel);
	add(a, "-initrd");
	add(a, "/proc/self/fd/%d", ends->image);
	add(a, "-append");
	add(a, "console=%s %s%s%s%s%s", spec->machine->isa->console, KERNEL_OPTIONS,
	    *own ? " " : "", own, spec->append ? " " : "", spec->append ? spec->append : "");
}

/* For the record: words with anything unusual in them are quoted for a shell. */
static char *join(const struct args *a)
{
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	if (!f)
		return NULL;
	for (size_t i = 0; i < a->n; i++) {
		bool is_plain =
			!a->v[i]
			     [strspn(a->v[i], "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
					      "0123456789-_=,./:")];

		fprintf(f, "%s%s%s%s", i ? " " : "", is_plain ? "" : "'", a->v[i],
			is_plain ? "" : "'");
	}
	fclose(f);
	return text;
}

/* A pair of which QEMU inherits one end. */
static int socket_pair(int *ret_ours, int *ret_theirs)
{
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) < 0)
		return -errno;
	*ret_ours = fds[0];
	*ret_theirs = fds[1];
	return 0;
}

static int let_inherit(int fd)
{
	return fcntl(fd, F_SETFD, 0) < 0 ? -errno : 0;
}

static int launch(struct qemu *q, const struct qemu_spec *spec, struct ends *ends,
		  struct error *err)
{
	struct args a = {};
	int r;

	add_board(&a, spec);
	add_devices(&a, spec, ends);
	add_kernel(&a, spec, ends);
	q->command = join(&a);
	r = a.is_short || !q->command ? -ENOMEM : 0;
	if (r == 0)
		r = let_inherit(ends->qmp) | let_inherit(ends->port) | let_inherit(ends->image) |
		    let_inherit(ends->console) | let_inherit(ends->disk);
	if (r == 0)
		r = process_start((const char *const *)a.v, -1, -1, q->stderr_fd, &q->process, err);
	fcntl(ends->image, F_SETFD, FD_CLOEXEC);
	args_clear(&a);
	return r;
}

/* QEMU chose a free port itself, so nobody can have taken it in between. */
static int find_udp_port(struct qemu *q, int64_t deadline_ns, struct error *err)
{
	_cleanup_free_ char *text = NULL;
	char *at;
	int r = qmp_hmp(q->qmp, "info usernet", deadline_ns, &text, err);

	if (r < 0)
		return r;
	at = strstr(text, "UDP[HOST_FORWARD]");
	at = at ? strstr(at, "127.0.0.1") : NULL;
	if (!at || sscanf(at + strlen("127.0.0.1"), "%d", &q->udp_port) != 1 || q->udp_port <= 0)
		return error_set(err, EPROTO,
				 "QEMU does not say which UDP port it forwards: \"%s\"", text);
	return 0;
}

static int explain_failure(const struct qemu *q, const char *kernel, int r, struct error *err)
{
	_cleanup_free_ char *complaint = qemu_complaint(q);

	if (complaint)
		return error_set(err, -r, "QEMU did not start with the kernel \"%s\": %s", kernel,
				 complaint);
	return error_prefix(err, "QEMU did not start with the kernel \"%s\"", kernel);
}

int qemu_start(const struct qemu_spec *spec, int64_t deadline_ns, struct qemu **ret,
	       struct error *err)
{
	_cleanup_(cleanup_qemu) struct qemu *q = calloc(1, sizeof(*q));
	_cleanup_close_ int qmp = -1, theirs_qmp = -1, theirs_port = -1, disk = -1, console = -1;
	struct error own = {};
	struct ends ends;
	int r;

	if (!q)
		return -ENOMEM;
	q->process = PROCESS_NONE;
	q->port_fd = -1;
	q->stderr_fd = memfd_create("qemu-stderr", MFD_CLOEXEC);
	disk = memfd_create("disk", MFD_CLOEXEC);
	if (q->stderr_fd < 0 || disk < 0 || ftruncate(disk, DISK_SIZE) < 0)
		return error_set(err, errno, "cannot make a disk for the guest: %s",
				 strerror(errno));
	console = open(spec->console_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (console < 0)
		return error_set(err, errno, "cannot create \"%s\": %s", spec->console_path,
				 strerror(errno));
	r = socket_pair(&qmp, &theirs_qmp);
	if (r == 0)
		r = socket_pair(&q->port_fd, &theirs_port);
	if (r < 0)
		return error_set(err, -r, "cannot make sockets for QEMU: %s", strerror(-r));
	ends = (struct ends){ theirs_qmp, theirs_port, console, spec->image_fd, disk };
	r = launch(q, spec, &ends, err);
	if (r < 0)
		return r;
	/* Only QEMU may hold the other ends, or its death would not be seen. */
	close(take_fd(&theirs_qmp));
	close(take_fd(&theirs_port));
	r = qmp_open(take_fd(&qmp), deadline_ns, &q->qmp, &own);
	if (r == 0 && spec->machine->nic)
		r = find_udp_port(q, deadline_ns, &own);
	if (r < 0) {
		if (err)
			*err = own;
		return explain_failure(q, spec->kernel, r, err);
	}
	*ret = take_ptr(q);
	return 0;
}

void qemu_free(struct qemu *q)
{
	if (!q)
		return;
	process_end(&q->process, 0);
	qmp_free(q->qmp);
	cleanup_close(&q->port_fd);
	cleanup_close(&q->stderr_fd);
	free(q->command);
	free(q);
}

bool qemu_has_died(struct qemu *q)
{
	if (q->process.pid > 0 &&
	    process_wait(&q->process, wait_now_ns() + 2 * NS_PER_S, &q->status) != 1)
		return false;
	return WIFSIGNALED(q->status);
}

char *qemu_complaint(const struct qemu *q)
{
	char text[4096];
	ssize_t n = pread(q->stderr_fd, text, sizeof(text) - 1, 0);
	char *cursor = text, *line, *last = NULL;

	if (n <= 0)
		return NULL;
	text[n] = '\0';
	while ((line = text_next_line(&cursor)))
		if (*text_strip(line))
			last = line;
	return last ? strdup(text_strip(last)) : NULL;
}

int qemu_version(const char *program, char **ret, struct error *err)
{
	const char *const argv[] = { program, "--version", NULL };
	_cleanup_free_ char *text = NULL;
	const char *at;
	int status, r;

	r = process_capture(argv, wait_now_ns() + 20 * NS_PER_S, &text, &status, err);
	if (r < 0)
		return r;
	at = strstr(text, "version ");
	if (!at || !isdigit((unsigned char)at[8]))
		return error_set(err, EPROTO, "\"%s --version\" says no version", program);
	at += 8;
	*ret = strndup(at, strspn(at, "0123456789."));
	return *ret ? 0 : -ENOMEM;
}
