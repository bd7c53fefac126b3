/// The files of a Hugging Face folder that a model of the puzzles starts from: everything but the parameters.
///
/// The tokenizer has one token per character of ``PuzzleLanguage/alphabet``: byte-level BPE without merges, so that every
/// implementation of `tokenizer.json` reads it. Encoding puts `<s>` before a text; a completion ends with `</s>`.
public enum PuzzleFolder {
  /// Special tokens, at the ids 0 to 3.
  public static let specialTokens = ["<pad>", "<s>", "</s>", "<unk>"]

  /// V: special tokens, then the characters of the alphabet in their order. Count: 50.
  public static var vocabSize: Int { specialTokens.count + PuzzleLanguage.alphabet.count }

  /// Tokens of the longest sequence that the models take; instruction and answer with their ends have at most 34.
  public static let contextLength = 64

  /// The files, as (name, contents).
  public static var files: [(name: String, contents: String)] {
    [
      ("config.json", configuration), ("generation_config.json", generation), ("tokenizer.json", tokenizer),
      ("tokenizer_config.json", tokenizerConfiguration), ("special_tokens_map.json", specialTokensMap),
    ]
  }

  /// The teacher's shape: a Llama of 1.2 million parameters.
  private static let configuration = """
    {
      "architectures": ["LlamaForCausalLM"],
      "attention_bias": false,
      "bos_token_id": 1,
      "eos_token_id": 2,
      "hidden_act": "silu",
      "hidden_size": 128,
      "initializer_range": 0.02,
      "intermediate_size": 336,
      "max_position_embeddings": \(contextLength),
      "mlp_bias": false,
      "model_type": "llama",
      "num_attention_heads": 4,
      "num_hidden_layers": 6,
      "num_key_value_heads": 4,
      "pad_token_id": 0,
      "rms_norm_eps": 1e-05,
      "rope_theta": 10000.0,
      "tie_word_embeddings": true,
      "torch_dtype": "float32",
      "vocab_size": \(vocabSize)
    }

    """

  private static let generation = """
    {
      "bos_token_id": 1,
      "do_sample": true,
      "eos_token_id": 2,
      "max_new_tokens": 20,
      "pad_token_id": 0,
      "temperature": 1.0
    }

    """

  private static var tokenizer: String {
    let added = specialTokens.enumerated().map { id, token in
      """
          {"id": \(id), "content": "\(token)", "single_word": false, "lstrip": false, "rstrip": false, \
      "normalized": false, "special": true}
      """
    }
    // Byte-level BPE writes a space as Ġ; the other characters stand for themselves.
    let vocabulary = (specialTokens + PuzzleLanguage.alphabet.map { $0 == " " ? "Ġ" : String($0) }).enumerated()
      .map { id, token in "      \"\(token)\": \(id)" }
    return """
      {
        "version": "1.0",
        "truncation": null,
        "padding": null,
        "added_tokens": [
      \(added.joined(separator: ",\n"))
        ],
        "normalizer": null,
        "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true},
        "post_processor": {
          "type": "TemplateProcessing",
          "single": [{"SpecialToken": {"id": "<s>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}],
          "pair": [
            {"SpecialToken": {"id": "<s>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}},
            {"SpecialToken": {"id": "<s>", "type_id": 1}}, {"Sequence": {"id": "B", "type_id": 1}}
          ],
          "special_tokens": {"<s>": {"id": "<s>", "ids": [1], "tokens": ["<s>"]}}
        },
        "decoder": {"type": "ByteLevel", "add_prefix_space": true, "trim_offsets": true, "use_regex": true},
        "model": {
          "type": "BPE",
          "dropout": null,
          "unk_token": "<unk>",
          "continuing_subword_prefix": null,
          "end_of_word_suffix": null,
          "fuse_unk": false,
          "byte_fallback": false,
          "vocab": {
      \(vocabulary.joined(separator: ",\n"))
          },
          "merges": []
        }
      }

      """
  }

  private static let tokenizerConfiguration = """
    {
      "add_bos_token": true,
      "add_eos_token": false,
      "bos_token": "<s>",
      "clean_up_tokenization_spaces": false,
      "eos_token": "</s>",
      "model_max_length": \(contextLength),
      "pad_token": "<pad>",
      "tokenizer_class": "PreTrainedTokenizerFast",
      "unk_token": "<unk>"
    }

    """

  private static let specialTokensMap = """
    {
      "bos_token": "<s>",
      "eos_token": "</s>",
      "pad_token": "<pad>",
      "unk_token": "<unk>"
    }

    """
}
