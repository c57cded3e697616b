// SPDX-License-Identifier: Apache-2.0
#pragma once

/// A function that is compiled twice, for every x86-64 and for those with AVX2 and fused
/// multiply-add; the program takes what the machine has when it starts. The two round differently,
/// so results are the same bits on machines of one kind. Sanitizers cannot run code that early.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && \
    !defined(__SANITIZE_ADDRESS__)
#define CROSSFADE_SIMD __attribute__((target_clones("arch=x86-64-v3", "default")))
#else
#define CROSSFADE_SIMD
#endif
