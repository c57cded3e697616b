# The front door. Everything it calls works without it; see CONTRIBUTING.md.
.PHONY: demo test bench lint format

demo: ## two generated shops, one run, its result table
	@tools/demo

test: ## everything that runs without a GPU and within minutes
	@tools/test

bench: ## the benchmarks, answers checked before timing
	@tools/bench

lint: ## format, layers, owners, sizes, words
	@tools/bootstrap
	@tools/lint.sh

format: ## rewrites what lint's format check would refuse
	@git ls-files -z --cached --others --exclude-standard -- '*.h' '*.cpp' | xargs -0 clang-format-14 -i
