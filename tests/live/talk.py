# SPDX-License-Identifier: MIT
"""
Both ends of ordinary traffic.

usage: talk.py serve BYTES      a web server whose only page has so many bytes, and a name server
       talk.py fetch URL        to standard output, where there is no curl
       talk.py ask ADDRESS N    N questions to the name server, each must be answered
"""
import http.server
import socket
import struct
import sys
import threading
import urllib.request


class Page(http.server.BaseHTTPRequestHandler):
    size = 0

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", str(self.size))
        self.end_headers()
        self.wfile.write(b"x" * self.size)

    def log_message(self, *_):
        """Nothing on the terminal."""


class Server(http.server.ThreadingHTTPServer):
    address_family = socket.AF_INET6


def question(number):
    """RFC 1035, section 4: a question for an address, of n1.live.example and so on."""
    name = b"".join(struct.pack("B", len(label)) + label
                    for label in (b"n%d" % number, b"live", b"example")) + b"\0"
    return struct.pack("!6H", number, 0x0100, 1, 0, 0, 0) + name + struct.pack("!2H", 1, 1)


def answer(query):
    """The question back with the address 192.0.2.1."""
    return (query[:2] + struct.pack("!5H", 0x8180, 1, 1, 0, 0) + query[12:] +
            struct.pack("!3HIH4B", 0xC00C, 1, 1, 60, 4, 192, 0, 2, 1))


def serve_names():
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as names:
        names.bind(("::", 53))
        while True:
            query, peer = names.recvfrom(512)
            names.sendto(answer(query), peer)


def serve(size):
    Page.size = size
    pages = Server(("::", 80), Page)
    threading.Thread(target=serve_names, daemon=True).start()
    print("ready", flush=True)
    pages.serve_forever()


def ask(address, count):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as names:
        names.settimeout(5)
        names.connect((address, 53))
        for number in range(count):
            names.send(question(number))
            if not names.recv(512).startswith(struct.pack("!H", number)):
                sys.exit("talk: the answer to another question")


def main():
    if sys.argv[1] == "serve":
        serve(int(sys.argv[2]))
    elif sys.argv[1] == "fetch":
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(sys.argv[2], timeout=20) as page:
            sys.stdout.buffer.write(page.read())
    elif sys.argv[1] == "ask":
        ask(sys.argv[2], int(sys.argv[3]))
    else:
        sys.exit(__doc__)


main()
