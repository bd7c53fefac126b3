// What a container may do, tried from inside it, as its own user. Static, so that it needs nothing of the image.
//   probe                    prints what the kernel says of each process, and what came of trying, a `key value` line each
//   probe reach IP PORT …    prints `reach IP PORT open|refused|NAME-OF-THE-ERROR`, after 4 seconds at most
//   probe fill MIB           writes to so much memory, and prints `filled`
//   probe fork               starts processes until none more may be, 4096 at most, and prints how many there were
//   probe kill               ends every process but the first and itself, as a crash does
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void tried(const char *what, int result) {
  printf("%s %s\n", what, result < 0 ? strerrorname_np(errno) : "done");
}

static void status_of(const char *pid) {
  static const char *wanted[] = {"Name:", "Uid:", "Gid:", "CapInh:", "CapPrm:", "CapEff:", "CapBnd:", "CapAmb:", "NoNewPrivs:", "Seccomp:"};
  char path[64], line[512];
  snprintf(path, sizeof path, "/proc/%.20s/status", pid);
  FILE *file = fopen(path, "r");
  if (!file) return;
  printf("process %s", pid);
  while (fgets(line, sizeof line, file))
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
      if (!strncmp(line, wanted[i], strlen(wanted[i]))) printf(" %.*s=%s", (int)strlen(wanted[i]) - 1, wanted[i], strtok(strchr(line, ':') + 1, " \t\n"));
  puts("");
  fclose(file);
}

static void processes(void) {
  DIR *folder = opendir("/proc");
  for (struct dirent *entry; folder && (entry = readdir(folder));)
    if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9') status_of(entry->d_name);
  if (folder) closedir(folder);
}

// The topmost folders, and the files outside them, that this user may write.
static int writable(const char *path, const struct stat *status, int kind, struct FTW *place) {
  (void)place;
  if (!strcmp(path, "/proc") || !strcmp(path, "/sys")) return FTW_SKIP_SUBTREE;
  int folder = kind == FTW_D || kind == FTW_DNR;
  if ((folder || (kind == FTW_F && S_ISREG(status->st_mode))) && access(path, W_OK) == 0) {
    printf("writable %s\n", path);
    return folder ? FTW_SKIP_SUBTREE : FTW_CONTINUE;
  }
  return FTW_CONTINUE;
}

static void create_in(const char *folder) {
  char path[256], key[300];
  snprintf(path, sizeof path, "%s/.probe", folder);
  snprintf(key, sizeof key, "create %s", folder);
  int file = open(path, O_CREAT | O_EXCL | O_WRONLY, 0600);
  tried(key, file);
  if (file >= 0) close(file), unlink(path);
}

static void run_from_tmp(void) {
  char bytes[65536];
  int from = open("/proc/self/exe", O_RDONLY), to = open("/tmp/.probe-copy", O_CREAT | O_EXCL | O_WRONLY, 0700);
  if (to < 0) { tried("exec /tmp", to); return; }
  for (ssize_t n; (n = read(from, bytes, sizeof bytes)) > 0;)
    if (write(to, bytes, (size_t)n) != n) break;
  close(from);
  close(to);
  fflush(stdout);
  pid_t child = fork();
  if (child == 0) {
    execl("/tmp/.probe-copy", "probe", "nothing", (char *)0);
    _exit(errno);
  }
  int status = 0;
  waitpid(child, &status, 0);
  unlink("/tmp/.probe-copy");
  errno = WEXITSTATUS(status);
  tried("exec /tmp", errno == 0 || errno == 64 ? 0 : -1);
}

static void number(const char *key, const char *version2, const char *version1) {
  char line[64] = "none\n";
  FILE *file = fopen(version2, "r");
  if (!file) file = fopen(version1, "r");
  if (file && !fgets(line, sizeof line, file)) strcpy(line, "none\n");
  if (file) fclose(file);
  printf("%s %s", key, line);
}

static int facts(void) {
  static const char *folders[] = {"", "/etc", "/usr/local/bin", "/opt/retort", "/var/tmp", "/models", "/credentials", "/tmp"};
  processes();
  for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) create_in(folders[i]);
  nftw("/", writable, 32, FTW_PHYS | FTW_ACTIONRETVAL);
  run_from_tmp();
  tried("mount", mount("none", "/mnt", "tmpfs", 0, 0));
  tried("setuid", setuid(0));
  tried("mknod", mknod("/tmp/.probe-disk", S_IFBLK | 0600, (dev_t)0x0801));
  tried("sethostname", sethostname("probe", 5));
  tried("raw-socket", socket(AF_INET, SOCK_RAW, IPPROTO_ICMP));
  number("memory", "/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes");
  number("pids", "/sys/fs/cgroup/pids.max", "/sys/fs/cgroup/pids/pids.max");
  struct rlimit core;
  getrlimit(RLIMIT_CORE, &core);
  printf("core %ld\n", (long)core.rlim_max);
  struct statvfs tmp;
  if (statvfs("/tmp", &tmp) == 0)
    printf("tmp %llu %s\n", (unsigned long long)tmp.f_blocks * tmp.f_frsize,
           (tmp.f_flag & (ST_NOEXEC | ST_NOSUID | ST_NODEV)) == (ST_NOEXEC | ST_NOSUID | ST_NODEV) ? "noexec,nosuid,nodev" : "lax");
  tried("chroot", chroot("/tmp")); // the last: what stood above is out of sight, if it is done
  return 0;
}

// Opens all connections at once: those without an answer are waited for together.
static int reach(int count, char **words) {
  struct pollfd ready[count / 2];
  int errors[count / 2];
  for (int i = 0; i < count / 2; i++) {
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(words[2 * i + 1]))};
    if (inet_pton(AF_INET, words[2 * i], &to.sin_addr) != 1) return 64;
    ready[i] = (struct pollfd){.fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), .events = POLLOUT};
    errors[i] = connect(ready[i].fd, (struct sockaddr *)&to, sizeof to) < 0 && errno != EINPROGRESS ? errno : 0;
  }
  struct timespec start, now;
  clock_gettime(CLOCK_MONOTONIC, &start);
  for (int i = 0; i < count / 2; i++) {
    clock_gettime(CLOCK_MONOTONIC, &now);
    long left = 4000 - (now.tv_sec - start.tv_sec) * 1000;
    socklen_t size = sizeof errors[i];
    if (!errors[i] && poll(&ready[i], 1, left > 0 ? (int)left : 0) == 0) errors[i] = ETIMEDOUT;
    if (!errors[i]) getsockopt(ready[i].fd, SOL_SOCKET, SO_ERROR, &errors[i], &size);
    const char *outcome = errors[i] == 0 ? "open" : errors[i] == ECONNREFUSED ? "refused" : strerrorname_np(errors[i]);
    printf("reach %s %s %s\n", words[2 * i], words[2 * i + 1], outcome);
  }
  return 0;
}

static int fill(size_t mebibytes) {
  for (size_t i = 0; i < mebibytes; i++) {
    char *piece = malloc(1 << 20);
    if (!piece) return 1;
    memset(piece, 1, 1 << 20);
    __asm__ volatile("" ::"r"(piece) : "memory"); // written, whatever the compiler thinks of it
  }
  puts("filled");
  return 0;
}

static int fork_all(void) {
  static pid_t children[4096];
  int count = 0;
  while (count < 4096 && (children[count] = fork()) > 0) count++;
  if (count < 4096 && children[count] == 0)
    for (;;) pause();
  printf("processes %d %s\n", count, count < 4096 ? strerrorname_np(errno) : "done");
  for (int i = 0; i < count; i++) kill(children[i], SIGKILL);
  return 0;
}

int main(int count, char **words) {
  if (count == 1) return facts();
  if (!strcmp(words[1], "fork")) return fork_all();
  if (!strcmp(words[1], "fill") && count == 3) return fill((size_t)atoi(words[2]));
  if (!strcmp(words[1], "kill")) return kill(-1, SIGKILL) == 0 ? 0 : 1;
  if (strcmp(words[1], "reach") || count % 2) return 64;
  return reach(count - 2, words + 2);
}
