/*
 * convoracle.h: the interface through which convoracle calls convolutions in a shared library.
 *
 * C99, also valid C++. Define conv_abi_version and the functions of the passes that you offer, compile them
 * into a shared library, and run
 *
 *     convoracle check path/to/libmine.so
 *
 * docs/c-abi.md explains every field.
 */
#ifndef CONVORACLE_H
#define CONVORACLE_H

#include <stddef.h>
#include <stdint.h>

#define CONVORACLE_ABI_VERSION 1

#define CONVORACLE_MAX_AXES 8  /* spatial axes */
#define CONVORACLE_MAX_RANK 10 /* dimensions of a tensor: the spatial axes and two more */

#if defined(_WIN32)
#define CONVORACLE_EXPORT __declspec(dllexport)
#elif defined(__GNUC__)
#define CONVORACLE_EXPORT __attribute__((visibility("default")))
#else
#define CONVORACLE_EXPORT
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* Values of a dtype. */
enum {
    CONVORACLE_DEFAULT = 0, /* answer of conv_accumulator and its kin only: as if there were no such function */
    CONVORACLE_FLOAT64 = 1,
    CONVORACLE_FLOAT32 = 2,
    CONVORACLE_FLOAT16 = 3,       /* IEEE 754 binary16 */
    CONVORACLE_BFLOAT16 = 4,      /* the upper half of a float32 */
    CONVORACLE_FLOAT8_E4M3FN = 5, /* OCP OFP8 E4M3: no infinities */
    CONVORACLE_FLOAT8_E5M2 = 6,   /* OCP OFP8 E5M2 */
    CONVORACLE_INT8 = 7,
    CONVORACLE_INT32 = 8,
    CONVORACLE_COMPLEX64 = 9,   /* two float32: real, imaginary */
    CONVORACLE_COMPLEX128 = 10, /* two float64 */
    CONVORACLE_TFLOAT32 = 11    /* answer of conv_multiplier only: no tensor has it */
};

/* Values of padding_mode. */
enum {
    CONVORACLE_ZEROS = 0,
    CONVORACLE_REFLECT = 1,   /* mirrored at the border, which is not repeated */
    CONVORACLE_REPLICATE = 2, /* the border, repeated */
    CONVORACLE_CIRCULAR = 3   /* the other end */
};

/* What a pass returns, and what a function of the device does. */
enum {
    CONVORACLE_OK = 0,
    CONVORACLE_UNSUPPORTED = 1, /* not offered; say why in the message */
    CONVORACLE_ERROR = 2,       /* failed; say why in the message */
    CONVORACLE_DEVICE_LOST = 3  /* failed, and so will whatever uses the device in this process from now on */
};

/* The convolution. Arrays have `rank` entries, one for each spatial axis. */
typedef struct convoracle_convolution {
    int32_t rank;
    int32_t transposed;   /* 0 or 1 */
    int32_t padding_mode; /* always zeros if transposed */
    int32_t dtype;        /* of the operands */
    int32_t result_dtype; /* of the result */
    int32_t reserved;
    int64_t batch;
    int64_t in_channels;
    int64_t out_channels;
    int64_t groups;
    int64_t size[CONVORACLE_MAX_AXES];
    int64_t kernel[CONVORACLE_MAX_AXES];
    int64_t stride[CONVORACLE_MAX_AXES];
    int64_t dilation[CONVORACLE_MAX_AXES]; /* 1 is dense */
    int64_t pad_low[CONVORACLE_MAX_AXES];
    int64_t pad_high[CONVORACLE_MAX_AXES];
    int64_t output_padding[CONVORACLE_MAX_AXES]; /* zero unless transposed; below the stride or the dilation */
    int64_t output_size[CONVORACLE_MAX_AXES];
} convoracle_convolution;

/* Element (i, j, ...) lies strides[0] * i + strides[1] * j + ... bytes from data. */
typedef struct convoracle_tensor {
    void *data;
    int32_t dtype;
    int32_t rank;
    int64_t shape[CONVORACLE_MAX_RANK];
    int64_t strides[CONVORACLE_MAX_RANK]; /* in bytes; of an operand also 0 or negative */
} convoracle_tensor;

/* The operands: NULL for those that the pass does not take, or that the case lacks. Not to be written to. */
typedef struct convoracle_operands {
    const convoracle_tensor *input;            /* (N, C, *size) */
    const convoracle_tensor *weight;           /* (K, C / groups, *kernel); transposed: (C, K / groups, *kernel) */
    const convoracle_tensor *bias;             /* (K) */
    const convoracle_tensor *output_gradient;  /* (N, K, *output_size) */
    const convoracle_tensor *input_direction;  /* as input */
    const convoracle_tensor *weight_direction; /* as weight */
    const convoracle_tensor *bias_direction;   /* as bias */
    double learning_rate;                      /* of conv_update */
} convoracle_operands;

/*
 * A pass writes every element of `result`, which holds no numbers when the pass is called, and nothing else.
 * `message` has room for message_size bytes, of which the text and its terminating zero may use all.
 */
#define CONVORACLE_PASS(name)                                                                                \
    CONVORACLE_EXPORT int32_t name(const convoracle_convolution *convolution,                                \
                                   const convoracle_operands *operands, const convoracle_tensor *result,     \
                                   char *message, size_t message_size)

/* Required: { return CONVORACLE_ABI_VERSION; } */
CONVORACLE_EXPORT int32_t conv_abi_version(void);

/* At least one of these. Behind each: the operands that it takes. */
CONVORACLE_PASS(conv_forward);         /* input, weight, bias */
CONVORACLE_PASS(conv_input_gradient);  /* output_gradient, weight */
CONVORACLE_PASS(conv_weight_gradient); /* input, output_gradient */
CONVORACLE_PASS(conv_bias_gradient);   /* output_gradient */
CONVORACLE_PASS(conv_update);          /* input, weight, output_gradient, learning_rate */
CONVORACLE_PASS(conv_jvp);             /* input, weight, input_direction, weight_direction, bias_direction */
CONVORACLE_PASS(conv_double_backward_output_gradient); /* as conv_jvp */
CONVORACLE_PASS(conv_double_backward_input);           /* output_gradient, weight_direction */
CONVORACLE_PASS(conv_double_backward_weight);          /* output_gradient, input_direction */

/*
 * The library's own device. Optional, all four or none: with them the data of operands and results lies in memory of
 * the device, else in that of the CPU. Each returns what a pass returns, CONVORACLE_UNSUPPORTED where there is no such
 * device or not enough memory.
 */
CONVORACLE_EXPORT int32_t conv_device_allocate(size_t size, void **memory, char *message, size_t message_size);
CONVORACLE_EXPORT int32_t conv_device_free(void *memory, char *message, size_t message_size);
/* To the device, from the CPU; when it returns, a pass can be called. */
CONVORACLE_EXPORT int32_t conv_device_write(void *memory, const void *source, size_t size, char *message,
                                            size_t message_size);
/* To the CPU, from the device, after all that passes began there has been done, on whatever stream. */
CONVORACLE_EXPORT int32_t conv_device_read(const void *memory, void *target, size_t size, char *message,
                                           size_t message_size);

/* Optional. Strings stay valid while the library is loaded. */
CONVORACLE_EXPORT const char *conv_name(void);
CONVORACLE_EXPORT const char *conv_version(void);
CONVORACLE_EXPORT int32_t conv_accumulator(int32_t dtype); /* what it sums in, for operands of a dtype */
CONVORACLE_EXPORT int32_t conv_multiplier(int32_t dtype);  /* what operands are rounded to before they are multiplied */
CONVORACLE_EXPORT int32_t conv_result(int32_t dtype);      /* what it wants result_dtype to be */
CONVORACLE_EXPORT const char *conv_convention(const char *name); /* "algorithm" and others; NULL for the default */
CONVORACLE_EXPORT int32_t conv_takes(int32_t dtype); /* 1 if it is to be asked in a dtype, 0 if not */
CONVORACLE_EXPORT const char *conv_domain(void); /* what it takes at all, an object in JSON: {"kernels": [3]} */

#ifdef __cplusplus
}
#endif

#endif
