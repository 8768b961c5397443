#include "supervisor/status/http.h"

#include "common/text.h"
#include "tests/support/catch.h"

namespace event_consumer {

namespace {

Pages pages() {
  return {{"/good",
           [] {
             return Page{200, "text/plain", "fine\n"};
           }},
          {"/bad", [] {
             return Page{503, "text/plain", "out of order\n"};
           }}};
}

}  // namespace

TEST_CASE("status http: a page comes with its status, type and content, and is not kept") {
  const auto answer = answerer(pages());
  const std::string good = answer("GET /good HTTP/1.1\r\nHost: x\r\n\r\n");
  CHECK(good.rfind("HTTP/1.1 200 ", 0) == 0);
  CHECK(contains(good, "Content-Type: text/plain\r\n"));
  CHECK(contains(good, "Connection: close\r\n"));
  CHECK(contains(good, "Cache-Control: no-store\r\n"));
  CHECK(contains(good, "\r\n\r\nfine\n"));
  CHECK(answer("GET /bad?why HTTP/1.0\r\n\r\n").rfind("HTTP/1.1 503 ", 0) == 0);
  CHECK(contains(answer("GET /bad HTTP/1.1\r\n\r\n"), "\r\n\r\nout of order\n"));
}

TEST_CASE("status http: HEAD has no content") {
  const std::string head = answerer(pages())("HEAD /good HTTP/1.1\r\n\r\n");
  CHECK(head.rfind("HTTP/1.1 200 ", 0) == 0);
  CHECK_FALSE(contains(head, "fine"));
}

TEST_CASE("status http: what there is not, is told with what there is") {
  const auto answer = answerer(pages());
  for (const char* request :
       {"GET / HTTP/1.1\r\n\r\n", "GET /good/more HTTP/1.1\r\n\r\n",
        "POST /good HTTP/1.1\r\nContent-Length: 0\r\n\r\n", "DELETE /good HTTP/1.1\r\n\r\n"}) {
    INFO(request);
    const std::string response = answer(request);
    CHECK(response.rfind("HTTP/1.1 4", 0) == 0);
    CHECK(contains(response, "/bad\n/good\n"));
  }
}

TEST_CASE("status http: what is no request is refused") {
  const auto answer = answerer(pages());
  for (const std::string& request :
       {std::string("\r\n\r\n"), std::string(200, '\0') + "\r\n\r\n",
        std::string("GET /good HTTP/7.7\r\n\r\n"), std::string("GET\r\n\r\n"),
        std::string("POST /good HTTP/1.1\r\nContent-Length: 99999999999999\r\n\r\n")}) {
    INFO(request.substr(0, 40));
    CHECK(answer(request).rfind("HTTP/1.1 4", 0) == 0);
  }
}

TEST_CASE("status http: a request for thousands of ranges is answered, whatever with") {
  const std::string ranges = "GET /good HTTP/1.1\r\nRange: bytes=0-0" + std::string(7000, ',');
  CHECK(answerer(pages())(ranges + "\r\n\r\n").rfind("HTTP/1.1 ", 0) == 0);
}

TEST_CASE("status http: a page comes once and whole, whichever ranges of it are asked for") {
  std::string many = "bytes=0-";
  for (int i = 0; i < 2'600; ++i) many += ",0-";
  const auto answer = answerer(pages());
  const std::string whole = answer("GET /good HTTP/1.1\r\n\r\n");
  for (const std::string& range :
       {std::string("Range: bytes=1-2"), "Range: " + many, "rAnge:" + many,
        "Range: " + many + "\r\nrange: " + many, "x\nRange: " + many}) {
    INFO(range.substr(0, 40));
    CHECK(answer("GET /good HTTP/1.1\r\n" + range + "\r\n\r\n") == whole);
  }
}

TEST_CASE("status http: fetching from nobody is an error in words") {
  const auto fetched = fetch({"127.0.0.1", 1}, "/status", std::chrono::seconds(1));
  REQUIRE_FALSE(fetched);
  CHECK(fetched.error().kind == ErrorKind::kUnavailable);
  CHECK(fetched.error().message == "nothing listens there");
}

}  // namespace event_consumer
