// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Counts what must not be done too often, by who does it. Of fixed size: whoever has many addresses
 * pushes others out of it, and is slowed down by argon2id all the same.
 */
#include <sodium.h>
#include <string.h>

#include "site/web/internal.h"

static struct throttle_slot *find(struct site *s, const char *what, const char *who)
{
	unsigned char key[16];
	crypto_generichash_state h;
	uint32_t at;

	crypto_generichash_init(&h, NULL, 0, sizeof(key));
	crypto_generichash_update(&h, (const unsigned char *)what, strlen(what) + 1);
	crypto_generichash_update(&h, (const unsigned char *)who, strlen(who));
	crypto_generichash_final(&h, key, sizeof(key));
	memcpy(&at, key, sizeof(at));
	if (memcmp(s->throttle.slots[at % THROTTLE_SLOTS].key, key, sizeof(key)) != 0) {
		s->throttle.slots[at % THROTTLE_SLOTS] = (struct throttle_slot){ .n = 0 };
		memcpy(s->throttle.slots[at % THROTTLE_SLOTS].key, key, sizeof(key));
	}
	return &s->throttle.slots[at % THROTTLE_SLOTS];
}

static bool ask(struct site *s, const char *what, const char *who, int64_t now, int most,
		int64_t window_s, int more)
{
	struct throttle_slot *slot;
	bool may;

	pthread_mutex_lock(&s->throttle.lock);
	slot = find(s, what, who);
	if (now - slot->began >= window_s) {
		slot->began = now;
		slot->n = 0;
	}
	may = slot->n < most;
	slot->n += more;
	pthread_mutex_unlock(&s->throttle.lock);
	return may;
}

bool site_may(struct site *s, const char *what, const char *who, int64_t now, int most,
	      int64_t window_s)
{
	return ask(s, what, who, now, most, window_s, 1);
}

bool site_is_throttled(struct site *s, const char *what, const char *who, int64_t now, int most,
		       int64_t window_s)
{
	return !ask(s, what, who, now, most, window_s, 0);
}
