// SPDX-License-Identifier: Apache-2.0
#include "crossfade/training/checkpoint.h"

#include <sstream>
#include <utility>

#include <c10/util/Exception.h>
#include <torch/serialize.h>

#include "crossfade/core/error.h"
#include "crossfade/core/files.h"
#include "crossfade/core/json.h"

namespace crossfade {
namespace {

// Of the tensors in a checkpoint; one of another format is as good as none.
constexpr int kFormat = 2;

std::string to_text(const std::string& fingerprint, const Position& position) {
  Json reports = Json::array();
  for (const PhaseReport& report : position.reports) {
    reports.push_back({{"name", report.name},
                       {"rows", report.rows},
                       {"epochs", report.epochs},
                       {"best_epoch", report.best_epoch},
                       {"seconds", report.seconds},
                       {"least_mae", report.least_mae ? Json(*report.least_mae) : Json()}});
  }
  return Json{{"format", kFormat},
              {"fingerprint", fingerprint},
              {"phase", position.phase},
              {"epoch", position.epoch},
              {"best_value", position.best_value},
              {"best_epoch", position.best_epoch},
              {"reports", reports}}
      .dump();
}

std::optional<double> optional_number(const Json& json) {
  return json.is_null() ? std::nullopt : std::optional(json.get<double>());
}

Position to_position(const Json& json) {
  Position position{.phase = json.at("phase"),
                    .epoch = json.at("epoch"),
                    .best_value = json.at("best_value"),
                    .best_epoch = json.at("best_epoch"),
                    .reports = {}};
  for (const Json& report : json.at("reports")) {
    position.reports.push_back({.name = report.at("name"),
                                .rows = report.at("rows"),
                                .epochs = report.at("epochs"),
                                .best_epoch = report.at("best_epoch"),
                                .seconds = report.at("seconds"),
                                .least_mae = optional_number(report.at("least_mae"))});
  }
  return position;
}

void write_list(torch::serialize::OutputArchive& archive,
                const std::string& name,
                const std::vector<torch::Tensor>& tensors) {
  torch::serialize::OutputArchive list;
  list.write("size", c10::IValue(static_cast<std::int64_t>(tensors.size())));
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    list.write(std::to_string(i), tensors[i], /*is_buffer=*/true);
  }
  archive.write(name, list);
}

std::vector<torch::Tensor> read_list(torch::serialize::InputArchive& archive,
                                     const std::string& name) {
  torch::serialize::InputArchive list;
  archive.read(name, list);
  c10::IValue size;
  list.read("size", size);
  std::vector<torch::Tensor> tensors(static_cast<std::size_t>(size.toInt()));
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    list.read(std::to_string(i), tensors[i], /*is_buffer=*/true);
  }
  return tensors;
}

}  // namespace

void save_checkpoint(const std::filesystem::path& file,
                     const std::string& fingerprint,
                     const Position& position,
                     const TrainingState& state) {
  torch::serialize::OutputArchive archive;
  archive.write("position", c10::IValue(to_text(fingerprint, position)));
  torch::serialize::OutputArchive module;
  state.module.save(module);
  archive.write("module", module);
  write_list(archive, "optimizer", state.optimizer);
  write_list(archive, "average", state.average);
  write_list(archive, "best", state.best);
  std::ostringstream bytes;
  archive.save_to(bytes);
  write_file(file, bytes.str());
}

std::unique_ptr<Checkpoint> Checkpoint::find(const std::filesystem::path& file,
                                             const std::string& fingerprint) {
  if (file.empty() || !std::filesystem::exists(file)) {
    return nullptr;
  }
  try {
    std::unique_ptr<Checkpoint> checkpoint(new Checkpoint);
    std::istringstream bytes(read_file(file));
    checkpoint->archive_.load_from(bytes);
    c10::IValue text;
    checkpoint->archive_.read("position", text);
    const Json json = Json::parse(text.toStringRef());
    if (json.at("format") != kFormat || json.at("fingerprint") != fingerprint) {
      return nullptr;
    }
    checkpoint->position_ = to_position(json);
    return checkpoint;
  } catch (const c10::Error&) {
    return nullptr;  // Not a checkpoint of ours; training starts over and replaces it.
  } catch (const nlohmann::json::exception&) {
    return nullptr;
  }
}

void Checkpoint::restore_module(torch::nn::Module& module) {
  torch::serialize::InputArchive archive;
  archive_.read("module", archive);
  module.load(archive);
}

std::vector<torch::Tensor> Checkpoint::optimizer() {
  return read_list(archive_, "optimizer");
}

void Checkpoint::restore_phase(const TrainingState& state) {
  state.average = read_list(archive_, "average");
  state.best = read_list(archive_, "best");
}

}  // namespace crossfade
