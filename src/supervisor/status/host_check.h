// Whether a request came to the name of the server that it asks, by its Host header. A page of a
// stranger in a browser on this host can give its own name the address 127.0.0.1 (DNS rebinding)
// and then reads what is served there as its own; but its name stands in the header. Pure, but for
// the question that is asked of a socket.
#pragma once

#include <string_view>

namespace event_consumer {

// Whether the socket is bound to a loopback address. What is served to other hosts has names that
// nobody here knows (a Service of Kubernetes, a proxy), and can be read there anyway.
bool is_on_loopback(int listen_fd);

// Whether `host`, the value of a Host header (RFC 9110, section 7.2), is an IP address, localhost,
// a name below it, or `own_name`, with a port or without; as well when it is empty, as no browser
// sends it so.
bool is_local_host(std::string_view host, std::string_view own_name);

}  // namespace event_consumer
