// What our CPU kernels share: threads, arithmetic that compilers vectorise, TensorFlow's C kernel interface. Results don't depend on
// the number of threads: work is cut into the same blocks everywhere, and sums over blocks are taken in order.
#pragma once
#define IS_SLIM_BUILD  // leaves out declarations whose headers are not part of the C interface
#include <tensorflow/c/kernels.h>
#include <tensorflow/c/ops.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <condition_variable>
#include <cstdint>
#include <cstring>
#include <functional>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#define VECTORIZED __attribute__((target_clones("arch=skylake-avx512", "arch=haswell", "default")))
#define INLINE __attribute__((always_inline)) static inline

namespace egolab {

// ---- threads ----------------------------------------------------------------------------------------------------------------

/** Runs blocks of work on all cores; the caller works too, and a second caller at the same time works alone. */
class Pool {
 public:
  Pool() {
    cores_ = std::max(1u, std::thread::hardware_concurrency());
    for (unsigned i = 1; i < cores_; i++) std::thread([this] { serve(); }).detach();
  }

  void run(int64_t blocks, const std::function<void(int64_t)>& work) {
    std::unique_lock<std::mutex> turn(turn_, std::try_to_lock);
    if (blocks < 2 || cores_ == 1 || !turn.owns_lock()) {
      for (int64_t block = 0; block < blocks; block++) work(block);
      return;
    }
    {
      std::lock_guard<std::mutex> lock(state_);
      work_ = &work;
      blocks_ = blocks;
      next_ = 0;
      generation_++;
    }
    begin_.notify_all();
    drain(work, blocks);
    // whoever wakes up too late finds no work: only those that are at it are waited for
    std::unique_lock<std::mutex> lock(state_);
    work_ = nullptr;
    done_.wait(lock, [this] { return working_ == 0; });
  }

 private:
  void drain(const std::function<void(int64_t)>& work, int64_t blocks) {
    for (int64_t block; (block = next_.fetch_add(1)) < blocks;) work(block);
  }

  void serve() {
    for (uint64_t seen = 0;;) {
      std::unique_lock<std::mutex> lock(state_);
      begin_.wait(lock, [&] { return generation_ != seen; });
      seen = generation_;
      if (!work_) continue;
      const auto* work = work_;
      const int64_t blocks = blocks_;
      working_++;
      lock.unlock();
      drain(*work, blocks);
      lock.lock();
      if (--working_ == 0) done_.notify_one();
    }
  }

  std::mutex turn_, state_;
  std::condition_variable begin_, done_;
  const std::function<void(int64_t)>* work_ = nullptr;
  int64_t blocks_ = 0;
  std::atomic<int64_t> next_{0};
  unsigned cores_ = 1, working_ = 0;
  uint64_t generation_ = 0;
};

inline Pool& pool() {
  static Pool* instance = new Pool;  // lives as long as the process: its threads do
  return *instance;
}

/** Elements that are worth a thread's waking up. */
constexpr int64_t kGrain = 1 << 15;

/** `work(from, to)` over 0..count, in blocks of about kGrain elements of `width` each; returns nothing, so order doesn't matter. */
template <class Work>
void parallel(int64_t count, int64_t width, const Work& work) {
  const int64_t size = std::max<int64_t>(1, kGrain / std::max<int64_t>(1, width));
  pool().run((count + size - 1) / size, [&](int64_t block) { work(block * size, std::min(count, (block + 1) * size)); });
}

// ---- arithmetic that compilers vectorise --------------------------------------------------------------------------------------

/** e^x to 2 units in the last place; NaN stays NaN. */
INLINE float fastExp(float x) {
  x = x < -87.3f ? -87.3f : x > 88.3f ? 88.3f : x;
  const float shifted = x * 1.44269504f + 12582912.0f;  // 1.5 * 2^23: rounds to an integer in the low bits
  const float n = shifted - 12582912.0f;
  float r = x - n * 0.693359375f;
  r = r + n * 2.12194440e-4f;
  float p = 1.9875691500e-4f;
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = p * r * r + r + 1.0f;
  int32_t bits;
  std::memcpy(&bits, &shifted, sizeof bits);
  bits = static_cast<int32_t>(static_cast<uint32_t>(bits) << 23) + 0x3f800000;
  float scale;
  std::memcpy(&scale, &bits, sizeof scale);
  return p * scale;
}

INLINE float sigmoid(float x) { return 1.0f / (1.0f + fastExp(-x)); }

/** Abramowitz and Stegun 7.1.26, absolute error below 1.5e-7. `square` is e^(-x^2). */
INLINE float erfOf(float x, float square) {
  const float a = std::fabs(x);
  const float t = 1.0f / (1.0f + 0.3275911f * a);
  const float series = ((((1.061405429f * t - 1.453152027f) * t + 1.421413741f) * t - 0.284496736f) * t + 0.254829592f) * t;
  return std::copysign(1.0f - series * square, x);
}

constexpr int kLanes = 16;

/** Sum of f(i) over 0..n in kLanes running sums. */
template <class F>
INLINE float sumOf(int64_t n, const F& f) {
  float lanes[kLanes] = {};
  int64_t i = 0;
  for (; i + kLanes <= n; i += kLanes)
    for (int j = 0; j < kLanes; j++) lanes[j] += f(i + j);
  for (; i < n; i++) lanes[i % kLanes] += f(i);
  for (int width = kLanes / 2; width > 0; width /= 2)
    for (int j = 0; j < width; j++) lanes[j] += lanes[j + width];
  return lanes[0];
}

// ---- the kernel interface -----------------------------------------------------------------------------------------------------

/** One call of a kernel. */
class Call {
 public:
  explicit Call(TF_OpKernelContext* context) : context_(context), status_(TF_NewStatus()) {}
  ~Call() {
    for (TF_Tensor* tensor : tensors_) TF_DeleteTensor(tensor);
    TF_DeleteStatus(status_);
  }

  TF_Tensor* input(int i) {
    TF_Tensor* tensor = nullptr;
    TF_GetInput(context_, i, &tensor, status_);
    return owned(tensor);
  }

  float* output(int i, const std::vector<int64_t>& shape) {
    int64_t size = 1;
    for (int64_t length : shape) size *= length;
    TF_Tensor* tensor = TF_AllocateOutput(context_, i, TF_FLOAT, shape.data(), static_cast<int>(shape.size()), size * 4, status_);
    return static_cast<float*>(TF_TensorData(owned(tensor)));
  }

  void fail(const char* message) {
    TF_SetStatus(status_, TF_INVALID_ARGUMENT, message);
    TF_OpKernelContext_Failure(context_, status_);
  }

 private:
  TF_Tensor* owned(TF_Tensor* tensor) {
    if (TF_GetCode(status_) != TF_OK) throw std::runtime_error(TF_Message(status_));
    tensors_.push_back(tensor);
    return tensor;
  }

  TF_OpKernelContext* context_;
  TF_Status* status_;
  std::vector<TF_Tensor*> tensors_;
};

template <class T = float>
const T* data(TF_Tensor* tensor) { 
  return static_cast<const T*>(TF_TensorData(tensor));
}

inline std::vector<int64_t> shapeOf(TF_Tensor* tensor) {
  std::vector<int64_t> shape(TF_NumDims(tensor));
  for (size_t i = 0; i < shape.size(); i++) shape[i] = TF_Dim(tensor, static_cast<int>(i));
  return shape;
}

/** A tensor as rows of its last axis. */
struct Rows {
  int64_t count, width;
  explicit Rows(TF_Tensor* tensor)
      : count(0), width(TF_NumDims(tensor) == 0 ? 1 : TF_Dim(tensor, TF_NumDims(tensor) - 1)) {
    count = width == 0 ? 0 : TF_TensorElementCount(tensor) / width;
  }
};

inline void require(bool holds, const char* message) {
  if (!holds) throw std::runtime_error(message);
}

// ---- registration ---------------------------------------------------------------------------------------------------------------

using Body = void (*)(Call&, float);

/** What TensorFlow keeps of one use of an op: its one number (epsilon of a norm, width of a padding, sign of a rotation). */
inline void* create(TF_OpKernelConstruction* construction) {
  auto* parameter = new float(0);
  TF_Status* status = TF_NewStatus();
  TF_OpKernelConstruction_GetAttrFloat(construction, "parameter", parameter, status);
  if (TF_GetCode(status) != TF_OK) TF_OpKernelConstruction_Failure(construction, status);
  TF_DeleteStatus(status);
  return parameter;
}

inline void destroy(void* parameter) { delete static_cast<float*>(parameter); }

template <Body body>
void compute(void* parameter, TF_OpKernelContext* context) {
  Call call(context);
  try {
    body(call, *static_cast<float*>(parameter));
  } catch (const std::exception& error) {
    call.fail(error.what());
  }
}

inline void unknownShapes(TF_ShapeInferenceContext* context, TF_Status* status) {
  TF_ShapeInferenceContextSetUnknownShape(context, status);
}

/** Inputs are float32 unless they name another type, as in "mask: bool". */
template <Body body>
void define(const char* name, std::initializer_list<const char*> inputs, std::initializer_list<const char*> outputs) {
  TF_Status* status = TF_NewStatus();
  TF_OpDefinitionBuilder* op = TF_NewOpDefinitionBuilder(name);
  for (const std::string input : inputs)
    TF_OpDefinitionBuilderAddInput(op, (input.find(':') == std::string::npos ? input + ": float" : input).c_str());
  for (const char* output : outputs) TF_OpDefinitionBuilderAddOutput(op, (std::string(output) + ": float").c_str());
  TF_OpDefinitionBuilderAddAttr(op, "parameter: float = 0");
  TF_OpDefinitionBuilderSetShapeInferenceFunction(op, &unknownShapes);
  TF_RegisterOpDefinition(op, status);
  if (TF_GetCode(status) == TF_OK) {
    TF_KernelBuilder* kernel = TF_NewKernelBuilder(name, "CPU", &create, &compute<body>, &destroy);
    TF_RegisterKernelBuilder(name, kernel, status);
  }
  const std::string message = TF_GetCode(status) == TF_OK ? "" : TF_Message(status);
  TF_DeleteStatus(status);
  if (!message.empty()) throw std::runtime_error(message);
}

}  // namespace egolab
