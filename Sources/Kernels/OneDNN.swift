import CDNNL

/// The library behind bfloat16 products.
public enum OneDNN {
  /// Why bfloat16 products cannot be computed on this machine; nil when they can. The first question loads the library.
  public static let failure: String? = unsafe retort_dnnl_load().map { unsafe String(cString: $0) }

  /// The library's version; empty without it.
  public static var version: String { failure == nil ? unsafe String(cString: retort_dnnl_version()) : "" }

  /// Instructions in use, such as `avx512_core_bf16`: the last bits of products depend on them. Empty without the library.
  public static var instructions: String { failure == nil ? unsafe String(cString: retort_dnnl_isa()) : "" }
}
