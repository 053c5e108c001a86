"""Sub-resources that stream: exec, attach, port-forward, log and proxy. They find the kubelet, or the address of a pod
or service, and pass bytes; only commands over WebSocket are translated, to the SPDY that runtimes speak.
"""
