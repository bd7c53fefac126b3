package import WireFormat

/// Every message of Protos/.
package let allMessages: [any WireMessage.Type] = [
  HealthCheckRequest.self, HealthCheckResponse.self, HealthListRequest.self, HealthListResponse.self,
  ServerReflectionRequest.self, ServerReflectionResponse.self, ExtensionRequest.self, FileDescriptorResponse.self,
  ExtensionNumberResponse.self, ListServiceResponse.self, ServiceResponse.self, ErrorResponse.self,
  WireRun.self, SubmitRunRequest.self, SubmitRunResponse.self, GetRunRequest.self, GetRunResponse.self,
  ListRunsRequest.self, ListRunsResponse.self, WatchRunRequest.self, WatchRunResponse.self, CancelRunRequest.self,
  CancelRunResponse.self, ResumeRunRequest.self, ResumeRunResponse.self, RegisterTrainerRequest.self,
  RegisterTrainerResponse.self, RenewLeaseRequest.self, RenewLeaseResponse.self,
  ListTrainersRequest.self, ListTrainersResponse.self, WireTrainer.self, WireReplica.self, ListTeachersRequest.self,
  ListTeachersResponse.self, WireTeacherState.self, WireTeacherReplica.self,
  PutGroupValueRequest.self, PutGroupValueResponse.self, GetGroupValueRequest.self, GetGroupValueResponse.self,
  WireModelDescription.self, WireAbilities.self, WireScoreOptions.self, WireScoreChunk.self,
  WireSequenceBatch.self, WireSamplingOptions.self, WireCompletionBatch.self,
  StudentServiceDescribeRequest.self, StudentServiceDescribeResponse.self, LoadRequest.self, LoadResponse.self,
  StudentServiceGenerateRequest.self, StudentServiceGenerateResponse.self, StudentServiceScoreRequest.self,
  StudentServiceScoreResponse.self, TrainRequest.self, TrainResponse.self, JoinRequest.self, JoinResponse.self,
  SaveRequest.self, SaveResponse.self,
  ExportRequest.self, ExportResponse.self,
  TeacherServiceDescribeRequest.self, TeacherServiceDescribeResponse.self, TeacherServiceGenerateRequest.self,
  TeacherServiceGenerateResponse.self, TeacherServiceScoreRequest.self, TeacherServiceScoreResponse.self,
  GetOutputHeadRequest.self, GetOutputHeadResponse.self,
  WireLossTerm.self, WireObjective.self, WireOptimizerOptions.self, WireAdapterOptions.self, WireOnlineModule.self,
  WireTrainBatch.self, WireStepMetrics.self, WireModuleMetrics.self, WirePolicyGradient.self, WirePairLoss.self,
  WirePairMetrics.self, WireRankingLoss.self,
  WireCallTraffic.self,
]
