// SPDX-License-Identifier: Apache-2.0
#include "crossfade/features/image_table.h"

#include <algorithm>
#include <atomic>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>

#include "crossfade/core/hash.h"
#include "crossfade/features/download_table.h"
#include "crossfade/features/image_descriptor.h"
#include "crossfade/features/tables.h"

namespace crossfade {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kBatch = 512;

bool is_local(std::string_view image) {
  return !image.empty() && !is_image_address(image);
}

// One batch of images, described in any order into fixed places.
struct Batch {
  std::vector<float> rows;
  std::vector<std::optional<std::string>> problems;

  void describe(std::span<const std::string> images, std::size_t threads) {
    rows.assign(images.size() * kImageDescriptorWidth, 0.0F);
    problems.assign(images.size(), std::nullopt);
    std::atomic<std::size_t> next = 0;
    const auto work = [&] {
      for (std::size_t i = next++; i < images.size(); i = next++) {
        if (is_local(images[i])) {
          problems[i] = describe_image(
              images[i], std::span(rows).subspan(i * kImageDescriptorWidth, kImageDescriptorWidth));
        }
      }
    };
    std::vector<std::jthread> workers;
    for (std::size_t worker = 1; worker < threads; ++worker) {
      workers.emplace_back(work);
    }
    work();
  }
};

void count(const std::string& image,
           const std::optional<std::string>& problem,
           ImageCounts& counts) {
  if (image.empty()) {
    ++counts.absent;
  } else if (is_image_address(image)) {
    ++counts.remote;
  } else if (problem) {
    if (counts.unreadable++ == 0) {
      counts.first_problem = fmt::format("{}: {}", image, *problem);
    }
  } else {
    ++counts.described;
  }
}

void note(const ImageCounts& counts, Domain domain, const OnNote& on_note) {
  if (counts.unreadable > 0) {
    report(on_note,
           fmt::format("{} of {} {} images cannot be read and count as missing; first: {}",
                       counts.unreadable,
                       counts.unreadable + counts.described,
                       name_of(domain),
                       counts.first_problem));
  }
  if (counts.remote > 0) {
    report(on_note,
           fmt::format("{} {} images are addresses without a local file and count as missing; "
                       "`crossfade download images` fetches them for features.image.downloads",
                       counts.remote,
                       name_of(domain)));
  }
}

Json to_json(const ImageCounts& counts) {
  return {{"described", counts.described},
          {"unreadable", counts.unreadable},
          {"addresses", counts.remote},
          {"absent", counts.absent},
          {"first_problem", counts.first_problem}};
}

fs::path values_file(const fs::path& directory, Domain domain) {
  return directory / fmt::format("{}_images.npy", name_of(domain));
}

fs::path present_file(const fs::path& directory, Domain domain) {
  return directory / fmt::format("{}_present.npy", name_of(domain));
}

}  // namespace

bool is_image_address(std::string_view image) {
  return image.find("://") != std::string_view::npos;
}

std::string state_of_image_file(const fs::path& image) {
  std::error_code code;
  const auto size = fs::file_size(image, code);
  const auto time = fs::last_write_time(image, code).time_since_epoch().count();
  return code ? "unreadable" : fmt::format("{}:{}", size, time);
}

std::string hash_of_image_files(std::span<const std::string> images) {
  Hasher hasher;
  for (const std::string& image : images) {
    hasher.text(image);
    if (is_local(image)) {
      hasher.text(state_of_image_file(image));
    }
  }
  return hasher.hex();
}

std::vector<std::string> find_item_images(const fs::path& ingest,
                                          Domain domain,
                                          const fs::path& downloads) {
  std::vector<std::string> images = read_item_column(ingest, domain, "image");
  if (downloads.empty()) {
    return images;
  }
  const DownloadedImages downloaded(downloads);
  const std::vector<std::string> ids = read_item_column(ingest, domain, "id");
  for (std::size_t item = 0; item < images.size(); ++item) {
    if (!is_local(images[item])) {
      std::string file = downloaded.find(images[item], domain, ids[item]);
      images[item] = file.empty() ? images[item] : std::move(file);
    }
  }
  return images;
}

ImageCounts describe_images(std::span<const std::string> images,
                            const fs::path& file,
                            std::size_t threads,
                            RowMask& present,
                            const OnProgress& on_progress) {
  NpyWriter writer(file, NpyType::kFloat16, kImageDescriptorWidth);
  ImageCounts counts;
  Batch batch;
  present.clear();
  for (std::size_t first = 0; first < images.size(); first += kBatch) {
    const auto slice = images.subspan(first, std::min(kBatch, images.size() - first));
    batch.describe(slice, threads);
    for (std::size_t i = 0; i < slice.size(); ++i) {
      count(slice[i], batch.problems[i], counts);
      present.push_back(is_local(slice[i]) && !batch.problems[i] ? 1 : 0);
    }
    writer.append(batch.rows);
    report(on_progress,
           Progress{.what = "describing images",
                    .done = static_cast<std::int64_t>(first + slice.size()),
                    .total = std::ssize(images),
                    .unit = "images"});
  }
  writer.finish();
  return counts;
}

ArtifactState ensure_image_descriptors(const fs::path& ingest,
                                       const fs::path& downloads,
                                       const fs::path& directory,
                                       const FeatureCallbacks& callbacks) {
  PerDomain<std::vector<std::string>> images;
  ArtifactKey key{.stage = "image_descriptors",
                  .config = fmt::format("version = {}\n", kImageDescriptorVersion),
                  .inputs = {}};
  for (const Domain domain : kDomains) {
    images[domain] = find_item_images(ingest, domain, downloads);
    key.inputs.push_back({.name = fmt::format("{} images", name_of(domain)),
                          .hash = hash_of_image_files(images[domain])});
  }
  return ensure_artifact(directory, key, [&](const fs::path& staging) {
    Json details;
    for (const Domain domain : kDomains) {
      RowMask present;
      const ImageCounts counts = describe_images(images[domain],
                                                 values_file(staging, domain),
                                                 std::max(1U, std::thread::hardware_concurrency()),
                                                 present,
                                                 callbacks.on_progress);
      write_npy<std::uint8_t>(present_file(staging, domain), present);
      note(counts, domain, callbacks.on_note);
      details[std::string(name_of(domain))] = to_json(counts);
    }
    return details;
  });
}

RawFeatures open_image_descriptors(const fs::path& directory, Domain domain) {
  const NpyFile present(present_file(directory, domain));
  const auto flags = present.values<std::uint8_t>();
  return {.values = NpyFile(values_file(directory, domain)),
          .present = RowMask(flags.begin(), flags.end())};
}

}  // namespace crossfade
