// What one row of logits says about its target; `gpu/token_stats.py` holds the definition and the byte counts.
//
// One block a row, one pass. Every thread keeps the largest logit m it has seen and Σe, Σe·d, Σe·d² with e = exp(x − m) and
// d = x − c. The centre c goes to the weighted mean whenever m rises and whenever the way behind has doubled, so that
// Σe·d² − (Σe·d)²/Σe does not cancel: neither in nearly uniform rows (c far from m) nor in peaked ones. Threads are merged by
// the formula of Chan, Golub and LeVeque (STAN-CS-79-773, 1979), in float64.
// A row in which that arithmetic gives no number (−inf, NaN, +inf, overflowing differences) is read once more with care.
#include "rows.cuh"

#ifndef TOP
#define TOP 1  // how many of the largest logits are wanted
#endif

struct Sums {  // of one thread, in float32
  float max, centre, weight, first, second;
};
struct Moments {  // weight = Σ exp(x − max), mean = Σ exp(x − max)·x / weight, square = Σ exp(x − max)·(x − mean)²
  double weight, mean, square;
  float max;
};
struct Shared {
  Moments moments[WARP];
  float values[WARP];
  int greater[WARP], ties[WARP], ids[WARP];
  double sums[WARP];
  Moments whole;
  float value;
  int id;
};

__device__ __forceinline__ void raise(Sums& s, float max) {
  if (s.weight > 0.0f) {
    const float shrink = exp_fast(s.max - max), mean = s.centre + s.first / s.weight;
    s.weight *= shrink, s.first *= shrink, s.second *= shrink;
    const float centre = (s.weight * mean + max) / (s.weight + 1.0f), moved = s.centre - centre;
    s.second += moved * (2.0f * s.first + moved * s.weight);
    s.first += moved * s.weight;
    s.centre = centre;
  } else {
    s.centre = max;
  }
  s.max = max;
}

__device__ __forceinline__ Moments moments(const Sums& s) {
  const double weight = s.weight, first = s.first;
  if (weight == 0.0) return {0.0, 0.0, 0.0, s.max};
  return {weight, s.centre + first / weight, s.second - first * first / weight, s.max};
}

__device__ __forceinline__ Moments merge(const Moments& a, const Moments& b) {
  if (b.weight == 0.0) return a;
  if (a.weight == 0.0) return b;
  const float max = fmaxf(a.max, b.max);
  const double left = expf(a.max - max), right = expf(b.max - max);
  const double wa = a.weight * left, wb = b.weight * right, weight = wa + wb, apart = b.mean - a.mean;
  return {weight, a.mean + apart * (wb / weight), a.square * left + b.square * right + apart * apart * (wa * wb / weight), max};
}

// The row's moments by a slow way that stands −inf; weight is NaN where a softmax has no meaning.
template <class T> __device__ __noinline__ Moments carefully(const typename T::stored* row, int width, Shared& s) {
  float max = LOWEST, wrong = 0.0f;
  for (int i = threadIdx.x; i < width; i += blockDim.x) {
    const float x = T::value(row[i]);
    if (!(x < -LOWEST)) wrong = 1.0f;  // NaN or +inf
    max = fmaxf(max, x);
  }
  max = agree(max, s.values, [](float a, float b) { return fmaxf(a, b); });
  wrong = agree(wrong, s.values, [](float a, float b) { return fmaxf(a, b); });
  if (wrong > 0.0f || max == LOWEST) return {NOT_A_NUMBER, NOT_A_NUMBER, NOT_A_NUMBER, max};
  double weight = 0.0, first = 0.0, second = 0.0;
  for (int i = threadIdx.x; i < width; i += blockDim.x) {
    const double z = static_cast<double>(T::value(row[i])) - max, e = exp(z);
    if (e > 0.0) weight += e, first += e * z, second += e * z * z;
  }
  const auto add = [](double a, double b) { return a + b; };
  weight = agree(weight, s.sums, add), first = agree(first, s.sums, add), second = agree(second, s.sums, add);
  const double mean = first / weight;
  return {weight, max + mean, second - weight * mean * mean, max};
}

template <class T>
__device__ __forceinline__ void row_stats(const void* logits, const int64_t* targets, int width, int64_t stride, float* stats,
                                          int* counts, float* top_logits, int* top_ids, Shared& s) {
  const int64_t row = blockIdx.x, target = targets[row];
  const typename T::stored* x = static_cast<const typename T::stored*>(logits) + row * stride;
  const bool inside = target >= 0 && target < width;
  const float wanted = inside ? T::value(x[target]) : NOT_A_NUMBER;

  Sums sums = {LOWEST, 0.0f, 0.0f, 0.0f, 0.0f};
  int greater = 0, ties = 0, due = 0, ids[TOP];
  float top[TOP];
#pragma unroll
  for (int k = 0; k < TOP; k++) top[k] = LOWEST, ids[k] = -1;

  for_each<T>(x, width, [&](const auto& values, int first) {
    constexpr int COUNT = sizeof(values) / sizeof(float);
    float largest = values[0];
#pragma unroll
    for (int j = 1; j < COUNT; j++) largest = fmaxf(largest, values[j]);
    if (largest > sums.max || first >= due) {
      raise(sums, fmaxf(largest, sums.max));
      due = 2 * first + 1;
    }
    if (largest > top[TOP - 1]) {  // rare after the first few
#pragma unroll 1
      for (int j = 0; j < COUNT; j++) {
        float value = values[0];
#pragma unroll
        for (int t = 1; t < COUNT; t++) value = t == j ? values[t] : value;
        if (!(value > top[TOP - 1])) continue;
#pragma unroll
        for (int k = TOP - 1; k >= 0; k--) {  // equal logits stay behind the earlier, lower id
          const bool moves = k > 0 && value > top[k > 0 ? k - 1 : 0];
          if (moves) top[k] = top[k > 0 ? k - 1 : 0], ids[k] = ids[k > 0 ? k - 1 : 0];
          else if (value > top[k]) top[k] = value, ids[k] = first + j;
        }
      }
    }
#pragma unroll
    for (int j = 0; j < COUNT; j++) {
      const float e = exp_fast(values[j] - sums.max), d = values[j] - sums.centre, weighted = e * d;
      sums.weight += e, sums.first += weighted, sums.second = fmaf(weighted, d, sums.second);
      greater += values[j] > wanted, ties += values[j] == wanted;
    }
  });

  Moments whole = moments(sums);
  for (int by = WARP / 2; by; by >>= 1) {
    const Moments other = {__shfl_xor_sync(FULL, whole.weight, by), __shfl_xor_sync(FULL, whole.mean, by),
                           __shfl_xor_sync(FULL, whole.square, by), __shfl_xor_sync(FULL, whole.max, by)};
    whole = merge(whole, other);
  }
  const unsigned lane = threadIdx.x % WARP, warp = threadIdx.x / WARP, warps = blockDim.x / WARP;
  if (lane == 0) s.moments[warp] = whole;
  const auto add = [](int a, int b) { return a + b; };
  greater = agree(greater, s.greater, add), ties = agree(ties, s.ties, add);
  if (threadIdx.x == 0) {
    for (unsigned w = 1; w < warps; w++) whole = merge(whole, s.moments[w]);
    s.whole = whole;
  }
  __syncthreads();
  whole = s.whole;
  if (!(whole.weight + whole.square < -LOWEST)) whole = carefully<T>(x, width, s);
  const bool defined = inside && whole.weight == whole.weight;
  if (threadIdx.x == 0) {
    const double max = whole.max, scale = log(whole.weight);
    stats[row * 3] = defined ? static_cast<float>(wanted - max - scale) : NOT_A_NUMBER;
    stats[row * 3 + 1] = defined ? static_cast<float>(whole.mean - max - scale) : NOT_A_NUMBER;
    stats[row * 3 + 2] = defined ? static_cast<float>(fmax(whole.square / whole.weight, 0.0)) : NOT_A_NUMBER;
    counts[row * 2] = defined ? greater : -1;
    counts[row * 2 + 1] = defined ? ties - 1 : -1;
  }

  // The largest logits: in every round the best of the threads' next ones, the lowest id among equals.
  int next = 0;
  for (int k = 0; k < TOP; k++) {
    float mine = LOWEST;
    int id = 0x7fffffff;
#pragma unroll
    for (int j = 0; j < TOP; j++)
      if (j == next && ids[j] >= 0) mine = top[j], id = ids[j];
    float best = mine;
    int best_id = id;
    for (int by = WARP / 2; by; by >>= 1) {
      const float value = __shfl_xor_sync(FULL, best, by);
      const int other = __shfl_xor_sync(FULL, best_id, by);
      if (value > best || (value == best && other < best_id)) best = value, best_id = other;
    }
    if (lane == 0) s.values[warp] = best, s.ids[warp] = best_id;
    __syncthreads();
    if (threadIdx.x == 0) {
      for (unsigned w = 1; w < warps; w++)
        if (s.values[w] > best || (s.values[w] == best && s.ids[w] < best_id)) best = s.values[w], best_id = s.ids[w];
      const bool found = defined && best_id != 0x7fffffff;
      top_logits[row * TOP + k] = defined ? best : NOT_A_NUMBER;
      top_ids[row * TOP + k] = found ? best_id : -1;
      s.id = best_id;
    }
    __syncthreads();
    if (id == s.id) next++;
    __syncthreads();
  }
}

#define KERNEL(name, type)                                                                                                  \
  extern "C" __global__ void __launch_bounds__(256) name(const void* __restrict__ logits, const int64_t* __restrict__ targets, \
                                                         int width, int64_t stride, float* __restrict__ stats,              \
                                                         int* __restrict__ counts, float* __restrict__ top_logits,          \
                                                         int* __restrict__ top_ids) {                                       \
    __shared__ Shared shared;                                                                                               \
    row_stats<type>(logits, targets, width, stride, stats, counts, top_logits, top_ids, shared);                            \
  }
KERNEL(token_stats_f32, Float32)
KERNEL(token_stats_bf16, Bfloat16)
KERNEL(token_stats_f16, Float16)
