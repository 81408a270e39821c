/*
 * The example with crashes: each macro plants one kind.
 *
 * TWO_PLACES: forward and the weight gradient each write where there is no memory, where a stride is above 1.
 * FUNCTIONS: forward calls one function that writes there where a stride is above 1, and another where a dilation is;
 *   the weight gradient calls the first.
 * HEAP: forward writes in front of a buffer of its own where a dilation is above 1, and frees it three calls later.
 * GUARDED: as HEAP, with buffers whose guard is looked at where they are let go, as a debugging allocator's is.
 */
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#define conv_forward right_forward
#define conv_weight_gradient right_weight_gradient
#include "conv.c"
#undef conv_forward
#undef conv_weight_gradient

#if defined TWO_PLACES || defined FUNCTIONS
static volatile int *volatile nowhere;
#endif

#ifdef FUNCTIONS
__attribute__((noinline)) void step_over(void) { *nowhere = 1; }

__attribute__((noinline)) void spread_out(void) { *nowhere = 2; }
#endif

#if defined HEAP || defined GUARDED
enum { LATER = 3, SIZE = 200000, GUARD = 8 };
#endif

#ifdef HEAP
static char *take(void) {
    mallopt(M_MMAP_THRESHOLD, SIZE / 2); /* pages of its own, where nobody looks meanwhile, if no other place is free */
    return malloc(SIZE);
}

static void let_go(char *buffer) { free(buffer); }
#endif

#ifdef GUARDED
static char *take(void) { return (char *)calloc(1, GUARD + SIZE) + GUARD; }

static void let_go(char *buffer) {
    static const char whole[GUARD];
    if (buffer == NULL) return;
    if (memcmp(buffer - GUARD, whole, GUARD)) abort();
    free(buffer - GUARD);
}
#endif

static int is_above_one(const int64_t *setting, int rank) {
    for (int axis = 0; axis < rank; axis++)
        if (setting[axis] > 1) return 1;
    return 0;
}

CONVORACLE_PASS(conv_forward) {
#ifdef TWO_PLACES
    if (is_above_one(convolution->stride, convolution->rank)) *nowhere = 1;
#endif
#ifdef FUNCTIONS
    if (is_above_one(convolution->stride, convolution->rank)) step_over();
    if (is_above_one(convolution->dilation, convolution->rank)) spread_out();
#endif
#if defined HEAP || defined GUARDED
    static char *kept[LATER];
    static int calls;
    char **oldest = &kept[++calls % LATER];
    let_go(*oldest);
    *oldest = take();
    char *volatile start = *oldest;
    memset(is_above_one(convolution->dilation, convolution->rank) ? start - GUARD : start, 0x41, GUARD);
#endif
    return right_forward(convolution, operands, result, message, message_size);
}

CONVORACLE_PASS(conv_weight_gradient) {
#ifdef TWO_PLACES
    if (is_above_one(convolution->stride, convolution->rank)) *nowhere = 2;
#endif
#ifdef FUNCTIONS
    if (is_above_one(convolution->stride, convolution->rank)) step_over();
#endif
    return right_weight_gradient(convolution, operands, result, message, message_size);
}
