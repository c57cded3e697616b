// SPDX-License-Identifier: Apache-2.0
//
// What the process shares with torch: threads, devices, model files.
#include <algorithm>
#include <mutex>
#include <optional>
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
namespace {

std::optional<torch::Device> parse_device(const std::string& name) {
  try {
    const torch::Device device(name);
    const bool known = device.is_cuda() || (device.is_cpu() && device.index() <= 0);
    // torch cuts numbers to eight bits: its "cuda:257" is cuda:1.
    return known && device.str() == name ? std::optional(device) : std::nullopt;
  } catch (const c10::Error&) {
    return std::nullopt;
  }
}

}  // namespace

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
  const std::optional<torch::Device> device = parse_device(name);
  require(device.has_value(),
          ErrorKind::kUsage,
          "training.device = \"{}\" is no device; use cpu or cuda",
          name);
  const auto devices = static_cast<std::int64_t>(torch::cuda::device_count());
  require(device->is_cpu() || std::max<std::int64_t>(device->index(), 0) < devices,
          ErrorKind::kUsage,
          "training.device = \"{}\": torch finds {} CUDA devices, numbered from 0; use one of "
          "them, or cpu",
          name,
          devices);
  return *device;
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
