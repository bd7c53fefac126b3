public import Checkpoints
public import Distillation
internal import Foundation
public import GRPCCore
public import Optimization
public import Tokenization

// The one place that chooses the student's gRPC status codes; those of WireFormat and ModelServing come with their errors.
extension StudentError: RPCErrorConvertible {
  /// The status.
  public var rpcErrorCode: RPCError.Code {
    switch self {
    case .notLoaded, .notGiven, .wrongStep, .noPrecision, .otherAdapters, .noTeacher, .teacherRefused, .otherGroup,
      .otherArithmetic, .otherParts, .fenced, .otherRun:
      .failedPrecondition
    case .replaced: .aborted
    case .replicaLost: .aborted
    case .pathOutsideRoot, .checkpointName, .unknownSchedule, .noGroup: .invalidArgument
    }
  }

  /// The description.
  public var rpcErrorMessage: String { description }
}

extension DistillationError: RPCErrorConvertible {
  /// FAILED_PRECONDITION where the numbers went wrong, ABORTED where another replica is gone or has what is needed, INVALID_ARGUMENT where the request is wrong.
  public var rpcErrorCode: RPCError.Code {
    switch self {
    case .lossNotFinite, .gradientNotFinite, .teacherNotNormalised, .repeatedTopToken, .teacherMissing, .replicaFailed:
      .failedPrecondition
    case .replicaLost, .momentsElsewhere: .aborted
    default: .invalidArgument
    }
  }

  /// The description.
  public var rpcErrorMessage: String { description }
}

extension OptimizationError: RPCErrorConvertible {
  /// FAILED_PRECONDITION where the gradient went wrong, INVALID_ARGUMENT where an option is.
  public var rpcErrorCode: RPCError.Code {
    switch self {
    case .gradientNotFinite: .failedPrecondition
    case .optionOutOfRange: .invalidArgument
    }
  }

  /// The description.
  public var rpcErrorMessage: String { description }
}

extension CheckpointError: RPCErrorConvertible {
  /// NOT_FOUND, ALREADY_EXISTS, RESOURCE_EXHAUSTED where the disk is full, INTERNAL where it refuses otherwise,
  /// FAILED_PRECONDITION for another arithmetic, DATA_LOSS for a damaged checkpoint, else INVALID_ARGUMENT.
  public var rpcErrorCode: RPCError.Code {
    switch self {
    case .notFound: .notFound
    case .alreadyExists: .alreadyExists
    case .writeFailed(_, let code) where code == ENOSPC || code == EDQUOT: .resourceExhausted
    case .readFailed, .writeFailed: .internalError
    case .otherArithmetic: .failedPrecondition
    case .damaged: .dataLoss
    default: .invalidArgument
    }
  }

  /// The description.
  public var rpcErrorMessage: String { description }
}

extension TokenizerError: RPCErrorConvertible {
  /// INVALID_ARGUMENT: the folder's tokenizer cannot be read.
  public var rpcErrorCode: RPCError.Code { .invalidArgument }

  /// The description.
  public var rpcErrorMessage: String { "\(self)" }
}
