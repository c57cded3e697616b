// SPDX-License-Identifier: Apache-2.0
#include "crossfade/core/database.h"

#include <limits>
#include <thread>
#include <utility>

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

// Applies the TextFunction in the extra info to one chunk of rows.
void call_text_function(duckdb_function_info info, duckdb_data_chunk chunk, duckdb_vector result) {
  const auto& function = *static_cast<TextFunction*>(duckdb_scalar_function_get_extra_info(info));
  duckdb_vector input = duckdb_data_chunk_get_vector(chunk, 0);
  auto* texts = static_cast<duckdb_string_t*>(duckdb_vector_get_data(input));
  std::uint64_t* valid = duckdb_vector_get_validity(input);
  std::string out;
  for (idx_t row = 0; row < duckdb_data_chunk_get_size(chunk); ++row) {
    if (valid != nullptr && !duckdb_validity_row_is_valid(valid, row)) {
      duckdb_vector_ensure_validity_writable(result);
      duckdb_validity_set_row_invalid(duckdb_vector_get_validity(result), row);
      continue;
    }
    out.clear();
    function({duckdb_string_t_data(&texts[row]), duckdb_string_t_length(texts[row])}, out);
    duckdb_vector_assign_string_element_len(result, row, out.data(), out.size());
  }
}

}  // namespace

struct Database::State {
  duckdb_database database = nullptr;
  duckdb_connection connection = nullptr;

  ~State() {
    duckdb_disconnect(&connection);
    duckdb_close(&database);
  }
};

struct Rows::State {
  duckdb_prepared_statement statement = nullptr;
  duckdb_result result{};
  duckdb_data_chunk chunk = nullptr;
  RowBlock block;

  ~State() {
    duckdb_destroy_data_chunk(&chunk);
    duckdb_destroy_result(&result);
    duckdb_destroy_prepare(&statement);
  }
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
  duckdb_scalar_function scalar = duckdb_create_scalar_function();
  duckdb_logical_type text = duckdb_create_logical_type(DUCKDB_TYPE_VARCHAR);
  duckdb_scalar_function_set_name(scalar, name.c_str());
  duckdb_scalar_function_add_parameter(scalar, text);
  duckdb_scalar_function_set_return_type(scalar, text);
  duckdb_scalar_function_set_extra_info(
      scalar, new TextFunction(std::move(function)), [](void* extra) {
        delete static_cast<TextFunction*>(extra);
      });
  duckdb_scalar_function_set_function(scalar, call_text_function);
  const duckdb_state added = duckdb_register_scalar_function(state_->connection, scalar);
  duckdb_destroy_scalar_function(&scalar);
  duckdb_destroy_logical_type(&text);
  require(added == DuckDBSuccess, ErrorKind::kInternal, "cannot add the SQL function {}", name);
}

void Database::execute(const std::string& sql) {
  Result result;
  if (duckdb_query(state_->connection, sql.c_str(), &result.value) == DuckDBError) {
    throw_error(duckdb_result_error_type(&result.value), duckdb_result_error(&result.value));
  }
}

Rows Database::query(const std::string& sql) {
  auto state = std::make_unique<Rows::State>();
  if (duckdb_prepare(state_->connection, sql.c_str(), &state->statement) == DuckDBError) {
    const std::string text = first_lines(duckdb_prepare_error(state->statement));
    throw Error(kind_of_prepare_error(text), text);
  }
  if (duckdb_execute_prepared_streaming(state->statement, &state->result) == DuckDBError) {
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
