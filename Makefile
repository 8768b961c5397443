# GNU make. `make help` lists the targets; `make demo` and `make check` need nothing else.
BUILD  ?= build
PREFIX ?= /usr/local
SANITIZE ?=
WERROR ?=

sbindir    := $(PREFIX)/sbin
libexecdir := $(PREFIX)/libexec/event-consumer
mandir     := $(PREFIX)/share/man
docdir     := $(PREFIX)/share/doc/event-consumer
bashdir    := $(PREFIX)/share/bash-completion/completions
zshdir     ?= $(PREFIX)/share/zsh/site-functions
version    := 0.1.0

# Clang instruments in little more than half of the time of g++.
CXX      ?= g++
ifneq ($(SANITIZE),)
CXX      := clang++
endif
PKG_CONFIG ?= pkg-config
CXXFLAGS ?= -O2 -g
PACKAGES := librabbitmq cpp-httplib libmicrohttpd openssl spdlog libxxhash libsystemd prometheus-cpp-core zlib libzstd

# One set of flags for every object: cpp-httplib changes the size of its classes with its macros.
# Asked for when the first object is compiled, because `make deps` may have to install pkg-config.
package_cflags = $(eval package_cflags := $$(shell $(PKG_CONFIG) --cflags $(PACKAGES)))$(package_cflags)
package_libs   = $(eval package_libs := $$(shell $(PKG_CONFIG) --libs $(PACKAGES)))$(package_libs)
# RapidJSON's empty stack adds to a null pointer. What looks at virtual tables opens a pipe, and takes
# an object for none where no descriptors are left, as in a test.
flags = -std=c++17 -Wall -Wextra $(if $(WERROR),-Werror) -pthread -I. -Isrc \
        $(if $(SANITIZE),-fsanitize=$(SANITIZE) -fno-sanitize=pointer-overflow -fno-sanitize=vptr -fno-omit-frame-pointer \
          -DUNDER_SANITIZER) \
        -DEVENT_CONSUMER_LIBEXECDIR='"$(libexecdir)"'

jobs := $(shell nproc)

# A line for each step; the whole command with V=1.
say = $(if $(V),,@echo '  $(1) $@' && )

# A recipe: what the target needs, into one program.
define link
@mkdir -p $(@D)
$(call say,LINK)$(CXX) $(flags) $(CXXFLAGS) $(LDFLAGS) -o $@ $^ $(package_libs) $(test_libs)
endef

find_sources = $(sort $(shell find $(1) -name '*.cc' 2>/dev/null))
objects      = $(patsubst %.cc,$(BUILD)/obj/%.o,$(1))

common_sources     := $(call find_sources,common)
supervisor_sources := $(call find_sources,src/supervisor)
worker_sources     := $(call find_sources,src/worker)

programs := $(BUILD)/event-consumer $(BUILD)/event-consumer-worker

# What a bare Debian machine needs on top of git and make.
build_packages := g++ pkg-config librabbitmq-dev libcpp-httplib-dev libssl-dev rapidjson-dev \
                  libcli11-dev libspdlog-dev libxxhash-dev libsystemd-dev libmicrohttpd-dev \
                  prometheus-cpp-dev zlib1g-dev libzstd-dev catch2
run_packages   := rabbitmq-server clickhouse-server clickhouse-client openssl \
                  ca-certificates
zookeeper_packages := libzookeeper-java default-jre-headless
check_packages := prometheus chromium $(zookeeper_packages)
sanitize_packages := clang libclang-rt-14-dev

.PHONY: all help deps check install format clean
all: $(programs)

help:
	@echo 'make                build the two programs into $(BUILD)/'
	@echo 'make demo           show the main job on private servers (KEEP=1: leave it running)'
	@echo 'make check          build, and run all tests against real servers'
	@echo '                    (RABBITMQ=4, also for check-cluster and chaos: with that of Debian 13; as root)'
	@echo 'make check-engine   install the engine of ClickHouse 26 (546 MB), and test against it;'
	@echo '                    once it is there, make check does too'
	@echo 'make check-engines  the same against the engines of 23.10, 24.8, 25.5 and 26.9, or ENGINE=24.8'
	@echo 'make check-cluster  break a RabbitMQ cluster and ClickHouse under load, count each event; as root'
	@echo '                    (FAULTS="*killed*": those with such names; EVENTS=200000: so many each)'
	@echo 'make chaos          kill, stop and cut everything under load, and count each event (SEED=N EVENTS=20000'
	@echo '                    FAULTS=30, QUEUE=classic or quorum, TABLE=deduplicating or plain; TAKE=1: delete'
	@echo '                    the queue and drop the table instead)'
	@echo 'make bench          compare with an empty consumer on the same queue, or another build'
	@echo '                    (AGAINST=…/event-consumer); SCALE=1: what more queues and workers bring,'
	@echo '                    RECOVERY=1: how soon a killed worker is replaced'
	@echo 'make pictures       make the pictures in README.md anew (MINUTES=15)'
	@echo 'make differential   compare the encoder with ClickHouse 26 on random values (VALUES=N, SEED=N)'
	@echo 'make simulate       run workers through faults drawn from seeds (SEEDS=N FROM=K, TELL=1)'
	@echo 'make check-rules    take out one rule after the other, and see the simulation fail'
	@echo 'make fuzz           feed what reads foreign input with libFuzzer (FUZZ_SECONDS=60 a target)'
	@echo 'make deps           install the Debian packages that are missing (YES=1: do not ask)'
	@echo 'make deb            the Debian package, into $(BUILD)/deb'
	@echo 'make check-packaging install and use that package on a machine with real systemd; as root'
	@echo 'make check-deb      look at it with lintian, piuparts and autopkgtest; as root'
	@echo 'make check-debian13 build, test and install it on Debian 13; as root'
	@echo 'make check-arm64    cross-build package and image for arm64, and run them under qemu; as root'
	@echo 'make check-image    build the container image and run it, without a Docker daemon; as root'
	@echo 'make apt-repository the package in a signed apt repository, $(BUILD)/apt (APT_KEY=)'
	@echo 'make check-apt-repository use it with apt in a clean root; as root'
	@echo 'make check-kubernetes look at the manifests of Kubernetes, by its schemas'
	@echo 'make install        into $$DESTDIR$$PREFIX (PREFIX=$(PREFIX))'
	@echo 'make format, clean'

$(BUILD)/event-consumer: $(call objects,$(common_sources) $(supervisor_sources))
$(BUILD)/event-consumer-worker: $(call objects,$(common_sources) $(worker_sources))
$(programs):
	$(link)

# A new version concerns few objects.
names_version := $(call objects,$(shell grep -rl --include='*.cc' EVENT_CONSUMER_VERSION common src tests))
$(names_version): private flags += -DEVENT_CONSUMER_VERSION='"$(version)"'
$(names_version): Makefile

# The page at «/» of the status address, as string literals for page.cc.
page := $(patsubst src/supervisor/status/page/%,$(BUILD)/page/%.inc,$(wildcard src/supervisor/status/page/*))
$(call objects,src/supervisor/status/page.cc): $(page)
$(call objects,src/supervisor/status/page.cc): private flags += -I$(BUILD)/page
$(BUILD)/page/%.inc: src/supervisor/status/page/%
	@mkdir -p $(@D)
	@{ printf 'R"page('; cat $<; printf ')page"\n'; } >$@

# All of CLI11 and of Catch2 is compiled here, which takes three times as long to make fast and to
# debug.
$(call objects,common/command_line.cc tests/test_main.cc): file_flags := $(if $(SANITIZE),,-Og -g1)

include tests/tests.mk packaging/packaging.mk

# The packages first, then everything else in a make that finds them.
deps:
	@packaging/deps.sh $(build_packages) $(run_packages) $(if $(SANITIZE),$(sanitize_packages))

check: deps
	@packaging/deps.sh $(check_packages)
	@$(MAKE) --no-print-directory -j$(jobs) $(programs) $(planted) $(test_programs)
	@NOTE='$(if $(wildcard $(chdb)),,ClickHouse 26 engine tests are left out: make check-engine installs it)' \
	  $(on_rabbitmq) tests/check.sh $(test_programs)

install: $(programs)
	install -D -m 755 $(BUILD)/event-consumer $(DESTDIR)$(sbindir)/event-consumer
	install -D -m 755 $(BUILD)/event-consumer-worker $(DESTDIR)$(libexecdir)/event-consumer-worker
	set -e; for page in man/*.[578]; do \
	  install -D -m 644 $$page $(DESTDIR)$(mandir)/man$${page##*.}/$${page#man/}; done
	install -D -m 644 packaging/grafana/event-consumer.json $(DESTDIR)$(docdir)/event-consumer.json
	install -D -m 644 packaging/prometheus/event-consumer.rules.yml $(DESTDIR)$(docdir)/event-consumer.rules.yml
	install -D -m 644 packaging/completion/event-consumer.bash $(DESTDIR)$(bashdir)/event-consumer
	install -D -m 644 packaging/completion/_event-consumer $(DESTDIR)$(zshdir)/_event-consumer

format:
	clang-format -i $(shell git ls-files '*.cc' '*.h')

clean:
	rm -rf $(BUILD)

$(BUILD)/obj/%.o: %.cc
	@mkdir -p $(@D)
	$(call say,CXX)$(CXX) $(flags) $(package_cflags) $(CPPFLAGS) $(CXXFLAGS) $(file_flags) -MMD -MP -c -o $@ $<

-include $(shell find $(BUILD)/obj -name '*.d' 2>/dev/null)
