"""An OpenTelemetry collector that takes all traces and keeps none. usage: collector.py GRPC_PORT HTTP_PORT"""

import http.server
import sys
from concurrent import futures

import grpc

EXPORT = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"


class Taker(grpc.GenericRpcHandler):
    def service(self, call):
        if call.method != EXPORT:
            return None
        return grpc.unary_unary_rpc_method_handler(lambda request, context: b"")  # an empty response is all right


class Health(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_) -> None:
        pass


server = grpc.server(futures.ThreadPoolExecutor(max_workers=2), handlers=[Taker()])
server.add_insecure_port(f"127.0.0.1:{sys.argv[1]}")
server.start()
http.server.HTTPServer(("127.0.0.1", int(sys.argv[2])), Health).serve_forever()
