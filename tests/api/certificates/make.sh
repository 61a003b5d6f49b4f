#!/bin/sh
# Makes the certificates of the tests anew, with OpenSSL 3. Their keys are public: they are for tests alone.
set -eu
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
: > "$work/index"
cat > "$work/ca.cnf" << EOF
[ca]
default_ca = tests
[tests]
database = $work/index
new_certs_dir = $work
rand_serial = yes
default_md = sha256
unique_subject = no
policy = any
[any]
commonName = supplied
EOF
AUTHORITY="basicConstraints=critical,CA:TRUE keyUsage=critical,keyCertSign,digitalSignature"
SERVER="basicConstraints=critical,CA:FALSE keyUsage=critical,digitalSignature authorityKeyIdentifier=keyid"
ALWAYS="20200101000000Z 21200101000000Z"

certify() { # file, "from until", extensions, and what signs: -selfsign, or the file of a root
    openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout "$work/$1.key" \
        -subj "/CN=tegro_analytics tests, $1" -out "$work/$1.request"
    { echo "subjectKeyIdentifier=hash"; echo "$3" | tr " " "\n"; } > "$work/extensions"
    if [ "$4" = -selfsign ]; then signed="-selfsign -keyfile $work/$1.key"
    else signed="-cert $work/$4.crt -keyfile $work/$4.key"; fi
    # shellcheck disable=SC2086
    openssl ca -batch -notext -config "$work/ca.cnf" -extfile "$work/extensions" $signed \
        -startdate "${2% *}" -enddate "${2#* }" -in "$work/$1.request" -out "$work/$1.crt"
}

server() { # file, "from until", names, root
    certify "$1" "$2" "$SERVER subjectAltName=$3" "$4"
    cat "$work/$1.key" "$work/$1.crt" > "$1.pem"
}

certify root "$ALWAYS" "$AUTHORITY" -selfsign
certify nobody "$ALWAYS" "$AUTHORITY" -selfsign
server right "$ALWAYS" IP:127.0.0.1,DNS:tegro.money root
server expired "20200101000000Z 20210101000000Z" IP:127.0.0.1 root
server early "21190101000000Z 21200101000000Z" IP:127.0.0.1 root
server other-name "$ALWAYS" DNS:evil.example root
server other-root "$ALWAYS" IP:127.0.0.1 nobody
server self-signed "$ALWAYS" IP:127.0.0.1 -selfsign
cp "$work/root.crt" root.pem
