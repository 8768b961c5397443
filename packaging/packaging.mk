# The Debian package and the container image, and what tries them on machines of their own.
.PHONY: deb deb-deps check-packaging check-debian13 check-deb check-arm64 check-image check-kubernetes \
        apt-repository check-apt-repository

# The Debian package, in $(BUILD)/deb. Its unit tests are those of `make check`. ARCH=arm64: for that
# architecture, cross-built, where dpkg --add-architecture has told dpkg of it; as root, for apt.
deb: deb-deps
	ARCH=$(cross) packaging/build-deb.sh $(BUILD)/deb

ARCH  ?=
cross  = $(filter-out $(shell dpkg --print-architecture),$(ARCH))

deb-deps:
	@packaging/deps.sh debhelper fakeroot \
	  $(if $(cross),crossbuild-essential-$(cross),build-essential $(build_packages))
	$(if $(cross),apt-get build-dep -qq --yes --no-install-recommends --host-architecture $(cross) ./packaging)

# What was built, added to a signed repository that a static web server can serve. APT_KEY names the
# key of gpg's that signs it.
apt_suite ?= $(shell . /etc/os-release && echo $$VERSION_CODENAME)
apt-repository: deb
	@packaging/deps.sh apt-utils gpg
	@test -n '$(APT_KEY)' || { echo 'APT_KEY= must name the key of gpg that signs it' >&2; exit 1; }
	packaging/apt-repository.sh $(BUILD)/apt $(apt_suite) '$(APT_KEY)' \
	  $(BUILD)/deb/event-consumer_$(version)_*.deb

# With apt in a clean root: install, upgrade; as root.
check-apt-repository: deb
	@packaging/deps.sh apt-utils gpg gpg-agent gpgconf mmdebstrap python3
	@tests/packaging/apt_repository_test.sh

packaging_tools := $(addprefix $(BUILD)/packaging/,publish shared_mapping)

# The Debian package on a machine with real systemd; as root.
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

# Package and image for arm64, cross-built, and what is in them under qemu; as root.
check-arm64:
	@packaging/deps.sh arch-test file mmdebstrap systemd-container buildah podman
	@tests/packaging/arm64_test.sh

# The container image, without a Docker daemon; as root.
check-image:
	@packaging/deps.sh $(build_packages) mmdebstrap systemd-container buildah podman
	@$(MAKE) --no-print-directory -j$(jobs) $(packaging_tools) $(BUILD)/event-consumer
	@tests/packaging/image_test.sh

# The manifests against the schemas of Kubernetes, which come from PyPI.
check-kubernetes: $(BUILD)/event-consumer
	@packaging/deps.sh python3-venv
	@tests/packaging/kubernetes_test.sh

$(BUILD)/packaging/shared_mapping: $(call objects,tests/packaging/shared_mapping.cc)
	$(link)
