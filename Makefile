# SPDX-License-Identifier: Apache-2.0
# All rules. configure only detects: it runs inside the build folder and leaves config.mk there.
#
# Knobs: V=1 shows the commands; DEVELOPER=1 makes warnings errors and turns debug checks on;
# SANITIZE=address,undefined; CC=clang; BUILD=folder. Each combination has its own build folder.

VERSION := $(file <VERSION)
PREFIX ?= /usr/local
SYSCONFDIR ?= /etc
JOBS ?= $(shell nproc)
N ?= 200

comma := ,
ifdef SANITIZE
DEVELOPER := 1
endif
sanitizer := $(firstword $(subst $(comma), ,$(SANITIZE)))
BUILD ?= build$(if $(SANITIZE),-$(patsubst address,asan,$(patsubst thread,tsan,$(sanitizer))),$(if \
	$(DEVELOPER),-dev))$(if $(findstring clang,$(notdir $(firstword $(CC)))),-clang)
BUILD := $(BUILD)

Q := $(if $(V),,@)
say = $(if $(V),,@printf '  %-6s %s\n' '$(1)' '$(patsubst $(CURDIR)/%,%,$(2))')
# A second make, because packages have to be there before configure looks for them.
jobs = $(if $(filter -j% --jobserver%,$(MAKEFLAGS)),,-j$(JOBS))
again = +@$(MAKE) --no-print-directory $(jobs)

# Goals that need neither a compiler nor libraries must not run configure.
plain := deps check check-clients check-fresh check-source check-format check-shell demo bench bench-oc bench-judge \
	bench-ingest bench-slo fleet crash simulate fuzz mcdc mutate format uninstall dist clean help openapi lint-openapi
.PHONY: all tests judge-tests bench-programs test install openapi-write fuzzers FORCE $(plain)
.DELETE_ON_ERROR:
.SUFFIXES:
all:
ifneq ($(or $(filter-out $(plain),$(MAKECMDGOALS)),$(if $(MAKECMDGOALS),,all)),)
include $(BUILD)/config.mk
endif

# ---- Sources -----------------------------------------------------------------------------------

LAYERS := base db net model policy spiralfed store provider engine api app cli
MAINS := src/app/main.c src/cli/main.c
LIB_SRC := $(filter-out $(MAINS),$(wildcard $(LAYERS:%=src/%/*.c)))
LIB_OBJ := $(LIB_SRC:%.c=$(BUILD)/%.o)
BINS := $(if $(wildcard src/app/main.c),$(BUILD)/spiralfedd) \
	$(if $(wildcard src/cli/main.c),$(BUILD)/spiralfed)
# Each test_*.c is an executable; tests/support/*.c is linked into all of them.
TEST_SRC := $(wildcard tests/unit/*/test_*.c tests/api/test_*.c)
TEST_BIN := $(TEST_SRC:%.c=$(BUILD)/%)
# Programs that test scripts run, each with a main of its own.
PROG_BIN := $(patsubst %.c,$(BUILD)/%,$(wildcard tests/crash/*.c) bench/oc.c bench/judge.c bench/slo.c)
# Entry points of libFuzzer; only `make fuzz` builds them, with clang.
FUZZ_BIN := $(patsubst %.c,$(BUILD)/%,$(wildcard tests/fuzz/fuzz_*.c))
TEST_OBJ := $(patsubst %.c,$(BUILD)/%.o,tests/unit/main.c $(wildcard tests/support/*.c))
VECTORS_OBJ := $(patsubst %.c,$(BUILD)/%.o,$(wildcard tests/vectors/*.c))

# ---- Flags -------------------------------------------------------------------------------------

CFLAGS ?= -O2 -g
WARNINGS := -Wall -Wextra -Wno-unused-parameter -Wno-missing-field-initializers
STRICT := -Werror -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition \
	-Wpointer-arith -Wwrite-strings -Wundef -Wvla -Wformat=2 $(WARN_CFLAGS)
# Numbers must come out the same everywhere: no contraction into fused operations.
BASE_CFLAGS := -std=gnu17 -fPIE -pthread -ffp-contract=off -fno-common \
	-ffile-prefix-map=$(CURDIR)=. -ffile-prefix-map=$(BUILD)=build
BASE_CPPFLAGS := -D_GNU_SOURCE -DSPIRALFED_VERSION='"$(VERSION)"' -Iinclude -I$(BUILD)/gen -I$(BUILD)
BASE_LDFLAGS := -pie -pthread -Wl,-z,relro -Wl,-z,now -Wl,-z,noexecstack -Wl,--as-needed
ifdef SANITIZE
BASE_CFLAGS += -fsanitize=$(SANITIZE) -fno-sanitize-recover=all -fno-omit-frame-pointer
BASE_CPPFLAGS += -DSPIRALFED_SANITIZE=1
BASE_LDFLAGS += -fsanitize=$(SANITIZE)
else
BASE_CPPFLAGS += -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2
endif
ifdef DEVELOPER
WARNINGS += $(STRICT)
BASE_CPPFLAGS += -DSPIRALFED_DEBUG=1
endif
compile = $(CC) $(BASE_CPPFLAGS) $(CPPFLAGS) $(BASE_CFLAGS) $(HARDEN_CFLAGS) $(WARNINGS) \
	$(DEP_CFLAGS) $(CFLAGS)
link = $(CC) $(BASE_CFLAGS) $(CFLAGS) $(BASE_LDFLAGS) $(LDFLAGS)
libs = $(DEP_LIBS) -lm

# ---- Generated code: each script in scripts/ has its rule here ---------------------------------
# GEN_INC is made before anything is compiled; GEN_SRC is compiled into the library.

GEN_INC := $(BUILD)/gen/embed.h $(BUILD)/gen/sql_catalogue.def
GEN_SRC := $(BUILD)/gen/migrations_sqlite.c

# Files the daemon carries: EMBED_name := file gives embed_name and embed_name_len.
EMBED_policy_json := $(wildcard etc/policy.json)
EMBEDS := $(sort $(foreach v,$(filter EMBED_%,$(.VARIABLES)),$(if $($v),$(v:EMBED_%=%))))
GEN_SRC += $(EMBEDS:%=$(BUILD)/gen/embed_%.c)

$(BUILD)/gen/embed.h: scripts/embed.sh Makefile
	$(call say,GEN,$@)
	$(Q)mkdir -p $(@D) && scripts/embed.sh -h $(EMBEDS) >$@
.SECONDEXPANSION:
$(BUILD)/gen/embed_%.c: $$(EMBED_$$*) scripts/embed.sh
	$(call say,GEN,$@)
	$(Q)mkdir -p $(@D) && scripts/embed.sh -c $* $< >$@

# The folders are prerequisites too, so that a file taken away is noticed.
$(BUILD)/gen/sql_catalogue.def: scripts/sql-catalogue.awk sql $(wildcard sql/*.sql)
	$(call say,GEN,$@)
	$(Q)mkdir -p $(@D) && LC_ALL=C awk -f $< /dev/null $(filter %.sql,$^) >$@
$(BUILD)/gen/migrations_sqlite.c: scripts/sql-migrations.sh sql/sqlite $(wildcard sql/sqlite/*.sql)
	$(call say,GEN,$@)
	$(Q)mkdir -p $(@D) && $< sql/sqlite >$@

GEN_OBJ := $(GEN_SRC:%.c=%.o)
.SECONDARY: $(GEN_SRC)

# ---- Build -------------------------------------------------------------------------------------

all: $(BINS) $(BUILD)/libcore.a $(BUILD)/libspiralfed.a $(BUILD)/vectors ## builds build/spiralfedd and build/spiralfed (default)
tests: all $(TEST_BIN) $(PROG_BIN) $(BUILD)/examples/node ## builds the tests too

judge-tests: $(filter $(foreach t,judge metric version,$(BUILD)/tests/unit/policy/test_$(t)%),$(TEST_BIN)) \
	$(BUILD)/vectors

bench-programs: $(BUILD)/bench/oc $(BUILD)/bench/judge $(BUILD)/bench/slo

configure config.h.in &: configure.ac config.mk.in VERSION
	$(call say,AUTO,$@)
	$(Q)command -v autoconf >/dev/null || { echo "autoconf is missing: run 'make deps'" >&2; exit 1; }
	$(Q)autoheader --force && autoconf --force && rm -f config.h.in~ && touch config.h.in configure

$(BUILD)/config.mk: configure config.h.in config.mk.in
	$(call say,CONF,$@)
	$(Q)mkdir -p $(@D) && cd $(@D) && $(CURDIR)/configure -q $(if \
		$(filter default,$(origin CC)),,CC='$(CC)') && touch config.mk

# Rebuilds when flags or the list of sources change, whatever the folder is called.
define stamp
$(1): FORCE
	$$(Q)mkdir -p $$(@D) && printf '%s\n' '$(subst ','\'',$(2))' | cmp -s - $$@ || \
		printf '%s\n' '$(subst ','\'',$(2))' >$$@
endef
$(eval $(call stamp,$(BUILD)/flags,$(compile) $(link) $(libs)))
$(eval $(call stamp,$(BUILD)/objects,$(LIB_OBJ) $(GEN_OBJ)))

$(BUILD)/%.o: %.c $(BUILD)/flags | $(GEN_INC)
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D) && $(compile) $(if $(filter tests/%,$<),-Itests $(CHECK_CFLAGS)) \
		-MMD -MP -c -o $@ $<
$(BUILD)/gen/%.o: $(BUILD)/gen/%.c $(BUILD)/flags | $(GEN_INC)
	$(call say,CC,$<)
	$(Q)$(compile) -MMD -MP -c -o $@ $<

$(BUILD)/libcore.a: $(LIB_OBJ) $(GEN_OBJ) $(BUILD)/objects
	$(call say,AR,$@)
	$(Q)rm -f $@ && $(AR) rcsD $@ $(filter %.o,$^)
# For nodes: the library's own objects and what they need of the core, as one object of which only
# spiralfed_* can be seen.
NODE_OBJ := $(filter $(BUILD)/src/spiralfed/%,$(LIB_OBJ))
OBJCOPY ?= objcopy
$(BUILD)/libspiralfed.a: $(BUILD)/libcore.a
	$(call say,AR,$@)
	$(Q)$(LD) -r -o $(@:.a=.o) $(NODE_OBJ) $< && \
		$(OBJCOPY) -w --keep-global-symbol='spiralfed_*' $(@:.a=.o) && rm -f $@ && $(AR) rcsD $@ $(@:.a=.o)
$(BUILD)/spiralfedd: $(BUILD)/src/app/main.o $(BUILD)/libcore.a
$(BUILD)/spiralfed: $(BUILD)/src/cli/main.o $(BUILD)/libcore.a
$(BUILD)/vectors: $(VECTORS_OBJ) $(BUILD)/libcore.a
$(BINS) $(BUILD)/vectors:
	$(call say,LINK,$@)
	$(Q)$(link) -o $@ $^ $(libs)
$(TEST_BIN): $(BUILD)/%: $(BUILD)/%.o $(TEST_OBJ) $(BUILD)/libcore.a
	$(call say,LINK,$@)
	$(Q)$(link) -o $@ $^ $(CHECK_LIBS) $(libs)
$(BUILD)/tests/api/test_auth: LDFLAGS += -Wl,--wrap=equal_constant_time
$(BUILD)/tests/unit/provider/test_aws_list: LDFLAGS += -Wl,--wrap=source_listing_page
$(PROG_BIN): $(BUILD)/%: $(BUILD)/%.o $(BUILD)/libcore.a
	$(call say,LINK,$@)
	$(Q)$(link) -o $@ $^ $(libs)

# As a stranger builds it: the public header, the library, libcurl.
$(BUILD)/examples/node: examples/node.c include/spiralfed/node.h $(BUILD)/libspiralfed.a
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D) && $(CC) -std=gnu11 $(CFLAGS) $(STRICT) $(if $(SANITIZE),-fsanitize=$(SANITIZE)) \
		$(DEP_CFLAGS) -Iinclude -pthread -o $@ $< $(BUILD)/libspiralfed.a $(DEP_LIBS)

$(FUZZ_BIN): $(BUILD)/%: $(BUILD)/%.o $(BUILD)/libcore.a
	$(call say,LINK,$@)
	$(Q)$(link) -fsanitize=fuzzer -o $@ $^ $(libs)

-include $(patsubst %.o,%.d,$(LIB_OBJ) $(GEN_OBJ) $(TEST_OBJ) $(MAINS:%.c=$(BUILD)/%.o) \
	$(TEST_BIN:%=%.o) $(PROG_BIN:%=%.o) $(FUZZ_BIN:%=%.o) $(VECTORS_OBJ))

# ---- Checks ------------------------------------------------------------------------------------

deps: ## installs the Debian packages that are missing
	@scripts/deps.sh build check
check: deps ## builds with warnings as errors and runs every test
	$(again) DEVELOPER=1 test
test: tests
	@BUILD='$(BUILD)' tests/run
check-clients: deps ## proves the stand-ins with the providers' own clients, and a whole week by them (npm, python3-boto3)
	$(again) all
	@BUILD='$(abspath $(BUILD))' tests/clients/run.sh
check-fresh: ## proves check and demo in a bare Debian 12 (root, network, debootstrap)
	@scripts/fresh-debian.sh
check-source: ## layering, length ceilings, banned calls
	@scripts/check-source.sh
openapi: ## writes openapi.json and docs/routes.md anew, as the daemon serves them
	$(again) DEVELOPER=1 openapi-write
openapi-write: $(BUILD)/tests/unit/api/test_openapi
	@OPENAPI_OUT=openapi.json ROUTES_OUT=docs/routes.md $< >/dev/null
lint-openapi: ## lints openapi.json (npx)
	@scripts/lint-openapi.sh
check-shell: ## shellcheck over every script
	@shellcheck -x $$(git grep -lE '^#!/bin/(ba)?sh|^#!/usr/bin/env (ba)?sh' -- ':!*.md')
check-format: ## says which C files clang-format would change
	@git ls-files -z '*.c' '*.h' | xargs -0r clang-format --dry-run -Werror
format: ## formats the C files
	@git ls-files -z '*.c' '*.h' | xargs -0r clang-format -i
demo: deps ## the main job from manifest to rollback, on this machine (KEEP=1 keeps serving)
	$(again) all
	@BUILD='$(BUILD)' scripts/demo.sh
bench: ## the benchmarks, as ratios against their peers
	@scripts/deps.sh build check bench
	$(again) all
	@BUILD='$(BUILD)' bench/run.sh
mcdc := -fprofile-instr-generate -fcoverage-mapping -fcoverage-mcdc
mcdc: ## MC/DC of the gate evaluator and the version rules by their tests (clang-19)
	@scripts/deps.sh build check mcdc
	$(again) BUILD=build-mcdc CC=clang-19 CFLAGS='-O0 -g -DNDEBUG $(mcdc)' judge-tests
	@BUILD=build-mcdc scripts/mcdc.sh
mutate: deps ## changes the judge one operator at a time: its tests must notice (half an hour; AGAIN=1: what lived or is new)
	$(again) BUILD=build-mutate CFLAGS=-O1 judge-tests
	@BUILD=build-mutate scripts/mutate.sh
bench-oc: deps ## how often the quality gate promotes, by true effect and n (10,000 draws a cell)
	$(again) bench-programs
	@$(BUILD)/bench/oc
bench-judge: deps ## how many candidates a second the gates judge, beside parsing alone
	$(again) bench-programs
	@$(BUILD)/bench/judge
bench-slo: deps ## how often a healthy service would be rolled back, in 100 years (minutes)
	$(again) bench-programs
	@$(BUILD)/bench/slo
bench-ingest: N = 10000
bench-ingest: deps ## brings in N artifacts (N=10000) from each provider's stand-in, and looks again unchanged
	$(again) all
	@BUILD='$(CURDIR)/$(BUILD)' N=$(N) bench/ingest/run.sh
fleet: deps ## ten nodes, a bad release, and the way back by itself (13 minutes; SOURCE=prometheus, the default if there, or nodes)
	$(again) tests
	@BUILD='$(BUILD)' SOURCE='$(SOURCE)' scripts/fleet.sh
crash: deps ## kills the daemon N times under load (N=200) and looks for what was lost
	$(again) tests
	@BUILD='$(BUILD)' N=$(N) tests/crash/run.sh
simulate: deps ## N simulated years with faults (N=200): the promises must hold in each
	$(again) all
	@BUILD='$(BUILD)' N=$(N) tests/sim/run.sh
fuzz: ## fuzzes what reads foreign bytes, SECONDS each (SECONDS=60), with clang
	@scripts/deps.sh build ci
	$(again) CC=clang SANITIZE=address,undefined,fuzzer-no-link BUILD=build-fuzz fuzzers
	@BUILD=build-fuzz SECONDS_EACH='$(or $(SECONDS),60)' tests/fuzz/run.sh
fuzzers: $(FUZZ_BIN)

# ---- Install and release -----------------------------------------------------------------------

sbin := $(DESTDIR)$(PREFIX)/sbin
bin := $(DESTDIR)$(PREFIX)/bin
lib := $(DESTDIR)$(PREFIX)/lib
include := $(DESTDIR)$(PREFIX)/include
share := $(DESTDIR)$(PREFIX)/share
conf := $(DESTDIR)$(SYSCONFDIR)/spiralfed
doc := $(share)/doc/spiralfed
completions := $(share)/bash-completion/completions

install: all ## installs under DESTDIR= and PREFIX= (/usr/local)
	install -D -m 755 -t $(sbin) $(BUILD)/spiralfedd
	install -D -m 755 -t $(bin) $(BUILD)/spiralfed
	install -D -m 644 -t $(lib) $(BUILD)/libspiralfed.a
	install -D -m 644 -t $(include)/spiralfed include/spiralfed/node.h
	install -d $(lib)/pkgconfig
	sed 's|@PREFIX@|$(PREFIX)|; s|@VERSION@|$(VERSION)|' src/spiralfed/spiralfed.pc.in \
		>$(lib)/pkgconfig/spiralfed.pc
	install -D -m 644 -t $(doc)/examples examples/node.c
	install -d $(lib)/systemd/system $(completions)
	for unit in spiralfedd.service spiralfedd.socket; do \
		sed 's|/usr/|$(PREFIX)/|g' systemd/$$unit >$(lib)/systemd/system/$$unit || exit 1; done
	install -D -m 644 systemd/sysusers.conf $(lib)/sysusers.d/spiralfed.conf
	install -D -m 644 systemd/tmpfiles.conf $(lib)/tmpfiles.d/spiralfed.conf
	install -D -m 644 -t $(share)/spiralfed etc/policy.json etc/spiralfedd.conf
	install -D -m 644 -t $(share)/spiralfed/pipelines etc/pipelines/*
	test -e $(conf)/spiralfedd.conf || install -D -m 644 -t $(conf) etc/spiralfedd.conf
	install -D -m 644 -t $(doc) README.md LICENSE openapi.json docs/*.md
	$(BUILD)/spiralfed completion bash >$(completions)/spiralfed
uninstall: ## removes what install put there; configuration and state stay
	rm -f $(sbin)/spiralfedd $(bin)/spiralfed $(addprefix $(lib)/,systemd/system/spiralfedd.service \
		systemd/system/spiralfedd.socket sysusers.d/spiralfed.conf tmpfiles.d/spiralfed.conf) \
		$(completions)/spiralfed $(lib)/libspiralfed.a $(lib)/pkgconfig/spiralfed.pc
	rm -rf $(share)/spiralfed $(doc) $(include)/spiralfed
dist: ## a tar archive of HEAD, the same bytes each time
	git archive --format=tar --prefix=spiralfed-$(VERSION)/ HEAD | gzip -9n >spiralfed-$(VERSION).tar.gz
clean: ## removes every build folder and what configure left
	rm -rf build build-dev build-asan* build-tsan* build-undefined* build-fuzz build-clang build-dev-clang build-mcdc build-mutate \
		$(BUILD) configure config.h.in autom4te.cache
help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' Makefile
	@echo '  knobs: V=1 DEVELOPER=1 SANITIZE=address,undefined CC=clang BUILD=folder'
