"""The server of gRPC's interoperability tests, on grpcio."""

import time

import grpc

from relay import MARK

messages, services = grpc.protos_and_services("interop.proto")

INITIAL = "x-grpc-test-echo-initial"
TRAILING = "x-grpc-test-echo-trailing-bin"


def payload(size):
    return messages.Payload(body=bytes(size))


class TestService(services.TestServiceServicer):
    """`relay` says whether a request came compressed: grpcio itself does not."""

    def __init__(self, relay):
        self.relay = relay

    def flags(self, context):
        """The compressed flags of the call's messages so far; None where the call did not come by the relay."""
        mark = dict(context.invocation_metadata()).get(MARK)
        call = self.relay.calls.get(mark)
        return call.request if call else None

    def check_compressed(self, context, expected, index):
        if not expected.value:
            return
        flags = self.flags(context)
        if flags is None:
            context.abort(grpc.StatusCode.FAILED_PRECONDITION, "cannot tell whether the message is compressed")
        if not flags[index]:
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, "the message is not compressed")

    def echo_metadata(self, context):
        given = dict(context.invocation_metadata())
        if INITIAL in given:
            context.send_initial_metadata(((INITIAL, given[INITIAL]),))
        if TRAILING in given:
            context.set_trailing_metadata(((TRAILING, given[TRAILING]),))

    def fail_if_asked(self, context, status):
        if status.code:
            code = next(code for code in grpc.StatusCode if code.value[0] == status.code)
            context.abort(code, status.message)

    def EmptyCall(self, request, context):
        return messages.Empty()

    def UnaryCall(self, request, context):
        self.check_compressed(context, request.expect_compressed, 0)
        self.fail_if_asked(context, request.response_status)
        context.set_compression(grpc.Compression.Gzip if request.response_compressed.value else grpc.Compression.NoCompression)
        self.echo_metadata(context)
        return messages.SimpleResponse(payload=payload(request.response_size))

    def StreamingInputCall(self, requests, context):
        total = 0
        for index, request in enumerate(requests):
            self.check_compressed(context, request.expect_compressed, index)
            total += len(request.payload.body)
        return messages.StreamingInputCallResponse(aggregated_payload_size=total)

    def responses(self, request, context):
        for parameters in request.response_parameters:
            if parameters.interval_us:
                time.sleep(parameters.interval_us / 1e6)
            if not parameters.compressed.value:
                context.disable_next_message_compression()
            yield messages.StreamingOutputCallResponse(payload=payload(parameters.size))

    def StreamingOutputCall(self, request, context):
        if any(parameters.compressed.value for parameters in request.response_parameters):
            context.set_compression(grpc.Compression.Gzip)
        yield from self.responses(request, context)

    def FullDuplexCall(self, requests, context):
        self.echo_metadata(context)
        for request in requests:
            self.fail_if_asked(context, request.response_status)
            yield from self.responses(request, context)
