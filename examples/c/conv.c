/*
 * A plain convolution behind convoracle.h: forward and its three gradients, any number of spatial axes, float32 and
 * float64, any stride, padding with zeros, dilation and groups. It sums in float64.
 *
 * The BUG_ macros plant one fault each, for convoracle to find; see the Makefile.
 */
#include <stdio.h>
#include <stdlib.h>

#include "convoracle.h"

#define MOST_COUNTERS (3 + 2 * CONVORACLE_MAX_AXES)

typedef convoracle_convolution convolution;
typedef convoracle_tensor tensor;

/* Advance a counter with one digit for each limit, the last one fastest; 0 after the last value. */
static int next(int64_t *digits, const int64_t *limits, int count) {
    while (count-- > 0) {
        if (++digits[count] < limits[count]) return 1;
        digits[count] = 0;
    }
    return 0;
}

static int is_empty(const int64_t *limits, int count) {
    while (count-- > 0)
        if (limits[count] == 0) return 1;
    return 0;
}

static char *address(const tensor *t, const int64_t *index) {
    char *at = (char *)t->data;
    for (int axis = 0; axis < t->rank; axis++) at += t->strides[axis] * index[axis];
    return at;
}

static double load(const tensor *t, const int64_t *index) {
    const char *at = address(t, index);
    return t->dtype == CONVORACLE_FLOAT64 ? *(const double *)at : (double)*(const float *)at;
}

static void store(const tensor *t, const int64_t *index, double value) {
    char *at = address(t, index);
    if (t->dtype == CONVORACLE_FLOAT64)
        *(double *)at = value;
    else
        *(float *)at = (float)value;
}

/* The number of an element, row by row. */
static int64_t position(const tensor *t, const int64_t *index) {
    int64_t number = 0;
    for (int axis = 0; axis < t->rank; axis++) number = number * t->shape[axis] + index[axis];
    return number;
}

static int32_t say(char *message, size_t size, int32_t status, const char *text) {
    snprintf(message, size, "%s", text);
    return status;
}

static const char *limitation(const convolution *c) {
    if (c->transposed) return "transposed convolutions are not implemented";
    if (c->padding_mode != CONVORACLE_ZEROS) return "only padding with zeros is implemented";
    if (c->dtype != CONVORACLE_FLOAT32 && c->dtype != CONVORACLE_FLOAT64) return "only float32 and float64";
    return NULL;
}

static int fits(const tensor *t, int32_t dtype, int64_t first, int64_t second, const int64_t *rest, int axes) {
    if (t == NULL) return 1;
    if (t->dtype != dtype || t->rank != 2 + axes || t->shape[0] != first || t->shape[1] != second) return 0;
    for (int axis = 0; axis < axes; axis++)
        if (t->shape[2 + axis] != rest[axis]) return 0;
    return 1;
}

/* What is illegal about a call, or NULL. */
static const char *mistake(const convolution *c, const tensor *output, const tensor *input, const tensor *weight,
                           const tensor *bias) {
    for (int axis = 0; axis < c->rank; axis++) {
        if (c->stride[axis] < 1 || c->dilation[axis] < 1) return "stride and dilation should be at least 1";
        if (c->kernel[axis] < 1) return "the kernel should have at least 1 tap";
        if (c->pad_low[axis] < 0 || c->pad_high[axis] < 0) return "padding should be at least 0";
    }
    if (c->groups < 1 || c->in_channels % c->groups || c->out_channels % c->groups)
        return "groups should divide the channels";
    if (!fits(input, c->dtype, c->batch, c->in_channels, c->size, c->rank)) return "input has another shape or dtype";
    if (!fits(weight, c->dtype, c->out_channels, c->in_channels / c->groups, c->kernel, c->rank))
        return "weight has another shape or dtype";
    if (!fits(output, c->dtype, c->batch, c->out_channels, c->output_size, c->rank))
        return "output or its gradient has another shape or dtype";
    if (bias != NULL && (bias->dtype != c->dtype || bias->rank != 1 || bias->shape[0] != c->out_channels))
        return "bias has another shape or dtype";
    return NULL;
}

/* One product input * weight of one output element: the three places that it joins. */
typedef struct product {
    int64_t output[CONVORACLE_MAX_RANK], input[CONVORACLE_MAX_RANK], weight[CONVORACLE_MAX_RANK];
} product;

/* Where the product lies that the counters n, k, c, output position, tap stand for; 0 if in the padding. */
static int locate(const convolution *c, const int64_t *counters, product *p) {
    const int64_t *out = counters + 3, *tap = counters + 3 + c->rank;
    int64_t per_group = c->in_channels / c->groups, group = counters[1] / (c->out_channels / c->groups);
    p->output[0] = p->input[0] = counters[0];
    p->output[1] = p->weight[0] = counters[1];
    p->weight[1] = counters[2];
    p->input[1] = group * per_group + counters[2];
    for (int axis = 0; axis < c->rank; axis++) {
        int64_t source = out[axis] * c->stride[axis] + tap[axis] * c->dilation[axis] - c->pad_low[axis];
        if (source < 0 || source >= c->size[axis]) return 0;
        p->output[2 + axis] = out[axis];
        p->weight[2 + axis] = tap[axis];
        p->input[2 + axis] = source;
    }
    return 1;
}

static void add_products(const convolution *c, const tensor *output, const tensor *input, const tensor *weight,
                         const tensor *result, double *totals) {
    int64_t limits[MOST_COUNTERS] = {c->batch, c->out_channels, c->in_channels / c->groups};
    int64_t counters[MOST_COUNTERS] = {0};
    int count = 3 + 2 * c->rank;
    for (int axis = 0; axis < c->rank; axis++) {
        limits[3 + axis] = c->output_size[axis];
        limits[3 + c->rank + axis] = c->kernel[axis];
    }
    if (is_empty(limits, count)) return;
    do {
        product p;
        if (!locate(c, counters, &p)) continue;
        if (result == output) {
            totals[position(output, p.output)] += load(input, p.input) * load(weight, p.weight);
        } else if (result == weight) {
            totals[position(weight, p.weight)] += load(input, p.input) * load(output, p.output);
        } else {
#ifdef BUG_KERNEL_ROTATED
            for (int axis = 0; axis < c->rank; axis++)
                p.weight[2 + axis] = c->kernel[axis] - 1 - p.weight[2 + axis];
#endif
            totals[position(input, p.input)] += load(output, p.output) * load(weight, p.weight);
        }
    } while (next(counters, limits, count));
}

static void add_bias(const tensor *output, const tensor *bias, double *totals) {
    int64_t index[CONVORACLE_MAX_RANK] = {0};
    if (bias == NULL || is_empty(output->shape, output->rank)) return;
    do totals[position(output, index)] += load(bias, index + 1);
    while (next(index, output->shape, output->rank));
}

static void add_over_channels(const tensor *output, double *totals) {
    int64_t index[CONVORACLE_MAX_RANK] = {0};
    if (is_empty(output->shape, output->rank)) return;
    do totals[index[1]] += load(output, index);
    while (next(index, output->shape, output->rank));
}

static double *new_totals(const tensor *result) {
    size_t count = 1;
    for (int axis = 0; axis < result->rank; axis++) count *= (size_t)result->shape[axis];
    return (double *)calloc(count + 1, sizeof(double));
}

static void store_all(const tensor *result, const double *totals) {
    int64_t index[CONVORACLE_MAX_RANK] = {0};
    if (is_empty(result->shape, result->rank)) return;
    do store(result, index, totals[position(result, index)]);
    while (next(index, result->shape, result->rank));
#ifdef BUG_WRITES_PAST_THE_END
    index[0] = result->shape[0];
    store(result, index, 1.0);
#endif
}

/* Sum the products into the tensor among the three that is the result; without a weight, sum over channels. */
static int32_t compute(const convolution *c, const tensor *output, const tensor *input, const tensor *weight,
                       const tensor *bias, const tensor *result, char *message, size_t message_size) {
    const char *reason = limitation(c);
    if (reason != NULL) return say(message, message_size, CONVORACLE_UNSUPPORTED, reason);
    reason = mistake(c, output, input, weight, bias);
    if (reason != NULL) return say(message, message_size, CONVORACLE_ERROR, reason);
#ifdef BUG_CRASHES_ON_STRIDE
    if (c->stride[0] > 1) *(volatile int *)0 = 1;
#endif
#ifdef BUG_CHANGES_ITS_INPUT
    if (input != NULL && result != input && !is_empty(input->shape, input->rank)) *(unsigned char *)input->data ^= 1;
#endif
    double *totals = new_totals(result);
    if (totals == NULL) return say(message, message_size, CONVORACLE_ERROR, "out of memory");
    if (weight != NULL) {
        add_products(c, output, input, weight, result, totals);
        add_bias(output, bias, totals);
    } else {
        add_over_channels(output, totals);
    }
    store_all(result, totals);
    free(totals);
    return CONVORACLE_OK;
}

int32_t conv_abi_version(void) {
#ifdef BUG_OTHER_VERSION
    return CONVORACLE_ABI_VERSION + 1;
#else
    return CONVORACLE_ABI_VERSION;
#endif
}

const char *conv_version(void) { return "1.0"; }

int32_t conv_accumulator(int32_t dtype) { return dtype == CONVORACLE_FLOAT32 ? CONVORACLE_FLOAT64 : CONVORACLE_DEFAULT; }

CONVORACLE_PASS(conv_forward) {
    return compute(convolution, result, operands->input, operands->weight, operands->bias, result, message,
                   message_size);
}

CONVORACLE_PASS(conv_input_gradient) {
    return compute(convolution, operands->output_gradient, result, operands->weight, NULL, result, message,
                   message_size);
}

CONVORACLE_PASS(conv_weight_gradient) {
    return compute(convolution, operands->output_gradient, operands->input, result, NULL, result, message,
                   message_size);
}

CONVORACLE_PASS(conv_bias_gradient) {
    return compute(convolution, operands->output_gradient, NULL, NULL, NULL, result, message, message_size);
}
