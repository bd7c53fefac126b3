"""grpcio as the peer of InteropTests, both ways, until stdin closes.

Prints one line of JSON: for each kind of security the ports of a server of grpcio and of a relay in front of it, and
files of certificates. Then takes commands, one line of JSON each, and answers each with a line that has its id:
    {"id": 1, "case": "empty_unary", "security": "tls", "port": 5000}   runs a case against a server of ours
    {"id": 2, "flags": MARK, "security": "plain"}    what a relay has seen of the call with that mark
"""

import json
import os
import ssl
import sys
import tempfile
import threading
from concurrent import futures

import grpc
import trustme

sys.path.insert(0, os.path.dirname(__file__))

import cases
import service
from relay import Relay

SECURITIES = ("plain", "tls", "mtls")
OPTIONS = [
    ("grpc.max_receive_message_length", -1),
    ("grpc.max_send_message_length", -1),
    ("grpc.so_reuseport", 0),
    # One connection for each channel: cases do not meet on a shared one.
    ("grpc.use_local_subchannel_pool", 1),
]


class Certificates:
    """A certificate authority, a server's certificate and a client's, in files."""

    def __init__(self, folder):
        authority = trustme.CA()
        self.paths = {}
        self.write(folder, "ca", [authority.cert_pem])
        for name, certificate in (
            ("server", authority.issue_cert("localhost", "127.0.0.1")),
            ("client", authority.issue_cert("client.test")),
        ):
            self.write(folder, name + "-chain", certificate.cert_chain_pems)
            self.write(folder, name + "-key", [certificate.private_key_pem])

    def write(self, folder, name, pems):
        self.paths[name] = os.path.join(folder, name + ".pem")
        with open(self.paths[name], "wb") as file:
            for pem in pems:
                file.write(pem.bytes())

    def bytes(self, name):
        with open(self.paths[name], "rb") as file:
            return file.read()

    def server_credentials(self, security):
        pair = (self.bytes("server-key"), self.bytes("server-chain"))
        if security == "mtls":
            return grpc.ssl_server_credentials([pair], self.bytes("ca"), require_client_auth=True)
        return grpc.ssl_server_credentials([pair])

    def channel_credentials(self, security):
        own = (self.bytes("client-key"), self.bytes("client-chain")) if security == "mtls" else (None, None)
        return grpc.ssl_channel_credentials(self.bytes("ca"), *own)

    def relay_contexts(self, security):
        """How a relay speaks TLS to its client, and to the server behind it."""
        if security == "plain":
            return None, None
        incoming = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        incoming.load_cert_chain(self.paths["server-chain"], self.paths["server-key"])
        outgoing = ssl.create_default_context(cafile=self.paths["ca"])
        if security == "mtls":
            incoming.load_verify_locations(self.paths["ca"])
            incoming.verify_mode = ssl.CERT_REQUIRED
            outgoing.load_cert_chain(self.paths["client-chain"], self.paths["client-key"])
        for context in (incoming, outgoing):
            context.set_alpn_protocols(["h2"])
            context.minimum_version = ssl.TLSVersion.TLSv1_3
        return incoming, outgoing


def serve(certificates, security):
    """Starts a server of grpcio with a relay in front of it."""
    server = grpc.server(futures.ThreadPoolExecutor(64), options=OPTIONS)
    if security == "plain":
        port = server.add_insecure_port("127.0.0.1:0")
    else:
        port = server.add_secure_port("127.0.0.1:0", certificates.server_credentials(security))
    relay = Relay(port, *certificates.relay_contexts(security))
    service.services.add_TestServiceServicer_to_server(service.TestService(relay), server)
    server.start()
    return server, relay, port


def connect(certificates, security, port):
    if security == "plain":
        return grpc.insecure_channel(f"127.0.0.1:{port}", options=OPTIONS)
    return grpc.secure_channel(f"localhost:{port}", certificates.channel_credentials(security), options=OPTIONS)


def run_case(certificates, command):
    """Runs a case against a server of ours; those about compression, by a relay."""
    name, security, port = command["case"], command["security"], command["port"]
    needs_flags = "compressed" in name or "stalled" in name
    relay = Relay(port, *certificates.relay_contexts(security)) if needs_flags else None
    try:
        with connect(certificates, security, relay.port if relay else port) as channel:
            grpc.channel_ready_future(channel).result(timeout=20)
            getattr(cases, name)(cases.Client(channel, relay))
    finally:
        if relay:
            relay.close()


def main():
    lock = threading.Lock()

    def say(answer):
        with lock:
            print(json.dumps(answer), flush=True)

    with tempfile.TemporaryDirectory() as folder:
        certificates = Certificates(folder)
        served = {security: serve(certificates, security) for security in SECURITIES}
        say(
            {
                "servers": {name: {"port": port, "relay": relay.port} for name, (_, relay, port) in served.items()},
                "certificates": certificates.paths,
            }
        )

        def perform(command):
            answer = {"id": command["id"]}
            try:
                if "flags" in command:
                    call = served[command["security"]][1].calls.get(command["flags"])
                    answer["request"] = call.request if call else None
                    answer["response"] = call.response if call else None
                else:
                    run_case(certificates, command)
            except Exception as error:
                answer["error"] = f"{type(error).__name__}: {error}"
            say(answer)

        for line in sys.stdin:
            threading.Thread(target=perform, args=(json.loads(line),), daemon=True).start()
        for server, relay, _ in served.values():
            relay.close()
            server.stop(0)
    os._exit(0)


main()
