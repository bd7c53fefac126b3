// What posix_spawn needs of glibc that Swift's Glibc module does not show.

#ifndef CSPAWN_H
#define CSPAWN_H

#include <spawn.h>

/// Makes a pipe whose ends no program inherits; 0, or the error's number.
int cspawn_pipe(int ends[_Nonnull 2]);

/// Has the program begin with no file of this number or a higher one; 0, or the error's number.
int cspawn_close_from(posix_spawn_file_actions_t *_Nonnull actions, int file);

#endif
