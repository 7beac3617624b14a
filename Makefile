# What each target does stands in the README. Tools that are missing are named, or installed where the target says so.

CARGO_NEXTEST_VERSION := 0.9.143
CARGO_DENY_VERSION := 0.20.2
NICE := nice

.PHONY: run build check test test-long walk lighthouse bench lab lab-drill lab-down pages types tools-run tools-check tools-test tools-bench tools-lab

run: build
	@exec ./target/release/palisade serve

build: tools-run pages
	$(NICE) cargo build --release --locked -p server

# The interface, built into ui/build, which the program embeds.
pages: ui/build/index.html

ui/node_modules: ui/package.json ui/package-lock.json
	@# Not `npm ci`: a package that paraglide needs names builds for other platforms that were never published, and ci refuses
	@# a lock file without them. The lock file's versions and hashes hold here too.
	cd ui && npm install --no-save --no-audit --no-fund
	@touch ui/node_modules

ui/build/index.html: ui/node_modules $(shell find ui/src ui/static ui/messages ui/project.inlang -type f 2>/dev/null) ui/svelte.config.js ui/vite.config.ts ui/fonts.ts
	cd ui && npm run build
	@touch ui/build/index.html

# The description of the API and the interface's types of it, after a route has changed. A test finds them out of date.
types: ui/node_modules
	cd ui && npm run types

check: tools-check pages
	cargo fmt --check
	$(NICE) cargo clippy --workspace --all-targets --locked -- -D warnings
	cargo deny --locked check bans licenses sources
	python3 docs/architecture_check.py
	cd ui && npm run types:check && npm run check && npm run lint && npm run format:check

test: tools-test pages
	$(NICE) cargo nextest run --workspace --locked
	PALISADE_TEST_ENGINE=postgres $(NICE) cargo nextest run -p app -p jobs --locked
	cd ui && npm run test
	$(NICE) cargo build --locked -p server
	$(NICE) cargo build --locked -p testpg --example pair
	.ci/walk

# Walks through the program with a real browser, and takes the pictures in ui/test-results/shots.
walk: tools-test pages
	$(NICE) cargo build --locked -p server
	$(NICE) cargo build --locked -p testpg --example pair
	.ci/walk

# What Lighthouse says of the pages, on a telephone and on a desk. It brings 185 MB, so it is fetched only here.
lighthouse: tools-test pages
	cd ui/lighthouse && npm ci --no-audit --no-fund
	$(NICE) cargo build --locked -p server
	.ci/walk node lighthouse/measure.mjs

# The full matrices, by hand.
test-long: tools-test pages
	PALISADE_LONG=1 $(NICE) cargo nextest run -p server --locked
	PALISADE_LONG=1 $(NICE) cargo nextest run -p lab --profile long --test drill --locked --no-capture

# The figures, beside what this machine could do at best; QUICK=1 takes a minute, ONLY=small,json takes those parts.
bench: tools-bench build
	$(NICE) cargo build --release --locked -p bench
	./target/release/bench $(if $(QUICK),--quick) $(if $(ONLY),--only $(ONLY))

LAB := $${CARGO_TARGET_DIR:-target}/debug/lab

# Three sites on this machine until `make lab-down`; LAB_UP="--form economy --ttl 8" and the like goes to `lab up`.
lab: tools-lab pages
	$(NICE) cargo build --locked -p server -p lab
	$(LAB) up $(LAB_UP)

# Breaks each thing in turn, under load, and prints the figures; LAB_DRILL="--fault kill-site=5" takes that alone.
lab-drill:
	$(LAB) drill $(LAB_DRILL)

lab-down:
	$(LAB) down

tools-run:
	@missing=""; \
	command -v cargo >/dev/null || missing="$$missing Rust (rustup.rs)"; \
	command -v npm >/dev/null || missing="$$missing Node 20 or newer (nodejs.org, or your distribution)"; \
	command -v cc >/dev/null || missing="$$missing a C compiler (apt-get install gcc libc6-dev)"; \
	if [ -n "$$missing" ]; then echo "palisade: this machine lacks:$$missing" >&2; exit 1; fi

tools-check: tools-run
	@command -v cargo-deny >/dev/null || { echo "installing cargo-deny"; $(NICE) cargo install cargo-deny --locked --version $(CARGO_DENY_VERSION); }

tools-test: tools-run
	@command -v cargo-nextest >/dev/null || { echo "installing cargo-nextest"; $(NICE) cargo install cargo-nextest --locked --version $(CARGO_NEXTEST_VERSION); }
	@.ci/packages

tools-lab: tools-run
	@.ci/packages lab

tools-bench: tools-run
	@.ci/packages bench
