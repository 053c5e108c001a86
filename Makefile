# The one file, dist/k3s: see docs/distribution.md.
.PHONY: dist
dist:
	packaging/dist/build.sh
