/*
 * So much of CUDA's runtime that a plain .cu file compiles as C++ and runs on a pretended device: its kernels run one
 * thread after another. The file is to launch them by a macro, which is defined here: <<<>>> is no C++.
 */
#ifndef PRETENDED_CUDA_RUNTIME_H
#define PRETENDED_CUDA_RUNTIME_H

#include "../pretended_device.h"

#define __global__
#define __device__
#define __host__

struct dim3 {
    unsigned x, y, z;
};
static thread_local dim3 gridDim = {1, 1, 1}, blockDim = {1, 1, 1}, blockIdx = {0, 0, 0}, threadIdx = {0, 0, 0};

/* `blocks` and `THREADS` are the file's own, as in its launch by <<<>>>. Three blocks at most run: a grid may be small. */
#define LAUNCH(kernel, elements, ...)                                                             \
    do {                                                                                          \
        gridDim.x = blocks(elements) < 3 ? blocks(elements) : 3, blockDim.x = THREADS;            \
        device_enter();                                                                           \
        for (blockIdx.x = 0; blockIdx.x < gridDim.x; blockIdx.x++)                                \
            for (threadIdx.x = 0; threadIdx.x < blockDim.x; threadIdx.x++) kernel(__VA_ARGS__);   \
        device_leave();                                                                           \
    } while (0)

enum cudaError_t {
    cudaSuccess = DEVICE_WELL,
    cudaErrorMemoryAllocation = DEVICE_FULL,
    cudaErrorInvalidValue = DEVICE_UNKNOWN,
    cudaErrorIllegalAddress = DEVICE_LOST,
    cudaErrorInitializationError = DEVICE_FORKED,
    cudaErrorNoDevice = 100,
    cudaErrorInsufficientDriver
};
enum cudaMemcpyKind { cudaMemcpyHostToDevice, cudaMemcpyDeviceToHost };

static cudaError_t cudaMalloc(void **memory, size_t size) { return (cudaError_t)device_allocate(size, memory); }
static cudaError_t cudaFree(void *memory) { return (cudaError_t)(memory ? device_free(memory) : DEVICE_WELL); }
static cudaError_t cudaMemcpy(void *target, const void *source, size_t size, cudaMemcpyKind kind) {
    return (cudaError_t)device_copy(target, source, size, kind == cudaMemcpyHostToDevice);
}
static cudaError_t cudaDeviceSynchronize() { return (cudaError_t)device_begin(); }
static cudaError_t cudaGetLastError() { return (cudaError_t)device_begin(); }
static const char *cudaGetErrorString(cudaError_t error) { return device_text((device_status)error); }

extern "C" __attribute__((visibility("default"))) int pretended_live() { return device_live(); }

#endif
