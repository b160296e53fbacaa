// SPDX-License-Identifier: GPL-2.0-or-later
/* `hotproof tracker serve`: the site, until it is told to stop. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <time.h>

#include "base/text.h"
#include "cmd/tracker/tracker.h"
#include "site/web/site.h"
#include "store/people/account.h"
#include "store/tell/address.h"

enum {
	OPT_LISTEN = 1,
	OPT_HTTPS,
	OPT_PRIVATE,
	OPT_PROXY,
	OPT_SIGNED,
	OPT_SENDMAIL,
	OPT_MAIL_FROM,
	OPT_URL,
	OPT_PRIVATE_HOOKS,
	OPT_TRUST_HEADER,
	OPT_TRUST_GROUPS,
	OPT_GROUP
};

static const struct cmd_option options[] = {
	TRACKER_DB_OPTION,
	{ OPT_LISTEN, "listen", 'l', "ADDRESS:PORT",
	  "Where to listen (default: 127.0.0.1:8040; port 0: any), or unix:PATH" },
	{ OPT_PROXY, "proxy", 0, NULL,
	  "Believe X-Forwarded-For of the one proxy that stands before it" },
	{ OPT_HTTPS, "https", 0, NULL, "The proxy speaks https: cookies are for https only" },
	{ OPT_SIGNED, "signed", 0, NULL,
	  "Take only runs that are signed by the registered key of their machine" },
	{ OPT_PRIVATE, "private", 0, NULL, "Show nothing to whoever is not logged in" },
	{ OPT_URL, "url", 0, "URL",
	  "What links in mails and hooks begin with, as people reach the site: https://tracker.example.org" },
	{ OPT_SENDMAIL, "sendmail", 0, "WORDS",
	  "Send mail by this program, which reads a message: \"/usr/sbin/sendmail -t -i\"; no shell" },
	{ OPT_MAIL_FROM, "mail-from", 0, "ADDRESS", "Whom mail is from; with --sendmail" },
	{ OPT_PRIVATE_HOOKS, "private-hooks", 0, NULL,
	  "Let web hooks go to this machine and to private networks too" },
	{ OPT_TRUST_HEADER, "trust-header", 0, "NAME",
	  "Believe a proxy which user it is, e.g. X-Remote-User; with --listen unix:PATH only" },
	{ OPT_TRUST_GROUPS, "trust-groups", 0, "NAME",
	  "And which groups, with commas between, e.g. X-Remote-Groups" },
	{ OPT_GROUP, "group", 0, "GROUP=ROLE",
	  "What a group may do; others who come by the proxy are readers; may be given again" },
	{},
};

/* "[::1]:8040", "127.0.0.1:8040" or "8040". The address is cut out of `text`. */
static int parse_listen(char *text, struct site_setup *setup)
{
	char *colon = strrchr(text, ':');

	if (text_starts(text, "unix:")) {
		setup->socket = text + 5;
		return text[5] ? 0 : -EINVAL;
	}
	if (!colon)
		return text_to_int(text, &setup->port);
	*colon = '\0';
	if (*text == '[' && colon[-1] == ']') {
		colon[-1] = '\0';
		text++;
	}
	setup->address = text;
	return text_to_int(colon + 1, &setup->port);
}

/* Printed once, kept nowhere: whoever lost it makes another with `hotproof tracker user`. */
static int make_first_admin(const char *path)
{
	_cleanup_(cleanup_db) struct db *db = NULL;
	char password[ACCOUNT_SECRET];
	struct error err = { 0 };
	int64_t users = 0;
	int r = tracker_open(&cmd_tracker_serve, path, DB_CREATE, &db);

	if (r >= 0)
		r = db_number(db, &users, &err, "SELECT count(*) FROM user", NULL);
	if (r < 0 || users > 0)
		return r < 0 ? r : 0;
	account_secret(password);
	r = account_add(db, "admin", password, ACCOUNT_ADMIN, time(NULL), &err);
	if (r < 0) {
		cmd_fail(&cmd_tracker_serve, 0, "%s", err.text);
		return r;
	}
	printf("first start: user \"admin\", password \"%s\" (shown this once)\n", password);
	return 0;
}

static int serve(const struct site_setup *setup)
{
	_cleanup_(cleanup_site) struct site *site = NULL;
	_cleanup_free_ char *shown = db_shown(setup->db);
	struct error err = { 0 };
	sigset_t wanted;
	int signal_number;

	/* Before any thread is there: all of them inherit it. */
	sigemptyset(&wanted);
	sigaddset(&wanted, SIGINT);
	sigaddset(&wanted, SIGTERM);
	sigprocmask(SIG_BLOCK, &wanted, NULL);
	signal(SIGPIPE, SIG_IGN);
	if (site_start(setup, &site, &err) < 0)
		return cmd_fail(&cmd_tracker_serve, VERDICT_EXIT_NOT_JUDGED, "%s", err.text);
	if (!shown)
		return cmd_fail(&cmd_tracker_serve, VERDICT_EXIT_NOT_JUDGED, "out of memory");
	if (setup->socket)
		printf("serving %s on unix:%s\n", shown, setup->socket);
	else
		printf("serving %s on http://%s%s%s:%d/\n", shown,
		       strchr(setup->address, ':') ? "[" : "", setup->address,
		       strchr(setup->address, ':') ? "]" : "", site_port(site));
	fflush(stdout);
	if (sigwait(&wanted, &signal_number) != 0)
		return VERDICT_EXIT_NOT_JUDGED;
	return VERDICT_EXIT_PASSED;
}

#define MAIL_WORDS 16
#define GROUPS 32

/* What was said, and the memory behind it. */
struct said {
	struct site_setup setup;
	char *listen, *sendmail, *url;
	const char *words[MAIL_WORDS + 1];
	char from[ADDRESS_MAX + 1];
	struct site_group groups[GROUPS];
};

static void said_clear(struct said *s)
{
	free(s->listen);
	free(s->sendmail);
	free(s->url);
	for (size_t i = 0; i < s->setup.n_groups; i++)
		free((char *)s->groups[i].group);
}

/* True: it is one of what is sent, and kept. */
static bool take_sending(struct said *s, int o, const char *value)
{
	if (o == OPT_PRIVATE_HOOKS)
		s->setup.may_hook_private = true;
	else if (o == OPT_SENDMAIL && !s->sendmail)
		s->sendmail = strdup(value);
	else if (o == OPT_MAIL_FROM)
		s->setup.mail_from = value;
	else if (o == OPT_URL && !s->url)
		s->url = strdup(value);
	else
		return false;
	return true;
}

static bool take_group(struct said *s, const char *value)
{
	const char *equal = strrchr(value, '=');
	enum account_role role = equal ? account_role_of(equal + 1) : ACCOUNT_NOBODY;
	char *group;

	if (!equal || equal == value || role == ACCOUNT_NOBODY || s->setup.n_groups == GROUPS)
		return false;
	group = strndup(value, (size_t)(equal - value));
	if (group)
		s->groups[s->setup.n_groups++] = (struct site_group){ group, role };
	return group != NULL;
}

/* True: it is one of what a proxy is believed, and kept. */
static bool take_trust(struct said *s, int o, const char *value)
{
	if (o == OPT_TRUST_HEADER)
		s->setup.trust_header = value;
	else if (o == OPT_TRUST_GROUPS)
		s->setup.trust_groups = value;
	else
		return o == OPT_GROUP && take_group(s, value);
	return true;
}

static bool is_header_name(const char *name)
{
	static const char *const others[] = { "Authorization", "Cookie", "Host", "Origin" };

	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		if (strcasecmp(others[i], name) == 0)
			return false;
	return *name && strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "0123456789-") == strlen(name);
}

/* NULL, or what is wrong with it. */
static const char *check_trust(struct said *s)
{
	struct site_setup *setup = &s->setup;

	setup->groups = s->groups;
	if (setup->socket)
		setup->has_proxy = true; /* who else comes that way */
	if (!setup->trust_header)
		return setup->trust_groups || setup->n_groups
			       ? "--trust-groups and --group are for "
				 "--trust-header"
			       : NULL;
	if (!setup->socket)
		return "--trust-header is for --listen unix:PATH only: by TCP anybody could send it";
	if (!is_header_name(setup->trust_header) ||
	    (setup->trust_groups && !is_header_name(setup->trust_groups)))
		return "--trust-header and --trust-groups want the name of a header of their own";
	return setup->n_groups && !setup->trust_groups ? "--group is for --trust-groups" : NULL;
}

/* NULL, or what is wrong with it. */
static const char *check_sending(struct said *s)
{
	char *cursor = s->sendmail, *word;
	size_t n = 0, len = s->url ? strlen(s->url) : 0;

	if (s->url && ((!text_starts(s->url, "https://") && !text_starts(s->url, "http://")) ||
		       strpbrk(s->url, " \t\r\n<>\"?#")))
		return "--url wants https://HOST";
	if (s->url && s->url[len - 1] == '/')
		s->url[len - 1] = '\0';
	s->setup.url = s->url;
	if (!s->sendmail)
		return s->setup.mail_from ? "--mail-from is for --sendmail" : NULL;
	while ((word = text_next_word(&cursor)) && n < MAIL_WORDS)
		s->words[n++] = word;
	if (n == 0 || word)
		return "--sendmail wants a program, with at most 15 words";
	if (!s->url || !s->setup.mail_from)
		return "--sendmail wants --url and --mail-from too";
	if (address_clean(s->setup.mail_from, s->from) < 0)
		return "--mail-from wants an e-mail address";
	s->setup.mail_from = s->from;
	s->setup.sendmail = s->words;
	return NULL;
}

/* 0, or the exit code. */
static int parse(int argc, char **argv, struct said *s)
{
	struct cmd_args args = CMD_ARGS(&cmd_tracker_serve, argc, argv);
	struct site_setup *setup = &s->setup;
	const char *value, *wrong;
	int o;

	while ((o = cmd_next(&args, &value)) != CMD_END) {
		if (o == TRACKER_OPT_DB)
			setup->db = value;
		else if (o == OPT_HTTPS)
			setup->is_https = true;
		else if (o == OPT_PRIVATE)
			setup->is_private = true;
		else if (o == OPT_SIGNED)
			setup->is_signed = true;
		else if (o == OPT_PROXY)
			setup->has_proxy = true;
		else if (o == OPT_LISTEN && !s->listen)
			s->listen = strdup(value);
		else if (!take_sending(s, o, value) && !take_trust(s, o, value))
			return o < 0 && o != CMD_OPERAND
				       ? VERDICT_EXIT_USAGE
				       : cmd_usage_error(&cmd_tracker_serve, "what is \"%s\" for?",
							 value);
	}
	if (s->listen &&
	    (parse_listen(s->listen, setup) < 0 || setup->port < 0 || setup->port > 65535))
		return cmd_usage_error(&cmd_tracker_serve,
				       "--listen wants ADDRESS:PORT or unix:PATH");
	wrong = check_trust(s);
	if (!wrong)
		wrong = check_sending(s);
	return wrong ? cmd_usage_error(&cmd_tracker_serve, "%s", wrong) : 0;
}

static int run(int argc, char **argv)
{
	struct said s _cleanup_(said_clear) = {
		.setup = { .db = TRACKER_DB_DEFAULT, .address = "127.0.0.1", .port = 8040 }
	};
	int r = parse(argc, argv, &s);

	if (r)
		return r;
	umask(077);
	if (make_first_admin(s.setup.db) < 0)
		return VERDICT_EXIT_NOT_JUDGED;
	return serve(&s.setup);
}

const struct cmd cmd_tracker_serve = {
	.name = "serve",
	.summary = "Serve the record as a site, with its API",
	.usage = "[OPTION]...",
	.explain =
		"Makes the database when it is not there, and prints the first administrator's password once. It speaks plain HTTP: "
		"where others than this machine shall reach it, put a proxy before it that speaks https, and say --proxy --https.",
	.options = options,
	.run = run,
};
