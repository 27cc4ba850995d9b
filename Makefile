# SPDX-License-Identifier: MIT
#
# mirrortop: one Makefile, no configure. `make help` lists the targets.
#
#   make SANITIZE=address,undefined    address, undefined, thread; objects in a directory of their own
#   make V=1                           show the commands
#   make WERROR=1                      warnings are errors
#   make LTO=0                         without link-time optimisation
#   make BUILD=/elsewhere              where everything that is made goes
#   CFLAGS, CPPFLAGS, LDFLAGS, LDLIBS  are appended to what stands here, never replace it

VERSION := 0.1.0
PREFIX ?= /usr/local
BUILD ?= build
PKG_CONFIG ?= pkg-config
FUZZ_SECONDS ?= 20

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.SUFFIXES:

comma := ,
empty :=
space := $(empty) $(empty)

Q := $(if $(filter 1,$(V)),,@)
say = $(if $(filter 1,$(V)),,@printf '  %-7s %s\n' $(1) $(2))

# ---- what there is ------------------------------------------------------------------------------

sanitizers := $(filter-out fuzzer,$(subst $(comma),$(space),$(SANITIZE)))
fuzzing := $(findstring fuzzer,$(SANITIZE))

# Objects of different kinds never mix: each list of sanitizers has its own directory.
OBJ := $(BUILD)$(if $(SANITIZE),/$(subst $(comma),-,$(SANITIZE)))

sources := $(wildcard decode/*.c src/*.c src/*/*.c ui/*.c)
objects := $(sources:%.c=$(OBJ)/%.o)
program := $(OBJ)/mirrortop
archive := $(OBJ)/mirrortop.a

# SUITES="cursor decode" builds a runner of only these.
SUITES ?= $(patsubst tests/unit/test_%.c,%,$(sort $(wildcard tests/unit/test_*.c)))
unit_sources := tests/unit/run.c $(SUITES:%=tests/unit/test_%.c)
unit_runner := $(OBJ)/tests/unit/run
support_objects := $(patsubst %.c,$(OBJ)/%.o,$(wildcard tests/support/*.c))
support := $(OBJ)/tests/support.a
fuzz_names := $(patsubst tests/fuzz/fuzz_%.c,%,$(sort $(wildcard tests/fuzz/fuzz_*.c)))
# Every other C file in a folder of tests is a program of its own: generators, screen drivers.
tool_sources := $(filter-out tests/unit/% tests/support/% tests/fuzz/% tests/bench/%, \
	$(wildcard tests/*/*.c))
tools := $(tool_sources:%.c=$(OBJ)/%)

# ---- flags --------------------------------------------------------------------------------------

packages := ncursesw libpcap libmaxminddb libseccomp jansson
test_packages := check vterm
package_flags = $(shell $(PKG_CONFIG) $(1) $(2) 2>/dev/null)

clang := $(findstring clang,$(shell $(CC) --version 2>/dev/null))
# Link-time optimisation: by default where the compiler needs no further linker plug-in for it.
LTO ?= $(if $(clang)$(SANITIZE),0,1)
lto := $(filter 1,$(LTO))

warnings := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith \
	-Wcast-qual -Wformat=2 -Wundef -Wvla $(if $(filter 1,$(WERROR)),-Werror)

# _FORTIFY_SOURCE needs optimisation, and stands in the way of the sanitizers' own checks.
hardening := -fstack-protector-strong \
	$(if $(SANITIZE)$(filter -O0,$(CFLAGS)),,-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)

sanitize_flags := $(if $(sanitizers),-fsanitize=$(subst $(space),$(comma),$(sanitizers)) \
	-fno-sanitize-recover=all -fno-omit-frame-pointer) \
	$(if $(fuzzing),-fsanitize=fuzzer-no-link)

defines := -D_GNU_SOURCE -DVERSION='"$(VERSION)"'

all_cppflags := $(defines) $(call package_flags,--cflags,$(packages)) $(CPPFLAGS)
all_cflags := -std=c11 -g -fPIE $(if $(SANITIZE),-O1,-O3) $(warnings) $(hardening) \
	$(sanitize_flags) $(if $(lto),-flto$(if $(clang),,=auto -ffat-lto-objects)) $(CFLAGS)
all_ldflags := -pie -Wl,-z,relro,-z,now $(LDFLAGS)
all_ldlibs := $(call package_flags,--libs,$(packages)) $(LDLIBS) -pthread

unit_cppflags := -I$(OBJ)/tests/unit $(call package_flags,--cflags,$(test_packages))
unit_ldlibs := $(call package_flags,--libs,$(test_packages)) $(all_ldlibs)

compile = $(CC) $(all_cppflags) $(all_cflags)
# Tests are linked from the archive without LTO: quicker, and only with what they use.
link_test = $(CC) $(all_cflags) -fno-lto $(all_ldflags)

# ---- building -----------------------------------------------------------------------------------

.PHONY: all
all: $(program)

# Objects are made anew when a flag changes, programs when a source file comes or goes.
stamp = @mkdir -p $(@D); printf '%s\n' '$(subst ','\'',$(1))' | cmp -s - $@ || \
	printf '%s\n' '$(subst ','\'',$(1))' >$@

.PHONY: FORCE
$(OBJ)/flags: FORCE
	$(if $(call package_flags,--libs,$(packages)),,@sh tests/deps.sh --missing build)
	$(call stamp,$(compile) $(all_ldflags))
$(OBJ)/sources: FORCE
	$(call stamp,$(sources) $(support_objects:$(OBJ)/%.o=%.c))

$(OBJ)/%.o: %.c $(OBJ)/flags
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(compile) $(extra_flags) -MMD -MP -c -o $@ $<

# Symbols that are made by the assembler are unknown to link-time optimisation.
sample := tests/sample/sample.pcap
$(OBJ)/src/sample.o: $(sample)
$(OBJ)/src/sample.o: private extra_flags := -fno-lto -DSAMPLE_FILE='"$(sample)"'

# Another PREFIX changes one object, not all.
theme_dir := -DTHEME_DIR='"$(PREFIX)/share/mirrortop/themes"'
$(OBJ)/prefix: FORCE
	$(call stamp,$(theme_dir))
$(OBJ)/ui/theme_find.o: $(OBJ)/prefix
$(OBJ)/ui/theme_find.o: private extra_flags := $(theme_dir)

$(OBJ)/ui/theme_builtin.o: $(wildcard themes/*.theme)
$(OBJ)/ui/theme_builtin.o: private extra_flags := -fno-lto

$(program): $(objects) $(OBJ)/sources
	$(call say,LD,$@)
	$(Q)$(CC) $(all_cflags) $(all_ldflags) -o $@ $(objects) $(all_ldlibs)

$(archive): $(filter-out $(OBJ)/src/main.o,$(objects)) $(OBJ)/sources
$(support): $(support_objects) $(OBJ)/sources
$(archive) $(support):
	$(call say,AR,$@)
	@rm -f $@
	$(Q)$(AR) rcs $@ $(filter %.o,$^)

# ---- tests --------------------------------------------------------------------------------------

$(OBJ)/tests/unit/suites.inc: FORCE
	$(call stamp,$(patsubst %,SUITE(%),$(SUITES)))

$(OBJ)/tests/unit/run.o: $(OBJ)/tests/unit/suites.inc
$(OBJ)/tests/unit/%.o: private extra_flags = $(unit_cppflags)
$(OBJ)/tests/support/%.o: private extra_flags = $(unit_cppflags)

$(unit_runner): $(unit_sources:%.c=$(OBJ)/%.o) $(support) $(archive)
	$(call say,LD,$@)
	$(Q)$(link_test) -o $@ $(filter-out %.inc,$^) $(unit_ldlibs)

.PHONY: unit
unit: $(unit_runner)
	$(Q)CK_FORK=$(if $(SANITIZE),no,yes) $(unit_runner)

$(tools): $(OBJ)/%: $(OBJ)/%.o $(support) $(archive)
	$(call say,LD,$@)
	$(Q)$(link_test) -o $@ $^ $(unit_ldlibs)
$(tools:%=%.o): private extra_flags = $(unit_cppflags)

fuzz_programs := $(fuzz_names:%=$(OBJ)/tests/fuzz/fuzz_%)
replay_programs := $(fuzz_names:%=$(OBJ)/tests/fuzz/replay_%)

$(fuzz_programs): $(OBJ)/tests/fuzz/fuzz_%: $(OBJ)/tests/fuzz/fuzz_%.o $(support) $(archive)
	$(call say,LD,$@)
	$(Q)$(link_test) -fsanitize=fuzzer -o $@ $^ $(unit_ldlibs)
$(replay_programs): $(OBJ)/tests/fuzz/replay_%: $(OBJ)/tests/fuzz/replay.o \
		$(OBJ)/tests/fuzz/fuzz_%.o $(support) $(archive)
	$(call say,LD,$@)
	$(Q)$(link_test) -o $@ $^ $(unit_ldlibs)

.PHONY: fuzz-programs test-programs check run-check
fuzz-programs: $(fuzz_programs)
test-programs: $(program) $(unit_runner) $(tools) $(replay_programs)

# What the test scripts know of the build.
test_environment = MIRRORTOP='$(abspath $(program))' BUILD='$(abspath $(OBJ))' SANITIZE='$(SANITIZE)'

check: deps-check
	$(Q)$(MAKE) --no-print-directory run-check
run-check: test-programs
	$(Q)$(test_environment) tests/check.sh

.PHONY: fuzz-smoke
fuzz-smoke: deps-fuzz
	$(Q)$(MAKE) --no-print-directory CC=clang SANITIZE=fuzzer,address,undefined fuzz-programs
	$(Q)BUILD='$(abspath $(BUILD))/fuzzer-address-undefined' FUZZ_SECONDS=$(FUZZ_SECONDS) tests/fuzz/run.sh

.PHONY: lint format
c_files := $(sort $(wildcard decode/*.[ch] src/*.[ch] src/*/*.[ch] ui/*.[ch] tests/*/*.[ch] \
	tests/*/*/*.[ch]))
lint: deps-lint
	$(Q)$(MAKE) --no-print-directory run-lint
.PHONY: run-lint
lint_flags = -std=c11 $(all_cppflags) $(unit_cppflags) -DSAMPLE_FILE='"$(sample)"'
run-lint: $(OBJ)/tests/unit/suites.inc
	$(Q)LINT_FLAGS='$(subst ','\'',$(lint_flags))' BUILD='$(BUILD)' tests/lint/run.sh $(STEPS)
format:
	$(Q)clang-format -i $(c_files)

.PHONY: bench
bench: deps-bench
	$(Q)$(MAKE) --no-print-directory all $(archive)
	$(Q)CC='$(CC)' BUILD='$(BUILD)' tests/bench/run.sh '$(program)'

# Both receive in namespaces of their own, and need root.
.PHONY: bench-live soak
bench-live soak: deps-check deps-bench
	$(Q)$(MAKE) --no-print-directory all $(OBJ)/tests/live/sender
	$(Q)CC='$(CC)' BUILD='$(BUILD)' tests/bench/$(subst bench-,,$@).sh '$(program)'

# ---- set-up -------------------------------------------------------------------------------------

.PHONY: deps demo
deps_targets := deps-build deps-check deps-lint deps-fuzz deps-bench
.PHONY: $(deps_targets)
deps: deps-build
$(deps_targets): deps-%:
	$(Q)sh tests/deps.sh $*

demo: deps-build
	$(Q)$(MAKE) --no-print-directory all
	$(Q)$(program) --demo

# ---- installing ---------------------------------------------------------------------------------

bindir := $(DESTDIR)$(PREFIX)/bin
mandir := $(DESTDIR)$(PREFIX)/share/man
themedir := $(DESTDIR)$(PREFIX)/share/mirrortop/themes
pages := $(wildcard doc/*.1 doc/*.7)
themes := $(wildcard themes/*.theme)

.PHONY: install uninstall setcap dist clean help
install: all
	install -d '$(bindir)' '$(themedir)'
	install -m 755 $(program) '$(bindir)/mirrortop'
	install -m 644 $(themes) '$(themedir)'
	for page in $(pages); do \
	    install -D -m 644 "$$page" "$(mandir)/man$${page##*.}/$${page#doc/}" || exit 1; \
	done

uninstall:
	rm -f '$(bindir)/mirrortop' $(foreach t,$(notdir $(themes)),'$(themedir)/$(t)')
	rm -f $(foreach p,$(pages),'$(mandir)/man$(subst .,,$(suffix $(p)))/$(notdir $(p))')
	-rmdir '$(themedir)' '$(DESTDIR)$(PREFIX)/share/mirrortop' 2>/dev/null

# Capture from an interface without being root.
setcap: all
	$(if $(filter 0,$(shell id -u)),,sudo) setcap cap_net_raw+ep $(program)

dist_name := mirrortop-$(VERSION)
dist:
	$(call say,TAR,$(BUILD)/$(dist_name).tar.gz)
	@mkdir -p $(BUILD)
	$(Q)tar -c --sort=name --owner=0 --group=0 --numeric-owner --mtime='@$(or $(SOURCE_DATE_EPOCH),0)' \
	    --transform='s,^,$(dist_name)/,' Makefile README.md LICENSE .ci .clang-format .clang-tidy \
	    .editorconfig decode doc src tests themes ui | gzip -9n >$(BUILD)/$(dist_name).tar.gz

clean:
	rm -rf '$(BUILD)'

help:
	@echo 'all         build mirrortop (default)'
	@echo 'deps        install what building needs; demo, check, lint, fuzz-smoke, bench do so themselves'
	@echo 'demo        build, then replay the built-in sample on the screen'
	@echo 'check       build, then run all tests'
	@echo 'unit        only the unit tests; SUITES="cursor decode": only these'
	@echo 'lint        layout, static analysis, spelling, manual, scripts, includes'
	@echo 'bench       speed beside public tools (takes minutes and 2.5 GB)'
	@echo 'bench-live  receiving, beside bare receivers and tcpdump (root, three minutes)'
	@echo 'soak        receiving for SOAK_SECONDS (600): memory flat, every packet accounted for (root)'
	@echo 'fuzz-smoke  every fuzz target for FUZZ_SECONDS (20)'
	@echo 'format      lay all C files out anew'
	@echo 'install     PREFIX=/usr/local DESTDIR=; uninstall takes it away again'
	@echo 'setcap      let the built program capture without root'
	@echo 'dist        source archive in BUILD'
	@echo 'clean       remove BUILD'
	@echo 'variables   BUILD CC CFLAGS LDFLAGS PREFIX DESTDIR SANITIZE=address|undefined|thread V=1 WERROR=1 LTO=0'

-include $(wildcard $(OBJ)/*/*.d $(OBJ)/*/*/*.d)
