/// What a family calls its tensors. A projection's or a norm's name goes without `.weight` and `.bias`; names of a block go
/// without the block's prefix.
struct TensorNames: Sendable, Hashable {
  var embedding: String
  var positionEmbedding: String?
  /// From the width of embeddings to that of the stream, and back.
  var inputProjection: String?
  var outputProjection: String?
  /// Before the block's number.
  var blocks: String
  var attentionNorm: String
  /// Queries, keys and values: three tensors, or one that holds all.
  var attentionInput: [String]
  var queryNorm: String?
  var keyNorm: String?
  var attentionOutput: String
  var attentionPostNorm: String?
  var feedForwardNorm: String
  /// Gate and up, as two tensors or as one; or up alone.
  var feedForwardInput: [String]
  var feedForwardOutput: String
  var feedForwardPostNorm: String?
  var finalNorm: String
  var head = "lm_head"
  /// Another name of the head in some files.
  var otherHead: String?
  /// Whether projections of blocks are stored `[in, out]` (`Conv1D`), not `[out, in]` (`Linear`).
  var isInputMajor = false
  /// What files of the model without its head leave away.
  var prefix: String
  /// Ends of names of tables that files carry beside the parameters: causal masks and rotary frequencies.
  var tables = [".rotary_emb.inv_freq"]

  /// Llama's, which many families share.
  static let llama = TensorNames(
    embedding: "model.embed_tokens", blocks: "model.layers.", attentionNorm: "input_layernorm",
    attentionInput: ["self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"],
    attentionOutput: "self_attn.o_proj", feedForwardNorm: "post_attention_layernorm",
    feedForwardInput: ["mlp.gate_proj", "mlp.up_proj"], feedForwardOutput: "mlp.down_proj",
    finalNorm: "model.norm", prefix: "model.")
}
