// Mutations of text: bytes alone seldom leave JSON or a template that is read to its end.

#include "CFuzzer.h"

#include <stdbool.h>
#include <string.h>

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);

static bool mutates_text = false;
static uint64_t state = 0;

void retort_fuzz_text(void) { mutates_text = true; }

// xorshift64*: the same seed gives the same input.
static size_t below(size_t limit) {
  state ^= state >> 12;
  state ^= state << 25;
  state ^= state >> 27;
  return (size_t)((state * 0x2545F4914F6CDD1DULL) >> 33) % limit;
}

enum { MAXIMUM_TOKENS = 2048, MAXIMUM_PART = 512 };

struct span {
  size_t start, end;
};

static bool is_word(uint8_t byte) {
  return (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || byte == '_' ||
         byte == '.' || byte >= 0x80;
}

static bool is_digit(uint8_t byte) { return byte >= '0' && byte <= '9'; }

// Words, numbers, quoted texts, and every other byte by itself; white space is between them.
static size_t tokens_of(const uint8_t *data, size_t size, struct span *tokens) {
  size_t count = 0;
  for (size_t index = 0; index < size && count < MAXIMUM_TOKENS;) {
    size_t start = index++;
    if (data[start] <= ' ') continue;
    if (data[start] == '"' || data[start] == '\'') {
      while (index < size && data[index] != data[start]) index += data[index] == '\\' ? 2 : 1;
      index = index < size ? index + 1 : size;
    } else if (is_word(data[start])) {
      while (index < size && is_word(data[index])) index++;
    }
    tokens[count++] = (struct span){start, index};
  }
  return count;
}

// Whether a token begins an item of a list, an argument, a member or its value.
static bool is_item(const uint8_t *data, const struct span *tokens, size_t place) {
  return place > 0 && strchr("[({,:", data[tokens[place - 1].start]) && !strchr("])},:", data[tokens[place].start]);
}

// Where an item begins, or seldom any token.
static size_t some_place(const uint8_t *data, const struct span *tokens, size_t count) {
  size_t place = below(count);
  if (below(8) == 0) return place;
  for (size_t tries = 0; tries < 16 && !is_item(data, tokens, place); tries++) place = below(count);
  return place;
}

// The place of the token that ends what begins at one: it itself, or the bracket that closes it.
static size_t last_of(const uint8_t *data, const struct span *tokens, size_t count, size_t place) {
  size_t depth = 0;
  for (size_t index = place; index < count; index++) {
    uint8_t byte = data[tokens[index].start];
    if (byte == '[' || byte == '{' || byte == '(') depth++;
    if ((byte == ']' || byte == '}' || byte == ')') && depth > 0) depth--;
    if (depth == 0) return index;
  }
  return place;
}

static struct span part_at(const uint8_t *data, const struct span *tokens, size_t count, size_t place) {
  return (struct span){tokens[place].start, tokens[last_of(data, tokens, count, place)].end};
}

static size_t replace(
    uint8_t *data, size_t size, size_t max_size, struct span old, const uint8_t *text, size_t length) {
  size_t rest = size - old.end;
  if (old.start + length + rest > max_size) return size;
  memmove(data + old.start + length, data + old.end, rest);
  memcpy(data + old.start, text, length);
  return old.start + length + rest;
}

// A number becomes one at an edge; without numbers a token becomes any of the values.
static size_t change_value(uint8_t *data, size_t size, size_t max_size, const struct span *tokens, size_t count) {
  static const char *const values[] = {"0", "-1", "1", "2", "9223372036854775807", "1e308", "[]", "{}", "\"\"", "null"};
  size_t place = below(count), numbers = 0;
  for (size_t index = 0; index < count; index++)
    if (is_digit(data[tokens[index].start]) && below(++numbers) == 0) place = index;
  const char *value = values[below(numbers > 0 && below(4) > 0 ? 4 : sizeof values / sizeof *values)];
  return replace(data, size, max_size, tokens[place], (const uint8_t *)value, strlen(value));
}

// An item goes with the comma before it, or after it if it is the first; a member's name with its value.
static size_t delete_part(uint8_t *data, size_t size, const struct span *tokens, size_t count) {
  size_t place = some_place(data, tokens, count), last = last_of(data, tokens, count, place);
  if (last + 2 < count && data[tokens[last + 1].start] == ':') last = last_of(data, tokens, count, last + 2);
  struct span part = {tokens[place].start, tokens[last].end};
  if (place > 0 && data[tokens[place - 1].start] == ',') {
    part.start = tokens[place - 1].start;
  } else if (last + 1 < count && data[tokens[last + 1].start] == ',') {
    part.end = tokens[last + 1].end;
  }
  return replace(data, size, size, part, (const uint8_t *)"", 0);
}

// A part takes the place of another, or comes before it as a further item.
static size_t copy_part(uint8_t *data, size_t size, size_t max_size, const struct span *tokens, size_t count) {
  struct span source = part_at(data, tokens, count, some_place(data, tokens, count));
  struct span target = part_at(data, tokens, count, some_place(data, tokens, count));
  uint8_t text[MAXIMUM_PART];
  size_t length = source.end - source.start;
  if (length >= sizeof text) return size;
  memcpy(text, data + source.start, length);
  if (below(2) == 0) {
    text[length++] = ',';
    target.end = target.start;
  }
  return replace(data, size, max_size, target, text, length);
}

// libFuzzer calls it in place of its own mutations, which it makes once in three times.
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed) {
  state = seed * 0x9E3779B97F4A7C15ULL + 1;
  if (!mutates_text || size == 0 || below(3) == 0) return LLVMFuzzerMutate(data, size, max_size);
  for (size_t rounds = below(4) == 0 ? 2 : 1; rounds > 0 && size > 0; rounds--) {
    struct span tokens[MAXIMUM_TOKENS];
    size_t count = tokens_of(data, size, tokens);
    if (count == 0) break;
    switch (below(4)) {
    case 0: size = delete_part(data, size, tokens, count); break;
    case 1: size = copy_part(data, size, max_size, tokens, count); break;
    default: size = change_value(data, size, max_size, tokens, count);
    }
  }
  return size > 0 ? size : LLVMFuzzerMutate(data, size, max_size);
}
