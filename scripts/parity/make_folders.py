"""Makes small random Llama and GPT-2 model folders with a byte-level tokenizer, as transformers writes them."""

import json
import pathlib
import sys

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import GPT2Config, GPT2LMHeadModel, LlamaConfig, LlamaForCausalLM

VOCAB = 260  # 256 bytes, 4 special tokens


def byte_tokenizer() -> Tokenizer:
    """A byte-level BPE without merges: every byte is a token."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocabulary = {symbol: index for index, symbol in enumerate(alphabet)}
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens(["<s>", "</s>", "<pad>", "<unk>"])
    return tokenizer


def save(model, folder: pathlib.Path) -> None:
    model.save_pretrained(folder)
    byte_tokenizer().save(str(folder / "tokenizer.json"))
    (folder / "tokenizer_config.json").write_text(
        json.dumps({"bos_token": "<s>", "eos_token": "</s>", "tokenizer_class": "PreTrainedTokenizerFast"})
    )


def llama(seed: int, **changes):
    torch.manual_seed(seed)
    settings = dict(
        vocab_size=VOCAB, hidden_size=48, intermediate_size=96, num_hidden_layers=3, num_attention_heads=6,
        num_key_value_heads=2, max_position_embeddings=128, bos_token_id=256, eos_token_id=257,
        tie_word_embeddings=False, initializer_range=0.15,
    )
    return LlamaForCausalLM(LlamaConfig(**(settings | changes)))


def gpt2(seed: int, **changes):
    torch.manual_seed(seed)
    settings = dict(
        vocab_size=VOCAB, n_embd=48, n_layer=3, n_head=4, n_positions=128, bos_token_id=256, eos_token_id=257,
        initializer_range=0.15,
    )
    return GPT2LMHeadModel(GPT2Config(**(settings | changes)))


def main(root: str) -> None:
    folder = pathlib.Path(root)
    save(llama(1), folder / "llama-gqa-untied")
    save(llama(2, tie_word_embeddings=True, num_key_value_heads=6), folder / "llama-mha-tied")
    save(llama(3).to(torch.bfloat16), folder / "llama-bf16")
    save(llama(4).to(torch.float16), folder / "llama-f16")
    save(gpt2(5), folder / "gpt2")
    print(f"parity: random folders in {folder}")


if __name__ == "__main__":
    main(sys.argv[1])
