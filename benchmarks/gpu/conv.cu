// A CUDA kernel behind convoracle.h: two spatial axes, float32, forward. It copies operands to the device and the result
// back by itself: the C interface hands over memory of the CPU. With ON_CPU the same body is a loop, to be tested without.
#include <cstdio>
#include <vector>

#include "convoracle.h"

struct problem {
    long n, c, k, groups, h, w, p, q, r, s, down, across, top, left, di, dj;
};

#ifdef ON_CPU
#define DEVICE
#else
#define DEVICE __device__
#endif

DEVICE static float element(const problem &g, const float *x, const float *f, long place) {
    long j = place % g.q, i = place / g.q % g.p, k = place / (g.q * g.p) % g.k, n = place / (g.q * g.p * g.k);
    long inputs = g.c / g.groups, first = k / (g.k / g.groups) * inputs;
    float total = 0;
    for (long c = 0; c < inputs; c++)
        for (long r = 0; r < g.r; r++)
            for (long s = 0; s < g.s; s++) {
                long y = i * g.down + r * g.di - g.top, z = j * g.across + s * g.dj - g.left;
                if (y < 0 || y >= g.h || z < 0 || z >= g.w) continue;
                total += x[((n * g.c + first + c) * g.h + y) * g.w + z] * f[((k * inputs + c) * g.r + r) * g.s + s];
            }
    return total;
}

#ifdef ON_CPU
static const char *computed(const problem &g, const std::vector<float> &x, const std::vector<float> &f, float *out, long count) {
    for (long place = 0; place < count; place++) out[place] = element(g, x.data(), f.data(), place);
    return nullptr;
}
#else
__global__ void convolve(problem g, const float *x, const float *f, float *out, long count) {
    long place = blockIdx.x * (long)blockDim.x + threadIdx.x;
    if (place < count) out[place] = element(g, x, f, place);
}

static const char *computed(const problem &g, const std::vector<float> &x, const std::vector<float> &f, float *out, long count) {
    float *on_x = nullptr, *on_f = nullptr, *on_out = nullptr;
    cudaMalloc(&on_x, x.size() * sizeof(float) + 1);
    cudaMalloc(&on_f, f.size() * sizeof(float) + 1);
    cudaMalloc(&on_out, count * sizeof(float) + 1);
    cudaMemcpy(on_x, x.data(), x.size() * sizeof(float), cudaMemcpyHostToDevice);
    cudaMemcpy(on_f, f.data(), f.size() * sizeof(float), cudaMemcpyHostToDevice);
    if (count) convolve<<<(count + 255) / 256, 256>>>(g, on_x, on_f, on_out, count);
    cudaMemcpy(out, on_out, count * sizeof(float), cudaMemcpyDeviceToHost);
    cudaFree(on_x);
    cudaFree(on_f);
    cudaFree(on_out);
    cudaError_t error = cudaGetLastError();
    return error == cudaSuccess ? nullptr : cudaGetErrorString(error);
}
#endif

static std::vector<float> dense(const convoracle_tensor *t) {
    std::vector<float> values;
    for (int64_t a = 0; a < t->shape[0]; a++)
        for (int64_t b = 0; b < t->shape[1]; b++)
            for (int64_t i = 0; i < t->shape[2]; i++)
                for (int64_t j = 0; j < t->shape[3]; j++)
                    values.push_back(*(const float *)((const char *)t->data + a * t->strides[0] + b * t->strides[1] +
                                                      i * t->strides[2] + j * t->strides[3]));
    return values;
}

int32_t conv_abi_version(void) { return CONVORACLE_ABI_VERSION; }

int32_t conv_takes(int32_t dtype) { return dtype == CONVORACLE_FLOAT32; }

const char *conv_domain(void) {
    return "{\"ranks\": [2], \"padding_modes\": [\"zeros\"], \"transposed\": \"no\", \"bias\": \"no\"}";
}

CONVORACLE_PASS(conv_forward) {
    const convoracle_convolution *c = convolution;
    if (c->rank != 2 || c->transposed || c->padding_mode != CONVORACLE_ZEROS || operands->bias ||
        c->dtype != CONVORACLE_FLOAT32) {
        snprintf(message, message_size, "float32, two axes, padded by zeros and without a bias is all");
        return CONVORACLE_UNSUPPORTED;
    }
    problem g = {(long)c->batch,     (long)c->in_channels,   (long)c->out_channels, (long)c->groups,
                 (long)c->size[0],   (long)c->size[1],       (long)c->output_size[0], (long)c->output_size[1],
                 (long)c->kernel[0], (long)c->kernel[1],     (long)c->stride[0],    (long)c->stride[1],
                 (long)c->pad_low[0], (long)c->pad_low[1],   (long)c->dilation[0],  (long)c->dilation[1]};
    long count = g.n * g.k * g.p * g.q;
    const char *error = computed(g, dense(operands->input), dense(operands->weight), (float *)result->data, count);
    if (!error) return CONVORACLE_OK;
    snprintf(message, message_size, "CUDA: %s", error);
    return CONVORACLE_ERROR;
}
