// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Who a proxy says it is: a header that is believed only where nobody but the proxy can send it, on
 * a unix socket. Everywhere else it is a header like any other, which nobody looks at.
 */
#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "site/web/internal.h"

struct counted {
	const char *name;
	const char *value;
	int n;
};

static enum MHD_Result count(void *arg, enum MHD_ValueKind kind, const char *key, const char *value)
{
	struct counted *c = arg;

	(void)kind;
	if (strcasecmp(key, c->name) == 0) {
		c->n++;
		c->value = value ? value : "";
	}
	return MHD_YES;
}

bool proxy_says(struct exchange *x)
{
	const struct site_setup *setup = &x->request->site->setup;
	struct counted c = { .name = setup->trust_header };

	if (!setup->trust_header || !setup->socket)
		return false;
	MHD_get_connection_values(x->connection, MHD_HEADER_KIND, count, &c);
	return c.n > 0;
}

/* NULL: it is not there. Twice is one that a stranger sent and the proxy let through. */
static int read_header(struct exchange *x, const char *name, const char **ret)
{
	struct counted c = { .name = name };

	MHD_get_connection_values(x->connection, MHD_HEADER_KIND, count, &c);
	if (c.n > 1)
		return error_set(&x->request->err, EINVAL, "there is more than one %s", name);
	*ret = c.value;
	return 0;
}

/* The highest of what the groups make of somebody; a reader is everybody who comes by the proxy. */
static enum account_role role_of(const struct site_setup *setup, const char *groups)
{
	enum account_role role = ACCOUNT_READER;

	while (groups && *groups) {
		size_t len = strcspn(groups, ",;"), from = strspn(groups, " "), to = len;

		while (to > from && groups[to - 1] == ' ')
			to--;
		for (size_t i = 0; i < setup->n_groups; i++)
			if (to > from && strlen(setup->groups[i].group) == to - from &&
			    strncmp(setup->groups[i].group, groups + from, to - from) == 0 &&
			    setup->groups[i].role > role)
				role = setup->groups[i].role;
		groups += len + (groups[len] != '\0');
	}
	return role;
}

/* There is no session whose secret a form could carry: one of the server and the name is made. */
static void make_session(struct request *r)
{
	unsigned char hash[32];

	crypto_generichash(hash, sizeof(hash), (const unsigned char *)r->who.name,
			   strlen(r->who.name), r->site->proxy_key, sizeof(r->site->proxy_key));
	sodium_bin2base64(r->session, sizeof(r->session), hash, sizeof(hash),
			  sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}

int proxy_find_account(struct exchange *x)
{
	struct request *r = x->request;
	const struct site_setup *setup = &r->site->setup;
	const char *name = NULL, *groups = NULL;
	enum account_role role = ACCOUNT_NOBODY;
	struct db *db;
	int n = read_header(x, setup->trust_header, &name);

	if (n >= 0 && setup->trust_groups)
		n = read_header(x, setup->trust_groups, &groups);
	if (n < 0)
		return n;
	if (setup->trust_groups)
		role = role_of(setup, groups);
	db = request_db(r);
	n = db ? account_by_proxy(db, name, &r->who, &r->err) : -r->err.code;
	if (n == 0 || (n == 1 && role != ACCOUNT_NOBODY && r->who.role != role)) {
		db = request_writer(r);
		n = db ? account_set_by_proxy(db, name, role, r->now, &r->who, &r->err)
		       : -r->err.code;
		if (db) {
			site_return(r->site, r->db);
			r->db = NULL;
		}
	}
	if (n < 0)
		return n;
	r->is_by_proxy = true;
	make_session(r);
	return 0;
}
