/*
 * A device without hardware, for tests: memory that only its own functions, and what runs "on" it, can touch. Whoever
 * else reads or writes there is ended by SIGSEGV. As CUDA's, it works only in the process that used it first, what went
 * wrong on it is told by whatever waits for it next, and from then on nothing works any more.
 */
#ifndef PRETENDED_DEVICE_H
#define PRETENDED_DEVICE_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <pthread.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define DEVICE_BLOCKS 256

enum device_status { DEVICE_WELL, DEVICE_FULL, DEVICE_UNKNOWN, DEVICE_LOST, DEVICE_FORKED };

struct device_block {
    char *start;
    size_t size;
};

static struct device_block device_blocks[DEVICE_BLOCKS];
static pthread_mutex_t device_mutex = PTHREAD_MUTEX_INITIALIZER;
static int device_running = 0;
static pid_t device_process = 0;
static enum device_status device_fault = DEVICE_WELL;
static size_t device_capacity = (size_t)1 << 30;

static void device_protect(int access) {
    for (int i = 0; i < DEVICE_BLOCKS; i++)
        if (device_blocks[i].start) mprotect(device_blocks[i].start, device_blocks[i].size, access);
}

/* What runs between these two runs on the device. */
static void device_enter(void) {
    pthread_mutex_lock(&device_mutex);
    if (device_running++ == 0) device_protect(PROT_READ | PROT_WRITE);
    pthread_mutex_unlock(&device_mutex);
}

static void device_leave(void) {
    pthread_mutex_lock(&device_mutex);
    if (--device_running == 0) device_protect(PROT_NONE);
    pthread_mutex_unlock(&device_mutex);
}

static enum device_status device_begin(void) {
    if (device_process == 0) device_process = getpid();
    return device_process == getpid() ? device_fault : DEVICE_FORKED;
}

static int device_live(void) {
    int count = 0;
    for (int i = 0; i < DEVICE_BLOCKS; i++) count += device_blocks[i].start != NULL;
    return count;
}

static enum device_status device_allocate(size_t size, void **memory) {
    enum device_status status = device_begin();
    size_t used = 0;
    if (status != DEVICE_WELL) return status;
    pthread_mutex_lock(&device_mutex);
    status = DEVICE_FULL;
    for (int i = 0; i < DEVICE_BLOCKS; i++) used += device_blocks[i].size;
    for (int i = 0; i < DEVICE_BLOCKS && used + size <= device_capacity; i++) {
        int access = device_running ? PROT_READ | PROT_WRITE : PROT_NONE;
        char *start;
        if (device_blocks[i].start) continue;
        start = (char *)mmap(NULL, size, access, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (start == (char *)MAP_FAILED) break;
        device_blocks[i].start = start, device_blocks[i].size = size;
        *memory = start, status = DEVICE_WELL;
        break;
    }
    pthread_mutex_unlock(&device_mutex);
    return status;
}

/* Memory is given back even by a device that is lost, which says nevertheless that it failed. */
static enum device_status device_free(void *memory) {
    enum device_status status = DEVICE_UNKNOWN;
    pthread_mutex_lock(&device_mutex);
    for (int i = 0; i < DEVICE_BLOCKS; i++) {
        if (device_blocks[i].start != memory || !memory) continue;
        munmap(memory, device_blocks[i].size);
        device_blocks[i].start = NULL, device_blocks[i].size = 0;
        status = device_begin();
    }
    pthread_mutex_unlock(&device_mutex);
    return status;
}

/* Whether all of it lies in one block. */
static int device_has(const void *memory, size_t size) {
    const char *at = (const char *)memory;
    for (int i = 0; i < DEVICE_BLOCKS; i++)
        if (device_blocks[i].start && at >= device_blocks[i].start &&
            at + size <= device_blocks[i].start + device_blocks[i].size)
            return 1;
    return 0;
}

/* One of the two is memory of the device, the other one is not. */
static enum device_status device_copy(void *target, const void *source, size_t size, int to_device) {
    enum device_status status = device_begin();
    if (status != DEVICE_WELL) return status;
    if (device_has(target, size) != to_device || device_has(source, size) == to_device) return DEVICE_UNKNOWN;
    device_enter();
    memcpy(target, source, size);
    device_leave();
    return DEVICE_WELL;
}

static const char *device_text(enum device_status status) {
    switch (status) {
        case DEVICE_WELL: return "no error";
        case DEVICE_FULL: return "out of memory";
        case DEVICE_LOST: return "an illegal memory access was encountered";
        case DEVICE_FORKED: return "initialization error";
        default: return "invalid argument";
    }
}

#endif
