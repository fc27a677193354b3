// Windows of the corpus that are n-grams of some query: rolling hash, filter in L2, hash table, comparison token by token.
//
// A block copies its part of the corpus into shared memory, 4 bytes a token read once, and each thread rolls the hash over
// STRIP windows of it. STRIP is odd, so that the threads of a warp, STRIP words apart, read 32 different banks.
#include "common.cuh"

#define STRIP 63

// Dynamic shared memory: blockDim.x · STRIP + n − 1 tokens.
// corpus: count tokens. leaving: multiplierⁿ. bits: 2^log2_slots bits. keys, grams: a table of 2^log2_table slots with open
// addressing, gram −1 where empty, and at least one slot empty. first: a place in `queries` of every n-gram.
// found: (place << 32 | gram) in any order; found_count counts all of them, also those beyond capacity.
extern "C" __global__ void __launch_bounds__(128)
ngram_probe(const uint32_t* __restrict__ corpus, int64_t count, int n, uint64_t multiplier, uint64_t leaving,
            uint64_t spread, const uint32_t* __restrict__ bits, int log2_slots, const uint64_t* __restrict__ keys,
            const int* __restrict__ grams, int log2_table, const int64_t* __restrict__ first,
            const uint32_t* __restrict__ queries, uint64_t* __restrict__ found, unsigned int* __restrict__ found_count,
            unsigned int capacity) {
  DYNAMIC_SHARED(uint32_t, tile);
  const int64_t base = static_cast<int64_t>(blockIdx.x) * blockDim.x * STRIP;
  const int64_t left = count - base;
  const int held = static_cast<int>(min(left, static_cast<int64_t>(blockDim.x) * STRIP + n - 1));
  for (int i = threadIdx.x; i < held; i += blockDim.x) tile[i] = corpus[base + i];
  __syncthreads();

  const int start = threadIdx.x * STRIP;
  const int stop = min(start + STRIP, held - n + 1);
  if (start >= stop) return;
  const uint64_t table_mask = (1ull << log2_table) - 1;
  uint64_t hash = 0;
  for (int i = 0; i < n; i++) hash = hash * multiplier + (tile[start + i] + 1ull);
  for (int at = start; at < stop; at++) {
    const uint64_t mixed = hash * spread;
    const uint64_t slot = mixed >> (64 - log2_slots);
    if (bits[slot >> 5] >> (slot & 31) & 1u) {
      // Slots with the same key hold n-grams that collide; each is compared before the search goes on.
      for (uint64_t t = mixed >> (64 - log2_table); grams[t] >= 0; t = (t + 1) & table_mask) {
        if (keys[t] != hash) continue;
        const uint32_t* gram = queries + first[grams[t]];
        int same = 0;
        while (same < n && gram[same] == tile[at + same]) same++;
        if (same < n) continue;
        const unsigned int place = atomicAdd(found_count, 1u);
        if (place < capacity) found[place] = static_cast<uint64_t>(base + at) << 32 | static_cast<uint32_t>(grams[t]);
        break;
      }
    }
    if (at + 1 < stop) hash = hash * multiplier + (tile[at + n] + 1ull) - leaving * (tile[at] + 1ull);
  }
}
