"""One end of a conversation in a network namespace: `serve NAME ADDRESS PORT` or `ask PROTOCOL ADDRESS PORT OWN_PORT`.

A server answers by TCP and UDP with its name and the address it was asked from; the asker prints that, or the error.
"""

import selectors
import socket
import sys

KINDS = {"tcp": socket.SOCK_STREAM, "udp": socket.SOCK_DGRAM}
PATIENCE_S = 2


def serve(name, address, port):
    chooser = selectors.DefaultSelector()
    for kind in KINDS.values():
        listener = socket.socket(socket.AF_INET, kind)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((address, port))
        if kind == socket.SOCK_STREAM:
            listener.listen()
        chooser.register(listener, selectors.EVENT_READ)
    print("ready", flush=True)
    while True:
        for key, _ in chooser.select():
            if key.fileobj.type == socket.SOCK_STREAM:
                connection, peer = key.fileobj.accept()
                connection.sendall(f"{name} {peer[0]}".encode())
                connection.close()
            else:
                _, peer = key.fileobj.recvfrom(100)
                key.fileobj.sendto(f"{name} {peer[0]}".encode(), peer)


def ask(protocol, address, port, own_port):
    with socket.socket(socket.AF_INET, KINDS[protocol]) as end:
        end.settimeout(PATIENCE_S)
        end.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            end.bind(("", own_port))
            end.connect((address, port))
            if protocol == "udp":
                end.send(b"?")
            print(end.recv(100).decode())
        except OSError as error:
            print(type(error).__name__)


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        serve(sys.argv[2], sys.argv[3], int(sys.argv[4]))
    else:
        ask(sys.argv[2], sys.argv[3], *map(int, sys.argv[4:]))
