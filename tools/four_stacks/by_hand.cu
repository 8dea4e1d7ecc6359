// One GPU's share of a transformer layer, forward and backward, as someone would write it who knows the one machine it
// runs on: cuBLASLt for the products, cuDNN for attention, kernels of our own for everything between them, all memory
// taken in advance, and the whole step recorded once as a CUDA graph. No Python, no framework; by_hand.py only calls it.
//
// Matrices are rows of BF16 [tokens, width]; a weight is [out, in]. Arithmetic between loads and stores is FP32.

#include <cublasLt.h>
#include <cudnn_frontend.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <unordered_map>
#include <vector>

#include "kernels.cuh"

namespace {

namespace fe = cudnn_frontend;

constexpr size_t WORKSPACE = size_t(64) << 20;  // bytes that cuBLASLt may use
constexpr int CANDIDATES = 16;                  // algorithms that are tried for each product

void check(cudaError_t status, const char* what) {
  if (status != cudaSuccess) throw std::runtime_error(std::string(what) + ": " + cudaGetErrorString(status));
}
void check(cublasStatus_t status, const char* what) {
  if (status != CUBLAS_STATUS_SUCCESS) throw std::runtime_error(std::string(what) + ": " + cublasLtGetStatusString(status));
}
void check(cudnnStatus_t status, const char* what) {
  if (status != CUDNN_STATUS_SUCCESS) throw std::runtime_error(std::string(what) + ": " + cudnnGetErrorString(status));
}
void check(fe::error_t status, const char* what) {
  if (status.is_bad()) throw std::runtime_error(std::string(what) + ": " + status.get_message());
}

// Products ------------------------------------------------------------------------------------------------------------

// out [rows, columns] = left · right (+ added), with the fastest of the algorithms that cuBLASLt offers. Everything is
// row-major; cuBLASLt counts by columns, so it is asked for the transposed product, right operand first.
class Product {
 public:
  enum Kind { FORWARD, INPUT_GRADIENT, WEIGHT_GRADIENT };  // x · Wᵀ, dy · W, dyᵀ · x

  Product(cublasLtHandle_t handle, void* workspace, cudaStream_t stream, Kind kind, int tokens, int in, int out, const bf16* first,
          const bf16* second, bf16* result, const bf16* added = nullptr)
      : handle_(handle), workspace_(workspace), first_(first), second_(second), result_(result), added_(added ? added : result),
        beta_(added ? 1.f : 0.f) {
    // In cuBLASLt's order: a is what varies along the rows of the result.
    const int m = kind == FORWARD ? out : in, n = kind == WEIGHT_GRADIENT ? out : tokens, k = kind == FORWARD ? in : kind == INPUT_GRADIENT ? out : tokens;
    const cublasOperation_t turn_a = kind == FORWARD ? CUBLAS_OP_T : CUBLAS_OP_N, turn_b = kind == WEIGHT_GRADIENT ? CUBLAS_OP_T : CUBLAS_OP_N;
    check(cublasLtMatmulDescCreate(&operation_, CUBLAS_COMPUTE_32F, CUDA_R_32F), "product");
    check(cublasLtMatmulDescSetAttribute(operation_, CUBLASLT_MATMUL_DESC_TRANSA, &turn_a, sizeof turn_a), "product");
    check(cublasLtMatmulDescSetAttribute(operation_, CUBLASLT_MATMUL_DESC_TRANSB, &turn_b, sizeof turn_b), "product");
    a_ = matrix(turn_a == CUBLAS_OP_N ? m : k, turn_a == CUBLAS_OP_N ? k : m);
    b_ = matrix(turn_b == CUBLAS_OP_N ? k : n, turn_b == CUBLAS_OP_N ? n : k);
    c_ = matrix(m, n);
    choose(stream);
  }

  void run(cudaStream_t stream) const { check(run(algorithm_, stream), "product"); }

 private:
  static cublasLtMatrixLayout_t matrix(int rows, int columns) {
    cublasLtMatrixLayout_t layout;
    check(cublasLtMatrixLayoutCreate(&layout, CUDA_R_16BF, rows, columns, rows), "matrix");
    return layout;
  }

  cublasStatus_t run(const cublasLtMatmulAlgo_t& algorithm, cudaStream_t stream) const {
    const float one = 1;
    return cublasLtMatmul(handle_, operation_, &one, first_, a_, second_, b_, &beta_, added_, c_, result_, c_, &algorithm, workspace_, WORKSPACE, stream);
  }

  void choose(cudaStream_t stream) {
    cublasLtMatmulPreference_t preference;
    check(cublasLtMatmulPreferenceCreate(&preference), "preference");
    const size_t most = WORKSPACE;
    check(cublasLtMatmulPreferenceSetAttribute(preference, CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES, &most, sizeof most), "preference");
    cublasLtMatmulHeuristicResult_t found[CANDIDATES];
    int count = 0;
    check(cublasLtMatmulAlgoGetHeuristic(handle_, operation_, a_, b_, c_, c_, preference, CANDIDATES, found, &count), "algorithms");
    check(cublasLtMatmulPreferenceDestroy(preference), "preference");
    float best = INFINITY;
    for (int i = 0; i < count; i++) {
      if (run(found[i].algo, stream) != CUBLAS_STATUS_SUCCESS) continue;
      const float took = time(found[i].algo, stream);
      if (took < best) best = took, algorithm_ = found[i].algo;
    }
    if (best == INFINITY) throw std::runtime_error("cuBLASLt has no algorithm for one of the products");
  }

  float time(const cublasLtMatmulAlgo_t& algorithm, cudaStream_t stream) const {
    constexpr int TIMES = 10;
    cudaEvent_t start, end;
    check(cudaEventCreate(&start), "event"), check(cudaEventCreate(&end), "event");
    check(cudaEventRecord(start, stream), "event");
    for (int i = 0; i < TIMES; i++) run(algorithm, stream);
    check(cudaEventRecord(end, stream), "event"), check(cudaEventSynchronize(end), "product");
    float took;
    check(cudaEventElapsedTime(&took, start, end), "event");
    check(cudaEventDestroy(start), "event"), check(cudaEventDestroy(end), "event");
    return took;
  }

  cublasLtHandle_t handle_;
  void* workspace_;
  const bf16 *first_, *second_;
  bf16* result_;
  const bf16* added_;
  float beta_;
  cublasLtMatmulDesc_t operation_;
  cublasLtMatrixLayout_t a_, b_, c_;
  cublasLtMatmulAlgo_t algorithm_;
};

// Attention -----------------------------------------------------------------------------------------------------------

// Causal attention of `heads` queries on one key and value each `group` of them shares, by cuDNN, out of rows that hold
// queries, keys and values side by side.
class Attention {
 public:
  Attention(cudnnHandle_t handle, int tokens, int heads, int kv_heads, int head) : handle_(handle) {
    const int64_t stride = int64_t(heads + 2 * kv_heads) * head, out = int64_t(heads) * head;
    auto rows = [&](fe::graph::Graph& graph, const char* name, Uid uid, int64_t many, int64_t row) {
      return graph.tensor(fe::graph::Tensor_attributes().set_name(name).set_uid(uid).set_dim({1, many, tokens, head}).set_stride({tokens * row, head, row, 1}));
    };
    auto result = [&](std::shared_ptr<fe::graph::Tensor_attributes> tensor, Uid uid, int64_t many, int64_t row) {
      tensor->set_output(true).set_uid(uid).set_dim({1, many, tokens, head}).set_stride({tokens * row, head, row, 1});
    };
    auto statistics = [&](fe::graph::Tensor_attributes tensor) {
      return tensor.set_uid(STATISTICS).set_data_type(fe::DataType_t::FLOAT).set_dim({1, heads, tokens, 1}).set_stride({int64_t(heads) * tokens, tokens, 1, 1});
    };
    const float scale = 1 / std::sqrt(float(head));
    for (fe::graph::Graph* graph : {&forward_, &backward_})
      graph->set_io_data_type(fe::DataType_t::BFLOAT16).set_intermediate_data_type(fe::DataType_t::FLOAT).set_compute_data_type(fe::DataType_t::FLOAT);
    {
      auto [o, kept] = forward_.sdpa(rows(forward_, "Q", Q, heads, stride), rows(forward_, "K", K, kv_heads, stride), rows(forward_, "V", V, kv_heads, stride),
                                     fe::graph::SDPA_attributes().set_name("forward").set_generate_stats(true).set_causal_mask(true).set_attn_scale(scale));
      result(o, O, heads, out);
      kept->set_output(true);
      *kept = statistics(*kept);
    }
    {
      auto grads = backward_.sdpa_backward(
          rows(backward_, "Q", Q, heads, stride), rows(backward_, "K", K, kv_heads, stride), rows(backward_, "V", V, kv_heads, stride),
          rows(backward_, "O", O, heads, out), rows(backward_, "dO", DO, heads, out), backward_.tensor(statistics(fe::graph::Tensor_attributes().set_name("statistics"))),
          fe::graph::SDPA_backward_attributes().set_name("backward").set_causal_mask(true).set_attn_scale(scale));
      result(grads[0], DQ, heads, stride), result(grads[1], DK, kv_heads, stride), result(grads[2], DV, kv_heads, stride);
    }
    for (fe::graph::Graph* graph : {&forward_, &backward_}) check(graph->build(handle, {fe::HeurMode_t::A}), "attention");
    int64_t one, other;
    check(forward_.get_workspace_size(one), "attention"), check(backward_.get_workspace_size(other), "attention");
    check(cudaMalloc(&workspace_, std::max<int64_t>({one, other, 1})), "memory");
    check(cudaMalloc(&statistics_, sizeof(float) * heads * tokens), "memory");
    key_ = int64_t(heads) * head, value_ = key_ + int64_t(kv_heads) * head;
  }

  void forward(bf16* qkv, bf16* out) {
    std::unordered_map<int64_t, void*> where{{Q, qkv}, {K, qkv + key_}, {V, qkv + value_}, {O, out}, {STATISTICS, statistics_}};
    check(forward_.execute(handle_, where, workspace_), "attention");
  }

  void backward(bf16* qkv, bf16* out, bf16* dout, bf16* dqkv) {
    std::unordered_map<int64_t, void*> where{{Q, qkv}, {K, qkv + key_}, {V, qkv + value_}, {O, out}, {DO, dout}, {STATISTICS, statistics_},
                                             {DQ, dqkv}, {DK, dqkv + key_}, {DV, dqkv + value_}};
    check(backward_.execute(handle_, where, workspace_), "attention");
  }

 private:
  enum Uid : int64_t { Q = 1, K, V, O, STATISTICS, DO, DQ, DK, DV };
  cudnnHandle_t handle_;
  fe::graph::Graph forward_, backward_;
  void* workspace_;
  float* statistics_;
  int64_t key_, value_;
};

}  // namespace

// The layer -----------------------------------------------------------------------------------------------------------

extern "C" {

// What the caller owns, in device memory. Weights and their gradients in the same order.
struct Arrays {
  const bf16 *x, *dy;
  const float *cosine, *sine;  // [tokens, head / 2]
  const bf16 *norm1, *qkv, *o, *norm2, *gate_up, *down;
  bf16 *y, *dx;
  bf16 *dnorm1, *dqkv, *d_o, *dnorm2, *dgate_up, *ddown;
};

struct Sizes {
  int tokens, hidden, heads, kv_heads, head, ffn;
  float epsilon;
};
}

namespace {

constexpr int PARTS = 2;  // 16-byte pieces of a token that each thread of a norm holds

class Layer {
 public:
  Layer(const Sizes& sizes, const Arrays& arrays) : s(sizes), a(arrays) {
    if (s.hidden != PARTS * NORM_THREADS * VECTOR) throw std::runtime_error("the norms are written for a hidden width of " + std::to_string(PARTS * NORM_THREADS * VECTOR));
    check(cudaStreamCreate(&stream), "stream");
    check(cublasLtCreate(&blas), "cuBLASLt"), check(cudnnCreate(&dnn), "cuDNN"), check(cudnnSetStream(dnn, stream), "cuDNN");
    int device;
    check(cudaGetDevice(&device), "device"), check(cudaDeviceGetAttribute(&processors, cudaDevAttrMultiProcessorCount, device), "device");
    const size_t tokens = s.tokens, row = size_t(s.heads + 2 * s.kv_heads) * s.head, out = size_t(s.heads) * s.head;
    check(cudaMalloc(&workspace, WORKSPACE), "memory");
    check(cudaMalloc(&inverse1, 4 * tokens), "memory"), check(cudaMalloc(&inverse2, 4 * tokens), "memory");
    check(cudaMalloc(&partial, size_t(4) * processors * s.hidden), "memory");
    for (auto [array, width] : std::initializer_list<std::pair<bf16**, size_t>>{
             {&normed1, s.hidden}, {&qkv, row}, {&attended, out}, {&middle, s.hidden}, {&normed2, s.hidden}, {&gate_up, 2 * s.ffn}, {&inner, s.ffn},
             {&dinner, s.ffn}, {&dgate_up, 2 * s.ffn}, {&dnormed, s.hidden}, {&dmiddle, s.hidden}, {&dattended, out}, {&dqkv, row}})
      check(cudaMalloc(array, 2 * tokens * width), "memory");
    attention = std::make_unique<Attention>(dnn, s.tokens, s.heads, s.kv_heads, s.head);
    using P = Product;
    auto product = [&](P::Kind kind, int in, int width, const bf16* first, const bf16* second, bf16* result, const bf16* added = nullptr) {
      products.emplace_back(blas, workspace, stream, kind, s.tokens, in, width, first, second, result, added);
    };
    products.reserve(12);
    product(P::FORWARD, s.hidden, row, a.qkv, normed1, qkv);
    product(P::FORWARD, out, s.hidden, a.o, attended, middle, a.x);
    product(P::FORWARD, s.hidden, 2 * s.ffn, a.gate_up, normed2, gate_up);
    product(P::FORWARD, s.ffn, s.hidden, a.down, inner, a.y, middle);
    product(P::INPUT_GRADIENT, s.ffn, s.hidden, a.down, a.dy, dinner);
    product(P::WEIGHT_GRADIENT, s.ffn, s.hidden, inner, a.dy, a.ddown);
    product(P::INPUT_GRADIENT, s.hidden, 2 * s.ffn, a.gate_up, dgate_up, dnormed);
    product(P::WEIGHT_GRADIENT, s.hidden, 2 * s.ffn, normed2, dgate_up, a.dgate_up);
    product(P::INPUT_GRADIENT, out, s.hidden, a.o, dmiddle, dattended);
    product(P::WEIGHT_GRADIENT, out, s.hidden, attended, dmiddle, a.d_o);
    product(P::INPUT_GRADIENT, s.hidden, row, a.qkv, dqkv, dnormed);
    product(P::WEIGHT_GRADIENT, s.hidden, row, normed1, dqkv, a.dqkv);
    step();  // whatever is loaded on first use is loaded before the recording
    check(cudaStreamSynchronize(stream), "first step");
    cudaGraph_t recorded;
    check(cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal), "recording");
    step();
    check(cudaStreamEndCapture(stream, &recorded), "recording");
    check(cudaGraphInstantiate(&graph, recorded, 0), "recording");
    check(cudaGraphDestroy(recorded), "recording");
  }

  void launch() { check(cudaGraphLaunch(graph, stream), "step"); }
  void wait() { check(cudaStreamSynchronize(stream), "step"); }

 private:
  void step() {
    const size_t tokens = s.tokens;
    const int row = (s.heads + 2 * s.kv_heads) * s.head, turning = s.heads + s.kv_heads;
    auto next = [&, i = 0]() mutable { products[i++].run(stream); };
    auto blocks = [](size_t count) { return unsigned((count + 255) / 256); };
    const size_t pairs = tokens * turning * (s.head / 2 / VECTOR), gates = tokens * (s.ffn / VECTOR);

    norm_forward<PARTS><<<s.tokens, NORM_THREADS, 0, stream>>>(a.x, a.norm1, normed1, inverse1, s.epsilon);
    next();
    rotate<<<blocks(pairs), 256, 0, stream>>>(qkv, a.cosine, a.sine, turning, s.head, row, 1, pairs);
    attention->forward(qkv, attended);
    next();
    norm_forward<PARTS><<<s.tokens, NORM_THREADS, 0, stream>>>(middle, a.norm2, normed2, inverse2, s.epsilon);
    next();
    gated<<<blocks(gates), 256, 0, stream>>>(gate_up, inner, s.ffn, gates);
    next();

    next(), next();
    gated_backward<<<blocks(gates), 256, 0, stream>>>(gate_up, dinner, dgate_up, s.ffn, gates);
    next(), next();
    norm_gradient(middle, a.norm2, inverse2, a.dy, dmiddle, a.dnorm2);
    next(), next();
    attention->backward(qkv, attended, dattended, dqkv);
    rotate<<<blocks(pairs), 256, 0, stream>>>(dqkv, a.cosine, a.sine, turning, s.head, row, -1, pairs);
    next(), next();
    norm_gradient(a.x, a.norm1, inverse1, dmiddle, a.dx, a.dnorm1);
    check(cudaGetLastError(), "step");
  }

  void norm_gradient(const bf16* x, const bf16* weight, const float* inverse, const bf16* residual, bf16* dx, bf16* dweight) {
    norm_backward<PARTS><<<processors, NORM_THREADS, 0, stream>>>(x, dnormed, weight, inverse, residual, dx, partial, s.tokens);
    sum_partials<<<s.hidden / 256, 256, 0, stream>>>(partial, dweight, processors, s.hidden);
  }

  const Sizes s;
  const Arrays a;
  cudaStream_t stream;
  cublasLtHandle_t blas;
  cudnnHandle_t dnn;
  cudaGraphExec_t graph;
  int processors;
  void* workspace;
  float *inverse1, *inverse2, *partial;
  bf16 *normed1, *qkv, *attended, *middle, *normed2, *gate_up, *inner, *dinner, *dgate_up, *dnormed, *dmiddle, *dattended, *dqkv;
  std::unique_ptr<Attention> attention;
  std::vector<Product> products;
};

thread_local std::string failure;

template <class Work>
int guarded(Work work) {
  try {
    work();
    return 0;
  } catch (const std::exception& error) {
    failure = error.what();
    return 1;
  }
}

}  // namespace

// For by_hand.py. A call that fails gives 1, and layer_error() says why.
extern "C" {
int layer_new(const Sizes* sizes, const Arrays* arrays, void** layer) {
  return guarded([&] { *layer = new Layer(*sizes, *arrays); });
}
int layer_launch(void* layer) {
  return guarded([&] { static_cast<Layer*>(layer)->launch(); });
}
int layer_wait(void* layer) {
  return guarded([&] { static_cast<Layer*>(layer)->wait(); });
}
const char* layer_error() { return failure.c_str(); }
}
