/*
 * Probes a fleet with libssh, in as many threads as the job's concurrency says: its sessions block. It reads a job as
 * JSON from stdin and prints what it cost as JSON, as every client here does.
 */
#include <jansson.h>
#include <libssh/callbacks.h>
#include <libssh/libssh.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#define NAMESPACE "urn:ietf:params:xml:ns:netconf:base:1.0"
#define BASE_1_0 "urn:ietf:params:netconf:base:1.0"
#define BASE_1_1 "urn:ietf:params:netconf:base:1.1"
#define END_OF_MESSAGE "]]>]]>"
#define END_OF_CHUNKS "\n##\n"
#define CLOSE_SESSION "<rpc xmlns=\"" NAMESPACE "\" message-id=\"1\"><close-session/></rpc>"
/* A session that does not answer close-session is given up after as long as our own probe gives it. */
#define CLOSE_MS 1000
#define STACK_BYTES (256 * 1024)
#define MAX_HELLO_BYTES (4 * 1024 * 1024)

static const char HELLO[] = "<hello xmlns=\"" NAMESPACE "\"><capabilities><capability>" BASE_1_0
                            "</capability><capability>" BASE_1_1 "</capability></capabilities></hello>" END_OF_MESSAGE;

enum outcome { SUPPORTED, PROTOCOL_ERROR, TIMEOUT, FAILED, OUTCOMES };
static const char *const OUTCOME_NAMES[OUTCOMES] = {"SUPPORTED", "PROTOCOL_ERROR", "TIMEOUT", "FAILED"};

static struct {
  json_t *devices;
  const char *username;
  const char *password;
  long timeout_ms;
  size_t next;
  int counts[OUTCOMES];
  pthread_mutex_t lock;
} job = {.lock = PTHREAD_MUTEX_INITIALIZER};

static double now_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1e3 + now.tv_nsec / 1e6;
}

/* User and system time of all threads. */
static double cpu_ms(void) {
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e3 +
         (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e3;
}

static long long peak_memory_bytes(void) {
  /* Not ru_maxrss where it can be helped: it begins with what the parent had. */
  FILE *status = fopen("/proc/self/status", "r");
  char line[256];
  long long kilobytes = 0;
  while (status != NULL && fgets(line, sizeof line, status) != NULL)
    if (sscanf(line, "VmHWM: %lld", &kilobytes) == 1) break;
  if (status != NULL) fclose(status);
  return kilobytes * 1024;
}

struct text {
  char *bytes;
  size_t length, room;
};

/* Reads until the text ends with `end`; 1 when it does, 0 at the deadline, -1 when the session failed. */
static int read_until(ssh_channel channel, struct text *text, const char *end, double deadline) {
  size_t end_length = strlen(end);
  for (;;) {
    if (text->length >= end_length && memcmp(text->bytes + text->length - end_length, end, end_length) == 0) return 1;
    if (text->room - text->length < 16 * 1024) {
      if (text->room >= MAX_HELLO_BYTES) return -1;
      text->room = text->room == 0 ? 32 * 1024 : text->room * 2;
      text->bytes = realloc(text->bytes, text->room);
      if (text->bytes == NULL) return -1;
    }
    double left = deadline - now_ms();
    if (left <= 0) return 0;
    int count = ssh_channel_read_timeout(channel, text->bytes + text->length, text->room - text->length - 1, 0, (int)left);
    if (count < 0 || (count == 0 && ssh_channel_is_eof(channel))) return -1;
    text->length += count;
    text->bytes[text->length] = 0;
  }
}

static enum outcome converse(ssh_channel channel, double deadline) {
  struct text hello = {0}, farewell = {0};
  enum outcome outcome = FAILED;
  if (ssh_channel_write(channel, HELLO, sizeof HELLO - 1) < 0) return FAILED;
  int end = read_until(channel, &hello, END_OF_MESSAGE, deadline);
  if (end == 0) outcome = TIMEOUT;
  if (end == 1) {
    int chunked = strstr(hello.bytes, BASE_1_1) != NULL;
    outcome = chunked || strstr(hello.bytes, BASE_1_0) != NULL ? SUPPORTED : PROTOCOL_ERROR;
    char goodbye[256];
    int length = chunked ? snprintf(goodbye, sizeof goodbye, "\n#%zu\n%s%s", strlen(CLOSE_SESSION), CLOSE_SESSION, END_OF_CHUNKS)
                         : snprintf(goodbye, sizeof goodbye, "%s%s", CLOSE_SESSION, END_OF_MESSAGE);
    /* Whether it answers or not, it is supported. */
    if (ssh_channel_write(channel, goodbye, length) == length)
      read_until(channel, &farewell, chunked ? END_OF_CHUNKS : END_OF_MESSAGE, now_ms() + CLOSE_MS);
  }
  free(hello.bytes);
  free(farewell.bytes);
  return outcome;
}

static enum outcome probe(const char *host, int port) {
  double deadline = now_ms() + job.timeout_ms;
  long seconds = job.timeout_ms / 1000, microseconds = job.timeout_ms % 1000 * 1000;
  enum outcome outcome = FAILED;
  int no = 0, yes = 1;
  ssh_session session = ssh_new();
  if (session == NULL) return FAILED;
  ssh_options_set(session, SSH_OPTIONS_HOST, host);
  ssh_options_set(session, SSH_OPTIONS_PORT, &port);
  ssh_options_set(session, SSH_OPTIONS_USER, job.username);
  ssh_options_set(session, SSH_OPTIONS_TIMEOUT, &seconds);
  ssh_options_set(session, SSH_OPTIONS_TIMEOUT_USEC, &microseconds);
  ssh_options_set(session, SSH_OPTIONS_NODELAY, &yes);
  ssh_options_set(session, SSH_OPTIONS_PROCESS_CONFIG, &no);
  ssh_options_set(session, SSH_OPTIONS_KEY_EXCHANGE, "curve25519-sha256");
  ssh_options_set(session, SSH_OPTIONS_HOSTKEYS, "ssh-ed25519");
  ssh_options_set(session, SSH_OPTIONS_CIPHERS_C_S, "aes128-gcm@openssh.com");
  ssh_options_set(session, SSH_OPTIONS_CIPHERS_S_C, "aes128-gcm@openssh.com");
  if (ssh_connect(session) == SSH_OK &&
      ssh_userauth_password(session, NULL, job.password) == SSH_AUTH_SUCCESS) {
    ssh_channel channel = ssh_channel_new(session);
    if (channel != NULL && ssh_channel_open_session(channel) == SSH_OK &&
        ssh_channel_request_subsystem(channel, "netconf") == SSH_OK)
      outcome = converse(channel, deadline);
    if (channel != NULL) ssh_channel_free(channel);
  } else if (now_ms() >= deadline) {
    outcome = TIMEOUT;
  }
  /* No ssh_disconnect, which would wait. */
  ssh_silent_disconnect(session);
  ssh_free(session);
  return outcome;
}

static void *work(void *unused) {
  (void)unused;
  for (;;) {
    pthread_mutex_lock(&job.lock);
    json_t *device = json_array_get(job.devices, job.next++);
    pthread_mutex_unlock(&job.lock);
    if (device == NULL) return NULL;
    enum outcome outcome = probe(json_string_value(json_object_get(device, "host")),
                                 (int)json_integer_value(json_object_get(device, "port")));
    pthread_mutex_lock(&job.lock);
    job.counts[outcome]++;
    pthread_mutex_unlock(&job.lock);
  }
}

int main(void) {
  struct rlimit files;
  if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
  }
  json_error_t problem;
  json_t *task = json_loadf(stdin, 0, &problem);
  if (task == NULL) {
    fprintf(stderr, "%s\n", problem.text);
    return 1;
  }
  json_t *credential = json_object_get(task, "credential");
  job.devices = json_object_get(task, "devices");
  job.username = json_string_value(json_object_get(credential, "username"));
  job.password = json_string_value(json_object_get(credential, "password"));
  job.timeout_ms = (long)json_integer_value(json_object_get(task, "timeoutMs"));
  size_t concurrency = (size_t)json_integer_value(json_object_get(task, "concurrency"));

  double began = now_ms(), cpu_before = cpu_ms();
  ssh_threads_set_callbacks(ssh_threads_get_pthread());
  ssh_init();
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, STACK_BYTES);
  pthread_t *threads = calloc(concurrency, sizeof *threads);
  size_t started = 0;
  while (threads != NULL && started < concurrency &&
         pthread_create(&threads[started], &attributes, work, NULL) == 0)
    started++;
  for (size_t each = 0; each < started; each++) pthread_join(threads[each], NULL);

  json_t *outcomes = json_object();
  for (int each = 0; each < OUTCOMES; each++)
    if (job.counts[each] > 0) json_object_set_new(outcomes, OUTCOME_NAMES[each], json_integer(job.counts[each]));
  json_t *result = json_pack("{s:f,s:f,s:I,s:n,s:o}", "wallMs", now_ms() - began, "cpuMs", cpu_ms() - cpu_before,
                             "peakMemoryBytes", (json_int_t)peak_memory_bytes(), "loopDelay", "outcomes", outcomes);
  json_dumpf(result, stdout, JSON_COMPACT);
  putchar('\n');
  return started == 0;
}
