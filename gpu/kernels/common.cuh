// Shared by every kernel: fixed-width types without headers, bit decoding of 16-bit floats, dynamic shared memory.
// One source compiles three ways: NVRTC (no headers at hand), nvcc, and g++ through tests/gpu/shim (CUDA_ON_CPU).
#pragma once

#if defined(__CUDACC_RTC__)
typedef signed char int8_t;
typedef unsigned char uint8_t;
typedef short int16_t;
typedef unsigned short uint16_t;
typedef int int32_t;
typedef unsigned int uint32_t;
typedef long long int64_t;
typedef unsigned long long uint64_t;
#else
#include <cstdint>
#endif

#define INFINITE __uint_as_float(0x7f800000u)
#define NOT_A_NUMBER __uint_as_float(0x7fffffffu)

// The block's dynamic shared memory as an array of `type`; the launch says how many bytes there are.
#ifdef CUDA_ON_CPU
#define DYNAMIC_SHARED(type, name) type* name = static_cast<type*>(shim::dynamic_shared())
#else
#define DYNAMIC_SHARED(type, name) \
  extern __shared__ __align__(16) unsigned char dynamic_shared_bytes[]; \
  type* name = reinterpret_cast<type*>(dynamic_shared_bytes)
#endif

__device__ __forceinline__ float from_bf16(uint32_t bits) { return __uint_as_float(bits << 16); }

__device__ __forceinline__ float from_fp16(uint32_t bits) {
#ifdef CUDA_ON_CPU
  return shim::from_fp16(static_cast<uint16_t>(bits));
#else
  float value;
  asm("cvt.f32.f16 %0, %1;" : "=f"(value) : "h"(static_cast<uint16_t>(bits)));
  return value;
#endif
}
