// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace crossfade {

/// Appends the texts in `json` to `out`: a string as it is; the strings of a list, at any depth,
/// in order with `separator` between them and, with `unique`, each once; null, numbers and
/// objects add nothing. Text that is no JSON is appended as it is.
void join_json_texts(std::string_view json,
                     std::string_view separator,
                     bool unique,
                     std::string& out);

/// Appends the first image address or path in `json` to `out`: a string; the first of a list of
/// strings; or, as Amazon writes it, the hi_res, else large, else thumb entry of the first
/// object (or of an object of lists). Nothing when there is none.
void first_json_image(std::string_view json, std::string& out);

/// Appends the Python literal `text` ({'asin': 'x', 'price': None}), which is what the raw
/// metadata of 2014 is written in, to `out` as JSON. What is no Python literal comes out as no
/// JSON either.
void python_to_json(std::string_view text, std::string& out);

}  // namespace crossfade
