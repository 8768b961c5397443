# GNU make. `make help` lists the targets; `make demo` and `make check` need nothing else.
BUILD  ?= build
PREFIX ?= /usr/local
SANITIZE ?=
WERROR ?=

sbindir    := $(PREFIX)/sbin
libexecdir := $(PREFIX)/libexec/event-consumer
man8dir    := $(PREFIX)/share/man/man8
bashdir    := $(PREFIX)/share/bash-completion/completions
zshdir     ?= $(PREFIX)/share/zsh/site-functions
version    := 0.1.0

CXX      ?= g++
CXXFLAGS ?= -O2 -g
PACKAGES := librabbitmq cpp-httplib openssl spdlog libxxhash libsystemd prometheus-cpp-core

# One set of flags for every object: cpp-httplib changes the size of its classes with its macros.
# Asked for when the first object is compiled, because `make deps` may have to install pkg-config.
package_cflags = $(eval package_cflags := $$(shell pkg-config --cflags $(PACKAGES)))$(package_cflags)
package_libs   = $(eval package_libs := $$(shell pkg-config --libs $(PACKAGES)))$(package_libs)
# g++ 12 sees uninitialized values in <regex> (which Catch2 includes) when it instruments the code.
flags = -std=c++17 -Wall -Wextra $(if $(WERROR),-Werror) -pthread -I. -Isrc \
        $(if $(SANITIZE),-fsanitize=$(SANITIZE) -fno-omit-frame-pointer \
          -Wno-maybe-uninitialized) \
        -DEVENT_CONSUMER_LIBEXECDIR='"$(libexecdir)"'

jobs := $(shell nproc)

# A line for each step; the whole command with V=1.
say = $(if $(V),,@echo '  $(1) $@' && )

find_sources = $(sort $(shell find $(1) -name '*.cc' 2>/dev/null))
objects      = $(patsubst %.cc,$(BUILD)/obj/%.o,$(1))

common_sources     := $(call find_sources,common)
supervisor_sources := $(call find_sources,src/supervisor)
worker_sources     := $(call find_sources,src/worker)
support_sources    := $(call find_sources,tests/support)
unit_sources := $(common_sources) $(filter-out %/main.cc,$(supervisor_sources) $(worker_sources)) \
                $(call find_sources,tests/common tests/supervisor tests/worker tests/fakes) \
                tests/packaging/default_file_test.cc tests/test_main.cc
integration_sources := $(common_sources) $(support_sources) $(call find_sources,tests/integration) \
                       tests/test_main.cc
engine_sources := $(common_sources) $(support_sources) $(call find_sources,tests/engine) \
                  tests/test_main.cc
demo_sources := $(common_sources) $(support_sources) $(call find_sources,tests/demo)
differential_sources := common/utf8.cc $(call find_sources,src/worker/encode tests/differential)
publish_sources := $(common_sources) $(support_sources) tests/packaging/publish.cc
bench_sources := $(common_sources) $(support_sources) $(call find_sources,tests/bench)

programs := $(BUILD)/event-consumer $(BUILD)/event-consumer-worker

# What a bare Debian machine needs on top of git and make.
build_packages := g++ pkg-config librabbitmq-dev libcpp-httplib-dev libssl-dev rapidjson-dev \
                  libcli11-dev libspdlog-dev libxxhash-dev libsystemd-dev \
                  prometheus-cpp-dev catch2
run_packages   := rabbitmq-server clickhouse-server clickhouse-client openssl \
                  ca-certificates
check_packages := prometheus

.PHONY: all help deps demo check chaos engine bench differential fuzz check-packaging check-deb check-image check-debian13 install deb deb-deps format clean
all: $(programs)

help:
	@echo 'make                build the two programs into $(BUILD)/'
	@echo 'make demo           show the main job on private servers (KEEP=1: leave it running)'
	@echo 'make check          build, and run all tests against real servers'
	@echo 'make chaos          install the engine of ClickHouse 26 (546 MB), and test against it;'
	@echo '                    once it is there, make check does too'
	@echo 'make bench          compare with an empty consumer on the same queue'
	@echo 'make differential   compare the encoder with ClickHouse 26 on random values (VALUES=N, SEED=N)'
	@echo 'make fuzz           feed what reads foreign input with libFuzzer (FUZZ_SECONDS=60 a target)'
	@echo 'make deps           install the Debian packages that are missing (YES=1: do not ask)'
	@echo 'make deb            the Debian package, into $(BUILD)/deb'
	@echo 'make check-packaging install and use that package on a machine with real systemd; as root'
	@echo 'make check-deb      look at it with lintian, piuparts and autopkgtest; as root'
	@echo 'make check-debian13 build, test and install it on Debian 13; as root'
	@echo 'make check-image    build the container image and run it, without a Docker daemon; as root'
	@echo 'make install        into $$DESTDIR$$PREFIX (PREFIX=$(PREFIX))'
	@echo 'make format, clean'

$(BUILD)/event-consumer:        $(call objects,$(common_sources) $(supervisor_sources))
$(BUILD)/event-consumer-worker: $(call objects,$(common_sources) $(worker_sources))
$(BUILD)/unit-tests:            $(call objects,$(unit_sources))
$(BUILD)/integration-tests:     $(call objects,$(integration_sources))
$(BUILD)/engine-tests:          $(call objects,$(engine_sources))
$(BUILD)/demo:                  $(call objects,$(demo_sources))
$(BUILD)/bench:                 $(call objects,$(bench_sources))
$(BUILD)/packaging/publish:     $(call objects,$(publish_sources))
$(BUILD)/differential-encode:   $(call objects,$(differential_sources))

# A new version concerns few objects.
names_version := $(call objects,$(shell grep -rl --include='*.cc' EVENT_CONSUMER_VERSION common src tests))
$(names_version): flags += -DEVENT_CONSUMER_VERSION='"$(version)"'
$(names_version): Makefile

# The programs with a defect that a test asks for (tests/planted), and a worker that takes itself
# for one of another version.
planted := $(addprefix $(BUILD)/planted/,event-consumer event-consumer-worker \
             other-version/event-consumer-worker)
encode  := _ZN14event_consumer10RowEncoder6encodeESt17basic_string_viewIcSt11char_traitsIcEERNS_$\
           9RowBufferE
$(BUILD)/planted/event-consumer-worker: LDFLAGS += -Wl,--wrap=$(encode)
$(BUILD)/planted/event-consumer-worker: \
  $(call objects,$(common_sources) $(worker_sources) tests/planted/abort.cc)
other_scoreboard := $(BUILD)/obj/other-version/scoreboard.o
$(other_scoreboard): common/scoreboard/scoreboard.cc
	@mkdir -p $(@D)
	$(call say,CXX)$(CXX) $(flags) -UEVENT_CONSUMER_VERSION -DEVENT_CONSUMER_VERSION='"0.0.0"' \
	  $(package_cflags) $(CPPFLAGS) $(CXXFLAGS) -MMD -MP -c -o $@ $<
$(BUILD)/planted/other-version/event-consumer-worker: $(other_scoreboard) \
  $(call objects,$(filter-out common/scoreboard/scoreboard.cc,$(common_sources)) $(worker_sources))
$(BUILD)/planted/event-consumer: $(BUILD)/event-consumer | $(BUILD)/planted/event-consumer-worker
	@cp $< $@

# Catch2 is a library from version 3 on.
$(addprefix $(BUILD)/,unit-tests integration-tests engine-tests): test_libs = $(shell pkg-config --libs catch2)

$(programs) $(filter %-worker,$(planted)) $(addprefix $(BUILD)/,unit-tests integration-tests engine-tests demo bench differential-encode packaging/publish):
	@mkdir -p $(@D)
	$(call say,LINK)$(CXX) $(flags) $(CXXFLAGS) $(LDFLAGS) -o $@ $^ $(package_libs) $(test_libs)

# The packages first, then everything else in a make that finds them.
deps:
	@packaging/deps.sh $(build_packages) $(run_packages)

demo: deps
	@$(MAKE) --no-print-directory -j$(jobs) $(programs) $(BUILD)/demo
	@$(BUILD)/demo

test_programs = $(addprefix $(BUILD)/,unit-tests integration-tests $(if $(wildcard $(chdb)),engine-tests))

check: deps
	@packaging/deps.sh $(check_packages)
	@$(MAKE) --no-print-directory -j$(jobs) $(programs) $(planted) $(test_programs)
	@NOTE='$(if $(wildcard $(chdb)),,ClickHouse 26 engine tests are left out: make chaos installs it)' \
	  tests/check.sh $(test_programs)

chaos: deps engine
	@$(MAKE) --no-print-directory -j$(jobs) $(programs) $(BUILD)/engine-tests
	@tests/check.sh $(BUILD)/engine-tests

# ClickHouse 26's engine, without a server: 546 MB.
chdb := $(BUILD)/chdb/node_modules/chdb

engine: $(chdb)
$(chdb):
	@command -v npm >/dev/null || packaging/deps.sh nodejs npm
	@rm -rf $(BUILD)/chdb && mkdir -p $(BUILD)/chdb.new
	npm install --no-save --no-audit --no-fund --prefix $(BUILD)/chdb.new chdb@3.4.0
	@mv $(BUILD)/chdb.new $(BUILD)/chdb

bench: deps
	@$(MAKE) --no-print-directory -j$(jobs) $(programs) $(BUILD)/bench
	@$(BUILD)/bench

VALUES ?= 1000000
SEED   ?=

differential: $(chdb)
	@packaging/deps.sh $(build_packages)
	@$(MAKE) --no-print-directory -j$(jobs) $(BUILD)/differential-encode
	@node tests/differential/run.js $(abspath $(BUILD)/differential-encode) $(abspath $(chdb)) $(VALUES) $(SEED)

FUZZ_SECONDS ?= 60
fuzz_targets := row_encoder timestamp amqp_url clickhouse_answer config_file

encode_sources                 := common/utf8.cc $(call find_sources,src/worker/encode)
fuzz_sources_row_encoder       := $(encode_sources)
fuzz_sources_timestamp         := $(encode_sources)
fuzz_sources_amqp_url          := $(addprefix common/,amqp_url.cc host_port.cc option_parsers.cc redact.cc)
fuzz_sources_clickhouse_answer := common/text.cc $(encode_sources) $(addprefix src/worker/clickhouse/, \
  exception_class.cc quote.cc deduplication.cc table_description.cc)
fuzz_sources_config_file       := $(fuzz_sources_amqp_url) $(addprefix common/, \
  config_file.cc log.cc option_table.cc resolve_options.cc text.cc utf8.cc)

# What a run finds is added to a corpus in $(BUILD), not to that of the sources. RapidJSON's empty
# stack adds to a null pointer.
fuzz:
	@packaging/deps.sh $(build_packages) clang libclang-rt-14-dev
	@$(MAKE) --no-print-directory -j$(jobs) $(fuzz_targets:%=$(BUILD)/fuzz/%)
	@for target in $(fuzz_targets); do \
	  mkdir -p $(BUILD)/fuzz/corpus/$$target; \
	  $(BUILD)/fuzz/$$target -max_total_time=$(FUZZ_SECONDS) -print_final_stats=1 \
	    -artifact_prefix=$(BUILD)/fuzz/$$target- \
	    $(BUILD)/fuzz/corpus/$$target tests/fuzz/corpus/$$target || exit 1; \
	done

.SECONDEXPANSION:
$(BUILD)/fuzz/%: tests/fuzz/%_fuzz.cc $$(fuzz_sources_$$*) \
  $(wildcard common/*.h src/worker/clickhouse/*.h src/worker/encode/*.h)
	@mkdir -p $(@D)
	$(call say,FUZZ)clang++ -std=c++17 -Wall -Wextra -O1 -g \
	  -fsanitize=fuzzer,address,undefined -fno-sanitize=pointer-overflow \
	  -fno-sanitize-recover=all -I. -Isrc $(package_cflags) -o $@ $(filter %.cc,$^) $(package_libs)

# The Debian package on a machine with real systemd; as root.
packaging_tools := $(addprefix $(BUILD)/packaging/,publish shared_mapping)

check-packaging:
	@packaging/deps.sh $(build_packages) build-essential debhelper fakeroot mmdebstrap systemd-container
	@$(MAKE) --no-print-directory -j$(jobs) $(packaging_tools)
	@tests/packaging/service_test.sh

# Debian 13 from the same sources; as root.
check-debian13:
	@packaging/deps.sh mmdebstrap systemd-container
	@tests/packaging/debian13_test.sh

# What Debian's tools say of the package; as root.
check-deb: deb
	@packaging/deps.sh autopkgtest devscripts lintian man-db mandoc mmdebstrap piuparts systemd-container
	@tests/packaging/deb_test.sh

# The container image, without a Docker daemon; as root.
check-image:
	@packaging/deps.sh $(build_packages) mmdebstrap systemd-container buildah podman
	@$(MAKE) --no-print-directory -j$(jobs) $(packaging_tools) $(BUILD)/event-consumer
	@tests/packaging/image_test.sh

$(BUILD)/packaging/shared_mapping: tests/packaging/shared_mapping.cc
	@mkdir -p $(@D)
	$(call say,LINK)$(CXX) $(flags) $(CXXFLAGS) $(LDFLAGS) -o $@ $<

install: $(programs)
	install -D -m 755 $(BUILD)/event-consumer $(DESTDIR)$(sbindir)/event-consumer
	install -D -m 755 $(BUILD)/event-consumer-worker $(DESTDIR)$(libexecdir)/event-consumer-worker
	install -d $(DESTDIR)$(man8dir)
	install -m 644 man/event-consumer.8 man/event-consumer-worker.8 $(DESTDIR)$(man8dir)
	install -D -m 644 packaging/completion/event-consumer.bash $(DESTDIR)$(bashdir)/event-consumer
	install -D -m 644 packaging/completion/_event-consumer $(DESTDIR)$(zshdir)/_event-consumer

# The Debian package, in $(BUILD)/deb. Its unit tests are those of `make check`.
deb: deb-deps
	packaging/build-deb.sh $(BUILD)/deb

deb-deps:
	@packaging/deps.sh $(build_packages) build-essential debhelper fakeroot

format:
	clang-format -i $(shell git ls-files '*.cc' '*.h')

clean:
	rm -rf $(BUILD)

$(BUILD)/obj/%.o: %.cc
	@mkdir -p $(@D)
	$(call say,CXX)$(CXX) $(flags) $(package_cflags) $(CPPFLAGS) $(CXXFLAGS) -MMD -MP -c -o $@ $<

-include $(shell find $(BUILD)/obj -name '*.d' 2>/dev/null)
