# Part of scripts/compose-e2e.sh: a scripted OpenAI-compatible endpoint on the network that has a way out.

billed() { docker logs retort-endpoint 2>&1 | grep -c "^billed" || true; }

# Calls of a run of this project with the endpoint as the teacher.
upstream() {
  COMPOSE_PROFILES=endpoint RETORT_TEACHERS=0 RETORT_TEACHER=endpoint:7001 RETORT_UPSTREAM=https://llm.test:8443/v1 RETORT_UPSTREAM_MODEL=scripted \
    RETORT_UPSTREAM_KEY=$work/secret/key RETORT_UPSTREAM_OPTIONS="$endpoint_options" compose "$@"
}

endpoint() {
  local canary=canary-$RANDOM$RANDOM$RANDOM probes first second
  local endpoint_options="--api-key-file /run/secrets/upstream-key --upstream-ca /endpoint-ca/cert.pem --price-input 2.5 --price-output 10 --budget 20"
  mkdir "$work/secret"
  echo "$canary" >"$work/secret/key"
  echo another >"$work/secret/wrong"
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=llm.test -addext subjectAltName=DNS:llm.test \
    -keyout "$work/secret/tls.pem" -out "$work/endpoint/cert.pem" 2>/dev/null
  chmod -R a+rX "$work/endpoint" "$work/secret"
  # As docs and .env.example ask for: the service's user owns the key, and nobody else reads it.
  docker run --rm --user 0 --network none -v "$work/secret:/secret" --entrypoint sh "$RETORT_IMAGE" -c \
    "cp /secret/key /secret/own && mv /secret/own /secret/key && chown 10001:10001 /secret/key /secret/wrong && chmod 600 /secret/key /secret/wrong"
  printf 'FROM debian:bookworm-slim\nRUN apt-get update && apt-get install -y --no-install-recommends python3\n' | docker build -q -t retort-endpoint - >/dev/null
  docker run -d --name retort-endpoint --network ${project}_outside --network-alias llm.test -v "$work/secret:/secret:ro" -v "$work/endpoint:/cert:ro" \
    -v "$PWD/scripts/compose/endpoint.py:/endpoint.py:ro" retort-endpoint python3 /endpoint.py 8443 /cert/cert.pem /secret/tls.pem /secret/key >/dev/null

  upstream up -d --wait --no-build --remove-orphans
  probes=$(billed)
  upstream run --rm -T submit /models/compose-endpoint.yaml >/dev/null 2>&1 || { upstream logs --tail 20; fail "the run failed"; }
  first=$(($(billed) - probes))
  say "seqkd from the endpoint: $probes calls to find out what it gives, $first for 64 prompts"
  [ $first = 64 ] || fail "not a call for each prompt"
  upstream exec -T endpoint /probe/probe kill || true
  upstream up -d --wait --no-build
  probes=$(billed)
  upstream run --rm -T submit /models/compose-endpoint.yaml output_dir=/runs/again >/dev/null 2>&1 || { upstream logs --tail 20; fail "the second run failed"; }
  second=$(($(billed) - probes))
  [ $second = 0 ] || fail "$second calls were paid for again"
  [ "$(sum endpoint)" = "$(sum again)" ] || fail "the same text made other weights"
  say "the same again after the endpoint's teacher was killed: no call, the same weights ($(sum again | cut -c 1-12))"

  ask "401" -v "$work/secret/wrong:/wrong:ro" -v "$work/endpoint:/endpoint-ca:ro" endpoint teacher --upstream https://llm.test:8443/v1 --upstream-model scripted \
    --tokenizer /models/base --state /tmp/state --listen 127.0.0.1:7001 --api-key-file /wrong --upstream-ca /endpoint-ca/cert.pem
  upstream config >"$work/config"
  upstream logs --no-color >>"$work/config"
  docker inspect "$(upstream ps -q endpoint)" >>"$work/config"
  if grep -q "$canary" "$work/config"; then fail "the key is in the configuration, the logs or what the engine knows"; fi
  if upstream exec -T endpoint grep -rqs "$canary" /state /proc/1/environ /proc/1/cmdline; then fail "the key is in the ledger, the environment or the arguments"; fi
  upstream exec -T endpoint grep -qs "$canary" /run/secrets/upstream-key || fail "the key is not where it was looked for"
  say "the key is in its file alone"
  scripts/compose/promises.py $project
}
