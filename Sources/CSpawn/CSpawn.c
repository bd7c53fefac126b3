#define _GNU_SOURCE
#include "CSpawn.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

int cspawn_pipe(int ends[2]) { return pipe2(ends, O_CLOEXEC) == 0 ? 0 : errno; }

int cspawn_close_from(posix_spawn_file_actions_t *actions, int file) {
  return posix_spawn_file_actions_addclosefrom_np(actions, file);
}
