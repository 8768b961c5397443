// Ports for private servers on 127.0.0.1.
#pragma once

namespace event_consumer::testing {

// A TCP port that nobody listens on and that neither this program nor another one of these tests
// that still runs has been given before. It lies below the range from which the kernel takes ports
// for outgoing connections: so nobody takes it while a server that owns it is stopped, and a
// connect to the stopped server is refused instead of meeting itself. Throws std::runtime_error
// when none is found. For one thread at a time.
int free_port();

// True when something accepts TCP connections on this port of 127.0.0.1.
bool is_listening(int port);

}  // namespace event_consumer::testing
