.PHONY: help setup build run test lint format bench fuzz
help: ## This list
	@grep -E '^[a-z]+:.*##' Makefile | sed 's/:.*##/\t/'
setup: ## Install what is missing
	@sh scripts/setup.sh
	@sh scripts/vendor.sh .vendor
build: setup ## Build the program
	@swift build -c release --product zhili
run: build ## Start the centre with the sample's people on SQLite under ./var
	@test -e var/zhili.db || .build/release/zhili setup --sample --data var
	@echo "http://127.0.0.1:8080 (log in as shown at set-up; devices on TCP 5201)"
	@ZHILI_VENDOR=.vendor exec .build/release/zhili serve --data var
test: setup ## Run every test there is
	@swift build --build-tests
	@# As many at once as two cores carry: more would only make each other wait.
	@"$$(swift build --show-bin-path)/zhiliPackageTests.xctest" --testing-library swift-testing \
		--experimental-maximum-parallelization-width 6
	@ZHILI_VENDOR=.vendor sh scripts/browser-tests.sh
	@$(MAKE) --no-print-directory lint
lint: ## Check the style
	@swift format lint --strict --recursive Sources Tests Package.swift && echo "lint: clean"
format: ## Apply the style
	@swift format -i --recursive Sources Tests Package.swift
bench: build ## Measure, and write docs/performance.md; PARTS="fire registry" prints some parts alone
	@sh scripts/bench-tools.sh .tools/bench
	@sh scripts/browser-tools.sh .tools/browser
	@.build/release/zhili bench $(if $(PARTS),--only $(PARTS))
fuzz: setup ## Mutate streams for a minute (ZHILI_FUZZ_SECONDS)
	@ZHILI_FUZZ_SECONDS=$${ZHILI_FUZZ_SECONDS:-60} swift test --filter fuzz
