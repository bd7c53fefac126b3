"""Writes what the fuzzer starts from: Corpus/TARGET/NAME. Run with the .venv of `make venv`.

The first byte of an input for a connection is its plan (Tests/FuzzTargets/Connections.swift): 0 is a greeted connection
in one piece whose calls are answered at once.
"""

import gzip
import json
import os
import struct
import sys

import hpack

HERE = os.path.dirname(os.path.abspath(__file__))
DATA, HEADERS, PRIORITY, RST, SETTINGS, PUSH, PING, GOAWAY, WINDOW, CONTINUATION = range(10)
END_STREAM, END_HEADERS, ACK, PADDED = 1, 4, 1, 8


def write(target, name, *parts):
    folder = os.path.join(HERE, "Corpus", target)
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, name), "wb") as file:
        file.write(b"".join(parts))


def frame(kind, flags, stream, payload=b""):
    return len(payload).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + payload


def block(*fields):
    # Huffman codes hide the text from the fuzzer's mutations.
    return hpack.Encoder().encode(fields, huffman=False)


def message(data, flag=0):
    return bytes([flag]) + len(data).to_bytes(4, "big") + data


def request(stream, *extra, flags=END_HEADERS, method="POST", path="/fuzz.Fuzz/Call", kind="application/grpc"):
    fields = block(
        (":method", method), (":scheme", "http"), (":path", path), (":authority", "a"), ("te", "trailers"),
        ("content-type", kind), *extra,
    )  # fmt: skip
    return frame(HEADERS, flags, stream, fields)


HEAD = block((":status", "200"), ("content-type", "application/grpc"))
OK = block(("grpc-status", "0"))
ZIPPED = gzip.compress(b"retort " * 40, mtime=0)


def server():
    def case(name, *frames, plan=0):
        write("http2-server", name, bytes([plan]), *frames)

    call = request(1) + frame(DATA, END_STREAM, 1, message(b"hello"))
    case("unary", call)
    case("unary-bytewise", call, plan=1)
    case("unary-raw", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", frame(SETTINGS, 0, 0), call, plan=4)
    case("http1", b"GET / HTTP/1.1\r\nhost: a\r\n\r\n", plan=4)
    case("tls", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(32), plan=4)
    case("open-waits", request(1), frame(DATA, 0, 1, message(b"x" * 100)), plan=0x28)
    case("left", call, plan=0x30)
    case("two-messages", request(1), frame(DATA, END_STREAM, 1, message(b"") + message(b"abc")), plan=0x60)
    case("cut-message", request(1), frame(DATA, END_STREAM, 1, message(b"hello")[:7]))
    case("huge-message", request(1), frame(DATA, 0, 1, b"\0\xff\xff\xff\xff"), plan=0x20)
    case("bad-flag", request(1), frame(DATA, 0, 1, b"\7\0\0\0\1a"), plan=0x20)
    case("gzip", request(1, ("grpc-encoding", "gzip")), frame(DATA, END_STREAM, 1, message(ZIPPED, 1)), plan=0x20)
    case("deadline", request(1, ("grpc-timeout", "1m")), plan=0x28)
    case("get", request(1, method="GET", path="/", flags=END_HEADERS | END_STREAM))
    case("415", request(1, kind="text/plain"))
    case("path", request(1, path="nothing"))
    case("metadata", request(1, ("k-bin", "AAEC,/w"), ("cookie", "a=b"), ("x", "y")), frame(DATA, END_STREAM, 1))
    case("resets", *[request(n) + frame(RST, 0, n, bytes([0, 0, 0, 8])) for n in range(1, 25, 2)], plan=0x20)
    case("pings", *[frame(PING, 0, 0, bytes(8))] * 20)
    case("settings", *[frame(SETTINGS, 0, 0, b"\0\4\0\0\0\0")] * 20, call)
    case("settings-values", frame(SETTINGS, 0, 0, b"\0\1\0\0\0\0\0\3\0\0\0\1\0\5\0\0\x40\0\0\6\0\0\x20\0"), call)
    case("window", frame(WINDOW, 0, 0, b"\x7f\xff\0\0"), request(1), frame(WINDOW, 0, 1, b"\0\0\0\0"), plan=0x20)
    case("small-window", frame(SETTINGS, 0, 0, b"\0\4\0\0\0\1"), request(1), frame(DATA, END_STREAM, 1), plan=0xF8)
    fields = block((":method", "POST"), (":path", "/a/b"), ("x", "y" * 60))
    case(
        "continuation", frame(HEADERS, 0, 1, fields[:5]), frame(CONTINUATION, 0, 1, fields[5:9]),
        frame(CONTINUATION, END_HEADERS, 1, fields[9:]),
    )  # fmt: skip
    case("many-fields", request(1, *[("x", "y")] * 40))
    case("padded", request(1), frame(DATA, PADDED | END_STREAM, 1, b"\3" + message(b"hi") + bytes(3)))
    case("priority", frame(PRIORITY, 0, 3, b"\0\0\0\1\x10"), call)
    case("goaway", request(1), frame(GOAWAY, 0, 0, bytes(8) + b"bye"), frame(DATA, END_STREAM, 1, message(b"x")))
    case("unknown", frame(0xFA, 0, 0, b"grease"), frame(0x0B, 0, 1, b"x" * 9), call)
    case("trailers", request(1), frame(HEADERS, END_HEADERS | END_STREAM, 1, block(("x", "y"))), plan=0x20)
    case("streams", *[request(n) for n in range(1, 30, 2)], plan=0x20)


def client():
    def case(name, *frames, plan=0):
        write("http2-client", name, bytes([plan]), *frames)

    answer = frame(HEADERS, END_HEADERS, 1, HEAD) + frame(DATA, 0, 1, message(b"hello"))
    end = frame(HEADERS, END_HEADERS | END_STREAM, 1, OK)
    trailers_only = block((":status", "200"), ("content-type", "application/grpc"), ("grpc-status", "5"),
                          ("grpc-message", "%41%zz"), ("k-bin", "AAEC"))  # fmt: skip
    case("unary", answer, end)
    case("unary-bytewise", answer, end, plan=1)
    case("raw", frame(SETTINGS, 0, 0, b"\0\3\0\0\0\1"), answer, end, plan=0x34)
    case("trailers-only", frame(HEADERS, END_HEADERS | END_STREAM, 1, trailers_only))
    case("no-status", answer, frame(DATA, END_STREAM, 1))
    case("cut", answer, frame(DATA, 0, 1, b"\0\0\0\0\x20abc"), end)
    case("huge", answer, frame(DATA, 0, 1, b"\0\x7f\xff\xff\xff"))
    case("http-404", frame(HEADERS, END_HEADERS, 1, block((":status", "404"))), frame(DATA, END_STREAM, 1, b"no"))
    case("informational", frame(HEADERS, END_HEADERS, 1, block((":status", "103"))), answer, end)
    case("gzip", frame(HEADERS, END_HEADERS, 1, block((":status", "200"), ("content-type", "application/grpc"),
         ("grpc-encoding", "gzip"))), frame(DATA, 0, 1, message(ZIPPED, 1)), end)  # fmt: skip
    case("refused", frame(RST, 0, 1, b"\0\0\0\7"), plan=0x20)
    case("reset-after", answer, frame(RST, 0, 1, b"\0\0\0\0"))
    case("goaway", frame(GOAWAY, 0, 0, b"\0\0\0\1\0\0\0\0"), answer, end, plan=0x38)
    case("calm", frame(GOAWAY, 0, 0, b"\0\0\0\0\0\0\0\x0btoo_many_pings"), plan=0x30)
    case("push", frame(PUSH, END_HEADERS, 1, b"\0\0\0\2" + HEAD))
    case("cancelled", answer, end, plan=0x70)
    case("ping", frame(PING, 0, 0, bytes(8)), frame(PING, ACK, 0, bytes(8)), answer, plan=8)
    case("settings-zero-window", frame(SETTINGS, 0, 0, b"\0\4\0\0\0\0"), frame(WINDOW, 0, 1, b"\0\0\0\5"), plan=0x34)
    case("window-overflow", frame(WINDOW, 0, 0, b"\x7f\xff\xff\xff"))
    case("unopened", frame(HEADERS, END_HEADERS, 9, HEAD))


def messages():
    for name, body in (
        ("empty", message(b"")), ("three", message(b"a") + message(b"") + message(b"bcd")),
        ("cut", message(b"hello")[:8]), ("oversize", b"\0\0\1\0\0"), ("flag", b"\2\0\0\0\0"),
        ("gzip", message(ZIPPED, 1)), ("gzip-twice", message(gzip.compress(ZIPPED, mtime=0), 1) + message(ZIPPED, 1)),
        ("gzip-cut", message(ZIPPED[:-6], 1)), ("gzip-more", message(ZIPPED + b"x", 1)),
        ("gzip-bomb", message(gzip.compress(bytes(1 << 20), mtime=0), 1)), ("gzip-empty", message(b"", 1)),
        ("gzip-members", message(ZIPPED + ZIPPED, 1)),
    ):  # fmt: skip
        write("messages", name, b"\0", body)
        write("messages", name + "-cut", b"\3", body)


def wire_messages():
    bodies = {
        "empty": b"", "numbers": b"\x08\x01\x10\x02\x18\x03\x20\x04\x28\x05\x30\x06\x38\x07",
        "columns": b"\x0a\x08\1\0\0\0\2\0\0\0\x12\x08\0\0\x80\xbf\0\0\0\xc0\x1a\x04\0\0\x20\xc1",
        "texts": b"\x0a\x03run\x12\x05m\xc3\xb6del\x1a\x01x\x22\x02ab",
        "not-utf8": b"\x0a\x02\xff\xfe\x12\x01\x80", "nul": b"\x0a\x03a\0b", "nested": b"\x0a\x04\x0a\x02\x08\x01\x12\x00",
        "unknown": b"\xf8\x7f\x01\xfa\x7f\x02ab", "cut": b"\x0a\x10abc", "huge": b"\x0a\xff\xff\xff\xff\x0f",
    }  # fmt: skip
    for index in range(64):
        for name, body in list(bodies.items())[index % 5 :: 5]:
            write("wire-messages", f"{index:02}-{name}", bytes([index]), body)


def varint(value):
    return bytes([value]) if value < 128 else bytes([value & 127 | 128]) + varint(value >> 7)


def fields(**values):
    """A message: field numbers as f1=, f2=, with bytes, numbers, or lists of float32 and packed numbers."""
    out = b""
    for name, value in values.items():
        number = int(name[1:])
        if isinstance(value, int):
            out += varint(number << 3) + varint(value)
            continue
        if isinstance(value, list):
            value = b"".join(struct.pack("<f", x) if isinstance(x, float) else struct.pack("<I", x) for x in value)
        out += varint(number << 3 | 2) + varint(len(value)) + value
    return out


def mappings():
    def reply(name, flags, counts, positions, *chunks):
        write("mappings", "chunk-" + name, bytes([0, flags | 32, counts, positions]), chunks[0])
        body = b"".join(len(chunk).to_bytes(2, "big") + chunk for chunk in (fields(f1=x) for x in chunks))
        write("mappings", "reply-" + name, bytes([0, flags, counts, positions]), body)

    reply("tokens", 1, 0, 3, fields(f1=0, f2=1, f4=[-1.0]), fields(f1=1, f2=2, f3=1, f4=[-2.0, -3.0]))
    top = fields(f1=0, f2=2, f3=1, f5=[1, 2, 3, 4], f6=[-1.0] * 4, f7=[-9.0] * 2, f8=[-4.0] * 6, f10=[2.0] * 2)
    reply("top", 4, 0x32, 2, top)
    reply("hidden", 8, 0, 2, fields(f1=0, f2=1, f11=[0.5] * 4), fields(f1=1, f2=1, f3=1, f11=[0.5] * 4))
    reply("full", 2, 0, 1, fields(f1=0, f2=1, f3=1, f9=[-3.9] * 50))
    half = fields(
        f1=0, f2=2, f3=1, f12=bytes(4), f13=6, f14=bytes(3), f15=bytes(7), f16=bytes(4), f17=bytes(12), f19=bytes(4)
    )
    reply("half", 0x15, 0x32, 2, half)
    reply("half-hidden", 0x18, 0, 2, fields(f1=0, f2=2, f3=1, f20=bytes(16)))
    reply("half-full", 0x12, 0, 1, fields(f1=0, f2=1, f3=1, f18=bytes(100)))
    reply("half-tokens", 0x11, 0, 1, fields(f1=0, f2=1, f3=1, f12=bytes(2), f13=6))
    reply("none", 1, 0, 0, fields(f3=1))
    batch = fields(f1=[5, 6, 7, 8, 9], f2=[3, 2], f3=[1, 1])
    write("mappings", "batch", b"\1", fields(f1=batch, f2=fields(f1=1, f6=[1, 2, 3], f7=1)))
    completions = fields(f1=[0, 1], f2=[5, 6, 7], f3=[1, 2], f4=[-1.0] * 3, f5=b"\1\2")
    for first in (2, 0x22):
        write("mappings", f"completions-{first}", bytes([first]), completions)
    write("mappings", "sampling", b"\3", b"\x0d\0\0\x80\x3f", fields(f2=5), b"\x1d\0\0\x80\x3f", fields(f4=9, f5=[1, 2]))


def heads():
    texts = {
        "request": ":method:POST\n:path:/a.B/C\ncontent-type:application/grpc+proto\nte:trailers\ngrpc-timeout:10S\n"
        "x:y\nk-bin:AAEC, /w",
        "response": ":status:200\ncontent-type:application/grpc\ngrpc-status:13\ngrpc-message:50%25 %C3%A9 %4",
        "http": ":status:503\ncontent-type:text/html", "text": "50 % – «größer»\n\t\0",
        "encodings": "grpc-encoding:gzip\ngrpc-accept-encoding:identity,deflate, gzip", "status": "grpc-status:99",
        "address": "[::1]:50051", "unix": "unix:/tmp/a", "port": "host:65536", "reserved": "grpc-x:1\nconnection:close",
    }  # fmt: skip
    for name, text in texts.items():
        write("heads", name, text.encode())


def safetensors():
    def case(name, **tensors):
        write("safetensors", name, json.dumps(tensors, separators=(",", ":")).encode())

    def tensor(kind, shape, begin, end):
        return {"dtype": kind, "shape": shape, "data_offsets": [begin, end]}

    case("one", a=tensor("F32", [4, 4], 0, 64))
    case("several", __metadata__={"format": "pt"}, a=tensor("BF16", [2, 4], 0, 16), b=tensor("F64", [4], 16, 48), c=tensor("I8", [16], 48, 64))
    case("empty", a=tensor("F16", [32], 0, 64), none=tensor("U8", [3, 0], 64, 64), **{"é\n\"": tensor("BOOL", [], 0, 1)})
    case("overlap", a=tensor("F32", [8], 0, 32), b=tensor("F32", [12], 16, 64))


def configuration():
    llama = {
        "architectures": ["LlamaForCausalLM"], "model_type": "llama", "vocab_size": 32, "hidden_size": 16, "num_hidden_layers": 2,
        "num_attention_heads": 4, "num_key_value_heads": 2, "intermediate_size": 24, "max_position_embeddings": 64, "rms_norm_eps": 1e-5,
        "rope_theta": 10000.0, "rope_scaling": {"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
                                                "original_max_position_embeddings": 32},
        "hidden_act": "silu", "tie_word_embeddings": True, "bos_token_id": 1, "eos_token_id": [2, 3], "pad_token_id": -1, "torch_dtype": "bfloat16",
    }  # fmt: skip
    gpt2 = {
        "architectures": ["GPT2LMHeadModel"], "model_type": "gpt2", "vocab_size": 32, "n_embd": 16, "n_layer": 2, "n_head": 4, "n_positions": 64,
        "n_inner": None, "activation_function": "gelu_new", "layer_norm_epsilon": 1e-5, "eos_token_id": 0,
    }  # fmt: skip
    for kind, name in [("MistralForCausalLM", "mistral"), ("Qwen2ForCausalLM", "qwen2"), ("Qwen3ForCausalLM", "qwen3"), ("Gemma2ForCausalLM", "gemma2"),
                       ("Phi3ForCausalLM", "phi3"), ("GPTNeoXForCausalLM", "gpt_neox"), ("GPTNeoForCausalLM", "gpt_neo"), ("OPTForCausalLM", "opt")]:
        more = {"sliding_window": 8, "head_dim": 8, "rotary_pct": 0.25, "attn_logit_softcapping": 50.0, "query_pre_attn_scalar": 8, "word_embed_proj_dim": 16,
                "ffn_dim": 24, "do_layer_norm_before": True, "attention_layers": ["global", "local"], "attention_types": [[["global", "local"], 1]],
                "num_layers": 2, "num_heads": 4, "use_parallel_residual": True, "layer_types": ["sliding_attention", "full_attention"]}
        write("configuration", name, json.dumps({**llama, **more, "architectures": [kind], "model_type": name}).encode())
    write("configuration", "llama", json.dumps(llama).encode())
    write("configuration", "gpt2", json.dumps(gpt2).encode())


def tokenizer():
    def case(name, **members):
        write("tokenizer", name, json.dumps(members, ensure_ascii=False, separators=(",", ":")).encode())

    letters = {letter: index for index, letter in enumerate(["<s>", *"ĠabcdehilnorstuvIt'12345Ċ", "th", "er", "the", "Ġt", "<0x0A>", "▁", "##a", "x</w>"])}
    model = {"type": "BPE", "vocab": letters, "merges": ["t h", ["e", "r"], "th e", "Ġ t"], "unk_token": None, "byte_fallback": True, "fuse_unk": True}
    added = [{"id": 0, "content": "<s>", "special": True, "lstrip": True, "rstrip": True, "single_word": False, "normalized": False}]
    after = {"type": "TemplateProcessing", "single": [{"SpecialToken": {"id": "<s>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}], "pair": [],
             "special_tokens": {"<s>": {"id": "<s>", "ids": [0], "tokens": ["<s>"]}}}
    gpt4 = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
    splits = [{"type": "Digits", "individual_digits": True}, {"type": "Split", "pattern": {"Regex": gpt4}, "behavior": "Isolated", "invert": False},
              {"type": "ByteLevel", "add_prefix_space": True, "use_regex": False}]
    case("byte-level", added_tokens=added, normalizer={"type": "NFC"}, pre_tokenizer={"type": "Sequence", "pretokenizers": splits}, model=model,
         post_processor=after, decoder={"type": "ByteLevel"})
    normal = [{"type": "Prepend", "prepend": "▁"}, {"type": "Replace", "pattern": {"String": " "}, "content": "▁"}, {"type": "Strip"}, {"type": "NFKD"},
              {"type": "StripAccents"}, {"type": "Nmt"}, {"type": "Replace", "pattern": {"Regex": " {2,}"}, "content": ""}]
    steps = [{"type": "Replace", "pattern": {"String": "▁"}, "content": " "}, {"type": "ByteFallback"}, {"type": "Fuse"}, {"type": "Strip", "content": " ", "start": 1, "stop": 0}]
    case("sentencepiece", added_tokens=added, normalizer={"type": "Sequence", "normalizers": normal}, model={**model, "ignore_merges": True},
         decoder={"type": "Sequence", "decoders": steps})
    pieces = [["<unk>", 0], ["▁", -2.5], ["t", -3], ["h", -3.5], ["the", -4], ["▁le", -5], ["er", -4.5], ["<0x41>", 0]]
    case("unigram", model={"type": "Unigram", "unk_id": 0, "vocab": pieces, "byte_fallback": True}, decoder={"type": "Metaspace"},
         pre_tokenizer={"type": "Metaspace", "prepend_scheme": "first", "split": True}, normalizer={"type": "Precompiled", "precompiled_charsmap": "BAAAAAAAAABhAA=="})
    case("affixes", model={**model, "continuing_subword_prefix": "##", "end_of_word_suffix": "</w>", "merges": []}, decoder={"type": "BPEDecoder"},
         pre_tokenizer={"type": "Punctuation", "behavior": "MergedWithNext"})
    # Short ones, in which most mutations meet something that is read.
    short = {"type": "BPE", "vocab": {"t": 0, "h": 1, "th": 2, "e": 3, "the": 4}}
    case("merges", model={**short, "merges": ["t h", "th e"]})
    case("merge-lists", model={**short, "merges": [["t", "h"], ["th", "e"]]})
    case("pieces", model={"type": "Unigram", "unk_id": 0, "vocab": [["<unk>", 0], ["t", -3], ["the", -4]]})


def sentencepiece():
    def number(value):
        out = bytearray()
        while value > 0x7F:
            out.append(value & 0x7F | 0x80)
            value >>= 7
        return bytes(out) + bytes([value])

    def part(index, data):
        return number(index << 3 | 2) + number(len(data)) + data

    def piece(text, score, kind=1):
        return part(1, part(1, text.encode()) + b"\x15" + struct.pack("<f", score) + b"\x18" + bytes([kind]))

    pieces = piece("<unk>", 0, 2) + piece("<s>", 0, 3) + piece("</s>", 0, 3) + piece("let", 0, 4) + piece("<0x41>", 0, 6)
    pieces += b"".join(piece(text, -index) for index, text in enumerate(["▁", "t", "h", "e", "r", "the", "▁th", "er", "ü"]))
    for name, kind in [("unigram", 1), ("bpe", 2)]:
        trainer = part(2, b"\x18" + bytes([kind]) + b"\x98\x02\x01")
        write("sentencepiece", name, pieces, trainer, part(3, part(2, b"\4\0\0\0\0\0\0\0a\0") + b"\x18\1\x20\1\x28\1"))


def chat_templates():
    sys.path.insert(0, os.path.join(HERE, "..", "scripts", "parity"))
    from chat_templates import FAMILIES, FEATURES

    for name in ["llama2", "qwen3", "command-r", "zephyr"]:
        write("chat-template", name, FAMILIES[name].encode())
    write("chat-template", "slices", b"{{ 'abcdef'[0:4:1] }}{{ messages[1:3:2][0].content[::-1] }}{{ [1, 2, 3][:2] }}")
    write("chat-template", "slice-text", b"{{ 'abcdef'[1:5:2] }}")
    write("chat-template", "slice-list", b"{% for m in messages[::1] %}{{ m.role }}{% endfor %}")
    write("chat-template", "numbers", b"{{ range(1, 9, 2) | list }}{{ 7 // 2 % 3 }}{{ 'ab' * 3 }}{{ messages[-1] }}")
    for index in range(0, len(FEATURES), 2):
        write("chat-template", f"features-{index:03}", "\n".join(FEATURES[index : index + 2]).encode())


for make in (server, client, messages, wire_messages, mappings, heads, safetensors, configuration, tokenizer, sentencepiece, chat_templates):
    make()
