#!/usr/bin/env python3
"""Writes the data of the comparisons on chat and stories, with a folder for each student to begin from.

usage: python3 Examples/comparison/prepare.py MODELS [OUTPUT]

MODELS holds the model folders tinytalk-3m (with prompts_user_turns.txt and chat_dev.txt) and tinystories-656k; OUTPUT is
out/comparison/data unless given. Each task gets prompts.jsonl, heldout.jsonl, base/ and a link teacher/.
"""

import itertools
import json
import pathlib
import random
import sys

TOKENIZER_FILES = ["tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "generation_config.json"]


def write_rows(path, rows):
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))


def turn(line, who):
    return line.removeprefix(f"{who}:").replace("<|endoftext|>", "").strip()


def chat(source):
    """Single messages to train on; the first exchange of each development dialogue held out."""
    asked = [turn(line, "User") for line in (source / "prompts_user_turns.txt").read_text().splitlines() if line.strip()]
    held, seen = [], set()
    for dialogue in (source / "chat_dev.txt").read_text().split("\n\n"):
        lines = [line for line in dialogue.splitlines() if line.strip()]
        if len(lines) < 2 or not lines[0].startswith("User:") or not lines[1].startswith("Bot:"):
            continue
        user, bot = turn(lines[0], "User"), turn(lines[1], "Bot")
        if user and bot and user not in seen:
            seen.add(user)
            held.append({"messages": [{"role": "user", "content": user}, {"role": "assistant", "content": bot}]})
    rows = [{"messages": [{"role": "user", "content": text}]} for text in dict.fromkeys(asked) if text and text not in seen]
    return rows, held


def stories(_):
    """Beginnings of stories, made of parts; every ninth is held out."""
    names = ["Lily", "Tom", "Mia", "Ben", "Sue", "Max", "Anna", "Tim", "Lucy", "Sam"]
    who = ["a little girl named {}", "a little boy named {}", "a small dog named {}", "a big cat named {}",
           "a funny bird named {}", "a kind bear named {}"]
    then = ["{} loved to play", "One day, {} went", "{} was very", "{} found a", "{} wanted to", "One morning, {} saw",
            "{} had a", "{} did not like"]
    texts = [f"Once upon a time, there was {kind.format(name)}. {begin.format(name)}"
             for name, kind, begin in itertools.product(names, who, then)]
    random.Random(7).shuffle(texts)
    rows = [{"prompt": text} for text in texts]
    return [row for index, row in enumerate(rows) if index % 9], rows[::9]


def student(teacher, size):
    """A small Llama with the teacher's tokenizer."""
    config = json.loads((teacher / "config.json").read_text())
    return {
        "architectures": ["LlamaForCausalLM"], "model_type": "llama", "vocab_size": config["vocab_size"],
        "hidden_size": size, "intermediate_size": 2 * size + size // 2, "num_hidden_layers": 2,
        "num_attention_heads": 4, "num_key_value_heads": 4, "max_position_embeddings": 256, "rms_norm_eps": 1e-5,
        "rope_theta": 10000.0, "tie_word_embeddings": True, "hidden_act": "silu",
        "bos_token_id": config.get("bos_token_id"), "eos_token_id": config.get("eos_token_id"),
    }


def main():
    if len(sys.argv) not in (2, 3) or sys.argv[1] in ("-h", "--help"):
        sys.exit(__doc__)
    models, output = pathlib.Path(sys.argv[1]), pathlib.Path((sys.argv + ["out/comparison/data"])[2])
    for task, name, make, size in [("chat", "tinytalk-3m", chat, 64), ("stories", "tinystories-656k", stories, 48)]:
        teacher, folder = models / name, output / task
        if not (teacher / "config.json").exists():
            print(f"prepare: {teacher} is no model folder: {task} is left out", file=sys.stderr)
            continue
        (folder / "base").mkdir(parents=True, exist_ok=True)
        for file in TOKENIZER_FILES:
            if (teacher / file).exists():
                (folder / "base" / file).write_bytes((teacher / file).read_bytes())
        (folder / "base" / "config.json").write_text(json.dumps(student(teacher, size), indent=2) + "\n")
        link = folder / "teacher"
        link.unlink(missing_ok=True)
        link.symlink_to(teacher.resolve(), target_is_directory=True)
        rows, held = make(teacher)
        write_rows(folder / "prompts.jsonl", rows)
        write_rows(folder / "heldout.jsonl", held)
        print(f"{folder}: {len(rows)} prompts, {len(held)} held out")


if __name__ == "__main__":
    main()
