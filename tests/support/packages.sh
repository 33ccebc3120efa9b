# Part of ./dev: how it installs what a machine misses. It uses its step, say, die and undo.
as_root() { if [[ $EUID == 0 ]]; then "$@"; else sudo "$@"; fi; }

missing_packages() {
    comm -13 <(dpkg-query -W -f '${db:Status-Abbrev} ${Package}\n' "$@" 2>/dev/null |
        sed -n 's/^ii *//p' | sort -u) <(printf '%s\n' "$@" | sort -u)
}

apt_install() {
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$@"
}

# A package that is installed for a private use must not start a service of the whole system.
service_policy=/usr/sbin/policy-rc.d
no_cluster=/etc/postgresql-common/createcluster.d/carillon.conf
allow_services() { as_root rm -f "$service_policy"; }
allow_clusters() { as_root rm -f "$no_cluster"; }
hold_services() {
    [[ ! -e $service_policy ]] || return 0
    undo+=(allow_services)
    printf '#!/bin/sh\nexit 101\n' | as_root tee "$service_policy" >/dev/null
    as_root chmod 755 "$service_policy"
}
hold_clusters() {
    undo+=(allow_clusters)
    as_root mkdir -p "${no_cluster%/*}"
    echo 'create_main_cluster = false' | as_root tee "$no_cluster" >/dev/null
}

# Asks dpkg and not a stamp of its own: that takes 10 ms and is never wrong.
install_packages() {
    local wanted
    mapfile -t wanted < <(missing_packages "$@")
    ((${#wanted[@]})) || return 0
    say "To install, from Debian: ${wanted[*]}"
    if [[ $EUID != 0 ]]; then
        command -v sudo >/dev/null || die "Neither root nor sudo: please install the packages above, then try again."
        sudo -v
    fi
    hold_services
    step "Fetching the package lists" as_root apt-get update
    if [[ " ${wanted[*]} " == *" postgresql-15 "* ]]; then
        step "Installing PostgreSQL's common files" apt_install postgresql-common
        hold_clusters
    fi
    step "Installing ${#wanted[@]} packages (the first time some minutes)" apt_install "${wanted[@]}"
    # What must not start now must not start at the next boot either.
    if [[ " ${wanted[*]} " == *" nginx-light "* ]] && [[ -d /run/systemd/system ]]; then
        as_root systemctl disable --quiet nginx
    fi
}

# Any Node from 18 on will do; Debian's is taken only where there is none.
node_packages() { command -v node >/dev/null && command -v npm >/dev/null || echo nodejs npm; }

install_node_modules() {
    local stamp=tests/node_modules/.installed
    [[ -f $stamp && $(<"$stamp") == "$(node --version) $(cksum <tests/package-lock.json)" ]] && return 0
    step "Installing the test packages" npm --prefix tests ci --no-fund --no-audit
    echo "$(node --version) $(cksum <tests/package-lock.json)" >"$stamp"
}
