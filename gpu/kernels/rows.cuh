// Rows of logits in bfloat16, float16 or float32: how a block reads one, and how its threads agree on a number.
// Rows may begin at any element: 16-byte loads where the address allows them, single elements before and after.
#pragma once
#include "common.cuh"

constexpr unsigned WARP = 32, FULL = 0xffffffffu;
#define LOWEST (-INFINITE)

struct Float32 {
  typedef float stored;
  static constexpr int SPARE = 0;  // low bits of a float that this format never sets
  __device__ static float value(stored bits) { return bits; }
  __device__ static void unpack(const uint4& from, float (&x)[4]) {
    x[0] = __uint_as_float(from.x), x[1] = __uint_as_float(from.y);
    x[2] = __uint_as_float(from.z), x[3] = __uint_as_float(from.w);
  }
};
struct Bfloat16 {
  typedef uint16_t stored;
  static constexpr int SPARE = 16;
  __device__ static float value(stored bits) { return from_bf16(bits); }
  __device__ static void unpack(const uint4& from, float (&x)[8]) {
    const uint32_t words[4] = {from.x, from.y, from.z, from.w};
#pragma unroll
    for (int j = 0; j < 4; j++) {
      x[2 * j] = __uint_as_float(words[j] << 16);
      x[2 * j + 1] = __uint_as_float(words[j] & 0xffff0000u);
    }
  }
};
struct Float16 {
  typedef uint16_t stored;
  static constexpr int SPARE = 13;
  __device__ static float value(stored bits) { return from_fp16(bits); }
  __device__ static void unpack(const uint4& from, float (&x)[8]) {
    const uint32_t words[4] = {from.x, from.y, from.z, from.w};
#pragma unroll
    for (int j = 0; j < 4; j++) {
      x[2 * j] = from_fp16(words[j] & 0xffffu);
      x[2 * j + 1] = from_fp16(words[j] >> 16);
    }
  }
};

// visit(x, i) for this thread's share of the row, i rising: x an array of 1, 4 or 8 neighbours, the first of them the i-th.
template <class T, class Visit>
__device__ __forceinline__ void for_each(const typename T::stored* row, int width, Visit visit) {
  constexpr int SIZE = sizeof(typename T::stored), COUNT = 16 / SIZE;
  const int threads = blockDim.x, thread = threadIdx.x;
  const int past = static_cast<int>(reinterpret_cast<uint64_t>(row) & 15);
  const int head = min(width, past ? (16 - past) / SIZE : 0), vectors = (width - head) / COUNT;
  if (thread < head) {
    float x[1] = {T::value(row[thread])};
    visit(x, thread);
  }
  const uint4* body = reinterpret_cast<const uint4*>(row + head);
  for (int v = thread; v < vectors; v += threads) {
    float x[COUNT];
    T::unpack(__ldg(body + v), x);
    visit(x, head + v * COUNT);
  }
  const int rest = head + vectors * COUNT + thread;
  if (rest < width) {
    float x[1] = {T::value(row[rest])};
    visit(x, rest);
  }
}

// Every thread's value combined, known to all of them; the same for the same values, whatever the order of threads.
// Nobody reads `parts` any more when it returns, so that the caller may write there again at once.
template <class V, class Combine> __device__ __forceinline__ V agree(V value, V* parts, Combine combine) {
  for (int by = WARP / 2; by; by >>= 1) value = combine(value, __shfl_xor_sync(FULL, value, by));
  if (threadIdx.x % WARP == 0) parts[threadIdx.x / WARP] = value;
  __syncthreads();
  V all = parts[0];
  for (unsigned w = 1; w < blockDim.x / WARP; w++) all = combine(all, parts[w]);
  __syncthreads();
  return all;
}

// e^x, to about two units in the last place, results below 2^-126 as zero.
__device__ __forceinline__ float exp_fast(float x) {
  const float y = x * 1.4426950408889634f;
#ifdef CUDA_ON_CPU
  return y < -126.0f ? 0.0f : exp2f(y);
#else
  float e;
  asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(e) : "f"(y));
  return e;
#endif
}
