/*
 * A library that shows what it was given: `forward` returns its input as it is, bytes and all; every other pass
 * fails with the names of its operands. A stride above 1 makes `forward` misbehave in one way each.
 */
#include <stdio.h>
#include <string.h>

#include "convoracle.h"

int32_t conv_abi_version(void) { return CONVORACLE_ABI_VERSION; }
const char *conv_name(void) { return "probe"; }
const char *conv_version(void) { return "2.5"; }
int32_t conv_accumulator(int32_t dtype) { return dtype == CONVORACLE_FLOAT16 ? CONVORACLE_FLOAT32 : CONVORACLE_DEFAULT; }
int32_t conv_multiplier(int32_t dtype) { return dtype == CONVORACLE_FLOAT32 ? CONVORACLE_TFLOAT32 : CONVORACLE_DEFAULT; }
int32_t conv_result(int32_t dtype) { return dtype; }
int32_t conv_takes(int32_t dtype) { return dtype == CONVORACLE_FLOAT32 || dtype == CONVORACLE_INT8; }
const char *conv_convention(const char *name) {
    if (strcmp(name, "contamination/float32") == 0) return "spreads";
    return strcmp(name, "subnormals") == 0 ? "flushed" : NULL;
}
const char *conv_domain(void) { return "{\"ranks\": [1, 2, 3], \"threads\": \"one\"}"; }

static int32_t fail(const convoracle_operands *o, char *message, size_t size) {
    snprintf(message, size, "%s%s%s%s%s%s%s%g", o->input ? "input " : "", o->weight ? "weight " : "",
             o->bias ? "bias " : "", o->output_gradient ? "output_gradient " : "",
             o->input_direction ? "input_direction " : "", o->weight_direction ? "weight_direction " : "",
             o->bias_direction ? "bias_direction " : "", o->learning_rate);
    return CONVORACLE_ERROR;
}

static size_t item_size(int32_t dtype) {
    switch (dtype) {
        case CONVORACLE_COMPLEX128: return 16;
        case CONVORACLE_FLOAT64: case CONVORACLE_COMPLEX64: return 8;
        case CONVORACLE_FLOAT32: case CONVORACLE_INT32: return 4;
        case CONVORACLE_FLOAT16: case CONVORACLE_BFLOAT16: return 2;
        default: return 1;
    }
}

CONVORACLE_PASS(conv_forward) {
    const convoracle_tensor *x = operands->input;
    char *data = (char *)result->data;
    switch (convolution->stride[0]) {
        case 2: snprintf(message, message_size, "no stride of 2"); return CONVORACLE_UNSUPPORTED;
        case 3: return CONVORACLE_UNSUPPORTED;
        case 4: snprintf(message, message_size, "it broke"); return CONVORACLE_ERROR;
        case 5: return 17;
        case 6: memset(message, 'm', message_size + 3); return CONVORACLE_ERROR;
        case 7: data[-9] = 1; return CONVORACLE_OK;
        case 8: ((char *)operands->weight->data)[8] = 1; return CONVORACLE_OK;
        case 9: return CONVORACLE_OK; /* nothing is written */
        case 10: memset(message, 'm', message_size); return CONVORACLE_ERROR;
        default: break;
    }
    for (int64_t n = 0; n < x->shape[0]; n++)
        for (int64_t c = 0; c < x->shape[1]; c++)
            for (int64_t i = 0; i < x->shape[2]; i++)
                memcpy(data + n * result->strides[0] + c * result->strides[1] + i * result->strides[2],
                       (char *)x->data + n * x->strides[0] + c * x->strides[1] + i * x->strides[2],
                       item_size(x->dtype));
    return CONVORACLE_OK;
}

#define TELLING(name)                           \
    CONVORACLE_PASS(name) {                     \
        (void)convolution, (void)result;        \
        return fail(operands, message, message_size); \
    }

TELLING(conv_input_gradient)
TELLING(conv_weight_gradient)
TELLING(conv_bias_gradient)
TELLING(conv_update)
TELLING(conv_jvp)
TELLING(conv_double_backward_output_gradient)
TELLING(conv_double_backward_input)
TELLING(conv_double_backward_weight)
