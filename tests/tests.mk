# The test programs, what they need beside the two of the product, and the targets that run them.
.PHONY: demo chaos engine check-engine check-engines check-cluster bench differential fuzz simulate check-rules \
  pictures

# RABBITMQ=4: with the broker of Debian 13 in place of the installed one.
on_rabbitmq := $(if $(filter 4,$(RABBITMQ)),tests/rabbitmq4.sh)

support_sources := $(call find_sources,tests/support)
# A worker as an archive, from which a linker takes what it needs.
worker := $(BUILD)/worker.a
$(worker): $(call objects,$(common_sources) $(filter-out %/main.cc,$(worker_sources)))
	$(call say,AR)rm -f $@ && $(AR) rcs $@ $^

# What the chaos run decides, without servers.
chaos_rules := $(patsubst %,tests/chaos/%.cc,event_account chaos_verdict footprint fault_deck fault_kinds \
  wire_trap insert_filter ack_filter) tests/support/amqp_methods.cc tests/support/proc.cc

# The objects of a program that starts servers of its own.
with_servers = $(call objects,$(common_sources) $(support_sources) $(1))

$(BUILD)/unit-tests: $(call objects,$(filter-out %/main.cc,$(supervisor_sources)) \
  $(call find_sources,tests/common tests/supervisor tests/worker tests/fakes tests/simulation) \
  $(call find_sources,tests/chaos/*_test.cc) $(chaos_rules) \
  tests/packaging/default_file_test.cc tests/test_main.cc) $(worker)
# Where threads meet, for ThreadSanitizer: in one thread there is nothing to race with.
thread_tests := $(shell grep -rlE '<(thread|future)>|fake_(broker|http_server)\.h|background\.h|inserter_thread\.h' \
                  --include='*_test.cc' tests/common tests/supervisor tests/worker)
$(BUILD)/thread-tests: $(call objects,$(filter-out %/main.cc,$(supervisor_sources)) $(thread_tests) \
  $(filter-out %_test.cc,$(call find_sources,tests/common tests/supervisor tests/worker tests/fakes)) \
  tests/support/proc.cc tests/test_main.cc) $(worker)
# The simulation alone.
simulation_objects := $(call objects,$(call find_sources,tests/simulation) tests/test_main.cc)
$(BUILD)/simulation-tests:    $(simulation_objects) $(worker)
$(BUILD)/integration-tests:   $(call with_servers,$(call find_sources,tests/integration) tests/test_main.cc)
$(BUILD)/engine-tests:        $(call with_servers,$(call find_sources,tests/engine) tests/test_main.cc) $(worker)
$(BUILD)/cluster-tests:       $(call with_servers,$(call find_sources,tests/cluster) tests/test_main.cc)
$(BUILD)/demo:                $(call with_servers,$(call find_sources,tests/demo))
$(BUILD)/chaos:               $(call with_servers,$(filter-out %_test.cc,$(call find_sources,tests/chaos)))
$(BUILD)/bench:               $(call with_servers,$(call find_sources,tests/bench))
$(BUILD)/pictures:            $(call with_servers,$(call find_sources,tests/pictures))
$(BUILD)/packaging/publish:   $(call with_servers,tests/packaging/publish.cc)
$(BUILD)/differential-encode: $(call objects,$(call find_sources,tests/differential)) $(worker)

# What waits for servers and clocks need not be fast, and is made in half the time like this. Where
# sanitizers are, tests are made in three quarters of the time without the checks for undefined
# behaviour, which are for the code that they test.
patient_tests := $(call find_sources,tests/common tests/supervisor tests/worker tests/integration tests/engine tests/cluster tests/chaos)
$(call objects,$(patient_tests)): file_flags := $(if $(SANITIZE),,-Og -g1)

# Reading Catch2 takes about as long as compiling a test, so it is read once. Where sanitizers are,
# reading is most of compiling, and the heaviest headers are read once for all; the plain build shows
# that each file includes what it uses.
heavy_headers := $(if $(SANITIZE),tests/support/heavy_headers.h)
catch_tests   := $(call objects,$(filter %_test.cc,$(patient_tests)))
test_flags    := $(if $(SANITIZE),-fno-sanitize=undefined,-Og -g1)
$(catch_tests): file_flags := $(test_flags)
all_sources   := $(call find_sources,common src tests)

# precompile NAME HEADERS OBJECTS FLAGS: these read the headers as one that is compiled before.
define precompile
$(3): private file_flags += -include $(BUILD)/precompiled/$(1).h
$(3): $(BUILD)/precompiled/$(1).h.gch
$(BUILD)/precompiled/$(1).h.gch: file_flags := $(4)
$(BUILD)/precompiled/$(1).h.gch: $(2)
	@mkdir -p $$(@D)
	@printf '#include "%s"\n' $$^ >$$(@:.gch=)
	$$(call say,CXX)$$(CXX) $$(flags) $$(package_cflags) $$(CPPFLAGS) $$(CXXFLAGS) $$(file_flags) -x c++-header -o $$@ $$(@:.gch=)
endef
$(eval $(call precompile,catch,tests/support/catch.h $(heavy_headers),$(catch_tests),$(test_flags)))
ifdef SANITIZE
$(eval $(call precompile,heavy,$(heavy_headers),$(filter-out $(catch_tests),$(call objects,$(all_sources)))))
endif

# Catch2 is a library from version 3 on.
test_runners := $(addprefix $(BUILD)/,unit-tests thread-tests integration-tests engine-tests \
  cluster-tests simulation-tests)
$(test_runners) check-rules: test_libs = $(shell $(PKG_CONFIG) --libs catch2)

# The programs with a defect that a test asks for, and a worker that takes itself for one of another
# version: planting SOURCE is a worker with the file of that name in tests/planted in its place.
planting = $(call objects,$(filter-out $(1),$(common_sources) $(worker_sources)) \
             tests/planted/$(notdir $(1)))
planted_workers := $(addprefix $(BUILD)/planted/,event-consumer-worker other-version/event-consumer-worker)
planted         := $(BUILD)/planted/event-consumer $(planted_workers)
$(BUILD)/planted/event-consumer-worker: $(call planting,src/worker/encode/row_encoder.cc)
$(BUILD)/planted/other-version/event-consumer-worker: $(call planting,common/scoreboard/scoreboard.cc)
$(BUILD)/planted/event-consumer: $(BUILD)/event-consumer | $(BUILD)/planted/event-consumer-worker
	@cp $< $@

$(test_runners) $(planted_workers) $(addprefix $(BUILD)/,demo chaos bench pictures differential-encode packaging/publish):
	$(link)

$(BUILD)/own-clock.so: tests/preload/own_clock.cc
	@mkdir -p $(@D)
	$(call say,LINK)$(CXX) -std=c++17 -Wall -Wextra $(if $(WERROR),-Werror) -O2 -fPIC -shared -o $@ $<

test_programs = $(addprefix $(BUILD)/,unit-tests integration-tests $(if $(wildcard $(chdb)),engine-tests))

demo: deps
	@$(MAKE) --no-print-directory -j$(jobs) $(programs) $(BUILD)/demo
	@$(BUILD)/demo

# Whatever can fail fails, in turn, and each event is counted: SEED=N repeats the faults; QUEUE=classic or
# quorum and TABLE=deduplicating or plain choose some runs, else all get a share of EVENTS and FAULTS.
# One of 85 faults or more also fails where the service has grown; EVENTS=20000000 FAULTS=600 is a long one.
# TAKE=1: instead of all others, the faults that take events, by deleting the queue or dropping the table.
chaos: deps engine
	@$(MAKE) --no-print-directory -j$(jobs) $(programs) $(BUILD)/chaos $(BUILD)/own-clock.so
	@SEED='$(SEED)' EVENTS='$(EVENTS)' FAULTS='$(FAULTS)' QUEUE='$(QUEUE)' TABLE='$(TABLE)' TAKE='$(TAKE)' $(on_rabbitmq) $(BUILD)/chaos

check-engine: deps engine
	@$(MAKE) --no-print-directory -j$(jobs) $(programs) $(BUILD)/engine-tests
	@tests/check.sh $(BUILD)/engine-tests

# Three nodes of RabbitMQ, and faults of them and of ClickHouse: FAULTS="*killed*" chooses some, EVENTS=200000
# each has so many. In a network namespace, in which links can be cut without anybody else's being concerned.
FAULTS ?=

check-cluster: deps
	@packaging/deps.sh nftables iproute2 $(zookeeper_packages)
	@$(MAKE) --no-print-directory -j$(jobs) $(programs) $(BUILD)/cluster-tests
	@TESTS='$(FAULTS)' SHARDS=1 $(on_rabbitmq) unshare --net sh -c 'ip link set lo up && exec tests/check.sh $(BUILD)/cluster-tests'

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

# Those in README.md, anew, from a run of so many minutes.
MINUTES ?= 15
pictures: deps
	@packaging/deps.sh chromium pngquant
	@$(MAKE) --no-print-directory -j$(jobs) $(programs) $(BUILD)/pictures
	@$(BUILD)/pictures man/pictures $(MINUTES)
	@pngquant --force --strip --ext .png 64 man/pictures/page.png

# Engines of other ages, as wheels for Python: 130 to 180 MB each.
wheel_of_23.10 := chdb==1.4.1
wheel_of_24.8  := chdb==2.1.1
wheel_of_25.5  := chdb==3.6.0
wheel_of_26.9  := chdb-core==26.9.0

$(BUILD)/engines/%:
	@command -v pip3 >/dev/null || packaging/deps.sh python3-pip
	@rm -rf $@.new && mkdir -p $@.new
	pip3 download --quiet --no-deps --dest $@.new $(or $(wheel_of_$*),$(error no wheel of ClickHouse $* is known))
	@cd $@.new && python3 -m zipfile -e *.whl . && rm *.whl
	@mv $@.new $@

ENGINE  ?=
engine  := $(if $(ENGINE),$(BUILD)/engines/$(ENGINE),$(chdb))
engines := $(if $(ENGINE),$(ENGINE),23.10 24.8 25.5 26.9)

# The same tests as `make check-engine`, against each of these engines, or ENGINE.
check-engines: deps $(engines:%=$(BUILD)/engines/%)
	@command -v node >/dev/null || packaging/deps.sh nodejs
	@$(MAKE) --no-print-directory -j$(jobs) $(programs) $(BUILD)/engine-tests
	@failed=0; for engine in $(engines); do \
	  echo "== the engine of ClickHouse $$engine"; \
	  TEST_ENGINE=$(abspath $(BUILD)/engines)/$$engine tests/check.sh $(BUILD)/engine-tests || failed=1; \
	done; exit $$failed

VALUES ?= 1000000
SEED   ?=

# ENGINE=23.10, 24.8, 25.5 or 26.9; else 26.7.
differential: $(chdb) $(engine)
	@packaging/deps.sh $(build_packages)
	@$(MAKE) --no-print-directory -j$(jobs) $(BUILD)/differential-encode
	@node tests/differential/run.js $(abspath $(BUILD)/differential-encode) $(abspath $(chdb)) \
	  $(abspath $(engine)) $(VALUES) $(SEED)

SEEDS ?= 10000
FROM  ?= 1

# More seeds than `make check` runs, or one again (TELL=1: with all that happens in it). DELAYS=1: all
# runs of the small world with one delay, too; WORLD=0 to 3: of one kind; RUN: one again.
simulate:
	@packaging/deps.sh $(build_packages)
	@$(MAKE) --no-print-directory -j$(jobs) $(BUILD)/simulation-tests
	@SEEDS=$(SEEDS) FROM=$(FROM) TELL=$(TELL) DELAYS=$(DELAYS) WORLD=$(WORLD) RUN='$(RUN)' \
	  $(BUILD)/simulation-tests

# Whether the simulation fails without each rule that rules.sh knows, or RULES.
check-rules:
	@packaging/deps.sh $(build_packages)
	@$(MAKE) --no-print-directory -j$(jobs) $(BUILD)/simulation-tests
	@RULES='$(RULES)' tests/simulation/rules.sh '$(BUILD)' '$(CXX) $(flags) $(package_cflags) $(CXXFLAGS)' \
	  '$(simulation_objects)' '$(worker)' '$(package_libs) $(test_libs)'

FUZZ_SECONDS ?= 60
fuzz_targets := $(patsubst tests/fuzz/%_fuzz.cc,%,$(call find_sources,tests/fuzz))
fuzz_build := BUILD=$(BUILD)/fuzz SANITIZE=fuzzer-no-link,address,undefined \
  CXXFLAGS='-O1 -g -fno-sanitize-recover=all'

# All that a target links is instrumented, in a build directory of its own. What a run finds is added
# to a corpus there, not to that of the sources.
fuzz:
	@packaging/deps.sh $(build_packages) $(sanitize_packages)
	@$(MAKE) --no-print-directory -j$(jobs) $(fuzz_build) $(fuzz_targets:%=$(BUILD)/fuzz/fuzz-%)
	@printf '%s\n' $(fuzz_targets) | xargs -P$(jobs) -I TARGET sh -c ' \
	  mkdir -p $(BUILD)/fuzz/corpus/TARGET; \
	  $(BUILD)/fuzz/fuzz-TARGET -max_total_time=$(FUZZ_SECONDS) -artifact_prefix=$(BUILD)/fuzz/TARGET- \
	    $(BUILD)/fuzz/corpus/TARGET tests/fuzz/corpus/TARGET >$(BUILD)/fuzz/TARGET.log 2>&1 || \
	    { cat $(BUILD)/fuzz/TARGET.log; exit 255; }; \
	  tail -1 $(BUILD)/fuzz/TARGET.log | sed "s/^/TARGET: /"'

$(BUILD)/fuzz-%: LDFLAGS += -fsanitize=fuzzer
$(BUILD)/fuzz-%: $(BUILD)/obj/tests/fuzz/%_fuzz.o $(worker)
	$(link)
