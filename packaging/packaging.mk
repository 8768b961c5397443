# The Debian package and the container image, and what tries them on machines of their own.
.PHONY: deb deb-deps check-packaging check-debian13 check-deb check-image check-kubernetes

# The Debian package, in $(BUILD)/deb. Its unit tests are those of `make check`.
deb: deb-deps
	packaging/build-deb.sh $(BUILD)/deb

deb-deps:
	@packaging/deps.sh $(build_packages) build-essential debhelper fakeroot

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
