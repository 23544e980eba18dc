#!/bin/bash
# Starts one Kafka broker in KRaft mode that asks for names and passwords (SCRAM-SHA-512) and has an authorizer. The image's own start cannot make the
# first user, whom the broker itself needs.
#   KAFKA_PASSWORD   of the user admin
#   KAFKA_HOME       where Kafka is; KAFKA_DATA where its data goes
#   KAFKA_PORT       of programs on the machine, told localhost; KAFKA_NETWORK_HOST and KAFKA_NETWORK_PORT of other containers
set -euo pipefail
home=${KAFKA_HOME:-/opt/kafka}
data=${KAFKA_DATA:-/var/lib/kafka/data}
port=${KAFKA_PORT:-9092}
network_host=${KAFKA_NETWORK_HOST:-kafka}
network_port=${KAFKA_NETWORK_PORT:-29092}
controller_port=${KAFKA_CONTROLLER_PORT:-29093}
[[ ${KAFKA_PASSWORD:-} =~ ^[A-Za-z0-9._~-]{12,}$ ]] || { echo "KAFKA_PASSWORD must be at least 12 letters, digits, '.', '_', '~' or '-'" >&2; exit 1; }

umask 077
settings=$(mktemp -d)
jaas="org.apache.kafka.common.security.scram.ScramLoginModule required username=\"admin\" password=\"$KAFKA_PASSWORD\";"
cat > "$settings/server.properties" <<PROPERTIES
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:$controller_port
listeners=MACHINE://0.0.0.0:$port,NETWORK://0.0.0.0:$network_port,CONTROLLER://127.0.0.1:$controller_port
advertised.listeners=MACHINE://localhost:$port,NETWORK://$network_host:$network_port
inter.broker.listener.name=NETWORK
controller.listener.names=CONTROLLER
listener.security.protocol.map=MACHINE:SASL_PLAINTEXT,NETWORK:SASL_PLAINTEXT,CONTROLLER:PLAINTEXT
sasl.enabled.mechanisms=SCRAM-SHA-512
sasl.mechanism.inter.broker.protocol=SCRAM-SHA-512
listener.name.machine.scram-sha-512.sasl.jaas.config=$jaas
listener.name.network.scram-sha-512.sasl.jaas.config=$jaas
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
super.users=User:admin;User:ANONYMOUS
allow.everyone.if.no.acl.found=false
log.dirs=$data
auto.create.topics.enable=false
default.replication.factor=1
min.insync.replicas=1
offsets.topic.replication.factor=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
PROPERTIES
# What `kafka-configs.sh` and other tools inside the container take, as the health check does.
cat > "$settings/client.properties" <<PROPERTIES
security.protocol=SASL_PLAINTEXT
sasl.mechanism=SCRAM-SHA-512
sasl.jaas.config=$jaas
PROPERTIES
ln -sfn "$settings" "${KAFKA_SETTINGS_LINK:-/tmp/kafka-settings}"

# In a file, since everybody reads command lines; a line is an argument.
printf '%s\n' format --ignore-formatted -t "${KAFKA_CLUSTER_ID:-c3RyZWFtZm9yZ2Uta2Fmaw}" -c "$settings/server.properties" \
  --add-scram "SCRAM-SHA-512=[name=admin,password=$KAFKA_PASSWORD]" > "$settings/format"
"$home/bin/kafka-storage.sh" "@$settings/format"
rm "$settings/format"
unset KAFKA_PASSWORD
exec "$home/bin/kafka-server-start.sh" "$settings/server.properties"
