// libtensorflow logs two lines to stderr while it is being opened, before any setting of its log level is read.
// mute() sends the process's stderr to /dev/null, restore() puts it back.
#include <fcntl.h>
#include <node_api.h>
#include <unistd.h>

static int saved = -1;

static napi_value mute(napi_env, napi_callback_info) {
  if (saved >= 0) return nullptr;
  const int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
  if (nowhere < 0) return nullptr;
  saved = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 0);
  if (saved >= 0) dup2(nowhere, STDERR_FILENO);
  close(nowhere);
  return nullptr;
}

static napi_value restore(napi_env, napi_callback_info) {
  if (saved < 0) return nullptr;
  dup2(saved, STDERR_FILENO);
  close(saved);
  saved = -1;
  return nullptr;
}

NAPI_MODULE_INIT() {
  napi_value function;
  napi_create_function(env, "mute", NAPI_AUTO_LENGTH, mute, nullptr, &function);
  napi_set_named_property(env, exports, "mute", function);
  napi_create_function(env, "restore", NAPI_AUTO_LENGTH, restore, nullptr, &function);
  napi_set_named_property(env, exports, "restore", function);
  return exports;
}
