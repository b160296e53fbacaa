// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Makes a session's guest: image, accelerator, run directory, QEMU. Everything that can be wrong
 * with the input shows here, before the run directory is made. What the guest then does is
 * session.c's matter.
 */
#include <errno.h>
#include <string.h>

#include "base/text.h"
#include "base/wait.h"
#include "lab/image.h"
#include "lab/kvm.h"
#include "lab/session_internal.h"

#define START_NS (30 * NS_PER_S)

static int choose_accelerator(struct session *s, struct error *err)
{
	int r;

	if (s->setup->want_kvm == KVM_AUTO && !arch_is_native(s->setup->machine->isa)) {
		s->kvm_why = strdup("the guest is of another architecture than this host");
		return s->kvm_why ? 0 : -ENOMEM;
	}
	if (s->setup->want_kvm != KVM_AUTO) {
		s->use_kvm = s->setup->want_kvm == KVM_ALWAYS;
		s->kvm_why = strdup("as asked for");
		return s->kvm_why ? 0 : -ENOMEM;
	}
	r = kvm_probe(s->setup->kernel, &s->kvm_why, err);
	s->use_kvm = r > 0;
	return r < 0 ? r : 0;
}

int session_prepare(struct session *s, struct error *err)
{
	const struct session_setup *setup = s->setup;
	struct image_spec image = {
		.arch = setup->machine->isa,
		.hotproof = setup->hotproof,
		.modules = setup->modules,
		.userland = setup->userland,
		.insmod = setup->insmod,
		.add = setup->add,
		.plan_argv = setup->plan_argv,
		.suite = setup->suite,
		.suite_dir = setup->suite_dir,
		.race_plan = setup->race_plan,
		.baseline = setup->baseline,
		.watchdog_s = (int)(wait_scaled(SESSION_WATCHDOG_NS) / NS_PER_S),
	};
	size_t size;
	int r = image_build(&image, &s->image_fd, &size, err);

	if (r == 0)
		r = choose_accelerator(s, err);
	if (r == 0)
		r = rundir_create(setup->out, &s->rd, err);
	if (r < 0)
		return r;
	s->outcome->has_rundir = true;
	s->outcome->prepare_ns = wait_now_ns() - s->began_ns;
	s->console = text_printf("%s/console.txt", setup->out);
	return s->console ? 0 : -ENOMEM;
}

int session_boot(struct session *s, struct error *err)
{
	struct qemu_spec spec = {
		.machine = s->setup->machine,
		.kernel = s->setup->kernel,
		.append = s->setup->append,
		.image_fd = s->image_fd,
		.console_path = s->console,
		.use_kvm = s->use_kvm,
		.has_dump = s->setup->want_dump,
	};
	int r;

	s->started_ns = s->heard_ns = wait_now_ns();
	r = qemu_start(&spec, s->started_ns + wait_scaled(START_NS), &s->qemu, err);
	if (r == 0)
		r = channel_new(s->qemu->port_fd, s->rd, session_on_line, s, &s->channel);
	return r < 0 ? r : session_record_lab(s);
}

void session_unboot(struct session *s)
{
	vcpus_free(take_ptr(s->vcpus));
	plug_free(take_ptr(s->plug));
	prober_free(s->prober);
	channel_free(s->channel);
	qemu_free(s->qemu);
	s->prober = NULL;
	s->channel = NULL;
	s->qemu = NULL;
	s->has_panicked = s->has_reset = s->has_bitten = false;
	s->shutdown[0] = '\0';
}
