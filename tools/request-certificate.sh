#!/usr/bin/env bash
# Asks the cluster's authority for a certificate of something outside of it: makes a key here, which never leaves this machine, has cert-manager sign the request, and
# writes NAME.key, NAME.crt and ca.crt. A certificate that is still good for a month is left alone.
set -euo pipefail

die() {
  printf 'request-certificate: %s\n' "$1" >&2
  exit "${2:-1}"
}

[ $# -ge 1 ] || die 'usage: request-certificate.sh NAME [MORE NAMES ...]' 2
readonly issuer=${ISSUER:-streamforge} namespace=${NAMESPACE:-stf} days=${DAYS:-365}
for name in "$@"; do [[ $name =~ ^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$ ]] || die "'$name' is not a name" 2; done
name=$1
readonly name

if [ -s "$name.crt" ] && openssl x509 -checkend 2592000 -noout -in "$name.crt" >/dev/null; then
  printf '%s.crt is good for another month\n' "$name"
  exit 0
fi
[ -s "$name.key" ] || (umask 077 && openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$name.key")
names=$(printf ',DNS:%s' "$@")
request=$(openssl req -new -key "$name.key" -subj "/CN=$name" -addext "subjectAltName=${names:1}" | base64 | tr -d '\n')

kubectl -n "$namespace" delete certificaterequest "$name" --ignore-not-found >/dev/null
kubectl -n "$namespace" create -f - >/dev/null <<YAML
apiVersion: cert-manager.io/v1
kind: CertificateRequest
metadata:
  name: $name
spec:
  request: $request
  duration: $((days * 24))h
  usages: [digital signature, key encipherment, server auth, client auth]
  issuerRef:
    kind: ClusterIssuer
    name: $issuer
YAML
kubectl -n "$namespace" wait --for=condition=Ready --timeout=60s "certificaterequest/$name" >/dev/null
kubectl -n "$namespace" get certificaterequest "$name" -o 'jsonpath={.status.certificate}' | base64 -d >"$name.crt"
kubectl -n "$namespace" get certificaterequest "$name" -o 'jsonpath={.status.ca}' | base64 -d >ca.crt
printf 'written: %s.key %s.crt ca.crt\n' "$name" "$name"
