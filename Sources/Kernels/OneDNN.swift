import CDNNL

/// The library behind bfloat16 products.
public enum OneDNN {
  /// Why bfloat16 products cannot be computed on this machine; nil when they can. The first question loads the library.
  public static let failure: String? = unsafe retort_dnnl_load().map { unsafe String(cString: $0) }

  /// The library's version; empty without it.
  public static var version: String { failure == nil ? unsafe String(cString: retort_dnnl_version()) : "" }

  /// Instructions in use, such as `avx512_core_bf16`: the last bits of products depend on them. Empty without the library.
  public static var instructions: String { failure == nil ? unsafe String(cString: retort_dnnl_isa()) : "" }

  /// The name of instructions that oneDNN gives as a mask of bits; nil where they do not multiply bfloat16.
  package static func name(ofInstructions mask: UInt32) -> String? {
    unsafe retort_dnnl_bfloat16_isa(mask).map { unsafe String(cString: $0) }
  }
}
