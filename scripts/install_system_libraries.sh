#!/bin/sh
# Installs the system libraries that Qt and Python's venv need, where they are missing. Safe to run again:
# with nothing missing it only looks, in a few milliseconds.
#
# As root it calls apt-get, else by sudo. Where neither works it says exactly what to install, and fails only
# when something is missing without which nothing runs; what only an X11 or Wayland window needs is told.
set -eu

PATH="$PATH:/usr/sbin:/sbin"
cd "$(dirname "$0")/.."

if [ "$(uname -s)" != Linux ]; then
    exit 0
fi

# soname, Debian package. Read off the ELF headers of PySide6 6.11: Core, Gui, Widgets, Svg, Network, DBus.
always='
libEGL.so.1             libegl1
libGL.so.1              libgl1
libX11.so.6             libx11-6
libxkbcommon.so.0       libxkbcommon0
libfontconfig.so.1      libfontconfig1
libfreetype.so.6        libfreetype6
libdbus-1.so.3          libdbus-1-3
libglib-2.0.so.0        libglib2.0-0
libgssapi_krb5.so.2     libgssapi-krb5-2
libbrotlidec.so.1       libbrotli1
libzstd.so.1            libzstd1
libz.so.1               zlib1g
'
# The same of its platform plugins for X11 and Wayland.
for_a_window='
libX11-xcb.so.1         libx11-xcb1
libxkbcommon-x11.so.0   libxkbcommon-x11-0
libxcb-cursor.so.0      libxcb-cursor0
libxcb-icccm.so.4       libxcb-icccm4
libxcb-image.so.0       libxcb-image0
libxcb-keysyms.so.1     libxcb-keysyms1
libxcb-randr.so.0       libxcb-randr0
libxcb-render-util.so.0 libxcb-render-util0
libxcb-shape.so.0       libxcb-shape0
libxcb-shm.so.0         libxcb-shm0
libxcb-sync.so.1        libxcb-sync1
libxcb-util.so.1        libxcb-util1
libxcb-xfixes.so.0      libxcb-xfixes0
libxcb-xkb.so.1         libxcb-xkb1
libwayland-client.so.0  libwayland-client0
libwayland-cursor.so.0  libwayland-cursor0
libwayland-egl.so.1     libwayland-egl1
'
# What listening to audio needs: QtMultimedia is linked against it, also where no sound server runs.
for_sound='
libpulse.so.0           libpulse0
'

missing_of() {
    known=$(ldconfig -p 2>/dev/null || true)
    echo "$1" | while read -r soname package; do
        if [ -n "$soname" ]; then
            case "$known" in
                *"$soname "*) ;;
                *) printf ' %s' "$package" ;;
            esac
        fi
    done
}

missing_fonts() {
    if ! command -v fc-list >/dev/null 2>&1; then
        printf ' fontconfig fonts-dejavu-core'
    elif [ -z "$(fc-list : family 2>/dev/null | head -n 1)" ]; then
        printf ' fonts-dejavu-core'
    fi
}

missing_venv() {
    python=$(sh scripts/find_python.sh 2>/dev/null) || return 0
    # Debian ships Python without ensurepip; its package is named after the version.
    if ! "$python" -c 'import ensurepip, venv' >/dev/null 2>&1; then
        "$python" -c 'import sys; print(end=" python%d.%d-venv" % sys.version_info[:2])'
    fi
}

# The tests of the audio storage run a real SFTP server; without one they say so and go on.
missing_sshd() {
    command -v sshd >/dev/null 2>&1 || printf ' openssh-server'
}

essential="$(missing_of "$always")$(missing_venv)"
wanted="$(missing_fonts)$(missing_of "$for_a_window")$(missing_of "$for_sound")"
if [ -z "$essential$wanted" ]; then
    exit 0
fi

all=$(echo "$essential$wanted" | sed 's/^ *//')
count=$(echo "$all" | wc -w | tr -d ' ')

give_up() {
    {
        echo "$1"
        echo "Please install: $all"
        if command -v apt-get >/dev/null 2>&1; then
            echo "  as root:  apt-get update && apt-get install --no-install-recommends $all"
        else
            echo "  (these are Debian's names; your distribution has its own for the same libraries)"
        fi
    } >&2
    if [ -n "$essential" ]; then
        echo "Nothing can run without:$essential" >&2
        exit 1
    fi
    echo "Going on: only an X11 or Wayland window, readable text in pictures and sound need them." >&2
    exit 0
}

if ! command -v apt-get >/dev/null 2>&1; then
    give_up "This machine lacks $count system packages, and has no apt-get."
fi

if [ "$(id -u)" -eq 0 ]; then
    as_root=''
elif command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then
    as_root='sudo'
elif command -v sudo >/dev/null 2>&1 && [ -t 0 ] && [ -t 2 ]; then
    as_root='sudo'
    echo "sudo will ask for your password, to install system packages." >&2
else
    give_up "This machine lacks $count system packages, and only root or sudo can install them."
fi

echo "Installing $count system packages that Qt and Python need: $all"

as_root() {
    if [ -n "$as_root" ]; then
        sudo env DEBIAN_FRONTEND=noninteractive "$@"
    else
        env DEBIAN_FRONTEND=noninteractive "$@"
    fi
}

log=$(mktemp)
trap 'rm -f "$log"' EXIT
# A failing update is not the end: the lists that are there may do.
as_root apt-get -q -o Acquire::Retries=3 -o DPkg::Lock::Timeout=120 update >"$log" 2>&1 || true
# shellcheck disable=SC2086  # package names, to be split
if ! as_root apt-get -q -y -o Acquire::Retries=3 -o DPkg::Lock::Timeout=120 \
    install --no-install-recommends $all >>"$log" 2>&1; then
    tail -n 15 "$log" >&2
    give_up "apt-get could not install them."
fi
as_root ldconfig
echo "Installed."
