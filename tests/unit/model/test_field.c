/* SPDX-License-Identifier: Apache-2.0
 *
 * The field-table engine over one table that has every type: what is refused and where, what comes
 * back after emitting, and what the schema says.
 */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/jcs.h"
#include "model/field.h"

struct inner {
	const char *name;
	double value;
	int64_t n;
};
static const struct field inner_fields[] = {
	{"value", FIELD_REAL, offsetof(struct inner, value), FIELD_REQUIRED, .min = 0, .max = 1},
	{"n", FIELD_INT, offsetof(struct inner, n)},
};
static const struct field_table inner_table =
	FIELD_TABLE("Inner", "A number.", struct inner, inner_fields, .scalar = "value");

struct item {
	const char *label;
};
static const struct field item_fields[] = {
	{"label", FIELD_STRING, offsetof(struct item, label), FIELD_REQUIRED},
};
static const struct field_table item_table = FIELD_TABLE("Item", NULL, struct item, item_fields);

static bool lower_case(const char *s)
{
	return strspn(s, "abcdefghijklmnopqrstuvwxyz") == strlen(s);
}
static const struct field_format format_lower = {
	.title = "a word", .example = "word", .pattern = "^[a-z]+$", .check = lower_case};
static const char *const colours[] = {"red", "green", NULL};
static const struct field_names colour_names = {"colour", colours};

struct outer {
	const char *id, *word;
	int64_t count, zero, level;
	double ratio, open;
	struct list reals, ints;
	double lo, hi;
	int flag, colour;
	int64_t at;
	struct strings tags;
	struct inner *inner;
	struct list items, map;
	const char *any, *made;
};

static void outer_check(void *obj, const char *pointer, struct arena *a, struct faults *faults)
{
	const struct outer *o = obj;

	if (o->count == 13)
		fault_add(faults, pointer, "13 is unlucky");
}

static const char *outer_unknown(const char *key, size_t elements)
{
	return elements > 2 ? "too much" : NULL;
}

#define F(name_, type_, ...)                                              \
	{                                                                 \
#name_, type_, offsetof(struct outer, name_), __VA_ARGS__ \
	}
static const struct field outer_fields[] = {
	F(id, FIELD_STRING, FIELD_REQUIRED, .min = 2, .max = 8),
	F(word, FIELD_STRING, 0, .format = &format_lower),
	F(count, FIELD_INT, 0),
	F(zero, FIELD_INT, FIELD_ZERO),
	F(level, FIELD_INT, 0, .min = 1, .max = 10),
	F(ratio, FIELD_REAL, 0, .min = 0, .max = INFINITY),
	F(open, FIELD_REAL, FIELD_EXCLUSIVE, .min = 0, .max = 1),
	F(reals, FIELD_REALS, 0, .min = 1, .max = 3),
	F(ints, FIELD_INTS, 0),
	{"ci", FIELD_PAIR, offsetof(struct outer, lo)},
	F(flag, FIELD_BOOL, 0),
	F(colour, FIELD_ENUM, 0, .names = &colour_names),
	F(at, FIELD_TIME, FIELD_EMIT_NULL),
	F(tags, FIELD_STRINGS, FIELD_EMIT_EMPTY, .max = 2, .format = &format_lower),
	F(inner, FIELD_OBJECT, 0, .table = &inner_table),
	F(items, FIELD_LIST, 0, .max = 3, .table = &item_table),
	F(map, FIELD_MAP, 0, .max = 3, .table = &inner_table),
	F(any, FIELD_JSON, 0),
	F(made, FIELD_STRING, FIELD_READ_ONLY),
};
static const struct field_table outer_table = FIELD_TABLE("Outer", "Every type.", struct outer,
	outer_fields, .check = outer_check, .unknown = outer_unknown);

/* A body, and each fault as "pointer detail", in order. */
static const struct {
	const char *body;
	const char *faults[4];
} bad[] = {
	{"[]", {" must be an object, not an array"}},
	{"{}", {"/id is required"}},
	{"{'id':7}", {"/id must be a string, not a number"}},
	{"{'id':null}", {"/id must not be null: leave the key out instead"}},
	{"{'id':''}", {"/id must not be empty"}},
	{"{'id':'a'}", {"/id must be at least 2 bytes long, not 1"}},
	{"{'id':'abcdefghi'}", {"/id must be at most 8 bytes long, not 9"}},
	{"{'id':'ok','cuont':1}", {"/cuont unknown field; did you mean \"count\"?"}},
	{"{'id':'ok','wholly':1}", {"/wholly unknown field"}},
	{"{'id':'ok','wholly':[1,2,3]}", {"/wholly too much"}},
	{"{'id':'ok','a/b~c':1}", {"/a~1b~0c unknown field"}},
	{"{'id':'ok','word':'Ab'}", {"/word \"Ab\" is not a word, e.g. word"}},
	{"{'id':'ok','word':'A\\u009b\\n'}", {"/word \"A???\" is not a word, e.g. word"}},
	{"{'id':'ok','count':'1'}", {"/count must be an integer, not a string"}},
	{"{'id':'ok','count':1.5}", {"/count must be an integer, not a fraction"}},
	{"{'id':'ok','count':-1}",
		{"/count must be an integer from 0 to 9007199254740991, not -1"}},
	{"{'id':'ok','level':11}", {"/level must be an integer from 1 to 10, not 11"}},
	{"{'id':'ok','ratio':-0.5}", {"/ratio must be a number of at least 0, not -0.5"}},
	{"{'id':'ok','ratio':true}", {"/ratio must be a number, not a boolean"}},
	{"{'id':'ok','open':1}", {"/open must be a number between 0 and 1, not 1"}},
	{"{'id':'ok','reals':[]}", {"/reals must not be empty"}},
	{"{'id':'ok','reals':[1,2,3,4]}", {"/reals must have at most 3 elements, not 4"}},
	{"{'id':'ok','reals':[1,'x',{}]}", {"/reals/1 must be a number, not a string",
						   "/reals/2 must be a number, not an object"}},
	{"{'id':'ok','ints':[1,2.5]}", {"/ints/1 must be an integer, not a fraction"}},
	{"{'id':'ok','ints':[-1]}",
		{"/ints/0 must be an integer from 0 to 9007199254740991, not -1"}},
	{"{'id':'ok','ci':[1]}", {"/ci must be an array of two numbers, [low, high]"}},
	{"{'id':'ok','ci':1}", {"/ci must be an array [low, high], not a number"}},
	{"{'id':'ok','flag':1}", {"/flag must be true or false, not a number"}},
	{"{'id':'ok','colour':'blue'}", {"/colour \"blue\" is no colour; legal are red, green"}},
	{"{'id':'ok','at':'today'}",
		{"/at \"today\" is not an RFC 3339 time after 1970, e.g. 2026-11-24T06:00:00Z"}},
	{"{'id':'ok','at':null}", {"/at must not be null: leave the key out instead"}},
	{"{'id':'ok','tags':['a','B']}", {"/tags/1 \"B\" is not a word, e.g. word"}},
	{"{'id':'ok','tags':['']}", {"/tags/0 must not be empty"}},
	{"{'id':'ok','inner':[]}", {"/inner must be a number or an object, not an array"}},
	{"{'id':'ok','inner':{}}", {"/inner/value is required"}},
	{"{'id':'ok','inner':2}", {"/inner must be a number from 0 to 1, not 2"}},
	{"{'id':'ok','items':{}}", {"/items must be an array, not an object"}},
	{"{'id':'ok','items':[{'label':'x'},{},7]}",
		{"/items/1/label is required", "/items/2 must be an object, not a number"}},
	{"{'id':'ok','map':[]}", {"/map must be an object, not an array"}},
	{"{'id':'ok','map':{'a b':0.5}}",
		{"/map/a b \"a b\" is not a name: 1 to 64 of A-Z a-z 0-9 _ . -"}},
	{"{'id':'ok','map':{'x':{'value':0.5,'n':null}}}",
		{"/map/x/n must not be null: leave the key out instead"}},
	{"{'id':'ok','made':'x'}", {"/made is set by the daemon: leave it out"}},
	{"{'id':'ok','count':13}", {" 13 is unlucky"}},
	{"{'id':'ok','count':13,'items':[{}]}", {"/items/0/label is required", " 13 is unlucky"}},
	{"{'id':1,'count':13}", {"/id must be a string, not a number"}},
	{"{'count':'x','level':0,'spiral':[]}",
		{"/count must be an integer, not a string",
			"/level must be an integer from 1 to 10, not 0", "/spiral unknown field",
			"/id is required"}},
};

/* Tables write ' for ". */
static const char *quoted(struct arena *a, const char *text)
{
	char *out = arena_strdup(a, text);

	for (char *p = out; *p; p++)
		if (*p == '\'')
			*p = '"';
	return out;
}

START_TEST(test_field__names_each_fault)
{
	ARENA_AUTO a = arena_new();
	const char *body = quoted(a, bad[_i].body);
	struct outer o;
	struct faults f;
	struct err err = {0};
	size_t want = 0;

	faults_init(&f);
	ck_assert_int_eq(fields_parse_text(&outer_table, body, strlen(body), a, &o, &f, &err), -1);
	while (want < 4 && bad[_i].faults[want])
		want++;
	for (size_t i = 0; i < f.n && i < want; i++)
		ck_assert_str_eq(arena_printf(a, "%s %s", f.list[i].pointer, f.list[i].detail),
			bad[_i].faults[i]);
	ck_assert_uint_eq(f.n, want);
}
END_TEST

START_TEST(test_field__text_that_is_no_json_is_an_error)
{
	ARENA_AUTO a = arena_new();
	struct outer o;
	struct faults f;
	struct err err = {0};

	faults_init(&f);
	ck_assert_int_eq(fields_parse_text(&outer_table, "{\"id\":", 6, a, &o, &f, &err), -1);
	ck_assert_int_eq(err.code, ERR_BAD_JSON);
	ck_assert_uint_eq(f.total, 0);
}
END_TEST

START_TEST(test_field__keeps_twenty_faults_and_counts_the_rest)
{
	ARENA_AUTO a = arena_new();
	STRBUF_AUTO body = STRBUF_INIT(1 << 16);
	struct outer o;
	struct faults f;
	struct err err = {0};

	faults_init(&f);
	strbuf_addstr(&body, "{\"id\":\"ok\"");
	for (int i = 0; i < 50; i++)
		strbuf_addf(&body, ",\"unknown%d\":%d", i, i);
	strbuf_addstr(&body, "}");
	ck_assert_int_eq(fields_parse_text(&outer_table, body.buf, body.len, a, &o, &f, &err), -1);
	ck_assert_uint_eq(f.n, FAULTS_MAX);
	ck_assert_uint_eq(f.total, 50);
}
END_TEST

static const char whole[] =
	"{'id':'ok','word':'abc','count':3,'zero':0,'level':10,'ratio':2.5,'open':0.5,"
	"'reals':[1,2.5],'ints':[3,4],'ci':[-1,1],'flag':false,'colour':'green',"
	"'at':'2026-11-24T05:59:54.5Z','tags':['a','b'],'inner':{'value':0.25,'n':7},"
	"'items':[{'label':'x'},{'label':'\\u00e9'}],'map':{'b':0.5,'a':{'value':1,"
	"'n':0}},'any':{'z':[1,'y'],'a':null}}";

static void parse(const char *text, struct arena *a, struct outer *ret)
{
	struct faults f;
	struct err err = {0};

	faults_init(&f);
	text = quoted(a, text);
	int rc = fields_parse_text(&outer_table, text, strlen(text), a, ret, &f, &err);
	ck_assert_msg(
		!rc, "%s%s %s", err.msg, f.n ? f.list[0].pointer : "", f.n ? f.list[0].detail : "");
}

START_TEST(test_field__what_is_emitted_parses_to_the_same)
{
	ARENA_AUTO a = arena_new();
	STRBUF_AUTO out = STRBUF_INIT(1 << 16);
	struct json_writer w;
	struct outer o, again;
	struct err err = {0};
	char *canonical, *of_text;
	size_t n, m;

	parse(whole, a, &o);
	ck_assert_int_eq(o.count, 3);
	ck_assert_int_eq(o.colour, 1);
	ck_assert_int_eq(o.flag, 0);
	ck_assert_int_eq(o.at, INT64_C(1795499994500000));
	ck_assert(((double *)o.reals.v)[1] == 2.5);
	ck_assert(((int64_t *)o.ints.v)[1] == 4);
	ck_assert(o.lo == -1 && o.hi == 1);
	ck_assert_str_eq(LIST_AT(&o.map, struct inner, 0)->name, "b");
	ck_assert_int_eq(LIST_AT(&o.map, struct inner, 0)->n, -1);
	ck_assert_int_eq(LIST_AT(&o.map, struct inner, 1)->n, 0);
	ck_assert_str_eq(o.any, "{\"a\":null,\"z\":[1,\"y\"]}");

	json_writer_init(&w, &out);
	fields_emit(&outer_table, &o, &w);
	ck_assert(json_writer_done(&w));
	parse(out.buf, a, &again);
	canonical = fields_canonical(&outer_table, &o, a, &n);
	ck_assert_str_eq(canonical, fields_canonical(&outer_table, &again, a, &m));
	ck_assert_uint_eq(n, strlen(canonical));
	ck_assert_int_eq(json_canonical(out.buf, out.len, a, &of_text, &m, &err), 0);
	ck_assert_str_eq(canonical, of_text);
	ck_assert_int_eq(json_canonical(quoted(a, whole), strlen(whole), a, &of_text, &m, &err), 0);
	ck_assert_str_eq(canonical, of_text);
}
END_TEST

START_TEST(test_field__absent_is_left_out)
{
	ARENA_AUTO a = arena_new();
	struct outer o;

	parse("{'id':'ok'}", a, &o);
	ck_assert_int_eq(o.count, -1);
	ck_assert_int_eq(o.zero, 0);
	ck_assert(isnan(o.ratio) && isnan(o.lo) && isnan(o.hi));
	ck_assert_int_eq(o.flag, -1);
	ck_assert_int_eq(o.colour, -1);
	ck_assert_ptr_null(o.inner);
	ck_assert_str_eq(fields_canonical(&outer_table, &o, a, NULL),
		"{\"at\":null,\"id\":\"ok\",\"tags\":[],\"zero\":0}");
}
END_TEST

START_TEST(test_field__an_integer_may_be_written_as_a_real)
{
	ARENA_AUTO a = arena_new();
	struct outer o;

	parse("{'id':'ok','count':1e2}", a, &o);
	ck_assert_int_eq(o.count, 100);
}
END_TEST

START_TEST(test_field__a_lone_scalar_is_emitted_bare)
{
	ARENA_AUTO a = arena_new();
	struct outer o;

	parse("{'id':'ok','inner':{'value':0.5}}", a, &o);
	ck_assert_ptr_nonnull(strstr(fields_canonical(&outer_table, &o, a, NULL), "\"inner\":0.5"));
}
END_TEST

START_TEST(test_field__stored_text_may_hold_what_only_we_set)
{
	ARENA_AUTO a = arena_new();
	struct outer o;
	struct err err = {0};
	const char *text = quoted(a, "{'id':'ok','made':'by us','at':null}");

	ck_assert_int_eq(fields_load_text(&outer_table, text, a, &o, &err), 0);
	ck_assert_str_eq(o.made, "by us");
	ck_assert_int_eq(fields_load_text(&outer_table, "{\"id\":7}", a, &o, &err), -1);
	ck_assert_int_eq(err.code, ERR_STORAGE);
	ck_assert_int_eq(fields_load_text(&outer_table, "{", a, &o, &err), -1);
	ck_assert_int_eq(err.code, ERR_STORAGE);
}
END_TEST

static void add_name(const struct field_table *t, void *arg)
{
	strbuf_addf(arg, "%s ", t->name);
}

START_TEST(test_field__visits_each_table_once)
{
	STRBUF_AUTO names = STRBUF_INIT(256);

	fields_visit(&outer_table, add_name, &names);
	ck_assert_str_eq(names.buf, "Outer Inner Item ");
}
END_TEST

/* Each limit of the table stands in the schema. */
static const char *const in_schema[] = {
	"'id':{'type':'string','minLength':2,'maxLength':8}",
	"'pattern':'^[a-z]+$','examples':['word']",
	"'count':{'type':'integer','minimum':0,'maximum':9007199254740991}",
	"'level':{'type':'integer','minimum':1,'maximum':10}",
	"'ratio':{'type':'number','minimum':0}",
	"'open':{'type':'number','exclusiveMinimum':0,'exclusiveMaximum':1}",
	"'reals':{'type':'array','items':{'type':'number'},'minItems':1,'maxItems':3}",
	"'ints':{'type':'array','items':{'type':'integer','minimum':0},'minItems':0,'maxItems':"
	"256}",
	"'ci':{'type':'array','items':{'type':'number'},'minItems':2,'maxItems':2}",
	"'colour':{'type':'string','enum':['red','green']}",
	"'at':{'type':['string','null'],'format':'date-time'}",
	"'tags':{'type':'array','items':{'type':'string','minLength':1,'maxLength':1024,"
	"'pattern':'^[a-z]+$','examples':['word']},'minItems':0,'maxItems':2}",
	"'inner':{'$ref':'#/components/schemas/Inner'}",
	"'items':{'type':'array','items':{'$ref':'#/components/schemas/Item'},'minItems':0,"
	"'maxItems':3}",
	"'map':{'type':'object','propertyNames':{'maxLength':64,'pattern':'^[A-Za-z0-9_.-]+$'},"
	"'additionalProperties':{'$ref':'#/components/schemas/Inner'},'minProperties':0,"
	"'maxProperties':3}",
	"'readOnly':true",
	"'required':['id']",
	"'additionalProperties':false",
};

START_TEST(test_field__the_schema_holds_every_limit)
{
	ARENA_AUTO a = arena_new();
	STRBUF_AUTO out = STRBUF_INIT(1 << 16);
	struct json_writer w;

	json_writer_init(&w, &out);
	fields_schema(&outer_table, &w);
	ck_assert(json_writer_done(&w));
	ck_assert_msg(strstr(out.buf, quoted(a, in_schema[_i])) != NULL, "%s\nis not in\n%s",
		in_schema[_i], out.buf);
}
END_TEST

START_TEST(test_field__the_schema_of_a_scalar_is_either)
{
	ARENA_AUTO a = arena_new();
	STRBUF_AUTO out = STRBUF_INIT(1 << 16);
	struct json_writer w;

	json_writer_init(&w, &out);
	fields_schema(&inner_table, &w);
	ck_assert_ptr_nonnull(strstr(out.buf,
		quoted(a, "'oneOf':[{'type':'number','minimum':0,'maximum':1},{'type':'object'")));
}
END_TEST

/* What a map's element may be given as besides an object. */
struct named {
	const char *name, *digest;
	struct strings words;
};
static const struct field by_string_fields[] = {
	{"digest", FIELD_STRING, offsetof(struct named, digest), FIELD_REQUIRED},
};
static const struct field_table by_string_table =
	FIELD_TABLE("ByString", NULL, struct named, by_string_fields, .scalar = "digest");
static const struct field by_strings_fields[] = {
	{"words", FIELD_STRINGS, offsetof(struct named, words), FIELD_REQUIRED},
};
static const struct field_table by_strings_table =
	FIELD_TABLE("ByStrings", NULL, struct named, by_strings_fields, .scalar = "words");
struct two_maps {
	struct list strings, arrays;
};
static const struct field two_maps_fields[] = {
	{"strings", FIELD_MAP, offsetof(struct two_maps, strings), .table = &by_string_table},
	{"arrays", FIELD_MAP, offsetof(struct two_maps, arrays), .table = &by_strings_table},
};
static const struct field_table two_maps_table =
	FIELD_TABLE("TwoMaps", NULL, struct two_maps, two_maps_fields);

START_TEST(test_field__a_scalar_may_be_a_string_or_an_array)
{
	ARENA_AUTO a = arena_new();
	struct two_maps maps;
	struct faults faults;
	struct err err = {0};
	const char *text = quoted(a, "{'arrays':{'x':['a','b'],'y':{'words':['c']}},"
				     "'strings':{'x':'d','y':{'digest':'e'}}}");

	faults_init(&faults);
	ck_assert_int_eq(
		fields_parse_text(&two_maps_table, text, strlen(text), a, &maps, &faults, &err), 0);
	ck_assert_str_eq(LIST_AT(&maps.strings, struct named, 0)->digest, "d");
	ck_assert_str_eq(LIST_AT(&maps.strings, struct named, 1)->name, "y");
	ck_assert_str_eq(LIST_AT(&maps.arrays, struct named, 0)->words.v[1], "b");
	ck_assert_str_eq(fields_canonical(&two_maps_table, &maps, a, NULL),
		quoted(a, "{'arrays':{'x':['a','b'],'y':['c']},'strings':{'x':'d','y':'e'}}"));

	text = quoted(a, "{'arrays':{'x':'a'},'strings':{'x':['d'],'y':1}}");
	ck_assert_int_eq(
		fields_parse_text(&two_maps_table, text, strlen(text), a, &maps, &faults, &err),
		-1);
	ck_assert_uint_eq(faults.n, 3);
	ck_assert_str_eq(faults.list[0].detail, "must be an array or an object, not a string");
	ck_assert_str_eq(faults.list[1].detail, "must be a string or an object, not an array");
	ck_assert_str_eq(faults.list[2].pointer, "/strings/y");
}
END_TEST

START_TEST(test_field__an_open_table_passes_over_what_it_does_not_know)
{
	static const struct field_table open_table =
		FIELD_TABLE("Open", NULL, struct item, item_fields, .open = true);
	ARENA_AUTO a = arena_new();
	struct item item;
	struct err err = {0};
	const char *text = quoted(a, "{'x':[{'y':null}],'label':'here'}");

	ck_assert_int_eq(fields_load_text(&open_table, text, a, &item, &err), 0);
	ck_assert_str_eq(item.label, "here");
	ck_assert_int_eq(fields_load_text(&open_table, quoted(a, "{'x':1}"), a, &item, &err), -1);
}
END_TEST

Suite *test_suite(void);

Suite *test_suite(void)
{
	Suite *s = suite_create("model/field");
	TCase *tc = tcase_create("field");

	jcs_setup();
	tcase_add_loop_test(tc, test_field__names_each_fault, 0, sizeof(bad) / sizeof(bad[0]));
	tcase_add_test(tc, test_field__text_that_is_no_json_is_an_error);
	tcase_add_test(tc, test_field__keeps_twenty_faults_and_counts_the_rest);
	tcase_add_test(tc, test_field__what_is_emitted_parses_to_the_same);
	tcase_add_test(tc, test_field__absent_is_left_out);
	tcase_add_test(tc, test_field__an_integer_may_be_written_as_a_real);
	tcase_add_test(tc, test_field__a_lone_scalar_is_emitted_bare);
	tcase_add_test(tc, test_field__stored_text_may_hold_what_only_we_set);
	tcase_add_test(tc, test_field__visits_each_table_once);
	tcase_add_loop_test(tc, test_field__the_schema_holds_every_limit, 0,
		sizeof(in_schema) / sizeof(in_schema[0]));
	tcase_add_test(tc, test_field__the_schema_of_a_scalar_is_either);
	tcase_add_test(tc, test_field__a_scalar_may_be_a_string_or_an_array);
	tcase_add_test(tc, test_field__an_open_table_passes_over_what_it_does_not_know);
	suite_add_tcase(s, tc);
	return s;
}
