// SPDX-License-Identifier: GPL-2.0-or-later
/* The routes of the API, and their description made of the same table. */
#include <string.h>

#include "base/text.h"
#include "site/api/api.h"
#include "site/pages/page.h"

#define FILTER "scenario claim subject machine arch platform kernel series options state"

const struct route api_routes[] = {
	{ "GET", "/api/v1/runs", api_runs, .scope = ACCOUNT_READ,
	  .summary = "Runs, the newest first",
	  .query = "limit after machine arch kernel series options", .returns = "RunList",
	  .is_shared = true },
	{ "POST", "/api/v1/runs", api_run_add, .role = ACCOUNT_SUBMITTER, .scope = ACCOUNT_RUNS,
	  .body = ROUTE_UPLOAD, .is_slow = true,
	  .summary =
		  "Take in a run directory: a tar archive, plain or with gzip, zstd or xz. The same run "
		  "again changes nothing",
	  .returns = "Taken" },
	{ "GET", "/api/v1/runs/{name}", api_run, .scope = ACCOUNT_READ, .summary = "One run",
	  .returns = "Run", .is_shared = true },
	{ "GET", "/api/v1/runs/{name}/results", api_run_results, .scope = ACCOUNT_READ,
	  .summary = "Its verdicts, as results.json", .returns = "Results", .is_shared = true },
	{ "GET", "/api/v1/runs/{name}/evidence", page_run_evidence, .scope = ACCOUNT_READ,
	  .is_slow = true, .summary = "Its evidence as it came", .returns = "Archive" },
	{ "POST", "/api/v1/foreign", api_foreign_add, .role = ACCOUNT_SUBMITTER,
	  .scope = ACCOUNT_RUNS, .body = ROUTE_UPLOAD, .is_slow = true,
	  .summary = "Take in results of another suite: ktap, junit or ltp, as they are",
	  .query = "format suite machine arch kernel run at", .returns = "Taken" },
	{ "GET", "/api/v1/cells", api_cells, .scope = ACCOUNT_READ, .summary = "Cells",
	  .query = "limit after all " FILTER, .returns = "CellList", .is_shared = true },
	{ "GET", "/api/v1/cells/{id}", api_cell, .scope = ACCOUNT_READ,
	  .summary = "One cell with its history", .query = "limit", .returns = "CellWithHistory",
	  .is_shared = true },
	{ "GET", "/api/v1/changes", api_changes, .scope = ACCOUNT_READ,
	  .summary = "What changed since a kernel", .query = "since " FILTER,
	  .returns = "ChangeList", .is_shared = true },
	{ "GET", "/api/v1/compare", api_compare, .scope = ACCOUNT_READ,
	  .summary = "Two runs, kernels or machines", .query = "what before after",
	  .returns = "ChangeList", .is_shared = true },
	{ "GET", "/api/v1/ideas", api_ideas, .scope = ACCOUNT_READ,
	  .summary = "Ideas, the most wanted first", .query = "limit after state",
	  .returns = "IdeaList", .is_shared = true },
	{ "POST", "/api/v1/ideas", api_idea_add, .role = ACCOUNT_SUBMITTER, .scope = ACCOUNT_IDEAS,
	  .body = ROUTE_JSON, .is_slow = true, .summary = "Submit an idea: title, body, kind",
	  .returns = "Id" },
	{ "PATCH", "/api/v1/ideas", api_ideas_change, .role = ACCOUNT_MAINTAINER,
	  .scope = ACCOUNT_IDEAS, .body = ROUTE_JSON, .is_slow = true,
	  .summary = "Set the state of many ideas, or of none: ideas (a list of ids), state, note, "
		     "covered_by",
	  .returns = "Changed" },
	{ "GET", "/api/v1/ideas/{id}", api_idea, .scope = ACCOUNT_READ,
	  .summary = "One idea with its text", .returns = "Idea", .is_shared = true },
	{ "GET", "/api/v1/machines", api_machines, .scope = ACCOUNT_READ,
	  .summary = "The inventory", .returns = "MachineList", .is_shared = true },
	{ "PATCH", "/api/v1/machines", api_machines_change, .role = ACCOUNT_MAINTAINER,
	  .scope = ACCOUNT_MACHINES, .body = ROUTE_JSON, .is_slow = true,
	  .summary = "Change many machines, or none: machines (a list of names) or where (machine, "
		     "arch, platform), and change, an object as for one",
	  .returns = "Changed" },
	{ "PATCH", "/api/v1/machines/{name}", api_machine_change, .role = ACCOUNT_MAINTAINER,
	  .scope = ACCOUNT_MACHINES, .body = ROUTE_JSON, .is_slow = true,
	  .summary = "Change what is known of a machine", .returns = "Changed" },
	{ "GET", "/api/v1/rules", api_rules, .scope = ACCOUNT_READ,
	  .summary = "Rules that take cells away", .returns = "RuleList", .is_shared = true },
	{ "POST", "/api/v1/rules", api_rule_add, .role = ACCOUNT_MAINTAINER, .scope = ACCOUNT_RULES,
	  .body = ROUTE_JSON, .is_slow = true,
	  .summary =
		  "Make a rule: reason, and globs scenario, claim, arch, machine, or kernels from "
		  "and before",
	  .returns = "Rule" },
	{ "GET", "/api/v1/rules/{id}", api_rule, .scope = ACCOUNT_READ, .summary = "One rule",
	  .returns = "Rule", .is_shared = true },
	{ "PATCH", "/api/v1/rules/{id}", api_rule_change, .role = ACCOUNT_MAINTAINER,
	  .scope = ACCOUNT_RULES, .body = ROUTE_JSON, .is_slow = true,
	  .summary = "Change a rule; what is not named stays", .returns = "Rule" },
	{ "DELETE", "/api/v1/rules/{id}", api_rule_remove, .role = ACCOUNT_MAINTAINER,
	  .scope = ACCOUNT_RULES, .is_slow = true, .summary = "Remove a rule",
	  .returns = "Changed" },
	{ "GET", "/api/v1/saved", api_saved, .role = ACCOUNT_READER, .scope = ACCOUNT_SAVED,
	  .summary = "Your saved searches with their subscriptions", .returns = "SavedList" },
	{ "POST", "/api/v1/saved", api_saved_add, .role = ACCOUNT_READER, .scope = ACCOUNT_SAVED,
	  .body = ROUTE_JSON, .is_slow = true,
	  .summary =
		  "Save a search: name, kind (cells, runs, broken, ideas, machines, search) and filter, "
		  "an object of what the list's query asks for",
	  .returns = "Saved" },
	{ "GET", "/api/v1/saved/{id}", api_saved_one, .role = ACCOUNT_READER,
	  .scope = ACCOUNT_SAVED, .summary = "One saved search", .returns = "Saved" },
	{ "DELETE", "/api/v1/saved/{id}", api_saved_remove, .role = ACCOUNT_READER,
	  .scope = ACCOUNT_SAVED, .is_slow = true,
	  .summary = "Remove a saved search and its subscriptions", .returns = "Changed" },
	{ "POST", "/api/v1/saved/{id}/subscriptions", api_subscription_add, .role = ACCOUNT_READER,
	  .scope = ACCOUNT_SAVED, .body = ROUTE_JSON, .is_slow = true,
	  .summary =
		  "Be told of what is new in it: way (mail, hook), period (at-once, daily, weekly), "
		  "and the url of a hook, whose secret is answered this once",
	  .returns = "Subscription" },
	{ "DELETE", "/api/v1/subscriptions/{id}", api_subscription_remove, .role = ACCOUNT_READER,
	  .scope = ACCOUNT_SAVED, .is_slow = true, .summary = "End a subscription",
	  .returns = "Changed" },
	{ "POST", "/api/v1/subscriptions/{id}/resume", api_subscription_resume,
	  .role = ACCOUNT_READER, .scope = ACCOUNT_SAVED, .is_slow = true,
	  .summary = "Set one going again that was stopped", .returns = "Changed" },
	{ "GET", "/api/v1/events", .scope = ACCOUNT_READ, .is_stream = true,
	  .summary = "What happens, as server-sent events; Last-Event-ID or after goes on where "
		     "one was",
	  .query = "after", .returns = "EventStream" },
	{ "GET", "/api/v1/openapi.json", api_openapi, .summary = "This description",
	  .returns = "Any", .is_shared = true },
	{ "GET", "/broken.atom", api_atom, .is_shared = true },
	{ "GET", "/feed.atom", api_feed, .is_shared = true, .is_slow = true },
	{ "GET", "/dates.ics", api_calendar, .is_shared = true },
	{ 0 },
};

static void put_parameter(struct out *out, const char *name, size_t len, const char *in,
			  bool is_first)
{
	out_raw(out, is_first ? "" : ",");
	out_raw(out, "{\"name\":\"");
	out_bytes(out, name, len);
	out_put(out, "\",\"in\":\"");
	out_raw(out, in);
	out_raw(out, "\",\"required\":");
	out_raw(out, strcmp(in, "path") == 0 ? "true" : "false");
	out_raw(out, ",\"schema\":{\"type\":\"string\"}}");
}

static void put_parameters(struct out *out, const struct route *route)
{
	const char *at = strchr(route->path, '{'), *query = route->query ? route->query : "";
	bool is_first = true;

	out_raw(out, "\"parameters\":[");
	for (; at; at = strchr(at + 1, '{'), is_first = false)
		put_parameter(out, at + 1, strcspn(at + 1, "}"), "path", is_first);
	while (*query) {
		size_t len = strcspn(query, " ");

		put_parameter(out, query, len, "query", is_first);
		is_first = false;
		query += len + (query[len] == ' ');
	}
	out_raw(out, "],");
}

static const char *body_type(const struct route *route)
{
	return route->body == ROUTE_UPLOAD ? "application/octet-stream" : "application/json";
}

static void put_operation(struct out *out, const struct route *route)
{
	char method[8] = "";

	for (size_t i = 0; i < sizeof(method) - 1 && route->method[i]; i++)
		method[i] = (char)(route->method[i] | 32);
	out_json(out, method);
	out_raw(out, ":{\"summary\":");
	out_json(out, route->summary);
	out_raw(out, ",");
	put_parameters(out, route);
	if (route->body != ROUTE_NONE) {
		out_raw(out, "\"requestBody\":{\"required\":true,\"content\":{");
		out_json(out, body_type(route));
		out_raw(out, ":{\"schema\":{}}}},");
	}
	if (route->role > ACCOUNT_NOBODY)
		out_raw(out, "\"security\":[{\"token\":[]}],");
	out_raw(out, "\"responses\":{\"");
	out_raw(out, strcmp(route->method, "POST") == 0 ? "201" : "200");
	out_raw(out, "\":{\"description\":");
	out_json(out, route->returns);
	out_raw(out, "},\"default\":{\"description\":\"An error: {status, error}\"}}}");
}

static void put_path(struct out *out, const struct route *first)
{
	bool is_first = true;

	out_json(out, first->path);
	out_raw(out, ":{");
	for (const struct route *r = first; r->method; r++) {
		if (strcmp(r->path, first->path) != 0)
			continue;
		out_raw(out, is_first ? "" : ",");
		is_first = false;
		put_operation(out, r);
	}
	out_raw(out, "}");
}

int api_openapi(struct request *r)
{
	struct out *out = &r->reply.body;
	const char *last = "";

	r->reply.type = "application/json";
	out_raw(out,
		"{\"openapi\":\"3.1.0\",\"info\":{\"title\":\"hotproof tracker\",\"version\":\"" HOTPROOF_VERSION
		"\"},\"components\":{\"securitySchemes\":{\"token\":{\"type\":\"http\",\"scheme\":\"bearer\"}}},"
		"\"paths\":{");
	/* Routes of one path follow each other in the table. */
	for (const struct route *route = api_routes; route->method; route++) {
		if (!text_starts(route->path, "/api/v1/") || strcmp(route->path, last) == 0)
			continue;
		out_raw(out, *last ? ",\n" : "\n");
		put_path(out, route);
		last = route->path;
	}
	out_raw(out, "}}\n");
	return 0;
}
