// The kernels between the matrix products and attention: norms, rotary positions and the gated activation.
//
// Each moves 16 bytes a thread at a time and computes in FP32 between load and store.

#pragma once

#include <cuda_bf16.h>
#include <cuda_runtime.h>

namespace {

using bf16 = __nv_bfloat16;

constexpr int VECTOR = 8;  // BF16 numbers in the 16 bytes that a thread moves at a time
constexpr int NORM_THREADS = 1024;

struct alignas(16) Eight {
  bf16 at[VECTOR];
};

__device__ Eight load(const bf16* from) { return *reinterpret_cast<const Eight*>(from); }
__device__ void store(bf16* to, const Eight& eight) { *reinterpret_cast<Eight*>(to) = eight; }

// The sum of `value` over all threads of the block, known to each.
__device__ float block_sum(float value) {
  __shared__ float of_warp[32];
  __syncthreads();  // the last sum has been read
  for (int far = 16; far > 0; far /= 2) value += __shfl_xor_sync(~0u, value, far);
  if (threadIdx.x % 32 == 0) of_warp[threadIdx.x / 32] = value;
  __syncthreads();
  value = of_warp[threadIdx.x % 32];
  for (int far = 16; far > 0; far /= 2) value += __shfl_xor_sync(~0u, value, far);
  return value;
}

// A block for each token: out = x / rms(x) * weight. Keeps 1 / rms.
template <int PARTS>
__global__ void __launch_bounds__(NORM_THREADS) norm_forward(const bf16* x, const bf16* weight, bf16* out, float* inverse, float epsilon) {
  constexpr int WIDTH = PARTS * NORM_THREADS * VECTOR;
  x += size_t(blockIdx.x) * WIDTH, out += size_t(blockIdx.x) * WIDTH;
  Eight values[PARTS];
  float squares = 0;
  for (int p = 0; p < PARTS; p++) {
    values[p] = load(x + (p * NORM_THREADS + threadIdx.x) * VECTOR);
    for (bf16 value : values[p].at) squares += float(value) * float(value);
  }
  const float scale = rsqrtf(block_sum(squares) / WIDTH + epsilon);
  if (threadIdx.x == 0) inverse[blockIdx.x] = scale;
  for (int p = 0; p < PARTS; p++) {
    const int at = (p * NORM_THREADS + threadIdx.x) * VECTOR;
    const Eight weights = load(weight + at);
    for (int k = 0; k < VECTOR; k++) values[p].at[k] = bf16(float(values[p].at[k]) * scale * float(weights.at[k]));
    store(out + at, values[p]);
  }
}

// Backward of a norm beside a residual connection: dx = residual + scale * (g - n * mean(g * n)) with n = x * scale and
// g = dout * weight. Each block walks over many tokens and leaves its share of the weight's gradient in `partial`.
template <int PARTS>
__global__ void __launch_bounds__(NORM_THREADS) norm_backward(const bf16* x, const bf16* dout, const bf16* weight, const float* inverse,
                                                               const bf16* residual, bf16* dx, float* partial, int tokens) {
  constexpr int WIDTH = PARTS * NORM_THREADS * VECTOR;
  float gradient[PARTS][VECTOR] = {};
  for (int token = blockIdx.x; token < tokens; token += gridDim.x) {
    const float scale = inverse[token];
    const size_t row = size_t(token) * WIDTH;
    float normed[PARTS][VECTOR], pulled[PARTS][VECTOR], along = 0;
    for (int p = 0; p < PARTS; p++) {
      const int at = (p * NORM_THREADS + threadIdx.x) * VECTOR;
      const Eight xs = load(x + row + at), ds = load(dout + row + at), ws = load(weight + at);
      for (int k = 0; k < VECTOR; k++) {
        normed[p][k] = float(xs.at[k]) * scale;
        pulled[p][k] = float(ds.at[k]) * float(ws.at[k]);
        along += pulled[p][k] * normed[p][k];
        gradient[p][k] += float(ds.at[k]) * normed[p][k];
      }
    }
    const float mean = block_sum(along) / WIDTH;
    for (int p = 0; p < PARTS; p++) {
      const int at = (p * NORM_THREADS + threadIdx.x) * VECTOR;
      Eight result = load(residual + row + at);
      for (int k = 0; k < VECTOR; k++) result.at[k] = bf16(float(result.at[k]) + scale * (pulled[p][k] - normed[p][k] * mean));
      store(dx + row + at, result);
    }
  }
  for (int p = 0; p < PARTS; p++)
    for (int k = 0; k < VECTOR; k++) partial[size_t(blockIdx.x) * WIDTH + (p * NORM_THREADS + threadIdx.x) * VECTOR + k] = gradient[p][k];
}

__global__ void sum_partials(const float* partial, bf16* gradient, int blocks, int width) {
  const int column = blockIdx.x * blockDim.x + threadIdx.x;
  float sum = 0;
  for (int block = 0; block < blocks; block++) sum += partial[size_t(block) * width + column];
  gradient[column] = bf16(sum);
}

// Rotary positions, in place, of the first `heads` heads in rows of `stride`; `back` turns the other way, for gradients.
__global__ void rotate(bf16* rows, const float* cosine, const float* sine, int heads, int head, int stride, float back, size_t count) {
  const size_t index = size_t(blockIdx.x) * blockDim.x + threadIdx.x;
  if (index >= count) return;
  const int half = head / 2, chunks = half / VECTOR;
  const int chunk = index % chunks;
  const int which = index / chunks % heads;
  const size_t token = index / (size_t(chunks) * heads);
  bf16* low = rows + token * stride + which * head + chunk * VECTOR;
  Eight a = load(low), b = load(low + half);
  for (int k = 0; k < VECTOR; k++) {
    const float c = cosine[token * half + chunk * VECTOR + k], s = back * sine[token * half + chunk * VECTOR + k];
    const float x = float(a.at[k]), y = float(b.at[k]);
    a.at[k] = bf16(x * c - y * s);
    b.at[k] = bf16(y * c + x * s);
  }
  store(low, a), store(low + half, b);
}

// SwiGLU: silu(gate) * up, where a row of `both` holds gate, then up.
__global__ void gated(const bf16* both, bf16* out, int width, size_t count) {
  const size_t index = size_t(blockIdx.x) * blockDim.x + threadIdx.x;
  if (index >= count) return;
  const int chunks = width / VECTOR;
  const size_t token = index / chunks, at = index % chunks * VECTOR;
  const Eight gates = load(both + token * 2 * width + at), ups = load(both + token * 2 * width + width + at);
  Eight result;
  for (int k = 0; k < VECTOR; k++) {
    const float gate = float(gates.at[k]);
    result.at[k] = bf16(gate / (1 + __expf(-gate)) * float(ups.at[k]));
  }
  store(out + token * width + at, result);
}

__global__ void gated_backward(const bf16* both, const bf16* dout, bf16* dboth, int width, size_t count) {
  const size_t index = size_t(blockIdx.x) * blockDim.x + threadIdx.x;
  if (index >= count) return;
  const int chunks = width / VECTOR;
  const size_t token = index / chunks, at = index % chunks * VECTOR;
  const size_t left = token * 2 * width + at, right = left + width;
  Eight gates = load(both + left), ups = load(both + right);
  const Eight ds = load(dout + token * width + at);
  for (int k = 0; k < VECTOR; k++) {
    const float gate = float(gates.at[k]), up = float(ups.at[k]), d = float(ds.at[k]);
    const float share = 1 / (1 + __expf(-gate));
    gates.at[k] = bf16(d * up * share * (1 + gate * (1 - share)));
    ups.at[k] = bf16(d * gate * share);
  }
  store(dboth + left, gates), store(dboth + right, ups);
}

}  // namespace
