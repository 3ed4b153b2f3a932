// Fused CPU kernels for what TensorFlow only has as chains of elementwise ops: one pass over memory instead of up to a dozen.
// Registered through TensorFlow's C kernel interface when this add-on is loaded; libs/nn holds the same formulas as chains of ops,
// which other devices run and which the tests compare these with. All tensors are float32.
#include <node_api.h>

#include "attention.h"
#include "kernel.h"

using namespace egolab;

namespace {

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
 * x cos + swapHalves(x) signedSin: x `[batch, sequence, heads, width]`, the tables `[batch or 1, sequence, 1, width]`. The parameter is
 * 1, or -1 for the rotation by the opposite angle, which is the gradient.
 */
void rotary(Call& call, float sign) {
  TF_Tensor *x = call.input(0), *cosine = call.input(1), *sine = call.input(2);
  require(TF_NumDims(x) == 4 && TF_NumDims(cosine) == 4 && shapeOf(cosine) == shapeOf(sine), "rotary: expected four axes");
  const int64_t sequence = TF_Dim(x, 1), heads = TF_Dim(x, 2), width = TF_Dim(x, 3), tables = TF_Dim(cosine, 0);
  require(width % 2 == 0 && TF_Dim(cosine, 1) == sequence && TF_Dim(cosine, 2) == 1 && TF_Dim(cosine, 3) == width &&
              (tables == 1 || tables == TF_Dim(x, 0)),
          "rotary: the tables don't fit x");
  float* y = call.output(0, shapeOf(x));
  parallel(TF_Dim(x, 0) * sequence * heads, width, [&](int64_t from, int64_t to) {
    for (int64_t row = from; row < to; row++) {
      const int64_t table = row / heads % (tables * sequence);
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
  define<attention>("EgolabAttention", {"q", "k", "v", "mask: bool", "rules"}, {"y", "largest", "inverse"});
  define<attentionGrad>("EgolabAttentionGrad", {"dy", "q", "k", "v", "y", "largest", "inverse", "mask: bool", "rules"}, {"dq", "dk", "dv"});
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
