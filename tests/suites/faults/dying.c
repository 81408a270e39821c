/*
 * Functions that die in a way of their own each, to be called by name.
 *
 * With -DSLEEPING it is a library that is never loaded to the end: the loader is held meanwhile.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifdef SLEEPING
__attribute__((constructor)) static void sleep_on(void) {
    for (;;) pause();
}
#else

#define KEPT __attribute__((noinline, noclone))

static volatile int *volatile nowhere;
static volatile int zero;

KEPT void writes_nowhere(void) { *nowhere = 1; }

KEPT void reads_nowhere(void) { zero = *nowhere; }

/* At another place than writes_nowhere. */
KEPT void writes_at_either_place(int second) {
    if (second) nowhere[2] = 4;
    zero = second;
    *nowhere = 3;
}

KEPT void divides_by_zero(void) { zero = 7 / zero; }

KEPT void executes_what_is_no_instruction(void) { __builtin_trap(); }

KEPT void maps_less_than_it_writes(void) {
    int file = memfd_create("empty", 0);
    char *mapped = mmap(NULL, 1, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    *(volatile char *)mapped = 1;
}

KEPT static void give_up(void) { abort(); }

KEPT void aborts_in_a_function_that_has_no_name(void) {
    give_up();
}

KEPT int recurses(int depth) {
    volatile char room[4096];
    room[depth % 4096] = 1;
    if (depth < 0) return 0;
    return recurses(depth + 1) + room[0];
}

static void *write_in_a_thread(void *unused) {
    (void)unused;
    writes_nowhere();
    return NULL;
}

static void *recurse_in_a_thread(void *unused) {
    (void)unused;
    zero = recurses(0);
    return NULL;
}

static void run(void *(*what)(void *)) {
    pthread_t thread;
    pthread_create(&thread, NULL, what, NULL);
    pthread_join(thread, NULL);
}

KEPT void writes_in_a_thread_and_waits_for_it(void) { run(write_in_a_thread); }

KEPT void recurses_in_a_thread_and_waits_for_it(void) { run(recurse_in_a_thread); }

KEPT void frees_what_it_overwrote(void) {
    volatile char *volatile block = malloc(64);
    for (int before = 16; before; before--) block[-before] = 0x40;
    free((void *)block);
    zero = 0;
}

static const char *sleeping;

static void *load_without_end(void *unused) {
    (void)unused;
    return dlopen(sleeping, RTLD_NOW);
}

KEPT void dies_while_the_loader_is_held(const char *library) {
    pthread_t thread;
    sleeping = library;
    pthread_create(&thread, NULL, load_without_end, NULL);
    usleep(100000);
    writes_nowhere();
}

/* As a stack ends that was overwritten: where this function would return to lies behind the end of it. */
KEPT void aborts_where_no_stack_can_be_read(void) {
#ifdef __x86_64__
    long size = sysconf(_SC_PAGESIZE);
    char *stack = mmap(NULL, 2 * size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    mprotect(stack + size, size, PROT_NONE);
    long process = getpid(), thread = syscall(SYS_gettid), number = SIGABRT;
    __asm__ volatile("mov %0, %%rsp\n\tsyscall\n\thlt"
                     :
                     : "r"(stack + size), "a"(SYS_tgkill), "D"(process), "S"(thread), "d"(number)
                     : "rcx", "r11", "memory");
#endif
}
#endif
