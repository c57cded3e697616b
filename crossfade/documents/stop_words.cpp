// SPDX-License-Identifier: Apache-2.0
#include "crossfade/documents/stop_words.h"

#include <string_view>

#include "crossfade/features/text/tokenizer.h"

namespace crossfade {
namespace {

// Articles, pronouns, prepositions, conjunctions, auxiliaries and the halves that contractions
// fall into at their apostrophe. Words that carry an opinion (no, not, very) stay in.
constexpr std::string_view kEnglish =
    "a an the this that these those "
    "i me my mine myself we us our ours ourselves you your yours yourself yourselves "
    "he him his himself she her hers herself it its itself they them their theirs themselves "
    "who whom whose which what "
    "am is are was were be been being have has had having do does did doing done "
    "will would shall should can could may might must "
    "and or but nor if than then so as because while although though unless until whether "
    "of at by for with about against between among into onto through during before after above "
    "below to from up down in out on off over under again further upon within toward towards "
    "here there when where why how also just "
    "all any both each every either neither other another some such own same "
    "s t d ll m re ve don didn doesn isn aren wasn weren hasn haven hadn won wouldn couldn "
    "shouldn ain mustn needn";

void add(std::set<std::string, std::less<>>& words, std::string_view text) {
  for (Tokenizer tokens(text); tokens.next();) {
    words.emplace(tokens.word());
  }
}

}  // namespace

std::set<std::string, std::less<>> stop_words_of(const DocumentsConfig& config) {
  std::set<std::string, std::less<>> words;
  if (config.stop_words == "english") {
    add(words, kEnglish);
  }
  for (const std::string& text : config.more_stop_words) {
    add(words, text);
  }
  return words;
}

}  // namespace crossfade
