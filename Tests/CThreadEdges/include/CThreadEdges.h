/// Nothing to call: see thread_edges.c, which a build with ThreadSanitizer links.
