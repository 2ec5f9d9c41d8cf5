# Entry points for a checkout; each target is a line or two over tools/.

BUILD := build

.PHONY: help setup build demo serve test check bench fmt clean

help:
	@echo 'make demo    run Glaux once from end to end, through the plain AWS CLI'
	@echo 'make serve   start a server that stays, and print the lines that a client needs'
	@echo 'make build   build the programs into $(BUILD)/'
	@echo 'make test    run every test; the last line says how many passed and failed'
	@echo 'make check   formatting, lint, layers, style and types'
	@echo 'make bench   measure this machine'
	@echo 'make fmt     format the C and the Python sources'
	@echo 'make setup   install what is missing (the targets above call it themselves)'
	@echo 'make clean   remove $(BUILD)/'

setup:
	@tools/setup run

build: setup
	@[ -f $(BUILD)/build.ninja ] || meson setup $(BUILD)
	@[ -z "$$(find src tests -name meson.build -newer $(BUILD)/build.ninja)" ] || meson setup --reconfigure $(BUILD)
	@ninja -C $(BUILD)
	@tools/setup link $(BUILD)

demo: build
	@tools/demo

serve: build
	@tools/serve

test:
	@tools/setup test clients
	@$(MAKE) --no-print-directory build
	@/usr/bin/python3 tools/run_tests.py $(TIERS)

check:
	@tools/setup test
	@$(MAKE) --no-print-directory build
	@/usr/bin/python3 tools/run_checks.py $(CHECKS)

bench: build
	@tools/setup bench
	@bench/run

fmt:
	@tools/setup test
	@/usr/bin/python3 tools/run_checks.py fmt

clean:
	rm -rf $(BUILD) build-*
