# bash completion for event-consumer(8). The flags are those that its --help names.

_event_consumer_flags() {
  command event-consumer "$@" --help 2>/dev/null | grep -oE -- '^  (-h,)?--[a-z-]+' | tr -d ' ' |
    sed 's/^-h,//'
}

_event_consumer() {
  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} word
  local commands=()
  for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case $word in
      check | status | dead-letters | list | replay | drop) commands+=("$word") ;;
    esac
  done

  local words
  case $previous in
    --config | --sample | --*-file)
      compopt -o filenames
      mapfile -t COMPREPLY < <(compgen -f -- "$current")
      return
      ;;
    --instance)
      words=$(cd /etc/default 2>/dev/null && printf '%s ' event-consumer-*)
      words=${words//event-consumer-/}
      words=${words/\*/}
      ;;
    --clickhouse-tls | --allow-buffer | --durable) words='on off' ;;
    --create-table) words='auto on off' ;;
    --delivery-limit) words='auto none' ;;
    --queue-type) words='classic quorum' ;;
    --clickhouse-failback) words='off' ;;
    --prefetch) words='auto' ;;
    --log-level) words='debug info warning error critical' ;;
    --log-format) words='text json' ;;
    --rabbitmq-auth) words='password certificate' ;;
    --reason)
      words='not_json invalid_utf8 not_an_object too_deep missing_field bad_value out_of_range
        too_large refused_by_clickhouse worker_died no_known_key delivery_limit bad_encoding
        no_events too_many_events'
      ;;
    --*)
      # Every other flag that takes a value takes one that nobody can guess.
      command event-consumer "${commands[@]}" --help 2>/dev/null |
        grep -qE -- "^  (-h,)?$previous [A-Z]" && return
      # One that stands before the command is in the help of the whole only.
      command event-consumer --help 2>/dev/null | grep -qE -- "^  $previous [A-Z]" && return
      ;;
  esac
  if [ -z "${words-}" ]; then
    words=$(_event_consumer_flags "${commands[@]}")
    case ${commands[*]} in
      '') words+=' check status dead-letters' ;;
      dead-letters) words+=' list replay drop' ;;
    esac
    [ ${#commands[@]} -eq 0 ] || words+=" $(_event_consumer_flags)"
  fi
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
}

complete -F _event_consumer event-consumer
