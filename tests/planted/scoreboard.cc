// The scoreboard of a program of another version.
#undef EVENT_CONSUMER_VERSION
#define EVENT_CONSUMER_VERSION "0.0.0"
#include "common/scoreboard/scoreboard.cc"
