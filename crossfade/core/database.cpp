// SPDX-License-Identifier: Apache-2.0
#include "crossfade/core/database.h"

#include <exception>
#include <limits>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include <duckdb.h>

#include "crossfade/core/error.h"

namespace crossfade {
namespace {

// DuckDB's messages start with the kind ("IO Error: ...") and may carry a multi-line hint.
std::string first_lines(const char* message) {
  std::string text = message == nullptr ? "unknown database error" : message;
  text = text.substr(0, text.find("\n\nLINE "));  // an excerpt of the SQL
  for (std::size_t newline = text.find('\n'); newline != std::string::npos;
       newline = text.find('\n', newline)) {
    text.replace(newline, 1, "; ");
  }
  return text;
}

bool mentions(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

ErrorKind kind_of(duckdb_error_type type, const std::string& message) {
  if (mentions(message, "No space left") || mentions(message, "max_temp_directory_size")) {
    return ErrorKind::kIo;
  }
  switch (type) {
    case DUCKDB_ERROR_IO:
    case DUCKDB_ERROR_OUT_OF_MEMORY:
    case DUCKDB_ERROR_PERMISSION:
      return ErrorKind::kIo;
    case DUCKDB_ERROR_CONVERSION:
    case DUCKDB_ERROR_OUT_OF_RANGE:
    case DUCKDB_ERROR_INVALID_INPUT:
    case DUCKDB_ERROR_MISMATCH_TYPE:
    case DUCKDB_ERROR_CONSTRAINT:
      return ErrorKind::kData;
    default:
      return ErrorKind::kInternal;
  }
}

// A prepare error carries no type; a missing file and one of another format are what data can
// cause.
ErrorKind kind_of_prepare_error(const std::string& text) {
  if (mentions(text, "IO Error")) {
    return ErrorKind::kIo;
  }
  return mentions(text, "Invalid Input Error") ? ErrorKind::kData : ErrorKind::kInternal;
}

[[noreturn]] void throw_error(duckdb_error_type type, const char* message) {
  std::string text = first_lines(message);
  const ErrorKind kind = kind_of(type, text);
  if (type == DUCKDB_ERROR_OUT_OF_MEMORY) {
    const bool disk_is_full = mentions(text, "max_temp_directory_size");
    text = text.substr(0, text.find(';'));  // The rest is advice on DuckDB's settings.
    text = fmt::format("{} ({})",
                       disk_is_full ? "the disk is too full to spill to"
                                    : "the memory limit is too small for this data; raise "
                                      "ingest.memory_limit",
                       text);
  }
  throw Error(kind, text);
}

struct Result {
  duckdb_result value{};

  Result() = default;

  ~Result() { duckdb_destroy_result(&value); }

  Result(const Result&) = delete;
  Result& operator=(const Result&) = delete;
};

// A function as DuckDB calls it: a chunk of arguments, a vector of results.
using ChunkFunction = std::function<void(duckdb_data_chunk, duckdb_vector)>;

// What a ChunkFunction threw, until the statement that called it fails on the caller's thread.
struct Failure {
  std::mutex mutex;
  std::exception_ptr error;

  void keep(std::exception_ptr thrown) {
    const std::scoped_lock lock(mutex);
    error = error ? error : std::move(thrown);
  }

  void rethrow() {
    const std::scoped_lock lock(mutex);
    if (error) {
      std::rethrow_exception(std::exchange(error, nullptr));
    }
  }
};

struct BoundFunction {
  ChunkFunction call;
  Failure& failure;
};

void call_bound(duckdb_function_info info, duckdb_data_chunk chunk, duckdb_vector result) {
  const auto& bound = *static_cast<BoundFunction*>(duckdb_scalar_function_get_extra_info(info));
  try {
    bound.call(chunk, result);
  } catch (...) {
    bound.failure.keep(std::current_exception());
    duckdb_scalar_function_set_error(info, "a function failed");
  }
}

// One column of a chunk of arguments.
template <typename T>
class Argument {
 public:
  Argument(duckdb_data_chunk chunk, idx_t column) {
    duckdb_vector vector = duckdb_data_chunk_get_vector(chunk, column);
    values_ = static_cast<T*>(duckdb_vector_get_data(vector));
    valid_ = duckdb_vector_get_validity(vector);
  }

  [[nodiscard]] bool is_null(idx_t row) const {
    return valid_ != nullptr && !duckdb_validity_row_is_valid(valid_, row);
  }

  [[nodiscard]] T value(idx_t row) const { return values_[row]; }

  [[nodiscard]] std::string_view text(idx_t row) const {
    return is_null(row) ? std::string_view()
                        : std::string_view(duckdb_string_t_data(&values_[row]),
                                           duckdb_string_t_length(values_[row]));
  }

 private:
  T* values_;
  std::uint64_t* valid_;
};

void set_null(duckdb_vector vector, idx_t row) {
  duckdb_vector_ensure_validity_writable(vector);
  duckdb_validity_set_row_invalid(duckdb_vector_get_validity(vector), row);
}

void set_text(duckdb_vector vector, idx_t row, std::string_view text) {
  duckdb_vector_assign_string_element_len(vector, row, text.data(), text.size());
}

ChunkFunction on_chunk(TextFunction function) {
  return [function = std::move(function)](duckdb_data_chunk chunk, duckdb_vector result) {
    const Argument<duckdb_string_t> texts(chunk, 0);
    std::string out;
    for (idx_t row = 0; row < duckdb_data_chunk_get_size(chunk); ++row) {
      if (texts.is_null(row)) {
        set_null(result, row);
        continue;
      }
      out.clear();
      function(texts.text(row), out);
      set_text(result, row, out);
    }
  };
}

ChunkFunction on_chunk(TextTest test) {
  return [test = std::move(test)](duckdb_data_chunk chunk, duckdb_vector result) {
    const Argument<duckdb_string_t> texts(chunk, 0);
    auto* answers = static_cast<bool*>(duckdb_vector_get_data(result));
    for (idx_t row = 0; row < duckdb_data_chunk_get_size(chunk); ++row) {
      if (texts.is_null(row)) {
        set_null(result, row);
      } else {
        answers[row] = test(texts.text(row));
      }
    }
  };
}

ChunkFunction keep_chunk(const TextKeeper& keeper) {
  return [keep = keeper.keep](duckdb_data_chunk chunk, duckdb_vector result) {
    const Argument<duckdb_string_t> first(chunk, 0);
    const Argument<duckdb_string_t> second(chunk, 1);
    auto* numbers = static_cast<std::int64_t*>(duckdb_vector_get_data(result));
    for (idx_t row = 0; row < duckdb_data_chunk_get_size(chunk); ++row) {
      numbers[row] = keep(first.text(row), second.text(row));
    }
  };
}

ChunkFunction find_chunk(const TextKeeper& keeper) {
  return [find = keeper.find](duckdb_data_chunk chunk, duckdb_vector result) {
    const Argument<std::int64_t> numbers(chunk, 0);
    duckdb_vector first = duckdb_struct_vector_get_child(result, 0);
    duckdb_vector second = duckdb_struct_vector_get_child(result, 1);
    std::string buffer;
    for (idx_t row = 0; row < duckdb_data_chunk_get_size(chunk); ++row) {
      const auto texts =
          numbers.is_null(row) ? decltype(find(0, buffer))() : find(numbers.value(row), buffer);
      set_text(first, row, texts.first);
      set_text(second, row, texts.second);
    }
  };
}

// Owns a type for the length of a call.
struct LogicalType {
  duckdb_logical_type value;

  explicit LogicalType(duckdb_type type) : value(duckdb_create_logical_type(type)) {}

  LogicalType(const LogicalType& first, const LogicalType& second) {
    duckdb_logical_type types[] = {first.value, second.value};
    const char* names[] = {"first", "second"};
    value = duckdb_create_struct_type(types, names, 2);
  }

  ~LogicalType() { duckdb_destroy_logical_type(&value); }

  LogicalType(const LogicalType&) = delete;
  LogicalType& operator=(const LogicalType&) = delete;
};

struct Signature {
  std::string name;
  std::vector<duckdb_logical_type> parameters;
  duckdb_logical_type result;
};

void register_function(duckdb_connection connection,
                       const Signature& signature,
                       BoundFunction function) {
  duckdb_scalar_function scalar = duckdb_create_scalar_function();
  duckdb_scalar_function_set_name(scalar, signature.name.c_str());
  for (const duckdb_logical_type parameter : signature.parameters) {
    duckdb_scalar_function_add_parameter(scalar, parameter);
  }
  duckdb_scalar_function_set_return_type(scalar, signature.result);
  duckdb_scalar_function_set_extra_info(
      scalar, new BoundFunction(std::move(function)), [](void* extra) {
        delete static_cast<BoundFunction*>(extra);
      });
  duckdb_scalar_function_set_function(scalar, call_bound);
  duckdb_scalar_function_set_special_handling(scalar);  // NULLs are ours to deal with.
  const duckdb_state added = duckdb_register_scalar_function(connection, scalar);
  duckdb_destroy_scalar_function(&scalar);
  require(added == DuckDBSuccess,
          ErrorKind::kInternal,
          "cannot add the SQL function {}",
          signature.name);
}

}  // namespace

struct Database::State {
  Failure failure;
  duckdb_database database = nullptr;
  duckdb_connection connection = nullptr;

  ~State() {
    duckdb_disconnect(&connection);
    duckdb_close(&database);
  }
};

struct Rows::State {
  explicit State(Failure& functions) : failure(functions) {}

  Failure& failure;
  duckdb_prepared_statement statement = nullptr;
  duckdb_result result{};
  duckdb_data_chunk chunk = nullptr;
  RowBlock block;

  ~State() {
    duckdb_destroy_data_chunk(&chunk);
    duckdb_destroy_result(&result);
    duckdb_destroy_prepare(&statement);
  }

  State(const State&) = delete;
  State& operator=(const State&) = delete;
};

const void* RowBlock::data(std::size_t column) const {
  return duckdb_vector_get_data(
      duckdb_data_chunk_get_vector(static_cast<duckdb_data_chunk>(chunk_), column));
}

std::string_view RowBlock::text(std::size_t column, std::size_t row) const {
  if (is_null(column, row)) {
    return {};
  }
  auto* texts = static_cast<duckdb_string_t*>(const_cast<void*>(data(column)));
  return {duckdb_string_t_data(&texts[row]), duckdb_string_t_length(texts[row])};
}

bool RowBlock::is_null(std::size_t column, std::size_t row) const {
  std::uint64_t* validity = duckdb_vector_get_validity(
      duckdb_data_chunk_get_vector(static_cast<duckdb_data_chunk>(chunk_), column));
  return validity != nullptr && !duckdb_validity_row_is_valid(validity, row);
}

Rows::Rows(std::unique_ptr<State> state) : state_(std::move(state)) {}

Rows::Rows(Rows&&) noexcept = default;

Rows::~Rows() = default;

const RowBlock* Rows::next() {
  do {
    duckdb_destroy_data_chunk(&state_->chunk);
    state_->chunk = duckdb_fetch_chunk(state_->result);
    if (state_->chunk == nullptr) {
      const char* message = duckdb_result_error(&state_->result);
      if (message != nullptr && *message != '\0') {
        state_->failure.rethrow();
        throw_error(duckdb_result_error_type(&state_->result), message);
      }
      return nullptr;
    }
    state_->block.chunk_ = state_->chunk;
    state_->block.rows_ = duckdb_data_chunk_get_size(state_->chunk);
  } while (state_->block.rows_ == 0);
  return &state_->block;
}

Database::Database(const DatabaseOptions& options) : state_(std::make_unique<State>()) {
  duckdb_config config = nullptr;
  duckdb_create_config(&config);
  const auto threads = options.threads > 0
                           ? options.threads
                           : std::max<std::int64_t>(1, std::thread::hardware_concurrency());
  const std::pair<const char*, std::string> settings[] = {
      {"memory_limit", options.memory_limit},
      {"temp_directory", options.spill_directory.string()},
      {"threads", std::to_string(threads)},
      // Nothing is ever fetched from a network, and errors are text for people.
      {"autoinstall_known_extensions", "false"},
      {"autoload_known_extensions", "false"},
  };
  for (const auto& [name, value] : settings) {
    if (duckdb_set_config(config, name, value.c_str()) == DuckDBError) {
      duckdb_destroy_config(&config);
      fail(ErrorKind::kUsage, "the database does not accept {} = \"{}\"", name, value);
    }
  }
  char* message = nullptr;
  const duckdb_state opened = duckdb_open_ext(nullptr, &state_->database, config, &message);
  duckdb_destroy_config(&config);
  if (opened == DuckDBError) {
    const std::string text = first_lines(message);
    duckdb_free(message);
    fail(ErrorKind::kUsage, "the database does not start: {}", text);
  }
  duckdb_connect(state_->database, &state_->connection);
}

Database::~Database() = default;

void Database::add_text_function(const std::string& name, TextFunction function) {
  const LogicalType text(DUCKDB_TYPE_VARCHAR);
  register_function(state_->connection,
                    {.name = name, .parameters = {text.value}, .result = text.value},
                    {.call = on_chunk(std::move(function)), .failure = state_->failure});
}

void Database::add_text_test(const std::string& name, TextTest test) {
  const LogicalType text(DUCKDB_TYPE_VARCHAR);
  const LogicalType answer(DUCKDB_TYPE_BOOLEAN);
  register_function(state_->connection,
                    {.name = name, .parameters = {text.value}, .result = answer.value},
                    {.call = on_chunk(std::move(test)), .failure = state_->failure});
}

void Database::add_text_keeper(const std::string& name, const TextKeeper& keeper) {
  const LogicalType text(DUCKDB_TYPE_VARCHAR);
  const LogicalType number(DUCKDB_TYPE_BIGINT);
  const LogicalType pair(text, text);
  register_function(
      state_->connection,
      {.name = "keep_" + name, .parameters = {text.value, text.value}, .result = number.value},
      {.call = keep_chunk(keeper), .failure = state_->failure});
  register_function(state_->connection,
                    {.name = "find_" + name, .parameters = {number.value}, .result = pair.value},
                    {.call = find_chunk(keeper), .failure = state_->failure});
}

void Database::execute(const std::string& sql) {
  Result result;
  if (duckdb_query(state_->connection, sql.c_str(), &result.value) == DuckDBError) {
    state_->failure.rethrow();
    throw_error(duckdb_result_error_type(&result.value), duckdb_result_error(&result.value));
  }
}

Rows Database::query(const std::string& sql) {
  auto state = std::make_unique<Rows::State>(state_->failure);
  if (duckdb_prepare(state_->connection, sql.c_str(), &state->statement) == DuckDBError) {
    const std::string text = first_lines(duckdb_prepare_error(state->statement));
    throw Error(kind_of_prepare_error(text), text);
  }
  if (duckdb_execute_prepared_streaming(state->statement, &state->result) == DuckDBError) {
    state_->failure.rethrow();
    throw_error(duckdb_result_error_type(&state->result), duckdb_result_error(&state->result));
  }
  return Rows(std::move(state));
}

std::int64_t Database::query_count(const std::string& sql) {
  Rows rows = query(fmt::format("SELECT coalesce(({}), 0)::BIGINT", sql));
  return rows.next()->column<std::int64_t>(0)[0];
}

double Database::query_number(const std::string& sql) {
  Rows rows = query(fmt::format("SELECT ({})::DOUBLE", sql));
  const RowBlock* block = rows.next();
  return block->is_null(0, 0) ? std::numeric_limits<double>::quiet_NaN()
                              : block->column<double>(0)[0];
}

std::string Database::query_text(const std::string& sql) {
  Rows rows = query(fmt::format("SELECT ({})::VARCHAR", sql));
  return std::string(rows.next()->text(0, 0));
}

std::string sql_quote(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    out += c == '\'' ? "''" : std::string(1, c);
  }
  return out + "'";
}

std::string sql_name(std::string_view name) {
  std::string out = "\"";
  for (const char c : name) {
    out += c == '"' ? "\"\"" : std::string(1, c);
  }
  return out + "\"";
}

}  // namespace crossfade
