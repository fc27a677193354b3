// ln of the probability that a decoding draws the target of one row; `gpu/decoding.py` holds the definition.
//
// One block a row, no sort. Tokens are ordered by falling logit, the lower id first among equals; what is kept is a beginning
// of that order, so one logit (a key) and a number of tokens with exactly that logit tell where it ends. Both ends are found
// by halving the interval of keys and asking what lies at or above the middle: how many tokens for top-k, what mass for top-p.
#include "rows.cuh"

struct Shared {
  double masses[WARP];
  float values[WARP];
  int counts[WARP];
};
struct Above {  // tokens, and mass Σ exp((x − max) / temperature), at or above a key
  int count;
  double mass;
};

// Rises with the float; low bits that the format never sets are left away. −0 counts as +0.
template <class T> __device__ __forceinline__ uint32_t key_of(float x) {
  const uint32_t bits = __float_as_uint(x + 0.0f);
  return (bits & 0x80000000u ? ~bits : bits | 0x80000000u) >> T::SPARE;
}
template <class T> __device__ __forceinline__ float float_of(uint32_t key) {
  const uint32_t bits = key << T::SPARE;
  return __uint_as_float(bits & 0x80000000u ? bits ^ 0x80000000u : ~(bits | ((1u << T::SPARE) - 1)));
}

template <class T> struct Row {
  const typename T::stored* x;
  int width;
  float max, inverse;
  Shared& s;

  __device__ __forceinline__ float weight(float value) const { return expf((value - max) * inverse); }
  __device__ __forceinline__ double sum(double value) const {
    return agree(value, s.masses, [](double a, double b) { return a + b; });
  }
  __device__ __forceinline__ int sum(int value) const {
    return agree(value, s.counts, [](int a, int b) { return a + b; });
  }
  // What is at or above the key; with an `id`, what stands in order before that token of this key.
  __device__ __forceinline__ Above above(uint32_t key, int id = -1) const {
    int count = 0;
    double mass = 0.0;
    for_each<T>(x, width, [&](const auto& values, int first) {
      constexpr int COUNT = sizeof(values) / sizeof(float);
      float part = 0.0f;
#pragma unroll
      for (int j = 0; j < COUNT; j++) {
        const uint32_t own = key_of<T>(values[j]);
        const bool counts = id < 0 ? own >= key : own > key || (own == key && first + j < id);
        count += counts, part += counts ? weight(values[j]) : 0.0f;
      }
      mass += part;
    });
    return {sum(count), sum(mass)};
  }
};

template <class T>
__device__ __forceinline__ double chance(const typename T::stored* x, int target, int width, double temperature, int top_k,
                                         double top_p, Shared& s) {
  float max = LOWEST, wrong = target < 0 || target >= width ? 1.0f : 0.0f;
  for_each<T>(x, width, [&](const auto& values, int) {
    for (float value : values) {
      if (!(value < INFINITE)) wrong = 1.0f;
      max = fmaxf(max, value);
    }
  });
  max = agree(max, s.values, [](float a, float b) { return fmaxf(a, b); });
  wrong = agree(wrong, s.values, [](float a, float b) { return fmaxf(a, b); });
  if (wrong > 0.0f || max == LOWEST) return NOT_A_NUMBER;

  const Row<T> row = {x, width, max, static_cast<float>(1.0 / temperature), s};
  const float wanted = T::value(x[target]);
  const uint32_t own = key_of<T>(wanted), highest = key_of<T>(max);
  const Above before = row.above(own, target);
  if (before.count >= top_k) return LOWEST;

  // The last key of top-k: the largest with at least top_k tokens at or above it; `room` of its tokens are kept.
  uint32_t last = 0;
  int room = width;
  double kept;
  if (top_k < width) {
    for (uint32_t high = highest; last < high;) {
      const uint32_t middle = last + (high - last + 1) / 2;
      if (row.above(middle).count >= top_k) last = middle;
      else high = middle - 1;
    }
    const Above higher = row.above(last + 1);
    room = top_k - higher.count;
    kept = higher.mass + room * static_cast<double>(row.weight(float_of<T>(last)));
  } else {
    kept = row.above(0).mass;
  }

  if (top_p < 1.0) {
    const double enough = top_p * kept;
    if (before.count > 0 && before.mass >= enough) return LOWEST;
    uint32_t edge = last;
    for (uint32_t high = highest; edge < high;) {
      const uint32_t middle = edge + (high - edge + 1) / 2;
      if (row.above(middle).mass >= enough) edge = middle;
      else high = middle - 1;
    }
    const Above higher = row.above(edge + 1);
    const double each = row.weight(float_of<T>(edge));
    const int equals = edge == last && top_k < width ? room : row.above(edge).count - higher.count;
    const double needed = ceil((enough - higher.mass) / each);
    const int taken = needed < 1.0 ? 1 : needed < equals ? static_cast<int>(needed) : equals;
    if (own < edge || (own == edge && before.count - higher.count >= taken)) return LOWEST;
    kept = higher.mass + taken * each;
  }
  return (static_cast<double>(wanted) - max) / temperature - log(kept);
}

#define KERNEL(name, type)                                                                                                    \
  extern "C" __global__ void __launch_bounds__(512, 2) name(const void* __restrict__ logits, const int64_t* __restrict__ targets, \
                                                         int width, int64_t stride, double temperature, int top_k,            \
                                                         double top_p, double* __restrict__ out) {                            \
    __shared__ Shared shared;                                                                                                 \
    const int64_t row = blockIdx.x, target = targets[row];                                                                    \
    const type::stored* x = static_cast<const type::stored*>(logits) + row * stride;                                          \
    const int inside = target >= 0 && target < width ? static_cast<int>(target) : -1;                                         \
    const double found = chance<type>(x, inside, width, temperature, top_k, top_p, shared);                                   \
    if (threadIdx.x == 0) out[row] = found;                                                                                   \
  }
KERNEL(decoding_f32, Float32)
KERNEL(decoding_bf16, Bfloat16)
KERNEL(decoding_f16, Float16)
