/*
 * The example in C on a pretended device: its passes run there. -DFAULT=NAME plants a fault of the device or of the
 * functions that reach it; tests call `pretended_reset` of one that they have loaded.
 */
#include "pretended_device.h"

#include <stdio.h>

#ifdef WITHOUT_FREE
#define conv_device_free free_elsewhere
#endif
#define conv_forward forward_there
#define conv_input_gradient input_gradient_there
#define conv_weight_gradient weight_gradient_there
#define conv_bias_gradient bias_gradient_there
#include EXAMPLE
#undef conv_forward
#undef conv_input_gradient
#undef conv_weight_gradient
#undef conv_bias_gradient

enum {
    NONE,
    FULL,               /* nothing fits */
    NO_ADDRESS,         /* memory that is nowhere */
    WRITES_NOTHING,     /* a copy that does nothing */
    READS_NOTHING,      /* likewise */
    READ_FAILS,         /* an error that ends nothing */
    FREE_FAILS,         /* likewise */
    PASS_FAILS,         /* likewise */
    PASS_DOES_NOTHING,  /* and says that all is well */
    MESSAGE_OVERRUN,    /* of a function of the device */
    LOST_LATER,         /* with a stride of 2, an illegal access, of which what waits next tells, as CUDA does */
    LOST_BY_STATUS      /* likewise, told by the pass in words of its own */
};

#ifndef FAULT
#define FAULT NONE
#endif
static int32_t fault = FAULT;

CONVORACLE_EXPORT void pretended_reset(int32_t planted, size_t capacity) {
    fault = planted, device_capacity = capacity, device_fault = DEVICE_WELL;
}
CONVORACLE_EXPORT int32_t pretended_live(void) { return device_live(); }

#ifdef BEGUN_WHEN_LOADED
#include <fcntl.h>
__attribute__((constructor)) static void begin(void) {
    device_begin();
    open(BEGUN_WHEN_LOADED, O_RDONLY);
}
#endif

static int32_t status_of(enum device_status status, char *message, size_t message_size) {
    if (status == DEVICE_WELL) return CONVORACLE_OK;
    snprintf(message, message_size, "%s", device_text(status));
    return status == DEVICE_FULL ? CONVORACLE_UNSUPPORTED : CONVORACLE_ERROR;
}

int32_t conv_device_allocate(size_t size, void **memory, char *message, size_t message_size) {
    if (fault == FULL) return status_of(DEVICE_FULL, message, message_size);
    if (fault == NO_ADDRESS) return CONVORACLE_OK;
    return status_of(device_allocate(size, memory), message, message_size);
}

int32_t conv_device_write(void *memory, const void *source, size_t size, char *message, size_t message_size) {
    if (fault == WRITES_NOTHING) return CONVORACLE_OK;
    return status_of(device_copy(memory, source, size, 1), message, message_size);
}

int32_t conv_device_read(const void *memory, void *target, size_t size, char *message, size_t message_size) {
    if (fault == READS_NOTHING) return CONVORACLE_OK;
    if (fault == MESSAGE_OVERRUN) message[message_size] = 1;
    if (fault == READ_FAILS) return say(message, message_size, CONVORACLE_ERROR, "no transport");
    return status_of(device_copy(target, memory, size, 0), message, message_size);
}

int32_t conv_device_free(void *memory, char *message, size_t message_size) {
    enum device_status status = device_free(memory);
    if (fault == FREE_FAILS) return say(message, message_size, CONVORACLE_ERROR, "no such block");
    return status_of(status, message, message_size);
}

/* Whether a planted fault is met, and the status that comes of it. */
static int is_met(const convoracle_convolution *convolution, char *message, size_t message_size, int32_t *status) {
    *status = CONVORACLE_OK;
    switch (fault) {
        case PASS_DOES_NOTHING: return 1;
        case PASS_FAILS: *status = say(message, message_size, CONVORACLE_ERROR, "no kernel"); return 1;
        case LOST_LATER:
            if (convolution->stride[0] == 2) device_fault = DEVICE_LOST;
            return convolution->stride[0] == 2;
        case LOST_BY_STATUS:
            if (convolution->stride[0] != 2) return 0;
            device_fault = DEVICE_UNKNOWN;
            *status = say(message, message_size, CONVORACLE_DEVICE_LOST, "it fell off the bus");
            return 1;
        default: return 0;
    }
}

#define ON_DEVICE(name, there)                                                       \
    CONVORACLE_PASS(name) {                                                          \
        int32_t status;                                                              \
        if (is_met(convolution, message, message_size, &status)) return status;      \
        device_enter();                                                              \
        status = there(convolution, operands, result, message, message_size);        \
        device_leave();                                                              \
        return status;                                                               \
    }

ON_DEVICE(conv_forward, forward_there)
ON_DEVICE(conv_input_gradient, input_gradient_there)
ON_DEVICE(conv_weight_gradient, weight_gradient_there)
ON_DEVICE(conv_bias_gradient, bias_gradient_there)
