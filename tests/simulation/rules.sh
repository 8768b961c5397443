#!/bin/bash
# Takes out one rule after the other, of the ledger first, by a replacement in a copy of one source, and
# runs the simulation until it fails: the small world as unit tests do, or other runs where the rule
# says so. Fails when one is not missed, or when a text is not in its source any more. `make
# check-rules` says how to compile and link; RULES="*link*" takes those with such names.
#
# Where one delay is needed, the run that showed it last is tried first. If it does not any more, all
# with one delay are gone through, for minutes: the new one is to be written down here.
set -u -o pipefail
build=$1 compile=$2 objects=$3 archive=$4 libraries=$5
work=$build/rules
rules=${RULES:-*}
failed=0 taken=0
mkdir -p "$work"

recogniser=src/worker/ledger/recogniser.cc
post_ledger=src/worker/ledger/post_ledger.cc
insert_stage=src/worker/insert/insert_stage.cc
orphans=src/worker/insert/orphans.cc
refusal_search=src/worker/insert/refusal_search.cc
settlement=src/worker/loop/settlement.cc
in_flight=src/worker/message/in_flight.cc
consumer=src/worker/loop/consumer.cc

fail() {
  echo "FAILED: $*"
  failed=1
}

small="simulation: every*"
seeds="simulation: no combination*"

# rule NAME SOURCE TEXT REPLACEMENT [TESTS] [RUN]
rule() {
  # shellcheck disable=SC2053 # a pattern
  [[ $1 == $rules ]] || return 0
  taken=$((taken + 1))
  local name=$1 source=$2 tests=${5:-$small} text before after seconds found
  text=$(<"$source")
  before=${text%%"$3"*}
  after=${text#*"$3"}
  [[ $before != "$text" ]] || { fail "$name: the text is not in $source: $3"; return; }
  [[ $after != *"$3"* ]] || { fail "$name: the text is in $source more than once: $3"; return; }
  printf '%s\n' "$before$4$after" >"$work/changed.cc"
  # What is unused then is no matter.
  $compile -w -c -o "$work/changed.o" "$work/changed.cc" &&
    $compile -o "$work/simulation-tests" "$work/changed.o" $objects "$archive" $libraries ||
    { fail "$name: does not compile"; return; }
  seconds=$SECONDS
  found=
  if [[ -n ${6-} ]]; then
    RUN=$6 "$work/simulation-tests" "$tests" >"$work/log" 2>&1 && export DELAYS=1 || found="run $6"
  fi
  if [[ -z $found ]]; then
    "$work/simulation-tests" "$tests" >"$work/log" 2>&1 && { fail "$name: nobody misses it"; return; }
    # A promise that is broken, and no crash.
    found=$(grep -m1 -E -A1 '^ *(run|seed) ' "$work/log") || { fail "$name"; cat "$work/log"; return; }
  fi
  unset DELAYS
  printf '%-56s %3d s  %s\n' "$name" $((SECONDS - seconds)) "$(tr -s ' \n' ' ' <<<"$found")"
}

rule 'a copy waits for the other links' $recogniser \
  'rows.proven_at = std::min<std::uint64_t>(rows.proven_at, row.proven_at);' \
  ''
rule 'who lives is asked once in a look' $recogniser \
  'look_up_in(static_cast<int>(row), ends[row],' \
  'look_up_in(static_cast<int>(row), look_at_rows().ends[row],'
rule 'a copy waits for a post under way' $recogniser \
  'if (post == found.post) return Outcome::kUnknown;' \
  'if (post == found.post) return Outcome::kNone;'
rule 'a post under way is not stored' $recogniser \
  'if (post == found.post) return Outcome::kUnknown;' \
  'if (post == found.post) return Outcome::kStored;'
rule 'a copy that is found uses its entry up' $recogniser \
  'if (entry.post.compare_exchange_strong(expected, 0)) return true;' \
  'return true;'
rule 'what the living have in hand is nobody'"'"'s copy' $recogniser \
  'is_living ? row.orphaned_below.load() : end' \
  'kNoLink'
rule 'what is recognised is written down' $recogniser \
  'own = ledger_.recognised(copy.message, copy.id.tag, now);' \
  'own = nullptr;' "$seeds"
rule 'somebody takes over the posts of the dead' $recogniser \
  'adopted_.push_back(std::move(batch));' \
  '{}'
rule 'a question proves the time when it was asked' $post_ledger \
  'own().proven_at = to_ledger_time(asked_at);' \
  'own().proven_at = to_ledger_time(now);' "$small" '0 1 1 63=3,66=3'
rule 'a lost link makes orphans' $post_ledger \
  '  given_back(now);
  own().proven_at = kNoLink;' \
  '  own().proven_at = kNoLink;'
rule 'what is not stored is taken back' $post_ledger \
  '  else
    take_back(place);' \
  '  else
    record(place).post = 0;' "$seeds"
rule 'entries stay until the broker has answered' $post_ledger \
  'return entry.tag <= retired_;' \
  'return true;'
rule 'entries stay a little longer' $post_ledger \
  'constexpr std::chrono::seconds kForgets{5};' \
  'constexpr std::chrono::seconds kForgets{0};'
rule 'entries go by a later answer, and by no clock' $post_ledger \
  'void PostLedger::retire(TimePoint now) {' \
  'void PostLedger::retire(TimePoint now) {
  for (; !answers_.empty() && now - answers_.front().at >= kForgets; answers_.pop_front())
    retired_ = answers_.front().acknowledged;' "$small" '0 1 1 7=3,28=7'
rule 'messages that are equal are not known again' $post_ledger \
  'if (entry.message() == message) entry.post = 0;' \
  ''
rule 'a token that proves nothing is not used again' $insert_stage \
  '  posted_->renew_token();' \
  '' "$seeds"
rule 'posts are written down' $insert_stage \
  'if (!posted_->is_orphan()) ledger_.post(*posted_, messages_, now);' \
  ''
rule 'what may be stored of a lost link is posted again' $orphans \
  '    batch->set_orphan();
    orphans_.push_back(std::move(batch));' \
  '    ledger_.not_stored(batch->token());' "$seeds"
rule 'orphans are posted until it is known' $orphans \
  '!is_stored && !outcome.is_token_void && may_pass &&' \
  'false &&' "$seeds"
rule 'what is given back leaves orphans' $recogniser \
  '  ledger_.given_back(now);' \
  '' "$seeds"
rule 'view: a post whose rows it let in stays in the ledger' $insert_stage \
  'if (is_refused && posted_->is_settled())' \
  'if (is_refused && !posted_->may_be_stored())' "$seeds"
rule 'view: that it let rows in is known of each refusal' $insert_stage \
  'if (outcome.is_in_table) posted_' \
  'if (outcome.is_in_table && outcome.error_class == ErrorClass::kUnclear) posted_' "$seeds"
rule 'view: that is known on of what stands alone' $refusal_search \
  '!refusal_.is_unclear, batch->refusals().is_in_table' \
  '!refusal_.is_unclear' "$seeds"
rule 'shards: what is stored may be on another, and is no witness' $refusal_search \
  'runs_.refused();' \
  '' "$seeds"
rule 'shards: what is stored and is no witness delays no round' $insert_stage \
  'if (!round.empty()) table_watch_' \
  'table_watch_' "$seeds"

rule 'misfits: those that stay in hand when others go are kept' $refusal_search \
  '  unmatched_.erase(
      std::remove_if(unmatched_.begin(), unmatched_.end(),
                     [&](const Refused& each) { return !messages.keeps(each.message); }),
      unmatched_.end());' \
  '  unmatched_.clear();' "$seeds"
rule 'misfits: that others go is no witness' $refusal_search \
  '      unmatched_.end());
  return dropped;' \
  '      unmatched_.end());
  has_witness_ = true;
  return dropped;' "$seeds"
rule 'a stop: nobody waits for what is undecided, of whatever kind' $settlement \
  '  return in_flight_.in_hand() <= waiting;' \
  '  return in_flight_.in_hand() == 0 || in_flight_.in_hand() == late() ||
         in_flight_.in_hand() == stage_.undecided() ||
         in_flight_.in_hand() <= rejections_.refused();' "$seeds"
rule 'a stop: confirms are waited for, also when an insert has failed' $settlement \
  'return !rejections_.awaits_confirms();' \
  'return true;' "$seeds"
rule 'window: what a former consumer brought fills none' $in_flight \
  'consumer_ = {prefetch, last_tag()};' \
  'consumer_ = {prefetch, 0, consumer_.unacknowledged};' "$seeds"
rule 'window: what is settled behind something that waits fills none' $settlement \
  'wants_more() || window_is_full();' \
  'wants_more() && window_is_full();' "$seeds"
rule 'alarm: a letter that is blocked waits for others' src/worker/loop/rejections.cc \
  'return is_blocked ? unconfirmed_.size() : 0;' \
  'return is_blocked ? 0 : 0;' "$seeds"
rule 'window: it is not widened while links break' $consumer \
  'return window_.links_break() ? link_.good_from() : TimePoint{};' \
  'return TimePoint{};' "$seeds"

((taken > 0)) || fail "no rule is named $rules"
exit $failed
