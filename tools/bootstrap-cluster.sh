#!/usr/bin/env bash
# From a fresh Linux machine to a cluster that keeps itself as this repository says: Kubernetes (k3s or MicroK8s), Argo CD, and where secrets come from.
# Everything it does is done once: run again, it goes on where it was, and changes nothing that is there.
set -euo pipefail

readonly k3s_version=v1.33.6+k3s1 microk8s_channel=1.33/stable argocd_version=v3.6.1
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
readonly root
distribution=k3s secrets=vault ssh_host='' ssh_config='' dry_run=false
made=/root/streamforge-secrets

usage() {
  cat <<'TEXT'
tools/bootstrap-cluster.sh [options]

  --distribution k3s|microk8s   which Kubernetes (default k3s); one that runs already is used as it is
  --secrets vault|plain         vault (default): random secrets are put into Vault, and come from there; plain: they are made as Secrets of the cluster
  --ssh-config FILE             only writes FILE: the client's configuration that forwards this cluster's ports through SSH
  --ssh-host NAME               the machine as SSH reaches it, for --ssh-config
  --secrets-dir DIR             where the values are kept, for root's eyes (default /root/streamforge-secrets)
  --dry-run                     prints every command, and runs none
TEXT
}

die() {
  printf 'bootstrap-cluster: %s\n' "$1" >&2
  exit "${2:-1}"
}

say() { printf '\n# %s\n' "$1"; }

# Runs a command, or prints it so that a shell would take it.
run() {
  if $dry_run; then
    printf '%q ' "$@"
    printf '\n'
  else
    "$@"
  fi
}

# A question whose answer decides whether something is to be done: without a cluster the answer is no.
is() { ! $dry_run && "$@" >/dev/null 2>&1; }

kube() { case $distribution in k3s) run k3s kubectl "$@" ;; microk8s) run microk8s kubectl "$@" ;; esac; }
has() { case $distribution in k3s) is k3s kubectl "$@" ;; microk8s) is microk8s kubectl "$@" ;; esac; }

parse() {
  while [ $# -gt 0 ]; do
    case $1 in
      --distribution) distribution=${2:?--distribution takes a name}; shift 2 ;;
      --secrets) secrets=${2:?--secrets takes a name}; shift 2 ;;
      --secrets-dir) made=${2:?--secrets-dir takes a folder}; shift 2 ;;
      --ssh-host) ssh_host=${2:?--ssh-host takes a name}; shift 2 ;;
      --ssh-config) ssh_config=${2:?--ssh-config takes a file}; shift 2 ;;
      --dry-run) dry_run=true; shift ;;
      --help) usage; exit 0 ;;
      *) usage >&2; die "there is no option '$1'" 2 ;;
    esac
  done
  case $distribution in k3s | microk8s) ;; *) die "there is no distribution '$distribution': k3s or microk8s" 2 ;; esac
  case $secrets in vault | plain) ;; *) die "there is no provider '$secrets': vault or plain" 2 ;; esac
}

# One forward for each node port of the manifest, to the same number on the client.
write_ssh_config() {
  [ -n "$ssh_host" ] || die '--ssh-config needs --ssh-host' 2
  {
    printf '# Of tools/bootstrap-cluster.sh. Use: ssh -F %s -N streamforge\n' "$ssh_config"
    printf 'Host streamforge\n  HostName %s\n  ExitOnForwardFailure yes\n  ServerAliveInterval 30\n' "$ssh_host"
    awk '$1 == "name:" && $2 ~ /-forward$/ { name = $2; sub(/-forward$/, "", name) } $1 == "nodePort:" { printf "  # %s\n  LocalForward 127.0.0.1:%s 127.0.0.1:%s\n", name, $2, $2 }' \
      "$root/k8s/dependencies/node-ports/services.yaml"
  } >"$ssh_config"
  printf 'written: %s\n' "$ssh_config"
}

install_k3s() {
  is command -v k3s && return
  local installer
  if $dry_run; then installer=/tmp/install-k3s.sh; else installer=$(mktemp); fi
  run curl -sfL https://get.k3s.io -o "$installer"
  # Ports of nodes listen on the loopback interface alone: what comes from outside comes through the gateway or SSH.
  run env INSTALL_K3S_VERSION="$k3s_version" sh "$installer" server --disable traefik --disable servicelb --write-kubeconfig-mode 600 \
    --secrets-encryption --kube-proxy-arg=proxy-mode=iptables --kube-proxy-arg=nodeport-addresses=127.0.0.0/8
  run rm -f "$installer"
}

install_microk8s() {
  if ! is command -v microk8s; then run snap install microk8s --classic --channel="$microk8s_channel"; fi
  run microk8s status --wait-ready
  run microk8s enable dns
  run microk8s enable hostpath-storage
  local arguments=/var/snap/microk8s/current/args/kube-proxy
  is grep -q nodeport-addresses "$arguments" && return
  run sh -c "printf '%s\n' --proxy-mode=iptables --nodeport-addresses=127.0.0.0/8 >> $arguments"
  run microk8s stop
  run microk8s start
  run microk8s status --wait-ready
}

label_nodes() {
  kube label nodes --all --overwrite streamforge-worker=true streamforge-storage=true
}

install_argocd() {
  has get namespace argocd || kube create namespace argocd
  kube apply --server-side --force-conflicts -n argocd -f "https://raw.githubusercontent.com/argoproj/argo-cd/$argocd_version/manifests/install.yaml"
  kube -n argocd wait --for=condition=Available --timeout=600s deployment --all
}

# What manifests take from Secrets: namespace, name, then keys, or keys with a value that is no secret.
wanted_secrets() {
  cat <<'TEXT'
stf streamforge platform STORE_TOKEN S3_ACCESS_KEY=streamforge S3_SECRET_KEY INFLUX_TOKEN
stf backup backup BACKUP_S3_ACCESS_KEY=streamforge BACKUP_S3_SECRET_KEY
streamforge-dependencies minio minio user=streamforge password
streamforge-dependencies influxdb influxdb password token
streamforge-dependencies keycloak keycloak password
streamforge-dependencies arangodb-root arangodb username=root password
streamforge-dependencies mlflow mlflow access-key=streamforge secret-key
stf kafka-ui kafka-ui client-secret
streamforge-dependencies kafka-ui kafka-ui client-secret
streamforge-monitoring grafana grafana admin-user=admin admin-password
streamforge-monitoring alertmanager alertmanager telegram-token mail-password
TEXT
  # Each service is a user of Kafka of its own.
  sed -n 's/^ *name: kafka-\([a-z-]*\)$/\1/p' "$root/k8s/dependencies/kafka/users.yaml" | while read -r service; do
    printf 'stf kafka-%s kafka-%s KAFKA_SASL_USERNAME=%s KAFKA_SASL_PASSWORD\n' "$service" "$service" "$service"
  done
}

# Secrets that are the same as another one: MinIO's password is what services sign in with.
value_of() {
  local folder=$1 key=$2
  case $key in
    S3_SECRET_KEY | BACKUP_S3_SECRET_KEY | secret-key) key=minio-password ;;
    INFLUX_TOKEN | token) key=influx-token ;;
  esac
  [ "$folder/$key" = minio/password ] && key=minio-password
  case $key in minio-password | influx-token) folder=shared ;; esac
  mkdir -p "$made/$folder"
  [ -s "$made/$folder/$key" ] || openssl rand -hex 24 | tr -d '\n' >"$made/$folder/$key"
  printf '%s' "$made/$folder/$key"
}

# Values are files of root's alone: command lines are everybody's to read.
make_secrets() {
  run mkdir -p -m 700 "$made"
  local namespace name folder fields field
  while read -r namespace name folder fields; do
    has get namespace "$namespace" || kube create namespace "$namespace"
    has -n "$namespace" get secret "$name" && continue
    local from=()
    for field in $fields; do
      if [[ $field == *=* ]]; then from+=("--from-literal=$field")
      elif $dry_run; then from+=("--from-file=$field=$made/$folder/$field")
      else from+=("--from-file=$field=$(value_of "$folder" "$field")"); fi
    done
    kube -n "$namespace" create secret generic "$name" "${from[@]}"
  done < <(wanted_secrets)
}

vault() { kube -n vault exec vault-0 -- "$@"; }

open_vault() {
  kube -n vault wait --for=jsonpath='{.status.phase}'=Running --timeout=900s pod/vault-0
  if ! has -n vault exec vault-0 -- sh -c 'vault status -format=json | grep -q "\"initialized\": true"'; then
    say "Vault's keys go into $made/vault-keys, readable by root: take them away from this machine"
    if $dry_run; then printf '%s > %q\n' 'kubectl -n vault exec vault-0 -- vault operator init -key-shares=1 -key-threshold=1 -format=json' "$made/vault-keys"
    else (umask 077 && vault vault operator init -key-shares=1 -key-threshold=1 -format=json >"$made/vault-keys"); fi
  fi
  has -n vault exec vault-0 -- vault status && return
  # shellcheck disable=SC2016 # the key is read in the pod
  if $dry_run; then printf 'kubectl -n vault exec -i vault-0 -- vault operator unseal - < the key of %q\n' "$made/vault-keys"
  else sed -n '/unseal_keys_b64/{n;s/[^"]*"\([^"]*\)".*/\1/p}' "$made/vault-keys" | kube -n vault exec -i vault-0 -- sh -c 'read -r key; vault operator unseal "$key" >/dev/null'; fi
}

# Copies what make_secrets made into Vault, from where it comes back after every change.
fill_vault() {
  say 'secrets into Vault'
  if $dry_run; then
    printf '%s\n' 'vault secrets enable -path=secret kv-v2' 'vault auth enable kubernetes' 'vault policy write streamforge -' \
      'vault write auth/kubernetes/role/streamforge bound_service_account_names=secrets-from-vault bound_service_account_namespaces=stf,streamforge-dependencies policies=streamforge ttl=1h'
    wanted_secrets | while read -r _ name folder _; do printf 'vault kv put secret/streamforge/%s (the values of Secret %s)\n' "$folder" "$name"; done
    return
  fi
  # The script goes through standard input, its token and values with it.
  {
    printf 'export VAULT_TOKEN=%s\n' "$(sed -n 's/.*"root_token": "\([^"]*\)".*/\1/p' "$made/vault-keys")"
    cat <<'TEXT'
vault secrets list | grep -q '^secret/' || vault secrets enable -path=secret kv-v2
vault auth list | grep -q '^kubernetes/' || vault auth enable kubernetes
vault write auth/kubernetes/config kubernetes_host=https://kubernetes.default.svc
printf 'path "secret/data/streamforge/*" { capabilities = ["read"] }' | vault policy write streamforge -
vault write auth/kubernetes/role/streamforge bound_service_account_names=secrets-from-vault bound_service_account_namespaces=stf,streamforge-dependencies policies=streamforge ttl=1h
TEXT
    local namespace name folder
    while read -r namespace name folder _; do
      printf 'vault kv get secret/streamforge/%s >/dev/null 2>&1 || vault kv put secret/streamforge/%s - <<"VALUES" >/dev/null\n' "$folder" "$folder"
      # shellcheck disable=SC2016
      kube -n "$namespace" get secret "$name" -o 'go-template={{"{"}}{{$first := true}}{{range $key, $value := .data}}{{if not $first}},{{end}}{{$first = false}}{{printf "%q:%q" $key ($value | base64decode)}}{{end}}{{"}"}}'
      printf '\nVALUES\n'
    done < <(wanted_secrets)
  } | kube -n vault exec -i vault-0 -- sh -e >/dev/null
}

apply_root() {
  if $dry_run; then printf 'kubectl kustomize %q | kubectl apply --server-side --force-conflicts -f -\n' "$root/argocd/root"
  else kube kustomize "$root/argocd/root" | kube apply --server-side --force-conflicts -f -; fi
}

main() {
  parse "$@"
  if [ -n "$ssh_config" ]; then write_ssh_config; return; fi
  $dry_run || [ "$(id -u)" = 0 ] || die 'run it as root, or with --dry-run'
  $dry_run || [ "$(uname -s)" = Linux ] || die 'it sets up Linux machines'
  say "Kubernetes: $distribution"
  "install_$distribution"
  label_nodes
  say "Argo CD $argocd_version"
  install_argocd
  say 'secrets'
  make_secrets
  say 'everything else, by Argo CD'
  apply_root
  if [ "$secrets" = vault ]; then open_vault; fill_vault; fi
  say 'done: kubectl -n argocd get applications shows how far it is'
}

main "$@"
