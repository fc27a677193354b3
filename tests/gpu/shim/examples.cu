// One right kernel and one of each wrong kind: what the shim has to run, and what it has to find.
#include "common.cuh"

// out[block] = Σ of the block's part of x, by shuffles and shared memory.
extern "C" __global__ void sums(const float* __restrict__ x, int64_t count, float* __restrict__ out) {
  __shared__ float parts[32];
  const int64_t i = static_cast<int64_t>(blockIdx.x) * blockDim.x + threadIdx.x;
  float value = i < count ? x[i] : 0.0f;
  for (int by = 16; by; by >>= 1) value += __shfl_down_sync(0xffffffffu, value, by);
  if (threadIdx.x % 32 == 0) parts[threadIdx.x / 32] = value;
  __syncthreads();
  if (threadIdx.x == 0) {
    float total = 0.0f;
    for (unsigned w = 0; w < blockDim.x / 32; w++) total += parts[w];
    out[blockIdx.x] = total;
  }
}

extern "C" __global__ void counted(const int* values, int count, unsigned int* histogram) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < count) atomicAdd(&histogram[values[i]], 1u);
}

extern "C" __global__ void votes(uint32_t* out) {
  const uint32_t odd = __ballot_sync(0xffffffffu, threadIdx.x & 1);
  const uint32_t half = threadIdx.x < 16 ? 0x0000ffffu : 0xffff0000u;
  const int low = __shfl_xor_sync(half, static_cast<int>(threadIdx.x), 1);
  const bool all = __all_sync(half, threadIdx.x < 16);
  out[threadIdx.x] = (odd == 0xaaaaaaaau) | (low == static_cast<int>(threadIdx.x ^ 1)) << 1 | all << 2;
}

extern "C" __global__ void decoded(const uint16_t* bits, float* halves, float* brains) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  halves[i] = from_fp16(bits[i]);
  brains[i] = from_bf16(bits[i]);
}

extern "C" __global__ void reversed(const int* x, int* out) {
  DYNAMIC_SHARED(int, kept);
  kept[threadIdx.x] = x[threadIdx.x];
  __syncthreads();
  out[threadIdx.x] = kept[blockDim.x - 1 - threadIdx.x];
}

// The barrier is missing: right only if the threads happen to run in turn.
extern "C" __global__ void raced(const int* x, int* out) {
  DYNAMIC_SHARED(int, kept);
  kept[threadIdx.x] = x[threadIdx.x];
  out[threadIdx.x] = kept[(threadIdx.x + blockDim.x - 1) % blockDim.x];
}

// Each warp writes its next value where slower ones still read the last: right as long as warps take turns.
extern "C" __global__ void overtaken(int* out) {
  __shared__ int part[4];
  const int warp = threadIdx.x / 32;
  part[warp] = 1;
  __syncthreads();
  int total = 0;
  for (int w = 0; w < 4; w++) total += part[w];
  const int apart = __shfl_xor_sync(0xffffffffu, warp, 16);  // same warp: nothing is learnt, some time passes
  part[warp] = 10 + apart;
  __syncthreads();
  out[threadIdx.x] = total;
}

// Adds to shared memory that nobody has set to zero.
extern "C" __global__ void never_set(int* out) {
  __shared__ int total;
  atomicAdd(&total, 1);
  __syncthreads();
  out[threadIdx.x] = total;
}

extern "C" __global__ void diverged(int* out) {
  if (threadIdx.x < 16) __syncthreads();
  out[threadIdx.x] = 1;
}

extern "C" __global__ void two_barriers(int* out) {
  if (threadIdx.x < 16) {
    __syncthreads();
  } else {
    __syncthreads();
  }
  out[threadIdx.x] = 1;
}

extern "C" __global__ void lane_outside(int* out) {
  if (threadIdx.x < 16) out[threadIdx.x] = __shfl_sync(0x0000ffffu, static_cast<int>(threadIdx.x), 20);
}

extern "C" __global__ void reads_past(const int* x, int count, int* out) { out[threadIdx.x] = x[threadIdx.x + count]; }
extern "C" __global__ void writes_past(int* out, int count) { out[threadIdx.x + count] = 1; }
extern "C" __global__ void writes_before(int* out) { out[-1] = 1; }
extern "C" __global__ void writes_input(int* x) { x[threadIdx.x] = 1; }
extern "C" __global__ void misaligned(const float* x, float* out) {
  out[threadIdx.x] = reinterpret_cast<const float4*>(x + 1)[threadIdx.x].y;
}
extern "C" __global__ void shifted(int by, int* out) { out[threadIdx.x] = 1 << by; }
