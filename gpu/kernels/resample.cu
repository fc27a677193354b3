// Resampling with counter-based draws: every number is a function of (key, replicate, draw), so that any grid, any sharding
// and the processor draw the same. Philox 4x32-10: Salmon et al., Parallel random numbers: as easy as 1, 2, 3, SC 2011.
#include "common.cuh"

#ifndef COLUMNS
#define COLUMNS 2
#endif

// Four words from the counter (block, attempt, replicate low, replicate high).
__device__ __forceinline__ void philox(uint32_t block, uint32_t attempt, uint64_t replicate, uint32_t key0, uint32_t key1,
                                       uint32_t* out) {
  uint32_t x0 = block, x1 = attempt, x2 = static_cast<uint32_t>(replicate), x3 = static_cast<uint32_t>(replicate >> 32);
#pragma unroll
  for (int round = 0; round < 10; round++) {
    const uint64_t p0 = 0xD2511F53ull * x0, p1 = 0xCD9E8D57ull * x2;
    x0 = static_cast<uint32_t>(p1 >> 32) ^ x1 ^ key0;
    x1 = static_cast<uint32_t>(p1);
    x2 = static_cast<uint32_t>(p0 >> 32) ^ x3 ^ key1;
    x3 = static_cast<uint32_t>(p0);
    key0 += 0x9E3779B9u;
    key1 += 0xBB67AE85u;
  }
  out[0] = x0;
  out[1] = x1;
  out[2] = x2;
  out[3] = x3;
}

// Word × bound: the upper half is a number below `bound`, each equally likely, unless the lower half falls into the first
// `least` = 2^32 mod bound values, of which some results have one more; then the draw is tried again with the next attempt.
__device__ __forceinline__ uint32_t tried_again(uint32_t bound, uint32_t least, uint32_t block, int lane,
                                                uint64_t replicate, uint32_t key0, uint32_t key1) {
  for (uint32_t attempt = 1;; attempt++) {
    uint32_t words[4];
    philox(block, attempt, replicate, key0, key1, words);
    uint32_t word = words[0];
#pragma unroll
    for (int i = 1; i < 4; i++) word = lane == i ? words[i] : word;
    const uint64_t product = static_cast<uint64_t>(word) * bound;
    if (static_cast<uint32_t>(product) >= least) return static_cast<uint32_t>(product >> 32);
  }
}

// out[replicate, column] = Σ over `count` draws of values[draw, column]; one block a replicate. The sum's order is fixed by
// the number of threads alone.
extern "C" __global__ void __launch_bounds__(256)
bootstrap_totals(const double* __restrict__ values, uint32_t key0, uint32_t key1, int64_t first, int64_t count,
                 double* __restrict__ out) {
  __shared__ double parts[8][COLUMNS];
  double total[COLUMNS];
#pragma unroll
  for (int c = 0; c < COLUMNS; c++) total[c] = 0.0;
  const uint32_t bound = static_cast<uint32_t>(count), least = (0u - bound) % bound;
  const uint64_t replicate = first + blockIdx.x;
  const int64_t quads = (count + 3) / 4;
  for (int64_t block = threadIdx.x; block < quads; block += blockDim.x) {
    uint32_t words[4];
    philox(static_cast<uint32_t>(block), 0, replicate, key0, key1, words);
    uint32_t open = 0;
#pragma unroll
    for (int lane = 0; lane < 4; lane++) {
      if (4 * block + lane >= count) continue;
      const uint64_t product = static_cast<uint64_t>(words[lane]) * bound;
      if (static_cast<uint32_t>(product) < least) {
        open |= 1u << lane;
        continue;
      }
      const double* row = values + static_cast<int64_t>(product >> 32) * COLUMNS;
#pragma unroll
      for (int c = 0; c < COLUMNS; c++) total[c] += row[c];
    }
    for (; open; open &= open - 1) {
      const uint32_t at = tried_again(bound, least, static_cast<uint32_t>(block), __ffs(open) - 1, replicate, key0, key1);
      const double* row = values + static_cast<int64_t>(at) * COLUMNS;
#pragma unroll
      for (int c = 0; c < COLUMNS; c++) total[c] += row[c];
    }
  }
#pragma unroll
  for (int c = 0; c < COLUMNS; c++) {
    for (int by = 16; by; by >>= 1) total[c] += __shfl_xor_sync(0xffffffffu, total[c], by);
    if (threadIdx.x % 32 == 0) parts[threadIdx.x / 32][c] = total[c];
  }
  __syncthreads();
  if (threadIdx.x < COLUMNS) {
    double sum = 0.0;
    for (unsigned w = 0; w < blockDim.x / 32; w++) sum += parts[w][threadIdx.x];
    out[static_cast<int64_t>(blockIdx.x) * COLUMNS + threadIdx.x] = sum;
  }
}

// chosen[item, replicate], shape (of, replicates): a subset of `size` of `of` items, each subset equally likely, one thread a
// replicate. Knuth, The Art of Computer Programming 2, section 3.4.2, algorithm S: of r items left, w still wanted, take
// the next one with probability w / r.
extern "C" __global__ void __launch_bounds__(256)
subsets(uint32_t key0, uint32_t key1, int64_t first, int64_t replicates, uint32_t size, uint32_t of,
        uint8_t* __restrict__ chosen) {
  const int64_t row = static_cast<int64_t>(blockIdx.x) * blockDim.x + threadIdx.x;
  if (row >= replicates) return;
  uint32_t wanted = size;
  for (uint32_t block = 0; 4ull * block < of; block++) {
    uint32_t words[4];
    philox(block, 0, first + row, key0, key1, words);
#pragma unroll
    for (int lane = 0; lane < 4; lane++) {
      const uint32_t item = 4 * block + lane;
      if (item >= of) continue;
      const uint32_t bound = of - item;
      const uint64_t product = static_cast<uint64_t>(words[lane]) * bound;
      uint32_t number = static_cast<uint32_t>(product >> 32);
      if (static_cast<uint32_t>(product) < bound) {  // the remainder, a slow operation, is below the bound
        const uint32_t least = (0u - bound) % bound;
        if (static_cast<uint32_t>(product) < least)
          number = tried_again(bound, least, block, lane, first + row, key0, key1);
      }
      const bool take = number < wanted;
      wanted -= take;
      chosen[static_cast<int64_t>(item) * replicates + row] = take;
    }
  }
}
