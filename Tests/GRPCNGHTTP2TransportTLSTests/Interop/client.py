"""A grpcio client with TLS: client.py HOST:PORT CA [CERT KEY]; prints what the server saw, or the status code and details."""

import sys

import grpc


def read(path):
    with open(path, "rb") as file:
        return file.read()


def main():
    address, ca, *identity = sys.argv[1:]
    certificate, key = (read(identity[0]), read(identity[1])) if identity else (None, None)
    credentials = grpc.ssl_channel_credentials(read(ca), key, certificate)
    options = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]
    with grpc.secure_channel(address, credentials, options=options) as channel:
        echo = channel.unary_unary("/test.Echo/Echo").with_call
        try:
            for size in (0, 100, 3 << 20):
                reply, call = echo(bytes(size), timeout=60)
                assert reply == bytes(size)
            print(f"shown {dict(call.initial_metadata())['shown']}")
        except grpc.RpcError as error:
            print(error.code().name)


main()
