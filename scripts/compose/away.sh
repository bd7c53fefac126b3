# Part of scripts/compose-e2e.sh: everything is started anew; then a teacher on another network takes the teacher's place.

restart() {
  local sums='cat /certs/*/*.pem /certs/*/token | sha256sum' before after
  before=$(compose run --rm -T --entrypoint sh certs -c "$sums")
  compose down --timeout 15
  compose up -d --wait --no-build
  after=$(compose run --rm -T --entrypoint sh certs -c "$sums")
  [ "$before" = "$after" ] || fail "credentials changed with a restart"
  compose run --rm -T --entrypoint retort submit health coordinator:7000
  compose logs --no-log-prefix certs
}

elsewhere() {
  foreigners
  compose stop teacher
  compose run --rm -T --entrypoint tar certs -C /certs -c teacher |
    docker run --rm -i -v $away:/credentials --entrypoint tar "$RETORT_IMAGE" -x -C /credentials --strip-components=1 --no-overwrite-dir
  docker network create $away
  docker run -d --name $away --network $away -p 7101:7001 -v $away:/credentials:ro \
    -v "$PWD/Examples/puzzles:/models:ro" -e RETORT_CREDENTIALS=/credentials "$RETORT_IMAGE" \
    teacher --model /models/teacher --listen 0.0.0.0:7001
  local gateway
  gateway=$(docker network inspect -f '{{(index .IPAM.Config 0).Gateway}}' ${project}_outside)
  remote() { RETORT_TEACHERS=0 RETORT_TEACHER=$gateway:7101 compose "$@"; }
  remote up -d --wait --no-build coordinator student
  remote run --rm -T submit /models/compose-check.yaml output_dir=/runs/away seed=4 # nothing of it is cached
  ask "its certificate is not signed by a CA of" coordinator doctor --teacher "$gateway:7101" --credentials /others/certs/theirs/admin
  ask "the certificate expired on" coordinator doctor --teacher "$gateway:7101" --credentials /others/certs/old
  docker logs $away
}
