// oneDNN's generated sgemm kernel points the stack pointer into a heap buffer while it runs (jit_avx512_common_gemm_f32: `mov rsp, ws`
// for a long inner dimension). A signal that is delivered to that thread then has its frame written over whatever lies below the buffer:
// wrong numbers, or glibc's "corrupted size vs. prev_size". Node takes signals often, a SIGCHLD for each ffmpeg that ends among them.
// shield() keeps them from the calling thread, and from the threads that it starts later: TensorFlow's.
#include <node_api.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <initializer_list>
#include <thread>

/** A thread of its own takes the process's signals; libuv's handlers only write to a pipe and don't mind which thread they run on. */
static void startReceiver() {
  static const bool started = [] {
    std::thread([] {
      sigset_t none;
      sigemptyset(&none);
      pthread_sigmask(SIG_SETMASK, &none, nullptr);
      for (;;) pause();
    }).detach();
    return true;
  }();
  (void)started;
}

/** V8's profiler sends its signal to the thread that it samples, and asks for the alternate stack if there is one. */
static void provideAlternateStack() {
  constexpr size_t size = 1 << 17;
  stack_t present;
  if (sigaltstack(nullptr, &present) != 0 || !(present.ss_flags & SS_DISABLE)) return;
  void* memory = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return;
  stack_t stack = {};
  stack.ss_sp = memory;
  stack.ss_size = size;
  if (sigaltstack(&stack, nullptr) != 0) munmap(memory, size);
}

static napi_value shield(napi_env, napi_callback_info) {
  startReceiver();
  provideAlternateStack();
  sigset_t elsewhere;
  sigfillset(&elsewhere);
  // what a thread does to itself, and what is sent to one thread
  for (int own : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS, SIGABRT, SIGPROF}) sigdelset(&elsewhere, own);
  pthread_sigmask(SIG_BLOCK, &elsewhere, nullptr);
  return nullptr;
}

NAPI_MODULE_INIT() {
  napi_value function;
  napi_create_function(env, "shield", NAPI_AUTO_LENGTH, shield, nullptr, &function);
  napi_set_named_property(env, exports, "shield", function);
  return exports;
}
