#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# krb5.sh REALM KDC-PORT NFS-PORT: makes Kerberos ready. The key of this machine is in /out/krb5.keytab; the host is server.example.test.
# For an RDMA mount, rpc.gssd negotiates over TCP with port 2049 of the server, whatever port the mount names; the host serves TCP on NFS-PORT.
set -e
printf '127.0.0.1 localhost\n10.0.2.15 guest.example.test guest\n10.0.2.2 server.example.test server\n' > /etc/hosts
cp /out/krb5.keytab /etc/krb5.keytab
chmod 600 /etc/krb5.keytab
cat > /etc/krb5.conf << EOF
[libdefaults]
  default_realm = $1
  udp_preference_limit = 1
  dns_lookup_kdc = false
  dns_canonicalize_hostname = false
  rdns = false
[realms]
  $1 = {
    kdc = 10.0.2.2:$2
  }
[domain_realm]
  .example.test = $1
EOF
nft add table ip nat
nft add chain ip nat output '{ type nat hook output priority -100; }'
nft add rule ip nat output ip daddr 10.0.2.2 tcp dport 2049 dnat to "10.0.2.2:$3"
modprobe -a auth_rpcgss rpcsec_gss_krb5
mkdir -p /run/rpc_pipefs
mount -t rpc_pipefs rpc_pipefs /run/rpc_pipefs
rpc.gssd -f -vvv -p /run/rpc_pipefs > /out/gssd.log 2>&1 < /dev/null &
daemon=$!
# the kernel asks for it at each mount, and finds it when it has opened its pipe
until ls -l /proc/$daemon/fd 2> /dev/null | grep -q /clnt; do
    kill -0 $daemon
    sleep 0.2
done
