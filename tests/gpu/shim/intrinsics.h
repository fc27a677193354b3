// The names that a kernel uses, in terms of the scheduler in `cuda_on_cpu.h`, which includes this file.
#pragma once

#define threadIdx (shim::self->thread)
#define blockIdx (shim::block_index)
#define blockDim (shim::block_size)
#define gridDim (shim::grid_size)
#define warpSize 32
#define __syncthreads() shim::meet(shim::everyone, int(shim::fibers.size()), __LINE__)
#define __syncwarp(...) shim::warp_sync(shim::mask_of(__VA_ARGS__), __LINE__)
#define __shfl_sync(mask, value, from, ...) \
  shim::exchange(mask, value, shim::inside(from, shim::width_of(__VA_ARGS__)), __LINE__)
#define __shfl_xor_sync(mask, value, with, ...) \
  shim::exchange(mask, value, shim::crosswise(with, shim::width_of(__VA_ARGS__)), __LINE__)
#define __shfl_down_sync(mask, value, by, ...) \
  shim::exchange(mask, value, shim::down(by, shim::width_of(__VA_ARGS__)), __LINE__)
#define __shfl_up_sync(mask, value, by, ...) \
  shim::exchange(mask, value, shim::up(by, shim::width_of(__VA_ARGS__)), __LINE__)
#define __ballot_sync(mask, yes) shim::ballot(mask, yes, __LINE__)
#define __any_sync(mask, yes) (shim::ballot(mask, yes, __LINE__) != 0)
#define __all_sync(mask, yes) (shim::ballot(mask, !(yes), __LINE__) == 0)
#define __reduce_add_sync(mask, value) shim::reduce(mask, value, __LINE__, [](auto a, auto b) { return a + b; })
#define __reduce_max_sync(mask, value) shim::reduce(mask, value, __LINE__, [](auto a, auto b) { return std::max(a, b); })
#define __reduce_min_sync(mask, value) shim::reduce(mask, value, __LINE__, [](auto a, auto b) { return std::min(a, b); })

namespace shim {
inline uint32_t mask_of(uint32_t mask = ~0u) { return mask; }
inline int width_of(int width = LANES) { return width; }
inline uint32_t ballot(uint32_t mask, bool yes, int line) {
  return gather(mask, uint64_t(yes), line, [](uint64_t* slots, uint32_t present) {
    uint32_t votes = 0;
    for (int i = 0; i < LANES; i++)
      if (present >> i & 1 && slots[i]) votes |= 1u << i;
    return votes;
  });
}
template <class T, class F> T reduce(uint32_t mask, T value, int line, F combine) {
  static_assert(std::is_integral<T>::value && sizeof(T) == 4, "warp reductions are for 32-bit integers");
  return gather(mask, value, line, [&](uint64_t* slots, uint32_t present) {
    T total = T(slots[__builtin_ctz(present)]);
    for (int i = __builtin_ctz(present) + 1; i < LANES; i++)
      if (present >> i & 1) total = combine(total, T(slots[i]));
    return total;
  });
}
template <class T, class F> T atomically(T* at, F change) {
  maybe_give_way();
  T before = *at;
  *at = change(before);
  return before;
}
template <class To, class From> To bits(From from) {
  To to;
  static_assert(sizeof to == sizeof from, "");
  std::memcpy(&to, &from, sizeof to);
  return to;
}
}  // namespace shim

template <class T, class U> T atomicAdd(T* p, U v) { return shim::atomically(p, [&](T o) { return T(o + v); }); }
template <class T, class U> T atomicSub(T* p, U v) { return shim::atomically(p, [&](T o) { return T(o - v); }); }
template <class T, class U> T atomicMax(T* p, U v) { return shim::atomically(p, [&](T o) { return std::max(o, T(v)); }); }
template <class T, class U> T atomicMin(T* p, U v) { return shim::atomically(p, [&](T o) { return std::min(o, T(v)); }); }
template <class T, class U> T atomicExch(T* p, U v) { return shim::atomically(p, [&](T) { return T(v); }); }
template <class T, class U> T atomicOr(T* p, U v) { return shim::atomically(p, [&](T o) { return T(o | v); }); }
template <class T, class U> T atomicAnd(T* p, U v) { return shim::atomically(p, [&](T o) { return T(o & v); }); }
template <class T, class U> T atomicXor(T* p, U v) { return shim::atomically(p, [&](T o) { return T(o ^ v); }); }
template <class T, class U, class V> T atomicCAS(T* p, U c, V v) {
  return shim::atomically(p, [&](T o) { return o == T(c) ? T(v) : o; });
}
inline void __threadfence() {}
inline void __threadfence_block() {}

template <class T> T __ldg(const T* p) { return *p; }
template <class T> T __ldcs(const T* p) { return *p; }
template <class T> T __ldcg(const T* p) { return *p; }
template <class T> void __stcs(T* p, T v) { *p = v; }
template <class A, class B> std::common_type_t<A, B> min(A a, B b) { return a < b ? a : b; }
template <class A, class B> std::common_type_t<A, B> max(A a, B b) { return a > b ? a : b; }
inline float __expf(float x) { return std::exp(x); }
inline float __logf(float x) { return std::log(x); }
inline float __log2f(float x) { return std::log2(x); }
inline float __fdividef(float a, float b) { return a / b; }
inline float __fmaf_rn(float a, float b, float c) { return std::fma(a, b, c); }
inline float __fadd_rn(float a, float b) { return a + b; }
inline float __fmul_rn(float a, float b) { return a * b; }
inline double __dadd_rn(double a, double b) { return a + b; }
inline double __dmul_rn(double a, double b) { return a * b; }
inline float rsqrtf(float x) { return 1 / std::sqrt(x); }
inline float __uint_as_float(uint32_t v) { return shim::bits<float>(v); }
inline float __int_as_float(int v) { return shim::bits<float>(v); }
inline uint32_t __float_as_uint(float v) { return shim::bits<uint32_t>(v); }
inline int __float_as_int(float v) { return shim::bits<int>(v); }
inline long long __double_as_longlong(double v) { return shim::bits<long long>(v); }
inline double __longlong_as_double(long long v) { return shim::bits<double>(v); }
inline int __popc(uint32_t v) { return __builtin_popcount(v); }
inline int __popcll(uint64_t v) { return __builtin_popcountll(v); }
inline int __clz(int v) { return v ? __builtin_clz(v) : 32; }
inline int __clzll(long long v) { return v ? __builtin_clzll(v) : 64; }
inline int __ffs(int v) { return __builtin_ffs(v); }
inline int __ffsll(long long v) { return __builtin_ffsll(v); }
inline uint32_t __umulhi(uint32_t a, uint32_t b) { return uint64_t(a) * b >> 32; }
inline unsigned long long __umul64hi(unsigned long long a, unsigned long long b) { return (unsigned __int128)(a) * b >> 64; }

// A pointer of a launch; becomes whatever pointer the kernel takes.
struct shim_any {
  void* at;
  template <class T> operator T*() const { return static_cast<T*>(at); }
};
