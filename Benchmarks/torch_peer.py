"""PyTorch and transformers as peers of `retort bench train|loss|score|generate`.

Usage: torch_peer.py CASE.json float32|bfloat16|compiled
  float32    plain
  bfloat16   under torch.autocast
  compiled   under torch.autocast, the model and the loss through torch.compile
The work is that of Sources/EngineBenchmark, as a user of PyTorch would write it; the benchmark compares what comes out.
"""

import contextlib
import signal
import time

import peer

ALPHA = 0.1  # CaseFile.alpha
LEARNING_RATE = 1e-4  # CaseFile.learningRate
COMPILE_SECONDS = 420


class Stage:
    """A model with its arithmetic."""

    def __init__(self, case, form):
        import torch
        import transformers

        transformers.logging.set_verbosity_error()
        transformers.logging.disable_progress_bar()
        torch.set_num_threads(case["threads"])
        torch.manual_seed(0)
        self.torch, self.case, self.form = torch, case, form
        self.model = transformers.AutoModelForCausalLM.from_pretrained(case["folder"], dtype=torch.float32)
        self.tokens = torch.tensor(case["sequences"])  # [B, T]: all are equally long
        self.path = (
            f"{form}, torch {torch.__version__}, transformers {transformers.__version__}, "
            f"{torch.backends.cpu.get_cpu_capability()}, {torch.get_num_threads()} threads"
        )

    def autocast(self):
        if self.form == "float32":
            return contextlib.nullcontext()
        return self.torch.autocast("cpu", dtype=self.torch.bfloat16)

    def compiled(self, function):
        return self.torch.compile(function) if self.form == "compiled" else function


def skewed_losses(torch, logits, teacher, terms):
    """DistiLLM-2's: mean over positions of KL(p || a p + (1 - a) q) for term 0, and of KL(q || (1 - a) p + a q) for term 1,
    whose mixture is constant. `logits` and `teacher` (log-probs): [B, T, V]."""
    student = torch.log_softmax(logits.float(), -1)
    first, second = terms == 0, terms == 1
    p, lq = teacher[first].exp(), student[first]
    forward = (p * (teacher[first] - torch.log(ALPHA * p + (1 - ALPHA) * lq.exp()))).sum(-1).mean()
    lq = student[second]
    q = lq.exp()
    mixture = torch.log((1 - ALPHA) * teacher[second].exp() + ALPHA * q).detach()
    return forward + (q * (lq - mixture)).sum(-1).mean()


def train(stage):
    """One optimizer step."""
    import numpy

    torch, case, model, tokens = stage.torch, stage.case, stage.model, stage.tokens
    count, length = tokens.shape
    teacher = torch.from_numpy(numpy.fromfile(case["teacher"], dtype="<f4")).view(count, length - 1, -1)
    terms = torch.tensor(case["terms"])
    model.train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=LEARNING_RATE, weight_decay=0.0)

    def loss_of(tokens):
        logits = model(input_ids=tokens, use_cache=False).logits[:, :-1]
        return skewed_losses(torch, logits, teacher, terms)

    loss_of = stage.compiled(loss_of)

    def step():
        with stage.autocast():
            loss = loss_of(tokens)
        loss.backward()
        before = time.perf_counter()
        norm = torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
        # Of a loss alone, the optimizer is no part.
        uncounted = time.perf_counter() - before if case["suite"] == "loss" else 0
        signal.alarm(0)
        return tokens.numel(), [loss.item(), norm.item()], uncounted

    # Gradients and moments: three more numbers for each parameter.
    peer.serve(step, stage.path, still_to_come=12 * sum(p.numel() for p in model.parameters()))


def score(stage):
    """Log-probs of the actual tokens; where asked, of the whole vocabulary too."""
    torch, case, model, tokens = stage.torch, stage.case, stage.model, stage.tokens
    model.eval()

    def logprobs(tokens):
        logits = model(input_ids=tokens, use_cache=False).logits[:, :-1].float()
        if case["full_logprobs"]:
            full = torch.log_softmax(logits, -1)
            return full, full.gather(-1, tokens[:, 1:, None])[..., 0]
        return None, logits.gather(-1, tokens[:, 1:, None])[..., 0] - torch.logsumexp(logits, -1)

    logprobs = stage.compiled(logprobs)
    said = []

    def answer():
        with torch.inference_mode(), stage.autocast():
            _, actual = logprobs(tokens)
        signal.alarm(0)
        values = [] if said else actual.flatten().tolist()
        said.append(True)
        return tokens.numel(), values

    peer.serve(answer, stage.path)


def generate(stage):
    """transformers' generate: greedy in the first round, sampling as the case has it later."""
    torch, case, model, tokens = stage.torch, stage.case, stage.model, stage.tokens
    model.eval()
    if stage.form == "bfloat16":
        model.to(torch.bfloat16)  # Faster than autocast, which would round the weights for each token again.
    model.generation_config.eos_token_id = None
    said = []

    def answer():
        sampling = {"do_sample": False}
        if said and case["sampling_temperature"] > 0:
            sampling = {"do_sample": True, "temperature": case["sampling_temperature"], "top_k": 0, "top_p": 1.0}
        with torch.inference_mode():
            output = model.generate(
                tokens, attention_mask=torch.ones_like(tokens), max_new_tokens=case["new_tokens"],
                min_new_tokens=case["new_tokens"], pad_token_id=0, **sampling)
        new = output[:, tokens.shape[1]:]
        values = [] if said else new.flatten().tolist()
        said.append(True)
        return new.numel(), values

    peer.serve(answer, stage.path)


def run(case, form):
    if form == "compiled":
        peer.limit(COMPILE_SECONDS, "compiling")
    stage = Stage(case, form)
    {"train": train, "loss": train, "score": score, "generate": generate}[case["suite"]](stage)


if __name__ == "__main__":
    peer.main(run)
