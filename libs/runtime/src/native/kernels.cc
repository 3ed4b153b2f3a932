// Fused CPU kernels for what TensorFlow only has as chains of elementwise ops: one pass over memory instead of up to a dozen.
// Registered through TensorFlow's C kernel interface when this add-on is loaded; libs/nn holds the same formulas as chains of ops,
// which other devices run and which the tests compare these with. All tensors are float32. Results don't depend on the number of
// threads: work is cut into the same blocks everywhere, and sums over blocks are taken in order.
#include <node_api.h>
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

namespace {

// ---- threads ----------------------------------------------------------------------------------------------------------------

/** Runs blocks of work on all cores; the caller works too, and a second caller at the same time works alone. */
class Pool {
 public:
  Pool() {
    const unsigned cores = std::max(1u, std::thread::hardware_concurrency());
    for (unsigned i = 1; i < cores; i++) std::thread([this] { serve(); }).detach();
    workers_ = cores - 1;
  }

  void run(int64_t blocks, const std::function<void(int64_t)>& work) {
    std::unique_lock<std::mutex> turn(turn_, std::try_to_lock);
    if (blocks < 2 || workers_ == 0 || !turn.owns_lock()) {
      for (int64_t block = 0; block < blocks; block++) work(block);
      return;
    }
    {
      std::lock_guard<std::mutex> lock(state_);
      work_ = &work;
      blocks_ = blocks;
      next_ = 0;
      pending_ = workers_;
      generation_++;
    }
    begin_.notify_all();
    drain(work, blocks);
    std::unique_lock<std::mutex> lock(state_);
    done_.wait(lock, [this] { return pending_ == 0; });
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
      const auto* work = work_;
      const int64_t blocks = blocks_;
      lock.unlock();
      drain(*work, blocks);
      lock.lock();
      if (--pending_ == 0) done_.notify_one();
    }
  }

  std::mutex turn_, state_;
  std::condition_variable begin_, done_;
  const std::function<void(int64_t)>* work_ = nullptr;
  int64_t blocks_ = 0;
  std::atomic<int64_t> next_{0};
  unsigned workers_ = 0, pending_ = 0;
  uint64_t generation_ = 0;
};

Pool& pool() {
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

const float* data(TF_Tensor* tensor) { return static_cast<const float*>(TF_TensorData(tensor)); }

std::vector<int64_t> shapeOf(TF_Tensor* tensor) {
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

void require(bool holds, const char* message) {
  if (!holds) throw std::runtime_error(message);
}

// ---- layer and root-mean-square normalisation -----------------------------------------------------------------------------------

/** y = (x - mean) * inverse * weight + bias; without a bias there is no mean either (RMSNorm). */
VECTORIZED void normRows(const float* x, const float* weight, const float* bias, float eps, float* y, float* mean, float* inverse,
                         int64_t from, int64_t to, int64_t width) {
  for (int64_t row = from; row < to; row++) {
    const float* in = x + row * width;
    float* out = y + row * width;
    const float centre = bias ? sumOf(width, [&](int64_t i) { return in[i]; }) / width : 0.0f;
    const float power = sumOf(width, [&](int64_t i) { return (in[i] - centre) * (in[i] - centre); }) / width;
    const float scale = 1.0f / std::sqrt(power + eps);
    if (bias) {
      for (int64_t i = 0; i < width; i++) out[i] = (in[i] - centre) * scale * weight[i] + bias[i];
      mean[row] = centre;
    } else {
      for (int64_t i = 0; i < width; i++) out[i] = in[i] * scale * weight[i];
    }
    inverse[row] = scale;
  }
}

/** dx, and this block's share of the gradients of weight and bias. */
VECTORIZED void normGradRows(const float* dy, const float* x, const float* mean, const float* inverse, const float* weight, float* dx,
                             float* dweight, float* dbias, int64_t from, int64_t to, int64_t width) {
  for (int64_t row = from; row < to; row++) {
    const float *in = x + row * width, *up = dy + row * width;
    float* out = dx + row * width;
    const float centre = mean ? mean[row] : 0.0f, scale = inverse[row];
    const float first = mean ? sumOf(width, [&](int64_t i) { return up[i] * weight[i]; }) / width : 0.0f;
    const float second = sumOf(width, [&](int64_t i) { return up[i] * weight[i] * (in[i] - centre); }) * scale * scale / width;
    for (int64_t i = 0; i < width; i++) out[i] = scale * (up[i] * weight[i] - first - (in[i] - centre) * second);
    for (int64_t i = 0; i < width; i++) dweight[i] += up[i] * (in[i] - centre) * scale;
    if (dbias)
      for (int64_t i = 0; i < width; i++) dbias[i] += up[i];
  }
}

/** Inputs x, weight and, for layer normalisation, bias. */
template <bool centred>
void norm(Call& call, float eps) {
  TF_Tensor *x = call.input(0), *weight = call.input(1), *bias = centred ? call.input(2) : nullptr;
  const Rows rows(x);
  require(TF_TensorElementCount(weight) == rows.width && (!bias || TF_TensorElementCount(bias) == rows.width),
          "normalisation: weight and bias must have one element a channel");
  float* y = call.output(0, shapeOf(x));
  float* inverse = call.output(1, {rows.count});
  float* mean = centred ? call.output(2, {rows.count}) : nullptr;
  parallel(rows.count, rows.width, [&](int64_t from, int64_t to) {
    normRows(data(x), data(weight), bias ? data(bias) : nullptr, eps, y, mean, inverse, from, to, rows.width);
  });
}

/** Inputs dy, x, weight, inverse and, for layer normalisation, mean. */
template <bool centred>
void normGrad(Call& call, float) {
  TF_Tensor *dy = call.input(0), *x = call.input(1), *weight = call.input(2), *inverse = call.input(3);
  TF_Tensor* mean = centred ? call.input(4) : nullptr;
  const Rows rows(x);
  require(TF_TensorElementCount(dy) == TF_TensorElementCount(x) && TF_TensorElementCount(inverse) == rows.count,
          "normalisation: dy and x must have the same shape");
  float* dx = call.output(0, shapeOf(x));
  float* dweight = call.output(1, {rows.width});
  float* dbias = centred ? call.output(2, {rows.width}) : nullptr;
  // the same blocks on every machine, so that the sums over them are the same numbers
  const int64_t blocks = std::clamp<int64_t>(rows.count * rows.width / kGrain, 1, 64);
  std::vector<float> partial(blocks * rows.width * 2);
  pool().run(blocks, [&](int64_t block) {
    float* own = partial.data() + block * rows.width * 2;
    normGradRows(data(dy), data(x), mean ? data(mean) : nullptr, data(inverse), data(weight), dx, own,
                 dbias ? own + rows.width : nullptr, rows.count * block / blocks, rows.count * (block + 1) / blocks, rows.width);
  });
  for (int64_t i = 0; i < rows.width; i++) {
    float first = 0, second = 0;
    for (int64_t block = 0; block < blocks; block++) {
      first += partial[block * rows.width * 2 + i];
      second += partial[block * rows.width * 2 + rows.width + i];
    }
    dweight[i] = first;
    if (dbias) dbias[i] = second;
  }
}

// ---- activations --------------------------------------------------------------------------------------------------------------

constexpr float kSqrtHalf = 0.70710678118654752f, kInvSqrt2Pi = 0.39894228040143268f;
constexpr float kTanhScale = 1.5957691216057308f, kTanhCubic = 0.044715f;  // 2 sqrt(2 / pi)

struct Gelu {
  INLINE float value(float x) { return 0.5f * x * (1.0f + erfOf(x * kSqrtHalf, fastExp(-0.5f * x * x))); }
  INLINE float slope(float x) {
    const float square = fastExp(-0.5f * x * x);
    return 0.5f * (1.0f + erfOf(x * kSqrtHalf, square)) + x * square * kInvSqrt2Pi;
  }
};

struct GeluTanh {
  INLINE float value(float x) { return x * sigmoid(kTanhScale * x * (1.0f + kTanhCubic * x * x)); }
  INLINE float slope(float x) {
    const float s = sigmoid(kTanhScale * x * (1.0f + kTanhCubic * x * x));
    return s + x * s * (1.0f - s) * kTanhScale * (1.0f + 3.0f * kTanhCubic * x * x);
  }
};

struct QuickGelu {
  INLINE float value(float x) { return x * sigmoid(1.702f * x); }
  INLINE float slope(float x) {
    const float s = sigmoid(1.702f * x);
    return s * (1.0f + 1.702f * x * (1.0f - s));
  }
};

struct Silu {
  INLINE float value(float x) { return x * sigmoid(x); }
  INLINE float slope(float x) {
    const float s = sigmoid(x);
    return s * (1.0f + x * (1.0f - s));
  }
};

#define ACTIVATION(NAME)                                                                                          \
  VECTORIZED void value##NAME(const float* x, float* y, int64_t from, int64_t to) {                                \
    for (int64_t i = from; i < to; i++) y[i] = NAME::value(x[i]);                                                  \
  }                                                                                                               \
  VECTORIZED void grad##NAME(const float* dy, const float* x, float* dx, int64_t from, int64_t to) {               \
    for (int64_t i = from; i < to; i++) dx[i] = dy[i] * NAME::slope(x[i]);                                         \
  }                                                                                                               \
  void NAME##Kernel(Call& call, float) {                                                                          \
    TF_Tensor* x = call.input(0);                                                                                 \
    float* y = call.output(0, shapeOf(x));                                                                        \
    parallel(TF_TensorElementCount(x), 1, [&](int64_t from, int64_t to) { value##NAME(data(x), y, from, to); });   \
  }                                                                                                               \
  void NAME##GradKernel(Call& call, float) {                                                                      \
    TF_Tensor *dy = call.input(0), *x = call.input(1);                                                            \
    require(TF_TensorElementCount(dy) == TF_TensorElementCount(x), "activation: dy and x differ in size");        \
    float* dx = call.output(0, shapeOf(x));                                                                       \
    parallel(TF_TensorElementCount(x), 1,                                                                         \
             [&](int64_t from, int64_t to) { grad##NAME(data(dy), data(x), dx, from, to); });                     \
  }
ACTIVATION(Gelu)
ACTIVATION(GeluTanh)
ACTIVATION(QuickGelu)
ACTIVATION(Silu)

// ---- softmax ------------------------------------------------------------------------------------------------------------------

VECTORIZED void softmaxGradRows(const float* dp, const float* p, float* ds, int64_t from, int64_t to, int64_t width) {
  for (int64_t row = from; row < to; row++) {
    const float *up = dp + row * width, *weights = p + row * width;
    const float mean = sumOf(width, [&](int64_t i) { return up[i] * weights[i]; });
    for (int64_t i = 0; i < width; i++) ds[row * width + i] = weights[i] * (up[i] - mean);
  }
}

/** Gradient with respect to the scores: p (dp - sum(dp p)). Inputs dp, p. */
void softmaxGrad(Call& call, float) {
  TF_Tensor *dp = call.input(0), *p = call.input(1);
  require(TF_TensorElementCount(dp) == TF_TensorElementCount(p), "softmax: dp and p differ in size");
  const Rows rows(p);
  float* ds = call.output(0, shapeOf(p));
  parallel(rows.count, rows.width,
           [&](int64_t from, int64_t to) { softmaxGradRows(data(dp), data(p), ds, from, to, rows.width); });
}

// ---- SwiGLU --------------------------------------------------------------------------------------------------------------------

VECTORIZED void swigluValue(const float* gate, const float* up, float* y, int64_t from, int64_t to) {
  for (int64_t i = from; i < to; i++) y[i] = Silu::value(gate[i]) * up[i];
}
VECTORIZED void swigluSlopes(const float* dy, const float* gate, const float* up, float* dgate, float* dup, int64_t from, int64_t to) {
  for (int64_t i = from; i < to; i++) {
    dgate[i] = dy[i] * up[i] * Silu::slope(gate[i]);
    dup[i] = dy[i] * Silu::value(gate[i]);
  }
}

/** silu(gate) up. Inputs gate, up. */
void swiglu(Call& call, float) {
  TF_Tensor *gate = call.input(0), *up = call.input(1);
  require(TF_TensorElementCount(gate) == TF_TensorElementCount(up), "SwiGLU: gate and up differ in size");
  float* y = call.output(0, shapeOf(gate));
  parallel(TF_TensorElementCount(gate), 1, [&](int64_t from, int64_t to) { swigluValue(data(gate), data(up), y, from, to); });
}

/** Inputs dy, gate, up. */
void swigluGrad(Call& call, float) {
  TF_Tensor *dy = call.input(0), *gate = call.input(1), *up = call.input(2);
  require(TF_TensorElementCount(dy) == TF_TensorElementCount(gate) && TF_TensorElementCount(gate) == TF_TensorElementCount(up),
          "SwiGLU: dy, gate and up differ in size");
  float *dgate = call.output(0, shapeOf(gate)), *dup = call.output(1, shapeOf(up));
  parallel(TF_TensorElementCount(gate), 1,
           [&](int64_t from, int64_t to) { swigluSlopes(data(dy), data(gate), data(up), dgate, dup, from, to); });
}

// ---- rotary embedding ----------------------------------------------------------------------------------------------------------

VECTORIZED void rotateRow(const float* x, const float* cosine, const float* sine, float sign, float* y, int64_t half) {
  for (int64_t i = 0; i < half; i++) y[i] = x[i] * cosine[i] + sign * x[i + half] * sine[i];
  for (int64_t i = half; i < 2 * half; i++) y[i] = x[i] * cosine[i] + sign * x[i - half] * sine[i];
}

/**
 * x cos + swapHalves(x) signedSin: x `[batch, heads, sequence, width]`, the tables `[batch or 1, 1, sequence, width]`. The parameter is
 * 1, or -1 for the rotation by the opposite angle, which is the gradient.
 */
void rotary(Call& call, float sign) {
  TF_Tensor *x = call.input(0), *cosine = call.input(1), *sine = call.input(2);
  require(TF_NumDims(x) == 4 && TF_NumDims(cosine) == 4 && shapeOf(cosine) == shapeOf(sine), "rotary: expected four axes");
  const int64_t heads = TF_Dim(x, 1), sequence = TF_Dim(x, 2), width = TF_Dim(x, 3), tables = TF_Dim(cosine, 0);
  require(width % 2 == 0 && TF_Dim(cosine, 1) == 1 && TF_Dim(cosine, 2) == sequence && TF_Dim(cosine, 3) == width &&
              (tables == 1 || tables == TF_Dim(x, 0)),
          "rotary: the tables don't fit x");
  float* y = call.output(0, shapeOf(x));
  parallel(TF_Dim(x, 0) * heads * sequence, width, [&](int64_t from, int64_t to) {
    for (int64_t row = from; row < to; row++) {
      const int64_t table = (tables == 1 ? 0 : row / (heads * sequence)) * sequence + row % sequence;
      rotateRow(data(x) + row * width, data(cosine) + table * width, data(sine) + table * width, sign, y + row * width, width / 2);
    }
  });
}

// ---- reflection padding -----------------------------------------------------------------------------------------------------------

INLINE int64_t reflected(int64_t i, int64_t length) { return i < 0 ? -i : i >= length ? 2 * (length - 1) - i : i; }

/** `[batch, height, width, channel]`, `pad` places on each side of height and width. */
void reflectionPad(Call& call, float parameter) {
  TF_Tensor* x = call.input(0);
  const int64_t pad = static_cast<int64_t>(parameter);
  require(TF_NumDims(x) == 4 && TF_Dim(x, 1) > pad && TF_Dim(x, 2) > pad, "reflection padding: the image is smaller than the padding");
  const int64_t batch = TF_Dim(x, 0), height = TF_Dim(x, 1), width = TF_Dim(x, 2), channels = TF_Dim(x, 3);
  const int64_t outHeight = height + 2 * pad, outWidth = width + 2 * pad;
  float* y = call.output(0, {batch, outHeight, outWidth, channels});
  parallel(batch * outHeight, outWidth * channels, [&](int64_t from, int64_t to) {
    for (int64_t row = from; row < to; row++) {
      const int64_t source = (row / outHeight) * height + reflected(row % outHeight - pad, height);
      for (int64_t column = 0; column < outWidth; column++)
        std::memcpy(y + (row * outWidth + column) * channels,
                    data(x) + (source * width + reflected(column - pad, width)) * channels, channels * sizeof(float));
    }
  });
}

VECTORIZED void addRow(float* sum, const float* summand, int64_t width) {
  for (int64_t i = 0; i < width; i++) sum[i] += summand[i];
}

void reflectionPadGrad(Call& call, float parameter) {
  TF_Tensor* dy = call.input(0);
  const int64_t pad = static_cast<int64_t>(parameter);
  const int64_t batch = TF_Dim(dy, 0), outHeight = TF_Dim(dy, 1), outWidth = TF_Dim(dy, 2), channels = TF_Dim(dy, 3);
  const int64_t height = outHeight - 2 * pad, width = outWidth - 2 * pad;
  require(height > pad && width > pad, "reflection padding: the image is smaller than the padding");
  float* dx = call.output(0, {batch, height, width, channels});
  parallel(batch, outHeight * outWidth * channels, [&](int64_t from, int64_t to) {
    std::memset(dx + from * height * width * channels, 0, (to - from) * height * width * channels * sizeof(float));
    for (int64_t row = from * outHeight; row < to * outHeight; row++) {
      const int64_t target = (row / outHeight) * height + reflected(row % outHeight - pad, height);
      for (int64_t column = 0; column < outWidth; column++)
        addRow(dx + (target * width + reflected(column - pad, width)) * channels,
               data(dy) + (row * outWidth + column) * channels, channels);
    }
  });
}

// ---- registration ---------------------------------------------------------------------------------------------------------------

using Body = void (*)(Call&, float);

/** What TensorFlow keeps of one use of an op: its one number (epsilon of a norm, width of a padding, sign of a rotation). */
void* create(TF_OpKernelConstruction* construction) {
  auto* parameter = new float(0);
  TF_Status* status = TF_NewStatus();
  TF_OpKernelConstruction_GetAttrFloat(construction, "parameter", parameter, status);
  if (TF_GetCode(status) != TF_OK) TF_OpKernelConstruction_Failure(construction, status);
  TF_DeleteStatus(status);
  return parameter;
}

void destroy(void* parameter) { delete static_cast<float*>(parameter); }

template <Body body>
void compute(void* parameter, TF_OpKernelContext* context) {
  Call call(context);
  try {
    body(call, *static_cast<float*>(parameter));
  } catch (const std::exception& error) {
    call.fail(error.what());
  }
}

void unknownShapes(TF_ShapeInferenceContext* context, TF_Status* status) {
  TF_ShapeInferenceContextSetUnknownShape(context, status);
}

template <Body body>
void define(const char* name, std::initializer_list<const char*> inputs, std::initializer_list<const char*> outputs) {
  TF_Status* status = TF_NewStatus();
  TF_OpDefinitionBuilder* op = TF_NewOpDefinitionBuilder(name);
  for (const char* input : inputs) TF_OpDefinitionBuilderAddInput(op, (std::string(input) + ": float").c_str());
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

void defineAll() {
  define<norm<true>>("EgolabLayerNorm", {"x", "weight", "bias"}, {"y", "inverse", "mean"});
  define<normGrad<true>>("EgolabLayerNormGrad", {"dy", "x", "weight", "inverse", "mean"}, {"dx", "dweight", "dbias"});
  define<norm<false>>("EgolabRmsNorm", {"x", "weight"}, {"y", "inverse"});
  define<normGrad<false>>("EgolabRmsNormGrad", {"dy", "x", "weight", "inverse"}, {"dx", "dweight"});
  define<GeluKernel>("EgolabGelu", {"x"}, {"y"});
  define<GeluGradKernel>("EgolabGeluGrad", {"dy", "x"}, {"dx"});
  define<GeluTanhKernel>("EgolabGeluTanh", {"x"}, {"y"});
  define<GeluTanhGradKernel>("EgolabGeluTanhGrad", {"dy", "x"}, {"dx"});
  define<QuickGeluKernel>("EgolabQuickGelu", {"x"}, {"y"});
  define<QuickGeluGradKernel>("EgolabQuickGeluGrad", {"dy", "x"}, {"dx"});
  define<SiluKernel>("EgolabSilu", {"x"}, {"y"});
  define<SiluGradKernel>("EgolabSiluGrad", {"dy", "x"}, {"dx"});
  define<swiglu>("EgolabSwiGlu", {"gate", "up"}, {"y"});
  define<swigluGrad>("EgolabSwiGluGrad", {"dy", "gate", "up"}, {"dgate", "dup"});
  define<rotary>("EgolabRotary", {"x", "cos", "signed_sin"}, {"y"});
  define<reflectionPad>("EgolabReflectionPad", {"x"}, {"y"});
  define<reflectionPadGrad>("EgolabReflectionPadGrad", {"dy"}, {"dx"});
  define<softmaxGrad>("EgolabSoftmaxGrad", {"dp", "p"}, {"ds"});
}

}  // namespace

NAPI_MODULE_INIT() {
  static std::once_flag once;  // a worker thread loads the add-on again
  try {
    std::call_once(once, defineAll);
  } catch (const std::exception& error) {
    napi_throw_error(env, nullptr, error.what());
  }
  return exports;
}
