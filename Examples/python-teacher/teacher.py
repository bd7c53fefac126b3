"""A teacher in Python behind retort.v1.TeacherService. Its model is a table: the next token depends on the last one alone.

usage: python3 Examples/python-teacher/teacher.py HOST:PORT VOCAB_SIZE BOS_ID EOS_ID
"""
import math, pathlib, random, sys, tempfile
from concurrent import futures
import grpc
from grpc_tools import protoc
PROTOS = pathlib.Path(__file__).resolve().parents[2] / "Protos"
sys.path.insert(0, stubs := tempfile.mkdtemp())
assert protoc.main(["protoc", f"-I{PROTOS}", f"--python_out={stubs}", f"--grpc_python_out={stubs}",
                    *map(str, sorted(PROTOS.glob("retort/v1/*.proto")))]) == 0, "no stubs could be made from Protos/"
from retort.v1 import model_pb2, score_pb2, sequences_pb2, teacher_service_pb2 as pb2, teacher_service_pb2_grpc

def row(token, vocab_size):
    """Log-probs of the token after `token`, natural, normalised. Shape: [V]."""
    weights = [random.Random(token * vocab_size + next).uniform(0, 4) for next in range(vocab_size)]
    total = math.log(sum(math.exp(weight) for weight in weights))
    return [weight - total for weight in weights]

class Teacher(teacher_service_pb2_grpc.TeacherServiceServicer):
    def __init__(self, vocab_size, bos, eos):
        self.rows = [row(token, vocab_size) for token in range(vocab_size)]
        self.model = model_pb2.ModelDescription(
            name="table", model_digest=f"table-{vocab_size}", vocab_size=vocab_size, head_size=vocab_size,
            context_length=4096, bos_token_ids=[bos], eos_token_ids=[eos],
            abilities=model_pb2.Abilities(generate=True, token_logprobs=True, full_logprobs=True))

    def Describe(self, request, context):
        return pb2.TeacherServiceDescribeResponse(model=self.model)

    def Generate(self, request, context):
        stops, start = set(request.sampling.stop_token_ids or self.model.eos_token_ids), 0
        for index, length in enumerate(request.prompts.sequence_lengths):
            last, start, drawn = request.prompts.token_ids[start + length - 1], start + length, []
            draw = random.Random(request.seeds[index] if request.seeds else 0)
            while len(drawn) < request.sampling.max_new_tokens and (not drawn or last not in stops):
                last = draw.choices(range(len(self.rows)), [math.exp(value) for value in self.rows[last]])[0]
                drawn.append(last)
            yield pb2.TeacherServiceGenerateResponse(completions=sequences_pb2.CompletionBatch(
                prompt_indices=[index], token_ids=drawn, completion_lengths=[len(drawn)],
                finish_reasons=["FINISH_REASON_STOP" if last in stops else "FINISH_REASON_LENGTH"]))

    def Score(self, requests, context):
        for request in requests:
            chunk, batch, start = score_pb2.ScoreChunk(last=True), request.sequences, 0
            for length, prompt in zip(batch.sequence_lengths, batch.prompt_lengths):
                for place in range(start + prompt, start + length):  # log-prob i is of token i, after token i - 1
                    logprobs = self.rows[batch.token_ids[place - 1]]
                    chunk.token_logprobs.extend([logprobs[batch.token_ids[place]]] * request.options.token_logprobs)
                    chunk.full_logprobs.extend(logprobs * request.options.full_logprobs)
                    chunk.position_count += 1
                start += length
            yield pb2.TeacherServiceScoreResponse(chunk=chunk)

server = grpc.server(futures.ThreadPoolExecutor(4), options=[("grpc.max_receive_message_length", 64 << 20)])
teacher_service_pb2_grpc.add_TeacherServiceServicer_to_server(Teacher(*map(int, sys.argv[2:5])), server)
server.add_insecure_port(sys.argv[1])
server.start()
server.wait_for_termination()
