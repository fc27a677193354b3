// Runs CUDA C++ kernels on the CPU: one block at a time, one fiber (ucontext) a thread.
//
// Threads go on from barrier to barrier (block, warp or atomic), in an order drawn anew from the seed for every pass, and
// blocks come in a drawn order too: what depends on an order differs from seed to seed. For every second seed warps do not
// take turns: in a drawn order each runs as far ahead of the others as barriers let it, and so overwrites what they still
// have to read. Shared memory is filled with NaN
// patterns before every block. A launch returns a message instead of hanging or crashing: threads that wait for each
// other, a shuffle that reads a lane outside its mask, memory out of bounds, misaligned loads, undefined shifts.
// `__shared__` variables belong into the kernel itself, not into functions that it calls.
// Not seen: races between threads that never stand next to a barrier, fast-math rounding, caches, time.
#pragma once
#define CUDA_ON_CPU 1

#include <setjmp.h>
#include <signal.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <functional>
#include <string>
#include <type_traits>
#include <vector>

#ifndef __global__  // the harness keeps the word when it looks for kernels
#define __global__
#endif
#define __device__
#define __host__
#define __constant__ static
#define __forceinline__ inline
#define __noinline__ __attribute__((noinline))
#define __align__(n) alignas(n)
#define __launch_bounds__(...)
#define __restrict__ __restrict
#define __shared__ static __attribute__((section("shim_shared")))

struct dim3 {
  unsigned x, y, z;
  dim3(unsigned a = 1, unsigned b = 1, unsigned c = 1) : x(a), y(b), z(c) {}
};
#define SHIM_VECTOR(type, name, two, four)                                               \
  struct alignas(2 * sizeof(type)) two { type x, y; };                                   \
  struct alignas(4 * sizeof(type) > 16 ? 16 : 4 * sizeof(type)) four { type x, y, z, w; }; \
  inline two make_##two(type x, type y) { return {x, y}; }                               \
  inline four make_##four(type x, type y, type z, type w) { return {x, y, z, w}; }
SHIM_VECTOR(int, int, int2, int4)
SHIM_VECTOR(unsigned, uint, uint2, uint4)
SHIM_VECTOR(unsigned short, ushort, ushort2, ushort4)
SHIM_VECTOR(float, float, float2, float4)
SHIM_VECTOR(double, double, double2, double4)
SHIM_VECTOR(long long, longlong, longlong2, longlong4)
SHIM_VECTOR(unsigned long long, ulonglong, ulonglong2, ulonglong4)

// Bounds of the memory section that holds the `__shared__` variables; absent where a file has none.
extern char __start_shim_shared[] __attribute__((weak, visibility("hidden")));
extern char __stop_shim_shared[] __attribute__((weak, visibility("hidden")));

namespace shim {

constexpr int LANES = 32;
constexpr size_t STACK = 64 << 10;

struct Meeting {  // lanes of one warp that wait for each other
  uint32_t mask = 0;
  int arrived = 0, line = 0;
  unsigned generation = 0;
  uint64_t slot[2][LANES];  // two, so that a fast lane may write the next value while a slow one still reads this one
};
struct Warp {
  Meeting meetings[64];
  int count = 0;
};
struct Fiber {
  ucontext_t context;
  jmp_buf jump;
  dim3 thread;
  bool started = false, done = false;
  const unsigned* waits_for = nullptr;  // a generation, and its value while there is nothing to do
  unsigned seen = 0;
  int line = 0;
};

inline std::vector<Fiber> fibers;
inline std::vector<Warp> warps;
inline std::vector<char> stacks, dynamic_memory;
inline Fiber* self;
inline int self_number;
inline dim3 block_index, block_size, grid_size;
inline Meeting everyone;
inline std::function<void()> body;
inline std::string message;
inline uint64_t random_state;
inline bool moved;
inline bool ahead;  // warps run ahead of each other instead of taking turns
inline jmp_buf home;
inline bool running;

inline uint64_t draw() {  // xorshift64*
  random_state ^= random_state >> 12, random_state ^= random_state << 25, random_state ^= random_state >> 27;
  return random_state * 0x2545F4914F6CDD1Dull;
}
template <class T> void shuffle(std::vector<T>& items) {
  for (size_t i = items.size(); i > 1; i--) std::swap(items[i - 1], items[draw() % i]);
}

inline std::string place() {
  return "block (" + std::to_string(block_index.x) + "," + std::to_string(block_index.y) + "), thread (" +
         std::to_string(self->thread.x) + "," + std::to_string(self->thread.y) + ")";
}
[[noreturn]] inline void fail(const std::string& what) {
  message = what + " in " + place();
  _longjmp(home, 2);
}
inline void give_way() {
  if (_setjmp(self->jump) == 0) _longjmp(home, 1);
}
inline void stand_until_changed(const unsigned& generation, int line) {
  self->waits_for = &generation, self->seen = generation, self->line = line;
  while (generation == self->seen) give_way();
  self->waits_for = nullptr;
}
inline void meet(Meeting& at, int wanted, int line) {
  if (at.arrived == 0) at.line = line;
  if (at.line != line)
    fail("threads meet at different barriers (lines " + std::to_string(at.line) + " and " + std::to_string(line) + ")");
  if (++at.arrived == wanted) {
    at.arrived = 0, at.generation++, moved = true;
  } else {
    stand_until_changed(at.generation, line);
  }
}
inline void maybe_give_way() {  // atomics of other threads may come in between
  moved = true;
  if (draw() & 1) give_way();
}

inline int lane() { return self_number % LANES; }
inline Meeting& meeting(uint32_t mask) {
  Warp& warp = warps[self_number / LANES];
  int lanes = std::min<int>(LANES, fibers.size() - self_number / LANES * LANES);
  if (lanes < LANES) mask &= (1u << lanes) - 1;
  if (!(mask >> lane() & 1)) fail("a lane calls a warp function whose mask leaves it out");
  for (int i = 0; i < warp.count; i++)
    if (warp.meetings[i].mask == mask) return warp.meetings[i];
  if (warp.count == 64) fail("more than 64 different masks in one warp");
  warp.meetings[warp.count].mask = mask;
  return warp.meetings[warp.count++];
}
inline void warp_sync(uint32_t mask, int line) {
  Meeting& at = meeting(mask);
  meet(at, __builtin_popcount(at.mask), line);
}
// Everybody's value: `read(slots, mask)` runs when all lanes of the mask have written theirs.
template <class T, class F> auto gather(uint32_t mask, T value, int line, F read) {
  static_assert(sizeof(T) <= 8 && std::is_trivially_copyable<T>::value, "warp functions move at most 8 bytes");
  Meeting& at = meeting(mask);
  uint64_t* slots = at.slot[at.generation & 1];
  std::memcpy(&slots[lane()], &value, sizeof value);
  meet(at, __builtin_popcount(at.mask), line);
  return read(slots, at.mask);
}
template <class T> T exchange(uint32_t mask, T value, int from, int line) {
  return gather(mask, value, line, [&](uint64_t* slots, uint32_t present) {
    if (!(present >> from & 1)) fail("a shuffle reads lane " + std::to_string(from) + ", which takes no part,");
    T found;
    std::memcpy(&found, &slots[from], sizeof found);
    return found;
  });
}
// The lane a shuffle reads: its own where the wanted one lies outside its group of `width`.
inline int down(int by, int width) { return lane() % width + by < width ? lane() + by : lane(); }
inline int up(int by, int width) { return lane() % width >= by ? lane() - by : lane(); }
inline int crosswise(int with, int width) {
  int other = lane() ^ with;
  return other / width <= lane() / width ? other : lane();
}
inline int inside(int from, int width) { return lane() / width * width + (from & (width - 1)); }

inline void* dynamic_shared() { return reinterpret_cast<void*>((uintptr_t(dynamic_memory.data()) + 15) & ~uintptr_t(15)); }

inline float from_fp16(uint16_t bits) {
  int exponent = bits >> 10 & 31, fraction = bits & 1023;
  float size = exponent == 31  ? (fraction ? NAN : INFINITY)
               : exponent == 0 ? std::ldexp(float(fraction), -24)
                               : std::ldexp(float(fraction + 1024), exponent - 25);
  return bits & 0x8000 ? -size : size;
}

inline void fault(int number) {
  message = number == SIGILL ? "undefined arithmetic, a misaligned access or an index out of an array's bounds"
                             : "memory out of bounds, or a write to an input,";
  message += " in " + place();
  _longjmp(home, 2);
}
inline void run_fiber() {
  body();
  self->done = true, moved = true;
  _longjmp(home, 1);
}
__attribute__((noinline)) inline int resume() {
  int back = _setjmp(home);
  if (back == 0) {
    if (self->started) _longjmp(self->jump, 1);
    self->started = moved = true;
    setcontext(&self->context);
  }
  return back;
}

inline bool run_block(unsigned shared_bytes) {
  size_t count = fibers.size();
  everyone.arrived = 0;
  warps.assign((count + LANES - 1) / LANES, Warp());
  dynamic_memory.assign(shared_bytes + 16, char(0xFF));
  if (__start_shim_shared) std::memset(__start_shim_shared, 0xFF, __stop_shim_shared - __start_shim_shared);
  for (size_t i = 0; i < count; i++) {
    Fiber& fiber = fibers[i];
    fiber.thread = dim3(i % block_size.x, i / block_size.x % block_size.y, i / block_size.x / block_size.y);
    fiber.started = fiber.done = false, fiber.waits_for = nullptr;
    getcontext(&fiber.context);
    fiber.context.uc_stack.ss_sp = stacks.data() + i * STACK;
    fiber.context.uc_stack.ss_size = STACK;
    fiber.context.uc_link = nullptr;
    makecontext(&fiber.context, run_fiber, 0);
  }
  std::vector<int> order(count);
  for (size_t i = 0; i < count; i++) order[i] = i;
  std::vector<int> rank(warps.size());
  for (size_t i = 0; i < rank.size(); i++) rank[i] = i;
  shuffle(rank);
  while (!order.empty()) {
    shuffle(order);
    if (ahead) std::stable_sort(order.begin(), order.end(), [&](int a, int b) { return rank[a / LANES] < rank[b / LANES]; });
    moved = false;
    int leader = -1;
    for (int i : order) {
      self = &fibers[i], self_number = i;
      if (self->waits_for && *self->waits_for == self->seen) continue;
      if (ahead && leader >= 0 && i / LANES != leader) break;
      leader = i / LANES;
      moved |= ahead;  // whoever need not wait gets further
      if (resume() == 2) return false;
    }
    order.erase(std::remove_if(order.begin(), order.end(), [](int i) { return fibers[i].done; }), order.end());
    if (!moved && !order.empty()) {
      self = &fibers[order[0]];
      message = "deadlock: " + std::to_string(order.size()) + " of " + std::to_string(count) +
                " threads wait at a barrier that the others never reach, among them line " + std::to_string(self->line) +
                " in " + place();
      return false;
    }
  }
  return true;
}

// Null, or what went wrong; the text lives until the next launch.
inline const char* launch(const unsigned* grid, const unsigned* block, unsigned shared_bytes, uint64_t seed,
                          std::function<void()> kernel) {
  grid_size = dim3(grid[0], grid[1], grid[2]), block_size = dim3(block[0], block[1], block[2]);
  body = kernel, random_state = seed * 2 + 1, ahead = seed & 1, message.clear();
  size_t count = size_t(block[0]) * block[1] * block[2];
  if (count == 0 || count > 1024) return "a block has 1 to 1024 threads";
  if (shared_bytes > 232448) return "a block has at most 227 KiB of shared memory";
  fibers.resize(count), stacks.resize(count * STACK);
  std::vector<uint64_t> blocks(uint64_t(grid[0]) * grid[1] * grid[2]);
  for (size_t i = 0; i < blocks.size(); i++) blocks[i] = i;
  for (int i = 0; i < 8; i++) draw();
  shuffle(blocks);
  struct sigaction trap = {}, before[3];
  const int numbers[3] = {SIGSEGV, SIGBUS, SIGILL};
  trap.sa_handler = fault, trap.sa_flags = SA_NODEFER;
  for (int i = 0; i < 3; i++) sigaction(numbers[i], &trap, &before[i]);
  bool good = true;
  for (uint64_t i : blocks) {
    block_index = dim3(i % grid_size.x, i / grid_size.x % grid_size.y, i / grid_size.x / grid_size.y);
    if (!(good = run_block(shared_bytes))) break;
  }
  for (int i = 0; i < 3; i++) sigaction(numbers[i], &before[i], nullptr);
  return good ? nullptr : message.c_str();
}

}  // namespace shim

// Whole pages between two stretches that nobody may touch; `shim_lock` makes them read-only.
constexpr size_t SHIM_GUARD = 1 << 20;
extern "C" inline __attribute__((used)) char* shim_pages(size_t bytes) {
  void* base = mmap(nullptr, bytes + 2 * SHIM_GUARD, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (base == MAP_FAILED) return nullptr;
  char* pages = static_cast<char*>(base) + SHIM_GUARD;
  return mprotect(pages, bytes, PROT_READ | PROT_WRITE) ? nullptr : pages;
}
extern "C" inline __attribute__((used)) void shim_lock(char* pages, size_t bytes) { mprotect(pages, bytes, PROT_READ); }
extern "C" inline __attribute__((used)) void shim_free(char* pages, size_t bytes) {
  munmap(pages - SHIM_GUARD, bytes + 2 * SHIM_GUARD);
}

#include "intrinsics.h"
