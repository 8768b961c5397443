#include "worker/message/in_flight.h"

#include <utility>
#include <vector>

#include "tests/fakes/batches.h"
#include "tests/support/catch.h"

namespace event_consumer {
namespace {

using testing::delivery;
using testing::id;

constexpr TimePoint kNow{std::chrono::hours(1)};

InFlight in_flight_of(DeliveryTag last) {
  InFlight in_flight;
  for (DeliveryTag tag = 1; tag <= last; ++tag) REQUIRE(in_flight.add(delivery(tag), kNow));
  return in_flight;
}

TEST_CASE("in flight: tags come one by one, from 1", "[in_flight]") {
  InFlight in_flight;
  CHECK_FALSE(in_flight.add(delivery(0), kNow));
  CHECK_FALSE(in_flight.add(delivery(2), kNow));
  CHECK(in_flight.add(delivery(1), kNow));
  CHECK_FALSE(in_flight.add(delivery(1), kNow));
  CHECK_FALSE(in_flight.add(delivery(3), kNow));
  CHECK(in_flight.add(delivery(2), kNow));
  CHECK(in_flight.in_hand() == 2);
}

TEST_CASE("in flight: the oldest is the first that is not acknowledged", "[in_flight]") {
  InFlight in_flight;
  CHECK_FALSE(in_flight.oldest());
  in_flight.add(delivery(1), kNow);
  in_flight.add(delivery(2), kNow + std::chrono::seconds(1));
  CHECK((in_flight.oldest() == kNow));
  in_flight.settle(id(2), Verdict::kStored);
  CHECK((in_flight.oldest() == kNow));
  in_flight.settle(id(1), Verdict::kStored);
  in_flight.take_settled_prefix();
  CHECK_FALSE(in_flight.oldest());
}

TEST_CASE("in flight: the content kept is the delivery as it came", "[in_flight]") {
  InFlight in_flight;
  Delivery given = delivery(1, "body");
  given.redelivered = true;
  given.is_last = true;
  in_flight.keep(*in_flight.add(given, kNow), given);
  const Delivery kept = in_flight.content(id(1));
  CHECK(kept.tag == 1);
  CHECK(kept.redelivered);
  CHECK(kept.is_last);
  CHECK((kept.taken_at == kNow));
  CHECK(kept.body == "body");
}

TEST_CASE("in flight: a message is kept until its verdict, or until it is let go", "[in_flight]") {
  InFlight in_flight;
  for (const DeliveryTag tag : {1, 2}) {
    const Delivery given = delivery(tag, "body");
    CHECK_FALSE(in_flight.keeps(id(tag)));
    in_flight.keep(*in_flight.add(given, kNow), given);
    CHECK(in_flight.keeps(id(tag)));
  }
  in_flight.settle(id(1), Verdict::kStored);
  in_flight.let_go(id(2));
  CHECK_FALSE(in_flight.keeps(id(1)));
  CHECK_FALSE(in_flight.keeps(id(2)));
}

TEST_CASE("in flight: still so when it is empty again", "[in_flight]") {
  InFlight in_flight = in_flight_of(2);
  in_flight.settle(id(1), Verdict::kStored);
  in_flight.settle(id(2), Verdict::kStored);
  in_flight.take_settled_prefix();
  CHECK_FALSE(in_flight.add(delivery(1), kNow));
  CHECK(in_flight.add(delivery(3), kNow));
}

TEST_CASE("in flight: every delivery gets one verdict", "[in_flight]") {
  InFlight in_flight = in_flight_of(3);
  CHECK(in_flight.settle(id(2), Verdict::kStored));
  CHECK_FALSE(in_flight.settle(id(2), Verdict::kStored));
  CHECK_FALSE(in_flight.settle(id(2), Verdict::kDeadLettered));
  CHECK(in_flight.count(Verdict::kStored) == 1);
  CHECK(in_flight.count(Verdict::kDeadLettered) == 0);
}

TEST_CASE("in flight: what is not in it gets none", "[in_flight]") {
  InFlight in_flight = in_flight_of(2);
  CHECK_FALSE(in_flight.settle(id(0), Verdict::kStored));
  CHECK_FALSE(in_flight.settle(id(3), Verdict::kStored));
  CHECK(in_flight.settle(id(1), Verdict::kStored));
  in_flight.take_settled_prefix();
  CHECK_FALSE(in_flight.settle(id(1), Verdict::kStored));
  CHECK(in_flight.count(Verdict::kStored) == 1);
}

TEST_CASE("in flight: what is settled behind a pending one is acknowledged alone, and once",
          "[in_flight]") {
  InFlight in_flight = in_flight_of(4);
  in_flight.settle(id(2), Verdict::kStored);
  in_flight.settle(id(3), Verdict::kReturned);
  in_flight.settle(id(4), Verdict::kDeadLettered);
  CHECK(in_flight.unacknowledged() == 3);
  CHECK(in_flight.take_settled_behind() == std::vector<DeliveryTag>{2, 4});
  CHECK(in_flight.take_settled_behind().empty());
  CHECK(in_flight.unacknowledged() == 1);
  in_flight.settle(id(1), Verdict::kStored);
  CHECK(in_flight.take_settled_prefix() == 1);
  CHECK(in_flight.unacknowledged() == 0);
}

// A dead letter may wait for hours with millions behind it.
TEST_CASE("in flight: nothing is kept of what is acknowledged behind a pending one",
          "[in_flight]") {
  InFlight in_flight = in_flight_of(6);
  for (const DeliveryTag tag : {2, 5}) in_flight.settle(id(tag), Verdict::kStored);
  in_flight.settle(id(4), Verdict::kRejected);
  CHECK(in_flight.has_settled());
  in_flight.take_settled_behind();
  CHECK_FALSE(in_flight.has_settled());
  for (const DeliveryTag tag : {2, 4, 5}) {
    CHECK_FALSE(in_flight.fingerprint(id(tag)));
    CHECK_FALSE(in_flight.settle(id(tag), Verdict::kStored));
  }
  CHECK(in_flight.settled_up_to() == 0);
  CHECK(in_flight.last_tag() == 6);
  CHECK(in_flight.add(delivery(7), kNow));
  for (const DeliveryTag tag : {1, 7}) CHECK(in_flight.settle(id(tag), Verdict::kStored));
  CHECK(in_flight.take_settled_prefix() == 1);
  CHECK(in_flight.settled_up_to() == 2);
  std::vector<std::pair<DeliveryTag, bool>> steps;
  for (const InFlight::Step& step : in_flight.give_back_all())
    steps.emplace_back(step.up_to, step.is_return);
  CHECK(steps == std::vector<std::pair<DeliveryTag, bool>>{{6, true}, {7, false}});
  CHECK(in_flight.settled_up_to() == 7);
}

TEST_CASE("in flight: nothing is kept of what is rejected behind a pending one", "[in_flight]") {
  InFlight in_flight = in_flight_of(4);
  for (const DeliveryTag tag : {3, 4}) in_flight.settle(id(tag), Verdict::kRejected);
  CHECK_FALSE(in_flight.take_settled_prefix());
  CHECK_FALSE(in_flight.has_settled());
  CHECK(in_flight.settled_up_to() == 0);
  CHECK(in_flight.add(delivery(5), kNow));
  for (const DeliveryTag tag : {1, 2}) in_flight.settle(id(tag), Verdict::kRejected);
  in_flight.settle(id(5), Verdict::kStored);
  CHECK(in_flight.take_settled_prefix() == 5);
}

TEST_CASE("in flight: acknowledged up to the first pending one", "[in_flight]") {
  InFlight in_flight = in_flight_of(5);
  CHECK_FALSE(in_flight.take_settled_prefix().has_value());
  in_flight.settle(id(2), Verdict::kStored);
  CHECK_FALSE(in_flight.take_settled_prefix().has_value());
  in_flight.settle(id(1), Verdict::kDeadLettered);
  in_flight.settle(id(4), Verdict::kStored);
  CHECK(in_flight.take_settled_prefix().value_or(0) == 2);
  CHECK_FALSE(in_flight.take_settled_prefix().has_value());
  in_flight.settle(id(3), Verdict::kStored);
  CHECK(in_flight.take_settled_prefix().value_or(0) == 4);
}

TEST_CASE("in flight: what the broker has settled is not acknowledged", "[in_flight]") {
  InFlight in_flight = in_flight_of(4);
  in_flight.settle(id(1), Verdict::kStored);
  in_flight.settle(id(2), Verdict::kRejected);
  in_flight.settle(id(3), Verdict::kReturned);
  CHECK(in_flight.take_settled_prefix().value_or(0) == 1);
  CHECK_FALSE(in_flight.take_settled_prefix().has_value());
  in_flight.settle(id(4), Verdict::kStored);
  CHECK(in_flight.take_settled_prefix().value_or(0) == 4);
}

TEST_CASE("in flight: a window of only rejected ones needs no acknowledgement", "[in_flight]") {
  InFlight in_flight = in_flight_of(2);
  in_flight.settle(id(1), Verdict::kRejected);
  in_flight.settle(id(2), Verdict::kReturned);
  CHECK_FALSE(in_flight.take_settled_prefix().has_value());
  CHECK(in_flight.in_hand() == 0);
}

// What the broker's prefetch window still holds.
TEST_CASE("in flight: what is settled behind a pending one is not acknowledged yet",
          "[in_flight]") {
  InFlight in_flight = in_flight_of(5);
  CHECK(in_flight.unacknowledged() == 5);
  in_flight.settle(id(2), Verdict::kStored);
  in_flight.settle(id(3), Verdict::kDeadLettered);
  CHECK(in_flight.unacknowledged() == 5);
  in_flight.settle(id(4), Verdict::kRejected);
  CHECK(in_flight.unacknowledged() == 4);
  in_flight.settle(id(5), Verdict::kReturned);
  CHECK(in_flight.unacknowledged() == 3);
  in_flight.take_settled_prefix();
  CHECK(in_flight.unacknowledged() == 3);
  in_flight.settle(id(1), Verdict::kStored);
  CHECK(in_flight.take_settled_prefix().value_or(0) == 3);
  CHECK(in_flight.unacknowledged() == 0);
}

TEST_CASE("in flight: what a former consumer brought fills no window", "[in_flight]") {
  InFlight in_flight;
  in_flight.consumer_begins(4);
  for (DeliveryTag tag = 1; tag <= 4; ++tag) {
    CHECK_FALSE(in_flight.window_is_full());
    in_flight.add(delivery(tag), kNow);
  }
  CHECK(in_flight.window_is_full());
  in_flight.settle(id(1), Verdict::kStored);
  in_flight.settle(id(3), Verdict::kStored);
  in_flight.consumer_begins(2);
  CHECK_FALSE(in_flight.window_is_full());
  in_flight.add(delivery(5), kNow);
  CHECK_FALSE(in_flight.window_is_full());
  in_flight.add(delivery(6), kNow);
  CHECK(in_flight.window_is_full());
  in_flight.take_settled_prefix();
  in_flight.take_settled_behind();
  in_flight.settle(id(4), Verdict::kRejected);
  CHECK(in_flight.unacknowledged() == 3);
  CHECK(in_flight.window_is_full());
  in_flight.settle(id(5), Verdict::kReturned);
  CHECK_FALSE(in_flight.window_is_full());
  in_flight.give_back_all();
  in_flight.add(delivery(7), kNow);
  CHECK_FALSE(in_flight.window_is_full());
  in_flight.lose_link();
  in_flight.add(delivery(1), kNow);
  CHECK_FALSE(in_flight.window_is_full());
  in_flight.add(delivery(2), kNow);
  CHECK(in_flight.window_is_full());
}

TEST_CASE("in flight: counts verdicts for good, the pending ones as they are", "[in_flight]") {
  InFlight in_flight = in_flight_of(6);
  CHECK(in_flight.in_hand() == 6);
  in_flight.settle(id(1), Verdict::kStored);
  in_flight.settle(id(2), Verdict::kStored);
  in_flight.settle(id(3), Verdict::kDeadLettered);
  in_flight.settle(id(4), Verdict::kRejected);
  in_flight.settle(id(5), Verdict::kReturned);
  in_flight.take_settled_prefix();
  CHECK(in_flight.in_hand() == 1);
  CHECK(in_flight.count(Verdict::kPending) == 1);
  CHECK(in_flight.count(Verdict::kStored) == 2);
  CHECK(in_flight.count(Verdict::kDeadLettered) == 1);
  CHECK(in_flight.count(Verdict::kRejected) == 1);
  CHECK(in_flight.count(Verdict::kReturned) == 1);
}

TEST_CASE("in flight: a new channel begins with tag 1 and nothing in hand", "[in_flight]") {
  InFlight in_flight;
  in_flight.add(delivery(1), kNow);
  in_flight.add(delivery(2), kNow);
  in_flight.add(delivery(3), kNow);
  in_flight.settle(id(2), Verdict::kStored);
  in_flight.lose_link();
  CHECK(in_flight.in_hand() == 0);
  CHECK(in_flight.unacknowledged() == 0);
  CHECK(in_flight.count(Verdict::kReturned) == 2);
  CHECK(in_flight.count(Verdict::kStored) == 1);
  CHECK_FALSE(in_flight.take_settled_prefix().has_value());
  CHECK(in_flight.add(delivery(1), kNow));
  CHECK(in_flight.settle({2, 1}, Verdict::kStored));
  CHECK(in_flight.take_settled_prefix() == 1);
}

TEST_CASE("in flight: everything is given back in runs, each settled where it stands",
          "[in_flight]") {
  InFlight in_flight = in_flight_of(9);
  for (const DeliveryTag tag : {3, 4}) in_flight.settle(id(tag), Verdict::kStored);
  in_flight.settle(id(6), Verdict::kRejected);
  in_flight.settle(id(9), Verdict::kDeadLettered);
  std::vector<std::pair<DeliveryTag, bool>> steps;
  for (const InFlight::Step& step : in_flight.give_back_all())
    steps.emplace_back(step.up_to, step.is_return);
  // 6 is settled already, and 5, 7 and 8 go back with one step.
  CHECK(steps ==
        std::vector<std::pair<DeliveryTag, bool>>{{2, true}, {4, false}, {8, true}, {9, false}});
  CHECK(in_flight.in_hand() == 0);
  CHECK(in_flight.unacknowledged() == 0);
  CHECK(in_flight.held_bytes() == 0);
  CHECK(in_flight.count(Verdict::kReturned) == 5);
  CHECK_FALSE(in_flight.take_settled_prefix());
  CHECK(in_flight.add(delivery(10), kNow));
}

TEST_CASE("in flight: what belongs to a lost link is void", "[in_flight]") {
  InFlight in_flight = in_flight_of(2);
  in_flight.lose_link();
  in_flight.lose_link();
  const auto present = in_flight.add(delivery(1), kNow);
  REQUIRE(present);
  for (const LinkNumber link : {1, 2}) {
    CHECK_FALSE(in_flight.settle({link, 1}, Verdict::kStored));
    CHECK(*present != DeliveryId{link, 1});
  }
  CHECK(in_flight.in_hand() == 1);
  CHECK(in_flight.id_of(1) == *present);
  CHECK(in_flight.settle(*present, Verdict::kStored));
}

TEST_CASE("in flight: keeps the content of a message until its verdict", "[in_flight]") {
  InFlight in_flight;
  for (const DeliveryTag tag : {1, 2}) {
    Delivery one = delivery(tag, tag == 1 ? "body" : "");
    one.exchange = "exchange";
    one.routing_key = tag == 1 ? "" : "key";
    one.properties = "\x80";
    in_flight.keep(*in_flight.add(one, kNow), one);
  }
  CHECK(in_flight.content(id(1)).tag == 1);
  CHECK(in_flight.content(id(1)).body == "body");
  CHECK(in_flight.content(id(1)).exchange == "exchange");
  CHECK(in_flight.content(id(1)).routing_key == "");
  CHECK(in_flight.content(id(1)).properties == "\x80");
  CHECK(in_flight.content(id(2)).tag == 2);
  CHECK(in_flight.content(id(2)).body == "");
  CHECK(in_flight.content(id(2)).routing_key == "key");
  CHECK(in_flight.held_bytes() == 4 + 16 + 3 + 2);
  in_flight.let_go(id(2));
  CHECK(in_flight.held_bytes() == 4 + 8 + 1);
  in_flight.settle(id(1), Verdict::kStored);
  CHECK(in_flight.held_bytes() == 0);
}

TEST_CASE("in flight: knows what must not be given back, and what of it is nobody else's",
          "[in_flight]") {
  InFlight in_flight;
  for (DeliveryTag tag = 1; tag <= 4; ++tag) {
    Delivery each = delivery(tag);
    each.body = "body";
    each.is_last = tag != 2;
    REQUIRE(in_flight.add(each, kNow));
    if (tag != 4) in_flight.keep(id(tag), each);
  }
  CHECK(in_flight.last_in_hand() == 3);
  CHECK(in_flight.keeps_last());
  CHECK(in_flight.last_kept() == std::vector<DeliveryId>{id(1), id(3)});
  in_flight.let_go(id(1));
  in_flight.settle(id(3), Verdict::kStored);
  CHECK_FALSE(in_flight.keeps_last());
  CHECK(in_flight.last_in_hand() == 2);
  in_flight.settle(id(1), Verdict::kDeadLettered);
  in_flight.lose_link();
  CHECK(in_flight.last_in_hand() == 0);
}

}  // namespace
}  // namespace event_consumer
