// SPDX-License-Identifier: Apache-2.0
//
// What the process shares with torch: threads, devices, model files.
#include <mutex>
#include <sstream>

#include <ATen/Parallel.h>
#include <c10/util/Exception.h>
#include <dlfcn.h>
#include <torch/cuda.h>
#include <torch/serialize.h>
#include <torch/utils.h>

#include "crossfade/core/error.h"
#include "crossfade/core/files.h"
#include "crossfade/training/trainer.h"

namespace crossfade {

void configure_torch() {
  at::set_num_threads(1);
  // torch does not pass its thread count on to OpenBLAS, which is found only when it is the
  // system's BLAS.
  using SetThreads = void (*)(int);
  if (auto* set_threads =
          reinterpret_cast<SetThreads>(::dlsym(RTLD_DEFAULT, "openblas_set_num_threads"))) {
    set_threads(1);
  }
}

std::unique_ptr<Model> make_model(const ModelEntry& entry,
                                  const TrainingData& data,
                                  const TomlTable& settings,
                                  const ModelContext& context) {
  static std::mutex mutex;
  const std::scoped_lock lock(mutex);
  torch::manual_seed(context.rng.fork("initial weights")());
  try {
    return entry.make(data, settings, context);
  } catch (const c10::Error& error) {
    fail(ErrorKind::kInternal, "torch: {}", error.what_without_backtrace());
  }
}

torch::Device find_device(const std::string& name) {
  try {
    const torch::Device device(name);
    require(device.is_cpu() || torch::cuda::is_available(),
            ErrorKind::kUsage,
            "training.device = \"{}\": this build of torch finds no CUDA device; use cpu",
            name);
    return device;
  } catch (const c10::Error&) {
    fail(ErrorKind::kUsage, "training.device = \"{}\" is no device; use cpu or cuda", name);
  }
}

void save_model(Model& model, const std::filesystem::path& file) {
  torch::serialize::OutputArchive archive;
  model.module().save(archive);
  std::ostringstream bytes;
  archive.save_to(bytes);
  write_file(file, bytes.str());
}

void load_model(Model& model, const std::filesystem::path& file) {
  std::istringstream bytes(read_file(file));
  try {
    torch::serialize::InputArchive archive;
    archive.load_from(bytes);
    model.module().load(archive);
    model.module().eval();
  } catch (const c10::Error&) {
    fail(ErrorKind::kData,
         "{}: is not the state of this model; remove its directory and run again",
         file.string());
  }
}

}  // namespace crossfade
