# shellcheck shell=bash
# Shared by scripts/ and loadtest/: messages, packages. Sourcing it changes into the project's root, $root;
# $caller_directory is where the user stands, against which options are meant.
# shellcheck disable=SC2034

script=$(realpath "$0")
root=$(realpath "$(dirname "${BASH_SOURCE[0]}")/../..")
caller_directory=$PWD
cd "$root" || exit

say() { printf '==> %s\n' "$*" >&2; }
die() { printf 'error: %s\n' "$*" >&2; exit 1; }

# usage: the comment at the top of the calling script.
usage() { sed -n '2,/^$/s/^# \{0,1\}//p' "$script"; }

# packages_for PURPOSE...: the names in scripts/lib/packages.
packages_for() {
    local purpose
    for purpose in "$@"; do
        sed -n "s/^$purpose: //p" "$root/scripts/lib/packages" | grep . || die "unknown purpose $purpose"
    done | tr ' ' '\n' | sort -u
}

# missing_packages PACKAGE...: those that dpkg does not have installed.
missing_packages() {
    local have
    have=$(dpkg-query --show --showformat='${db:Status-Status} ${Package}\n' "$@" 2>/dev/null | sed -n 's/^installed //p' || true)
    comm -23 <(printf '%s\n' "$@" | sort -u) <(sort -u <<<"$have")
}

# is_debian_12: whether this system is the one that the package names are for.
is_debian_12() (
    # shellcheck source=/dev/null
    [[ -r /etc/os-release ]] && . /etc/os-release && [[ ${ID-} == debian && ${VERSION_ID-} == 12 ]]
)

# as_root COMMAND...: runs it as root, by sudo where that is needed and there.
as_root() {
    if [[ $EUID == 0 ]]; then
        "$@"
    elif [[ -t 2 ]]; then
        sudo "$@"
    else
        sudo -n "$@"
    fi
}

# apt_get COMMAND...: apt-get without questions; waits for another apt, and tries again when a mirror fails.
apt_get() {
    local attempt
    for attempt in 1 2 3; do
        if as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -o Acquire::Retries=3 -o DPkg::Lock::Timeout=300 \
            -o Dpkg::Use-Pty=0 "$@" </dev/null; then
            return
        fi
        say "apt-get $1 failed (attempt $attempt of 3)"
        sleep $((attempt * 2))
    done
    return 1
}

# need PURPOSE...: installs what is missing for these purposes, and says so first. Nothing missing: no apt call.
need() {
    local wanted missing
    [[ ${LULL_SKIP_INSTALL-} != 1 ]] || return 0
    mapfile -t wanted < <(packages_for "$@")
    [[ ${#wanted[@]} -gt 0 ]] || exit 1
    if ! is_debian_12; then
        die "this is not Debian 12, so nothing is installed here. Install the equivalents of these Debian packages," \
            "then run again with LULL_SKIP_INSTALL=1: ${wanted[*]}"
    fi
    mapfile -t missing < <(missing_packages "${wanted[@]}")
    [[ ${#missing[@]} -gt 0 ]] || return 0
    if [[ $EUID != 0 ]] && ! command -v sudo >/dev/null; then
        die "packages are missing, and installing them needs root or sudo. As root, run:" \
            "apt-get update && apt-get install --no-install-recommends ${missing[*]}"
    fi
    say "installing with apt-get, with what they depend on: ${missing[*]}"
    apt_get update || die "apt-get update failed: see above"
    apt_get install --yes --no-install-recommends "${missing[@]}" ||
        die "apt-get install failed: see above; nothing else was changed"
}

# need_package_lists: fetches apt's package lists where there are none. tests/functional/packages_test.py reads them, and
# `need` leaves a machine alone that has all packages but whose lists were emptied, as images' often are.
need_package_lists() {
    [[ ${LULL_SKIP_INSTALL-} != 1 ]] || return 0
    [[ -z $(apt-get indextargets --format "\$(FILENAME)" 'Created-By: Packages') ]] || return 0
    say "apt has no package lists, which a functional test reads: fetching them with apt-get update"
    apt_get update || die "apt-get update failed: see above"
}
