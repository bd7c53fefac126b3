"""A grpcio server with TLS: server.py CERT KEY [CLIENT_CA]; prints its port, then serves until stdin closes."""

import sys
from concurrent import futures

import grpc


def read(path):
    with open(path, "rb") as file:
        return file.read()


def echo(request, context):
    shown = context.auth_context().get("x509_pem_cert", [])
    context.send_initial_metadata((("shown", str(len(shown))),))
    return request


def main():
    certificate, key, *roots = sys.argv[1:]
    credentials = grpc.ssl_server_credentials(
        [(read(key), read(certificate))], read(roots[0]) if roots else None, require_client_auth=bool(roots)
    )
    handlers = {"Echo": grpc.unary_unary_rpc_method_handler(echo)}
    server = grpc.server(futures.ThreadPoolExecutor(4), options=[("grpc.max_receive_message_length", -1)])
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("test.Echo", handlers),))
    port = server.add_secure_port("127.0.0.1:0", credentials)
    server.start()
    print(port, flush=True)
    sys.stdin.read()
    server.stop(0)


main()
