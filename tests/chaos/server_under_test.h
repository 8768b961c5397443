// ServerUnderTest: what the chaos run does to a server, whichever it is.
#pragma once

namespace event_consumer::testing {

class ServerUnderTest {
 public:
  virtual ~ServerUnderTest() = default;

  virtual void start() = 0;
  virtual void stop() = 0;
  virtual void kill() = 0;
  virtual void pause() = 0;
  virtual void resume() = 0;
};

template <typename Server>
class UnderTest : public ServerUnderTest {
 public:
  explicit UnderTest(Server& server) : server_(server) {}

  void start() override { server_.start(); }
  void stop() override { server_.stop(); }
  void kill() override { server_.kill(); }
  void pause() override { server_.pause(); }
  void resume() override { server_.resume(); }

 private:
  Server& server_;
};

}  // namespace event_consumer::testing
