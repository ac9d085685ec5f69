# Sourced by e2e/run: the peers that the scenarios need, from Debian's packages.
#
# Plain tools are installed. A package that would start a service on the host is only unpacked into
# $DEBIAN_CACHE/root, and started through a wrapper in $DEBIAN_CACHE/bin that finds its libraries there.

DEBIAN_CACHE=${SLUICEGATE_DEBIAN_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/sluicegate/debian}

# command=package: installed when the command is not on PATH.
PLAIN_TOOLS=(cc=gcc curl=curl openssl=openssl strace=strace wrk=wrk ip=iproute2 h2load=nghttp2-client valgrind=valgrind)

# Unpacked with everything they depend on, never installed. tomcat10 brings a JRE where the host has none.
UNPACKED=(haproxy nginx libnginx-mod-stream keepalived tomcat10 docker.io docker-compose containerd runc iptables etcd-server)

# wrapper=program below root.
WRAPPED=(
    haproxy=usr/sbin/haproxy
    nginx=usr/sbin/nginx
    keepalived=usr/sbin/keepalived
    dockerd=usr/sbin/dockerd
    docker=usr/bin/docker
    docker-proxy=usr/sbin/docker-proxy
    containerd=usr/bin/containerd
    containerd-shim-runc-v2=usr/bin/containerd-shim-runc-v2
    ctr=usr/bin/ctr
    runc=usr/sbin/runc
    iptables=usr/sbin/iptables-nft
    ip6tables=usr/sbin/ip6tables-nft
    iptables-legacy=usr/sbin/iptables-legacy
    ip6tables-legacy=usr/sbin/ip6tables-legacy
    etcd=usr/bin/etcd
    docker-compose=usr/bin/docker-compose
)

as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        echo "e2e/run: '$*' needs root, and there is no sudo" >&2
        return 1
    fi
}

# Brings host and cache up to date; says what it does, and does nothing when warm.
provide_peers() {
    command -v apt-get >/dev/null || {
        echo "e2e/run: this is not Debian; the scenarios need its packages: ${UNPACKED[*]}" >&2
        return 1
    }
    as_root apt-get -qq update || echo "e2e/run: apt-get update failed, going on with the lists of before" >&2
    install_plain_tools
    unpack_packages
    write_wrappers
}

install_plain_tools() {
    local entry missing=()
    for entry in "${PLAIN_TOOLS[@]}"; do
        command -v "${entry%%=*}" >/dev/null || missing+=("${entry#*=}")
    done
    [ ${#missing[@]} = 0 ] && return
    echo "e2e/run: installing ${missing[*]}"
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends install "${missing[@]}" >/dev/null
}

# The versions that apt would install now, one line a package.
candidates() {
    apt-cache show --no-all-versions "${UNPACKED[@]}" | awk '/^Package: / { p = $2 } /^Version: / { print p "=" $2 }' | sort -u
}

unpack_packages() {
    local wanted archives=$DEBIAN_CACHE/archives fresh=$DEBIAN_CACHE/root.new deb
    wanted=$(candidates)
    if [ -f "$DEBIAN_CACHE/stamp" ] && [ "$wanted" = "$(cat "$DEBIAN_CACHE/stamp")" ]; then
        return
    fi
    echo "e2e/run: unpacking ${UNPACKED[*]} into $DEBIAN_CACHE"
    rm -rf "$archives" "$fresh" "$DEBIAN_CACHE/stamp"
    mkdir -p "$archives/partial" "$fresh"
    # --reinstall: also those that the host happens to have, so that the wrappers always find them.
    as_root apt-get -qq -y --no-install-recommends --reinstall --download-only \
        -o APT::Sandbox::User=root -o Dir::Cache::archives="$archives" install "${UNPACKED[@]}" >/dev/null
    for deb in "$archives"/*.deb; do
        # The host's loader and C library belong together; another libc on LD_LIBRARY_PATH breaks both.
        case ${deb##*/} in libc6_* | libc-bin_*) continue ;; esac
        dpkg -x "$deb" "$fresh"
    done
    relink "$fresh"
    rm -rf "$DEBIAN_CACHE/root" "$archives"
    mv "$fresh" "$DEBIAN_CACHE/root"
    printf '%s\n' "$wanted" >"$DEBIAN_CACHE/stamp"
}

# Packages link to absolute paths of an installed system (/etc/java-17-openjdk/…): point those that came along
# to where they are now.
relink() {
    local root=$1 link target
    find "$root" -type l -lname '/*' -print0 | while IFS= read -r -d '' link; do
        target=$(readlink "$link")
        if [ -e "$root$target" ] || [ -L "$root$target" ]; then
            ln -sfnr "$root$target" "$link"
        fi
    done
}

write_wrappers() {
    local entry name program run root=$DEBIAN_CACHE/root libs
    libs=$root/usr/lib/$(dpkg-architecture -qDEB_HOST_MULTIARCH 2>/dev/null || echo "$(uname -m)-linux-gnu")
    mkdir -p "$DEBIAN_CACHE/bin"
    for entry in "${WRAPPED[@]}"; do
        name=${entry%%=*} program=$root/${entry#*=}
        [ -x "$program" ] || {
            echo "e2e/run: $program is missing; remove $DEBIAN_CACHE/stamp and try again" >&2
            return 1
        }
        run="\"$program\""
        case $(head -c 32 "$program" | tr -d '\0') in
        '#!/usr/bin/python3'*) run="$(python) $run" ;;
        esac
        printf '#!/bin/sh\n%s\n%s\nexec %s "$@"\n' \
            "export LD_LIBRARY_PATH=\"$libs:$root/lib/${libs##*/}\${LD_LIBRARY_PATH:+:\$LD_LIBRARY_PATH}\"" \
            "export XTABLES_LIBDIR=\"$libs/xtables\"" \
            "$run" >"$DEBIAN_CACHE/bin/.$name.$$"
        chmod +x "$DEBIAN_CACHE/bin/.$name.$$"
        mv "$DEBIAN_CACHE/bin/.$name.$$" "$DEBIAN_CACHE/bin/$name"
    done
}

# Debian's Python, of the host where it has it, with the modules that came along.
python() {
    local root=$DEBIAN_CACHE/root program=/usr/bin/python3 modules folder
    [ -x "$program" ] || program=$root$program
    modules=$root/usr/lib/python3/dist-packages
    for folder in "$root"/usr/lib/python3.*; do
        if [ -d "$folder" ]; then modules+=:$folder; fi
    done
    echo "env PYTHONPATH=\"$modules\" \"$program\""
}
