// Scaled dot-product attention and its gradient in tiles that stay in a core's caches (Dao et al. 2022, FlashAttention, algorithms 1
// and 4): no score ever goes to memory. Scores of a block of queries are computed, turned into probabilities and used up; the backward
// pass computes them again from each query's largest score and normaliser.
#include "attention.h"

namespace egolab {
namespace {

/** One register of W floats. */
template <int W>
struct Register;
#define REGISTER(W)                                                                  \
  template <>                                                                        \
  struct Register<W> {                                                               \
    typedef float Type __attribute__((vector_size(4 * W), aligned(4), may_alias));   \
  }
REGISTER(4);
REGISTER(8);
REGISTER(16);
#undef REGISTER

/** Queries of a block: a multiple of every tile's rows. */
constexpr int64_t kRows = 48;
/** Queries of a unit of the forward pass, keys of a block of the backward pass: their panels fit in a core's second cache. */
constexpr int64_t kUnitRows = 10 * kRows, kKeys = 512;
/** Rows of a panel that a tile goes through before the next tile: they fit in the first cache. */
constexpr int64_t kDepth = 128;
/** Score of a pair that may not look. A query that may look nowhere has no other, and gets zeros. */
constexpr float kForbidden = -1e30f;

// ---- matrix products on packed panels ---------------------------------------------------------------------------------------------

constexpr int64_t roundUp(int64_t n, int64_t step) { return (n + step - 1) / step * step; }

/** c `[R, W N]` (+)= a b; element (r, k) of a is at r * row + k * step, b is `[depth, W N]`. */
template <int W, int R, int N>
INLINE void tile(const float* a, int64_t row, int64_t step, const float* b, int64_t depth, float* c, int64_t width, bool add) {
  using Vec = typename Register<W>::Type;
  Vec sum[R][N];
  for (int r = 0; r < R; r++)
    for (int n = 0; n < N; n++) sum[r][n] = add ? *reinterpret_cast<const Vec*>(c + r * width + n * W) : Vec{};
  for (int64_t k = 0; k < depth; k++) {
    Vec right[N];
    for (int n = 0; n < N; n++) right[n] = *reinterpret_cast<const Vec*>(b + (k * N + n) * W);
    for (int r = 0; r < R; r++) {
      const float left = a[r * row + k * step];
      for (int n = 0; n < N; n++) sum[r][n] += left * right[n];
    }
  }
  for (int r = 0; r < R; r++)
    for (int n = 0; n < N; n++) *reinterpret_cast<Vec*>(c + r * width + n * W) = sum[r][n];
}

/** A matrix `[depth, columns]` as panels `[depth, P]` side by side, `stride` numbers apart. */
struct Panels {
  const float* data;
  int64_t stride, columns;
};

/** c (+)= a b for `rows` rows, a multiple of R: what a's buffer and c hold beyond the rows that are meant is of no use. */
template <int W, int R, int N>
INLINE void product(const float* a, int64_t row, int64_t step, int64_t rows, int64_t depth, Panels b, float* c, int64_t width, bool add) {
  for (int64_t first = 0; first < depth; first += kDepth)
    for (int64_t column = 0; column < b.columns; column += W * N)
      for (int64_t i = 0; i < rows; i += R)
        tile<W, R, N>(a + i * row + first * step, row, step, b.data + column / (W * N) * b.stride + first * W * N,
                   std::min(kDepth, depth - first), c + i * width + column, width, add || first > 0);
}

/** `count` rows of `width` numbers, the rows `apart` from each other, as panels `[count, P]`, padded with zeros. */
template <int P>
INLINE Panels packRows(const float* x, int64_t apart, int64_t count, int64_t width, float* to) {
  const int64_t columns = roundUp(width, P);
  for (int64_t column = 0; column < columns; column += P)
    for (int64_t i = 0; i < count; i++)
      for (int64_t j = 0; j < P; j++)
        to[column * count + i * P + j] = column + j < width ? x[i * apart + column + j] : 0.0f;
  return {to, count * P, columns};
}

/** The transpose of such rows as panels `[width, P]`, padded with zeros. */
template <int P>
INLINE Panels packColumns(const float* x, int64_t apart, int64_t count, int64_t width, float* to) {
  const int64_t columns = roundUp(count, P);
  for (int64_t column = 0; column < columns; column += P) {
    const int64_t there = std::min<int64_t>(P, count - column);
    float* panel = to + column * width;
    if (there < P) std::memset(panel, 0, width * P * sizeof(float));
    for (int64_t j = 0; j < there; j++)
      for (int64_t d = 0; d < width; d++) panel[d * P + j] = x[(column + j) * apart + d];
  }
  return {to, width * P, columns};
}

// ---- the problem ------------------------------------------------------------------------------------------------------------------

/** Queries, keys and values are `[batch, sequence, heads, width]`: a head's rows are `heads * width` numbers apart. */
struct Problem {
  int64_t batch, heads, keyHeads, queries, keys, width;
  float scale;
  bool causal;
  /** keys that a query sees, its own included; 0 for all */
  int64_t window;
  /** `[batch or 1, heads or 1, queries or 1, keys]`, or null */
  const bool* mask;
  int64_t maskBatch, maskHead, maskQuery;

  Problem(TF_Tensor* q, TF_Tensor* k, TF_Tensor* v, TF_Tensor* maskTensor, TF_Tensor* rules) {
    require(TF_NumDims(q) == 4 && TF_NumDims(k) == 4 && shapeOf(k) == shapeOf(v), "attention: expected four axes");
    batch = TF_Dim(q, 0), queries = TF_Dim(q, 1), heads = TF_Dim(q, 2), width = TF_Dim(q, 3);
    keys = TF_Dim(k, 1), keyHeads = TF_Dim(k, 2);
    require(TF_Dim(k, 0) == batch && TF_Dim(k, 3) == width && keyHeads > 0 && heads % keyHeads == 0,
            "attention: keys and values don't fit the queries");
    require(TF_TensorElementCount(rules) == 3, "attention: the rules are scale, causal, window");
    scale = data(rules)[0], causal = data(rules)[1] != 0, window = static_cast<int64_t>(data(rules)[2]);
    require(!causal || keys >= queries, "attention: causal needs a key for each query");
    mask = TF_TensorElementCount(maskTensor) > 0 ? data<bool>(maskTensor) : nullptr;
    if (!mask) return;
    const std::vector<int64_t> shape = shapeOf(maskTensor);
    require(shape.size() == 4 && (shape[0] == 1 || shape[0] == batch) && (shape[1] == 1 || shape[1] == heads) &&
                (shape[2] == 1 || shape[2] == queries) && shape[3] == keys,
            "attention: the mask doesn't fit");
    maskQuery = shape[2] == 1 ? 0 : keys;
    maskHead = shape[1] == 1 ? 0 : shape[2] * keys;
    maskBatch = shape[0] == 1 ? 0 : shape[1] * shape[2] * keys;
  }

  const bool* maskOf(int64_t sample, int64_t head, int64_t query) const {
    return mask + sample * maskBatch + head * maskHead + query * maskQuery;
  }

  /** The keys that a query may see, before the mask, are begin(query)..end(query). */
  int64_t begin(int64_t query) const { return window > 0 ? std::max<int64_t>(0, keys - queries + query - window + 1) : 0; }
  int64_t end(int64_t query) const { return causal ? keys - queries + query + 1 : keys; }
};

/** begin..end; nothing where they are equal. */
struct Range {
  int64_t begin, end;
};

/** The shortest run of keys with all that some query of first..last - 1 may see. */
Range visible(const Problem& p, int64_t sample, int64_t head, int64_t first, int64_t last) {
  const Range all{p.begin(first), p.end(last - 1)};
  if (!p.mask) return all;
  Range seen{all.end, all.begin};
  for (int64_t query = first; query < (p.maskQuery == 0 ? first + 1 : last); query++) {
    const bool* allowed = p.maskOf(sample, head, query);
    const bool* left = static_cast<const bool*>(std::memchr(allowed + all.begin, 1, std::max<int64_t>(0, seen.begin - all.begin)));
    if (left) seen.begin = left - allowed;
    const bool* right = static_cast<const bool*>(memrchr(allowed + seen.end, 1, std::max<int64_t>(0, all.end - seen.end)));
    if (right) seen.end = right - allowed + 1;
  }
  return seen.begin < seen.end ? seen : Range{0, 0};
}

/** `count` rows of `width` numbers, the rows `apart` from each other, times `scale`; zeros up to `rows`. */
INLINE void copyRows(const float* x, int64_t apart, int64_t count, int64_t rows, int64_t width, float scale, float* to) {
  for (int64_t i = 0; i < count; i++)
    for (int64_t d = 0; d < width; d++) to[i * width + d] = x[i * apart + d] * scale;
  std::memset(to + count * width, 0, (rows - count) * width * sizeof(float));
}

/** Forbids, of the scores of one query with the keys from..from + count, those that it may not see. */
INLINE void forbid(const Problem& p, int64_t sample, int64_t head, int64_t query, int64_t from, int64_t count, float* scores) {
  if (p.mask) {
    const bool* allowed = p.maskOf(sample, head, query) + from;
    for (int64_t j = 0; j < count; j++) scores[j] = allowed[j] ? scores[j] : kForbidden;
  }
  const int64_t begin = p.begin(query) - from, end = p.end(query) - from;
  for (int64_t j = 0; j < std::min(begin, count); j++) scores[j] = kForbidden;
  for (int64_t j = std::max<int64_t>(0, end); j < count; j++) scores[j] = kForbidden;
}

/** e^x, 0 where a float's exponent ends. */
INLINE float exponential(float x) {
  const float y = fastExp(x);
  return x < -87.0f ? 0.0f : y;
}

INLINE float maxOf(const float* x, int64_t n) {
  float lanes[kLanes];
  for (int j = 0; j < kLanes; j++) lanes[j] = kForbidden;
  int64_t i = 0;
  for (; i + kLanes <= n; i += kLanes)
    for (int j = 0; j < kLanes; j++) lanes[j] = x[i + j] > lanes[j] ? x[i + j] : lanes[j];
  for (; i < n; i++) lanes[0] = x[i] > lanes[0] ? x[i] : lanes[0];
  return *std::max_element(lanes, lanes + kLanes);
}

/** Cuts a thread's buffer into parts. */
class Buffer {
 public:
  explicit Buffer(int64_t size) : next_(memory(size)) {}
  float* take(int64_t size) {
    float* part = next_;
    next_ += size;
    return part;
  }

 private:
  static float* memory(int64_t size) {
    static thread_local std::vector<float> kept;
    if (static_cast<int64_t>(kept.size()) < size) kept.assign(size, 0.0f);
    return kept.data();
  }
  float* next_;
};

// ---- forward ----------------------------------------------------------------------------------------------------------------------

struct Forward {
  const Problem& p;
  const float *q, *k, *v;
  float *y, *largest, *inverse;
};

/** Queries first..last of one head. Tiles are R rows of W N keys or W D channels. */
template <int W, int R, int N, int D>
INLINE void forwardUnit(const Forward& f, int64_t sample, int64_t head, int64_t first, int64_t last) {
  const Problem& p = f.p;
  const int64_t width = p.width, padded = roundUp(width, W * D), room = roundUp(p.keys, W * N);
  const int64_t apart = p.heads * width, keysApart = p.keyHeads * width, statistics = (sample * p.heads + head) * p.queries;
  const int64_t offset = sample * p.queries * apart + head * width;
  const int64_t keyOffset = sample * p.keys * keysApart + head / (p.heads / p.keyHeads) * width;
  Buffer buffer(room * width + p.keys * padded + kRows * (width + room + padded));
  const Panels keys = packColumns<W * N>(f.k + keyOffset, keysApart, p.keys, width, buffer.take(room * width));
  const Panels values = packRows<W * D>(f.v + keyOffset, keysApart, p.keys, width, buffer.take(p.keys * padded));
  float *block = buffer.take(kRows * width), *scores = buffer.take(kRows * room), *mixed = buffer.take(kRows * padded);
  for (int64_t start = first; start < last; start += kRows) {
    const int64_t count = std::min(kRows, last - start), rows = roundUp(count, R);
    copyRows(f.q + offset + start * apart, apart, count, rows, width, p.scale, block);
    const Range range = visible(p, sample, head, start, start + count);
    const int64_t begin = range.begin / (W * N) * (W * N);  // a panel's first key
    const int64_t seen = range.end - begin, row = roundUp(seen, W * N);
    if (seen == 0) std::memset(mixed, 0, rows * padded * sizeof(float));
    product<W, R, N>(block, width, 1, rows, width, {keys.data + begin * width, keys.stride, row}, scores, row, false);
    for (int64_t i = 0; i < count; i++) {
      float* s = scores + i * row;
      forbid(p, sample, head, start + i, begin, seen, s);
      const float largest = maxOf(s, seen);
      for (int64_t j = 0; j < seen; j++) s[j] = exponential(s[j] - largest);
      const int64_t query = statistics + start + i;
      f.largest[query] = largest;
      f.inverse[query] = largest == kForbidden ? 0.0f : 1.0f / sumOf(seen, [&](int64_t j) { return s[j]; });
    }
    product<W, R, D>(scores, row, 1, rows, seen, {values.data + begin * W * D, values.stride, padded}, mixed, padded, false);
    for (int64_t i = 0; i < count; i++) {
      const float inverse = f.inverse[statistics + start + i];
      float* y = f.y + offset + (start + i) * apart;
      for (int64_t d = 0; d < width; d++) y[d] = mixed[i * padded + d] * inverse;
    }
  }
}

// ---- backward ---------------------------------------------------------------------------------------------------------------------

struct Backward {
  const Problem& p;
  const float *dy, *q, *k, *v, *y, *largest, *inverse;
  float *dq, *dk, *dv;
};

/** All queries that look at one head's keys and values, block of keys by block of keys. */
template <int W, int R, int N, int D>
INLINE void backwardUnit(const Backward& b, int64_t sample, int64_t keyHead) {
  const Problem& p = b.p;
  const int64_t width = p.width, padded = roundUp(width, W * D), group = p.heads / p.keyHeads;
  const int64_t most = std::min(kKeys, p.keys), room = roundUp(most, W * N), rowsOfKeys = roundUp(most, R);
  const int64_t apart = p.heads * width, keysApart = p.keyHeads * width;
  const int64_t keyOffset = sample * p.keys * keysApart + keyHead * width;
  // tiles of transposed scores may read up to R numbers beyond the last of them
  Buffer buffer(2 * room * width + most * padded + 2 * rowsOfKeys * padded + kRows * (2 * width + 3 * padded + 2 * room) + 2 * R);
  float *keysT = buffer.take(room * width), *valuesT = buffer.take(room * width), *keyRows = buffer.take(most * padded);
  float *dk = buffer.take(rowsOfKeys * padded), *dv = buffer.take(rowsOfKeys * padded);
  float *block = buffer.take(kRows * width), *upstream = buffer.take(kRows * width), *dqBlock = buffer.take(kRows * padded);
  float *blockRows = buffer.take(kRows * padded), *upstreamRows = buffer.take(kRows * padded);
  float *weights = buffer.take(kRows * room + R), *slopes = buffer.take(kRows * room + R);
  for (int64_t query = 0; query < p.queries; query++)
    std::memset(b.dq + (sample * p.queries + query) * apart + keyHead * group * width, 0, group * width * sizeof(float));
  for (int64_t from = 0; from < p.keys; from += kKeys) {
    const int64_t seen = std::min(kKeys, p.keys - from), row = roundUp(seen, W * N);
    const float *k = b.k + keyOffset + from * keysApart, *v = b.v + keyOffset + from * keysApart;
    const Panels keys = packColumns<W * N>(k, keysApart, seen, width, keysT), values = packColumns<W * N>(v, keysApart, seen, width, valuesT);
    const Panels keyPanels = packRows<W * D>(k, keysApart, seen, width, keyRows);
    std::memset(dk, 0, rowsOfKeys * padded * sizeof(float));
    std::memset(dv, 0, rowsOfKeys * padded * sizeof(float));
    for (int64_t head = keyHead * group; head < (keyHead + 1) * group; head++) {
      for (int64_t start = 0; start < p.queries; start += kRows) {
        const int64_t count = std::min(kRows, p.queries - start), rows = roundUp(count, R);
        const Range range = visible(p, sample, head, start, start + count);
        if (range.end <= from || range.begin >= from + seen) continue;
        const int64_t statistics = (sample * p.heads + head) * p.queries + start;
        const int64_t offset = (sample * p.queries + start) * apart + head * width;
        copyRows(b.q + offset, apart, count, rows, width, p.scale, block);
        copyRows(b.dy + offset, apart, count, rows, width, 1.0f, upstream);
        product<W, R, N>(block, width, 1, rows, width, keys, weights, row, false);
        product<W, R, N>(upstream, width, 1, rows, width, values, slopes, row, false);
        for (int64_t i = 0; i < count; i++) {
          float *w = weights + i * row, *s = slopes + i * row;
          forbid(p, sample, head, start + i, from, seen, w);
          const float largest = b.largest[statistics + i], inverse = b.inverse[statistics + i];
          const float *dy = upstream + i * width, *y = b.y + offset + i * apart;
          const float mean = sumOf(width, [&](int64_t d) { return dy[d] * y[d]; });
          for (int64_t j = 0; j < seen; j++) {
            w[j] = exponential(w[j] - largest) * inverse;
            s[j] = w[j] * (s[j] - mean);
          }
        }
        product<W, R, D>(slopes, row, 1, rows, seen, keyPanels, dqBlock, padded, false);
        for (int64_t i = 0; i < count; i++) {
          float* dq = b.dq + offset + i * apart;
          for (int64_t d = 0; d < width; d++) dq[d] += dqBlock[i * padded + d] * p.scale;
        }
        // the block's queries carry the scale already
        const Panels queryPanels = packRows<W * D>(block, width, count, width, blockRows);
        const Panels upstreamPanels = packRows<W * D>(upstream, width, count, width, upstreamRows);
        product<W, R, D>(slopes, 1, row, roundUp(seen, R), count, queryPanels, dk, padded, true);
        product<W, R, D>(weights, 1, row, roundUp(seen, R), count, upstreamPanels, dv, padded, true);
      }
    }
    for (int64_t i = 0; i < seen; i++)
      for (int64_t d = 0; d < width; d++) {
        b.dk[keyOffset + (from + i) * keysApart + d] = dk[i * padded + d];
        b.dv[keyOffset + (from + i) * keysApart + d] = dv[i * padded + d];
      }
  }
}

// ---- one version for each kind of processor ----------------------------------------------------------------------------------------

using ForwardUnit = void (*)(const Forward&, int64_t, int64_t, int64_t, int64_t);
using BackwardUnit = void (*)(const Backward&, int64_t, int64_t);

/** Tiles that fill the registers: 32 of 16 floats, 16 of 8, 16 of 4. */
#define VERSION(NAME, TARGET, W, R, N, D)                                             \
  TARGET void forward##NAME(const Forward& f, int64_t a, int64_t b, int64_t c, int64_t d) { \
    forwardUnit<W, R, N, D>(f, a, b, c, d);                                           \
  }                                                                                   \
  TARGET void backward##NAME(const Backward& f, int64_t a, int64_t b) { backwardUnit<W, R, N, D>(f, a, b); }
#define AVX512 __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512cd,avx2,fma,bmi2")))
#define AVX2 __attribute__((target("avx2,fma,bmi2")))
VERSION(Avx512Wide, AVX512, 16, 6, 4, 4)
VERSION(Avx512Middle, AVX512, 16, 6, 4, 2)
VERSION(Avx512Narrow, AVX512, 16, 6, 4, 1)
VERSION(Avx2, AVX2, 8, 6, 2, 2)
VERSION(Plain, , 4, 6, 2, 2)

struct Version {
  ForwardUnit forward;
  BackwardUnit backward;
};

Version versionFor(int64_t width) {
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
      __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512cd")) {
    if (width <= 16) return {forwardAvx512Narrow, backwardAvx512Narrow};
    if (width <= 32) return {forwardAvx512Middle, backwardAvx512Middle};
    return {forwardAvx512Wide, backwardAvx512Wide};
  }
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi2"))
    return {forwardAvx2, backwardAvx2};
  return {forwardPlain, backwardPlain};
}

}  // namespace

void attention(Call& call, float) {
  TF_Tensor *q = call.input(0), *k = call.input(1), *v = call.input(2);
  const Problem p(q, k, v, call.input(3), call.input(4));
  const Forward f{p,
                  data(q),
                  data(k),
                  data(v),
                  call.output(0, shapeOf(q)),
                  call.output(1, {p.batch, p.heads, p.queries}),
                  call.output(2, {p.batch, p.heads, p.queries})};
  const ForwardUnit unit = versionFor(p.width).forward;
  const int64_t parts = (p.queries + kUnitRows - 1) / kUnitRows;
  pool().run(p.batch * p.heads * parts, [&](int64_t i) {
    const int64_t head = i / parts, first = i % parts * kUnitRows;
    unit(f, head / p.heads, head % p.heads, first, std::min(p.queries, first + kUnitRows));
  });
}

void attentionGrad(Call& call, float) {
  TF_Tensor *dy = call.input(0), *q = call.input(1), *k = call.input(2), *v = call.input(3), *y = call.input(4);
  TF_Tensor *largest = call.input(5), *inverse = call.input(6);
  const Problem p(q, k, v, call.input(7), call.input(8));
  require(shapeOf(dy) == shapeOf(q) && shapeOf(y) == shapeOf(q) && TF_TensorElementCount(largest) == p.batch * p.heads * p.queries &&
              TF_TensorElementCount(inverse) == p.batch * p.heads * p.queries,
          "attention: the gradient doesn't fit the queries");
  const Backward b{p,          data(dy),      data(q),       data(k), data(v), data(y), data(largest),
                   data(inverse), call.output(0, shapeOf(q)), call.output(1, shapeOf(k)), call.output(2, shapeOf(k))};
  const BackwardUnit unit = versionFor(p.width).backward;
  pool().run(p.batch * p.keyHeads, [&](int64_t i) { unit(b, i / p.keyHeads, i % p.keyHeads); });
}

}  // namespace egolab
