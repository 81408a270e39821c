// A plain convolution in CUDA C behind convoracle.h: forward, input gradient and weight gradient, of one to three spatial
// axes, float32 and float64, any stride, padding with zeros, dilation and groups. Its arrays lie on the GPU: convoracle has
// them copied there by the four functions at the end.
//
// One thread computes an element of the result, whole, and then the one that lies a grid further. The BUG_ macros plant one
// fault each, for convoracle to find; see the Makefile.
#include <cuda_runtime.h>

#include <cstdint>
#include <cstdio>

#include "convoracle.h"

constexpr int AXES = 3, THREADS = 256, MOST_BLOCKS = 65535;

#ifndef LAUNCH
#define LAUNCH(kernel, elements, ...) kernel<<<blocks(elements), THREADS>>>(__VA_ARGS__)
#endif

// The convolution, with leading axes of one element where there are fewer than three.
struct problem {
    int64_t batch, in_channels, out_channels, groups;
    int64_t size[AXES], kernel[AXES], stride[AXES], dilation[AXES], pad[AXES], output[AXES];

    __device__ int64_t inputs() const { return in_channels / groups; }
    __device__ int64_t outputs() const { return out_channels / groups; }
};

// A tensor of two axes and three spatial ones, with strides in bytes.
struct view {
    char *data;
    int64_t strides[2 + AXES];

    template <typename T>
    __device__ T &at(int64_t a, int64_t b, int64_t i, int64_t j, int64_t k) const {
        return *reinterpret_cast<T *>(data + a * strides[0] + b * strides[1] + i * strides[2] + j * strides[3] +
                                      k * strides[4]);
    }
};

// The place of an element: its number, row by row, taken apart.
struct place {
    int64_t a, b, i, j, k;

    __device__ place(int64_t number, int64_t channels, const int64_t *size) {
        k = number % size[2], number /= size[2];
        j = number % size[1], number /= size[1];
        i = number % size[0], number /= size[0];
        b = number % channels, a = number / channels;
    }
};

// Where an output element reads along an axis through a tap, and which one reads there: -1 if none.
__device__ static int64_t read_by(const problem &p, int axis, int64_t output, int64_t tap) {
    int64_t source = output * p.stride[axis] + tap * p.dilation[axis] - p.pad[axis];
    return source < p.size[axis] ? source : -1;
}

__device__ static int64_t reader_of(const problem &p, int axis, int64_t source, int64_t tap) {
    int64_t distance = source + p.pad[axis] - tap * p.dilation[axis];
    if (distance < 0 || distance % p.stride[axis]) return -1;
    return distance / p.stride[axis] < p.output[axis] ? distance / p.stride[axis] : -1;
}

// A pass: the channels and the sizes of its result, and an element of it.
template <typename T>
struct forward {
    __device__ static int64_t channels(const problem &p) { return p.out_channels; }
    __device__ static const int64_t *size(const problem &p) { return p.output; }
    __device__ static T element(const problem &p, place o, view x, view w) {
        int64_t first = o.b / p.outputs() * p.inputs();
        T total = 0;
        for (int64_t c = 0; c < p.inputs(); c++)
            for (int64_t q = 0; q < p.kernel[0]; q++)
                for (int64_t r = 0; r < p.kernel[1]; r++)
                    for (int64_t s = 0; s < p.kernel[2]; s++) {
                        int64_t i = read_by(p, 0, o.i, q), j = read_by(p, 1, o.j, r), k = read_by(p, 2, o.k, s);
                        if (i >= 0 && j >= 0 && k >= 0)
                            total += x.at<T>(o.a, first + c, i, j, k) * w.at<T>(o.b, c, q, r, s);
                    }
        return total;
    }
};

template <typename T>
struct input_gradient {
    __device__ static int64_t channels(const problem &p) { return p.in_channels; }
    __device__ static const int64_t *size(const problem &p) { return p.size; }
    __device__ static T element(const problem &p, place x, view dy, view w) {
        int64_t first = x.b / p.inputs() * p.outputs();
        T total = 0;
        for (int64_t m = first; m < first + p.outputs(); m++)
            for (int64_t q = 0; q < p.kernel[0]; q++)
                for (int64_t r = 0; r < p.kernel[1]; r++)
                    for (int64_t s = 0; s < p.kernel[2]; s++) {
                        int64_t i = reader_of(p, 0, x.i, q), j = reader_of(p, 1, x.j, r), k = reader_of(p, 2, x.k, s);
                        if (i >= 0 && j >= 0 && k >= 0)
                            total += dy.at<T>(x.a, m, i, j, k) * w.at<T>(m, x.b % p.inputs(), q, r, s);
                    }
        return total;
    }
};

template <typename T>
struct weight_gradient {
    __device__ static int64_t channels(const problem &p) { return p.inputs(); }
    __device__ static const int64_t *size(const problem &p) { return p.kernel; }
    __device__ static T element(const problem &p, place w, view x, view dy) {
        int64_t channel = w.a / p.outputs() * p.inputs() + w.b;
        T total = 0;
        for (int64_t n = 0; n < p.batch; n++)
            for (int64_t q = 0; q < p.output[0]; q++)
                for (int64_t r = 0; r < p.output[1]; r++)
                    for (int64_t s = 0; s < p.output[2]; s++) {
                        int64_t i = read_by(p, 0, q, w.i), j = read_by(p, 1, r, w.j), k = read_by(p, 2, s, w.k);
                        if (i >= 0 && j >= 0 && k >= 0)
                            total += x.at<T>(n, channel, i, j, k) * dy.at<T>(n, w.a, q, r, s);
                    }
        return total;
    }
};

template <typename T, template <typename> class Pass>
__global__ void compute(problem p, view first, view second, T *result, int64_t elements) {
    int64_t number = static_cast<int64_t>(blockIdx.x) * blockDim.x + threadIdx.x;
    int64_t step = static_cast<int64_t>(gridDim.x) * blockDim.x;
#ifdef BUG_WRITES_PAST_THE_END
    if (number == 0) result[elements] = 0;
#endif
#ifdef BUG_CHANGES_ITS_OPERAND
    if (number == 0 && elements) *first.data ^= 1;
#endif
    for (; number < elements; number += step) {
        place at(number, Pass<T>::channels(p), Pass<T>::size(p));
#ifdef BUG_TAIL
        if (at.k >= Pass<T>::size(p)[2] / 4 * 4) continue;
#endif
        result[number] = Pass<T>::element(p, at, first, second);
    }
}

static unsigned blocks(int64_t elements) {
    int64_t needed = (elements + THREADS - 1) / THREADS;
    return static_cast<unsigned>(needed < 1 ? 1 : needed < MOST_BLOCKS ? needed : MOST_BLOCKS);
}

static int32_t said(char *message, size_t message_size, int32_t status, const char *text) {
    snprintf(message, message_size, "%s", text);
    return status;
}

// What CUDA says, as convoracle.h has it: a GPU that is not there or is full makes nothing wrong.
static int32_t status_of(cudaError_t error, char *message, size_t message_size) {
    if (error == cudaSuccess) return CONVORACLE_OK;
    bool is_missing = error == cudaErrorMemoryAllocation || error == cudaErrorNoDevice ||
                      error == cudaErrorInsufficientDriver;
    return said(message, message_size, is_missing ? CONVORACLE_UNSUPPORTED : CONVORACLE_ERROR, cudaGetErrorString(error));
}

static problem problem_of(const convoracle_convolution *c) {
    problem p = {c->batch, c->in_channels, c->out_channels, c->groups, {}, {}, {}, {}, {}, {}};
    for (int axis = 0; axis < AXES; axis++) {
        int from = axis - (AXES - c->rank);
        p.size[axis] = from < 0 ? 1 : c->size[from];
        p.kernel[axis] = from < 0 ? 1 : c->kernel[from];
        p.stride[axis] = from < 0 ? 1 : c->stride[from];
        p.dilation[axis] = from < 0 ? 1 : c->dilation[from];
        p.pad[axis] = from < 0 ? 0 : c->pad_low[from];
        p.output[axis] = from < 0 ? 1 : c->output_size[from];
    }
    return p;
}

static view view_of(const convoracle_tensor *t) {
    view v = {static_cast<char *>(t->data), {t->strides[0], t->strides[1], 0, 0, 0}};
    for (int axis = 2; axis < t->rank; axis++) v.strides[axis + 2 + AXES - t->rank] = t->strides[axis];
    return v;
}

static int64_t elements_of(const convoracle_tensor *t) {
    int64_t count = 1;
    for (int axis = 0; axis < t->rank; axis++) count *= t->shape[axis];
    return count;
}

template <template <typename> class Pass>
static int32_t launch(const convoracle_convolution *convolution, const convoracle_tensor *first,
                      const convoracle_tensor *second, const convoracle_tensor *result, char *message,
                      size_t message_size) {
    if (convolution->transposed || convolution->padding_mode != CONVORACLE_ZEROS || convolution->rank > AXES)
        return said(message, message_size, CONVORACLE_UNSUPPORTED, "one to three axes, padded with zeros, is all");
    problem p = problem_of(convolution);
    int64_t elements = elements_of(result);
    if (convolution->dtype == CONVORACLE_FLOAT32 && convolution->result_dtype == CONVORACLE_FLOAT32)
        LAUNCH((compute<float, Pass>), elements, p, view_of(first), view_of(second), static_cast<float *>(result->data),
               elements);
    else if (convolution->dtype == CONVORACLE_FLOAT64 && convolution->result_dtype == CONVORACLE_FLOAT64)
        LAUNCH((compute<double, Pass>), elements, p, view_of(first), view_of(second),
               static_cast<double *>(result->data), elements);
    else
        return said(message, message_size, CONVORACLE_UNSUPPORTED, "float32 and float64 are all");
    return status_of(cudaGetLastError(), message, message_size);
}

int32_t conv_abi_version(void) { return CONVORACLE_ABI_VERSION; }

int32_t conv_takes(int32_t dtype) { return dtype == CONVORACLE_FLOAT32 || dtype == CONVORACLE_FLOAT64; }

const char *conv_domain(void) {
    return "{\"ranks\": [1, 2, 3], \"padding_modes\": [\"zeros\"], \"transposed\": \"no\", \"bias\": \"no\"}";
}

CONVORACLE_PASS(conv_forward) {
    if (operands->bias) return said(message, message_size, CONVORACLE_UNSUPPORTED, "no bias is added");
    return launch<forward>(convolution, operands->input, operands->weight, result, message, message_size);
}

CONVORACLE_PASS(conv_input_gradient) {
    return launch<input_gradient>(convolution, operands->output_gradient, operands->weight, result, message, message_size);
}

CONVORACLE_PASS(conv_weight_gradient) {
    return launch<weight_gradient>(convolution, operands->input, operands->output_gradient, result, message, message_size);
}

int32_t conv_device_allocate(size_t size, void **memory, char *message, size_t message_size) {
    return status_of(cudaMalloc(memory, size), message, message_size);
}

int32_t conv_device_free(void *memory, char *message, size_t message_size) {
    return status_of(cudaFree(memory), message, message_size);
}

int32_t conv_device_write(void *memory, const void *source, size_t size, char *message, size_t message_size) {
    cudaError_t error = cudaMemcpy(memory, source, size, cudaMemcpyHostToDevice);
    return status_of(error == cudaSuccess ? cudaDeviceSynchronize() : error, message, message_size);
}

int32_t conv_device_read(const void *memory, void *target, size_t size, char *message, size_t message_size) {
    cudaError_t error = cudaDeviceSynchronize();
    return status_of(error == cudaSuccess ? cudaMemcpy(target, memory, size, cudaMemcpyDeviceToHost) : error, message,
                     message_size);
}
