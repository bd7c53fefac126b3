# Part of scripts/compose-e2e.sh: asks as everybody who must be refused.

# The credentials of another installation, and a certificate of this one that has expired; once.
foreigners() {
  tool --entrypoint test "$RETORT_IMAGE" -e /others/certs/old && return
  local old=/others/certs/old
  docker run --rm --user 0 -v $others:/others --entrypoint install "$RETORT_IMAGE" -d -o 10001 -g 10001 /others/certs
  tool "$RETORT_IMAGE" certs --to /others/certs/theirs >/dev/null
  compose run --rm -T --entrypoint tar certs -C /certs -c ca admin | tool --entrypoint tar "$RETORT_IMAGE" -x -C /others/certs
  # A certificate of our own authority that ends as it begins.
  tool --entrypoint bash "$RETORT_IMAGE" -euc "cd /others/certs; umask 077; cp -r admin old; cd /tmp
    openssl req -new -key $old/key.pem -subj /CN=old -out request 2>/dev/null
    echo subjectAltName=URI:retort:role:admin >names
    openssl x509 -req -in request -CA ../others/certs/ca/cert.pem -CAkey ../others/certs/ca/key.pem -days 0 -extfile names -out $old/cert.pem 2>/dev/null"
}

refusals() {
  local old=/others/certs/old
  foreigners
  say "refused, to the caller:"
  local line theirs=/others/certs/theirs ours=(--tls-ca /credentials/ca.pem --tls-cert /credentials/cert.pem --tls-key /credentials/key.pem)
  ask "speaks TLS, and this client was not told to" -e RETORT_CREDENTIALS= submit doctor --teacher teacher:7001
  ask "requires a certificate of its clients" -e RETORT_CREDENTIALS= submit doctor --teacher teacher:7001 --tls-ca /credentials/ca.pem
  ask "the call bears no token" -e RETORT_CREDENTIALS= submit doctor --teacher teacher:7001 "${ours[@]}"
  ask "the token is not known" submit doctor --teacher teacher:7001 --token-file $theirs/admin/token
  ask "its certificate is not signed by a CA of" submit doctor --teacher teacher:7001 --credentials $theirs/admin
  ask "the CA that signed it is not known there" submit doctor --teacher teacher:7001 --credentials $theirs/admin --tls-ca /credentials/ca.pem
  ask "the certificate expired on" submit doctor --teacher teacher:7001 --credentials $old
  ask "is of role student, and this must be a teacher" submit doctor --teacher student:7002
  ask "role student may not call" -v ${project}_certs-student:/student:ro submit doctor --teacher teacher:7001 --credentials /student
  # A foreign client does not look at its own certificate.
  compose run --rm -T --no-deps -v $others:/others:ro --entrypoint openssl submit s_client -connect teacher:7001 -alpn h2 \
    -cert $old/cert.pem -key $old/key.pem </dev/null >/dev/null 2>&1 || true

  # Whom the coordinator refuses lives, and says that it is of no use.
  compose run -d --no-deps -v $others:/others:ro -e RETORT_CREDENTIALS=$theirs/student --name ${project}-stranger student >/dev/null
  local deadline=$((SECONDS + 60))
  until docker logs ${project}-stranger 2>&1 | grep -q "not signed by a CA of"; do
    [ $SECONDS -lt $deadline ] || fail "the student of another installation is not refused"
    sleep 0.5
  done
  docker exec ${project}-stranger retort health 127.0.0.1:7002 >/dev/null || fail "the refused student is not alive"
  ! line=$(docker exec ${project}-stranger retort health 127.0.0.1:7002 --service retort.v1.StudentService 2>&1) || fail "a refused student is healthy"
  grep -qF "is not serving" <<<"$line" || fail "its health: $line"
  echo "  $line"
  docker rm -f ${project}-stranger >/dev/null

  say "refused, in the teacher's log:"
  local log
  log=$(compose logs --no-color --no-log-prefix teacher)
  for line in "does not speak TLS here" "showed no certificate" "bears no token" "token is not known" "not signed by a CA of" \
    "its certificate expired on" "role student may not call"; do
    grep -m 1 -F "$line" <<<"$log" | sed 's/^/  /' || fail "'$line' is not in the teacher's log"
  done
}
